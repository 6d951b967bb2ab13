// A quadratic under the sorted L1 norm (SLOPE), for one target or each of several:
//
//     minimise  1/2 b'G b - c'b + alpha sum_t sum_k lambda_k |b_t|_(k),   |b_t|_(1) >= |b_t|_(2) >= ...
//
// On a face the order, the signs and the ties of the coefficients are fixed and the norm is linear:
// with b = U s, one size for each cluster of coefficients that are equal but for their signs, the
// objective is a quadratic in s with the system U'G U (sorted_face.hpp). At the minimum of a face a
// proximal step says which clusters split and which features enter. Every step lowers the objective.
//
// Larsson, J., Klopfenstein, Q., Massias, M. and Wallin, J. (2023), Coordinate descent for SLOPE,
// AISTATS; Bogdan, M., van den Berg, E., Sabatti, C., Su, W. and Candes, E. J. (2015), SLOPE:
// adaptive variable selection via convex optimization, Annals of Applied Statistics 9, 1103-1140.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "sorted_face.hpp"

namespace taut {

class SortedQuadratic {
 public:
  // Coordinate j of target t is number j * targets + t; one lambda for each j, none rising.
  // z: minus the gradient of the quadratic at beta.
  SortedQuadratic(const double* gram, std::ptrdiff_t ld, int size, int targets, const double* lambdas,
                  const double* beta, const double* z, std::function<void()> poll)
      : gram_(gram), ld_(ld), size_(size), targets_(targets), lambdas_(lambdas, lambdas + size / targets),
        ones_(size, 1.0), beta_(beta, beta + size), z_(z, z + size), poll_(std::move(poll)) {
    curvature_ = largest_curvature();
  }

  const Vector& beta() const { return beta_; }
  const Vector& gradient() const { return z_; }

  // Minimises from where it stands until the duality gap is at most `tol` of `objective`, that of
  // the null model; returns the number of rounds, at most `most`.
  int solve(double alpha, double objective, double tol, int most) {
    alpha_ = alpha;
    for (int round = 1; round <= most; ++round) {
      poll_();
      settle();
      if (gap(objective) <= tol * objective || !descend()) return round;
    }
    return most;
  }

 private:
  static constexpr int kPowerSteps = 12;
  static constexpr double kRounding = 1e-15;

  const double* column(int j) const { return gram_ + j * ld_; }

  // out += G d
  void combine(const Vector& d, double* out) const {
    double share[4];
    const double* columns[4];
    int held = 0;
    for (int j = 0; j < size_; ++j) {
      if (d[j] == 0) continue;
      share[held] = d[j];
      columns[held] = column(j);
      if (++held < 4) continue;
      simd::axpy4(share, columns, out, size_);
      held = 0;
    }
    for (int k = 0; k < held; ++k) simd::axpy(share[k], columns[k], out, size_);
  }

  // By power iteration, from a start that favours no coordinate; descent corrects it.
  double largest_curvature() const {
    Vector x(size_), image(size_);
    for (int j = 0; j < size_; ++j) x[j] = 1 + 0.5 * std::sin(static_cast<double>(j));
    double norm = 0;
    for (int step = 0; step <= kPowerSteps; ++step) {
      norm = std::sqrt(simd::dot(x.data(), x.data(), size_));
      if (!(norm > 0)) return 1;
      for (double& value : x) value /= norm;
      std::fill(image.begin(), image.end(), 0.0);
      combine(x, image.data());
      x.swap(image);
    }
    return norm;
  }

  // Coordinates of a target, those of the largest values first.
  void rank(const Vector& values, int target, std::vector<int>& ranked) const {
    ranked.clear();
    for (int j = target; j < size_; j += targets_) ranked.push_back(j);
    std::stable_sort(ranked.begin(), ranked.end(),
                     [&values](int i, int j) { return std::abs(values[i]) > std::abs(values[j]); });
  }

  // Scaled to 1 / (1 + excess), the residuals are a dual point: the gap is what complementarity
  // lacks and what scaling costs, whose square is bounded by that of the null model.
  double gap(double objective) {
    double slack = 0, excess = 0;
    for (int target = 0; target < targets_; ++target) {
      rank(beta_, target, ranked_);
      for (std::size_t k = 0; k < ranked_.size(); ++k) {
        const int j = ranked_[k];
        slack += alpha_ * lambdas_[k] * std::abs(beta_[j]) - z_[j] * beta_[j];
      }
      rank(z_, target, ranked_);
      double sum = 0, bar = 0;
      for (std::size_t k = 0; k < ranked_.size(); ++k) {
        sum += std::abs(z_[ranked_[k]]);
        bar += alpha_ * lambdas_[k];
        if (sum > bar) excess = std::max(excess, bar > 0 ? sum / bar - 1 : std::numeric_limits<double>::infinity());
      }
    }
    if (std::isinf(excess)) return excess;
    const double inner = simd::dot(z_.data(), beta_.data(), size_);
    return std::max(slack, 0.0) + excess * std::abs(inner) + excess * excess * objective;
  }

  // A proximal step; false where it is nothing but rounding.
  bool descend() {
    Vector aim(size_), move(size_), image(size_), fit;
    while (true) {
      const double step = 1 / curvature_;
      for (int j = 0; j < size_; ++j) aim[j] = beta_[j] + step * z_[j];
      for (int target = 0; target < targets_; ++target) {
        rank(aim, target, ranked_);
        fit.resize(ranked_.size());
        for (std::size_t k = 0; k < fit.size(); ++k) fit[k] = std::abs(aim[ranked_[k]]) - step * alpha_ * lambdas_[k];
        pool_(fit.data(), ones_.data(), fit.size());
        for (std::size_t k = 0; k < fit.size(); ++k) {
          double& there = aim[ranked_[k]];
          there = fit[k] > 0 ? std::copysign(fit[k], there) : 0.0;
        }
      }
      for (int j = 0; j < size_; ++j) move[j] = aim[j] - beta_[j];
      std::fill(image.begin(), image.end(), 0.0);
      combine(move, image.data());
      const double square = simd::dot(move.data(), move.data(), size_);
      if (!(square > kRounding * kRounding * simd::dot(aim.data(), aim.data(), size_))) return false;
      if (simd::dot(move.data(), image.data(), size_) > curvature_ * square) {
        curvature_ *= 2;
        continue;
      }
      beta_ = aim;
      simd::axpy(-1.0, image.data(), z_.data(), size_);
      return true;
    }
  }

  // To the minimum of the face, or of one that its clusters merge into.
  void settle() {
    std::vector<Cluster> clusters = gather();
    Vector system = between(clusters);
    SortedFace face(std::move(clusters), std::move(system), curvature_);
    Vector there(size_, 0.0);
    for (const Cluster& cluster : face.settled())
      for (int k = cluster.first; k < cluster.last; ++k) there[order_[k]] = sign(order_[k]) * cluster.size;
    move_to(there);
  }

  // The clusters of the coefficients, with their pulls.
  std::vector<Cluster> gather() {
    std::vector<Cluster> clusters;
    order_.clear();
    for (int target = 0; target < targets_; ++target) {
      rank(beta_, target, ranked_);
      for (std::size_t k = 0; k < ranked_.size() && beta_[ranked_[k]] != 0; ++k) {
        const int j = ranked_[k], place = static_cast<int>(order_.size());
        const double size = std::abs(beta_[j]);
        if (k == 0 || clusters.back().size != size) clusters.push_back({target, place, place, size, 0.0});
        clusters.back().pull += sign(j) * z_[j] - alpha_ * lambdas_[k];
        clusters.back().last = place + 1;
        order_.push_back(j);
      }
    }
    return clusters;
  }

  // U'G U, upper triangle.
  Vector between(const std::vector<Cluster>& clusters) const {
    const std::size_t n = clusters.size();
    Vector system(n * n), sum(size_);
    for (std::size_t b = 0; b < n; ++b) {
      std::fill(sum.begin(), sum.end(), 0.0);
      for (int k = clusters[b].first; k < clusters[b].last; ++k)
        simd::axpy(sign(order_[k]), column(order_[k]), sum.data(), size_);
      for (std::size_t a = 0; a <= b; ++a)
        for (int k = clusters[a].first; k < clusters[a].last; ++k)
          system[a + b * n] += sign(order_[k]) * sum[order_[k]];
    }
    return system;
  }

  double sign(int j) const { return beta_[j] < 0 ? -1.0 : 1.0; }

  void move_to(Vector& there) {
    Vector move(size_), image(size_, 0.0);
    for (int j = 0; j < size_; ++j) move[j] = there[j] - beta_[j];
    combine(move, image.data());
    simd::axpy(-1.0, image.data(), z_.data(), size_);
    beta_.swap(there);
  }

  const double* gram_;
  std::ptrdiff_t ld_;
  int size_, targets_;
  Vector lambdas_, ones_, beta_, z_;
  std::function<void()> poll_;
  Pooling pool_;
  double alpha_ = 0, curvature_ = 1;
  std::vector<int> ranked_;
  std::vector<int> order_;  // coordinates that are not zero, target by target, the largest first
};

}  // namespace taut
