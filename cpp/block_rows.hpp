// The same model (blocks.hpp) known by its rows, without a Gram matrix: block descent on
//
//     1/2 sum_i h_i (x_i'd)^2 - z'd  +  penalty(b + d),
//
// for working sets with more coordinates than rows. What is kept is u = w - h * (X d), where X'w = z
// is minus the gradient at the start: z = X'u everywhere. A sweep costs two passes over the columns
// that are not zero. Every few sweeps the iterates are extrapolated (Bertrand & Massias 2021): u is
// affine in b, and goes along.
#pragma once

#include <functional>

#include "blas.hpp"
#include "groups.hpp"

namespace taut {

class BlockRows {
 public:
  // matrix: n x size, column-major; h: curvature of each row; u: minus the slope of each row.
  BlockRows(const double* matrix, std::ptrdiff_t ld, int n, int size, const double* h, Groups groups,
            const double* beta, const double* u, std::function<void()> poll)
      : matrix_(matrix), ld_(ld), n_(n), h_(h), groups_(groups), step_(groups_), beta_(beta, beta + size),
        u_(u, u + n), poll_(std::move(poll)), gram_(groups.count), curvature_(groups.count) {}

  const Vector& beta() const { return beta_; }
  const Vector& gradient() const { return u_; }

  // Sweeps until one lowers the objective by less than `goal`; returns how many, at most `most`.
  int solve(double alpha, double goal, int most) {
    alpha_ = alpha;
    int sweeps = 0;
    bool every = true;
    std::vector<Point> recent{{beta_, u_}};
    while (sweeps < most) {
      poll_();
      ++sweeps;
      double gain = 0;
      for (int g = 0; g < groups_.count; ++g)
        if (every || groups_.norm(beta_.data() + groups_.first(g), g) > 0) gain += settle(g);
      if (gain <= goal) {
        if (every) break;
        every = true;
        continue;
      }
      // What is zero stays so while the others move.
      every = false;
      recent.push_back({beta_, u_});
      if (recent.size() <= kMemory) continue;
      extrapolate(recent);
      recent.assign(1, {beta_, u_});
    }
    return sweeps;
  }

 private:
  static constexpr std::size_t kMemory = 5;
  struct Point {
    Vector beta, u;
  };

  const double* column(int j) const { return matrix_ + j * ld_; }

  // Returns about twice what the objective fell by.
  double settle(int g) {
    if (groups_.fixed(g)) return 0;
    const int from = groups_.first(g), m = groups_.width(g);
    Vector& z = z_;
    z.resize(m);
    for (int k = 0; k < m; ++k) z[k] = simd::dot(column(from + k), u_.data(), n_);
    if (stays_zero(g, z)) return 0;
    if (gram_[g].empty()) weigh(g);
    if (!(curvature_[g] > 0)) return 0;
    const Vector& change = step_.change(g, alpha_, gram_[g].data(), m, curvature_[g], z.data(), beta_.data() + from);
    double gain = 0;
    along_.assign(n_, 0.0);
    for (int k = 0; k < m; ++k) {
      if (change[k] == 0) continue;
      beta_[from + k] += change[k];
      gain += curvature_[g] * change[k] * change[k];
      simd::axpy(change[k], column(from + k), along_.data(), n_);
    }
    if (gain > 0)
      for (int i = 0; i < n_; ++i) u_[i] -= h_[i] * along_[i];
    return gain;
  }

  bool stays_zero(int g, const Vector& z) const {
    const int from = groups_.first(g);
    if (groups_.norm(beta_.data() + from, g) > 0) return false;
    double square = 0;
    for (std::size_t k = 0; k < z.size(); ++k) {
      const double excess = Groups::soft(z[k], alpha_ * groups_.l1[from + k]);
      square += excess * excess;
    }
    return std::sqrt(square) <= alpha_ * groups_.weights[g];
  }

  // The group's block of X'diag(h)X.
  void weigh(int g) {
    const int from = groups_.first(g), m = groups_.width(g);
    gram_[g].assign(static_cast<std::size_t>(m) * m, 0.0);
    Vector weighed(n_);
    for (int c = 0; c < m; ++c) {
      const double* x = column(from + c);
      for (int i = 0; i < n_; ++i) weighed[i] = h_[i] * x[i];
      for (int r = 0; r <= c; ++r)
        gram_[g][r + c * m] = gram_[g][c + r * m] = simd::dot(column(from + r), weighed.data(), n_);
    }
    curvature_[g] = gershgorin(m, gram_[g].data(), m);
  }

  // 1/2 u'(u / h) is the smooth part, up to a constant.
  double objective(const Point& at) const {
    double total = 0;
    for (int i = 0; i < n_; ++i)
      if (h_[i] > 0) total += 0.5 * at.u[i] * at.u[i] / h_[i];
    for (int g = 0; g < groups_.count; ++g) {
      if (groups_.fixed(g)) continue;
      total += alpha_ * groups_.weights[g] * groups_.norm(at.beta.data() + groups_.first(g), g);
      for (int j = groups_.first(g); j < groups_.last(g); ++j) total += alpha_ * groups_.l1[j] * std::abs(at.beta[j]);
    }
    return total;
  }

  // minimise | sum_i c_i (x_(i+1) - x_i) | over sum c = 1, and go there where that is lower.
  void extrapolate(const std::vector<Point>& recent) {
    const int m = static_cast<int>(recent.size()) - 1;
    Vector system(m * m), c(m, 1.0);
    double trace = 0;
    for (int i = 0; i < m; ++i)
      for (int j = 0; j <= i; ++j) {
        double sum = 0;
        for (std::size_t k = 0; k < beta_.size(); ++k)
          sum += (recent[i + 1].beta[k] - recent[i].beta[k]) * (recent[j + 1].beta[k] - recent[j].beta[k]);
        system[i + j * m] = system[j + i * m] = sum;
        if (i == j) trace += sum;
      }
    for (int i = 0; i < m; ++i) system[i + i * m] += 1e-12 * trace;
    if (!blas::cholesky(m, system.data(), m)) return;
    blas::solve_right('N', 1, m, system.data(), m, c.data(), 1);
    blas::solve_right('T', 1, m, system.data(), m, c.data(), 1);
    double total = 0;
    for (double x : c) total += x;
    Point candidate{Vector(beta_.size(), 0.0), Vector(n_, 0.0)};
    for (int i = 0; i < m; ++i) {
      simd::axpy(c[i] / total, recent[i + 1].beta.data(), candidate.beta.data(), static_cast<std::ptrdiff_t>(beta_.size()));
      simd::axpy(c[i] / total, recent[i + 1].u.data(), candidate.u.data(), n_);
    }
    for (double b : candidate.beta)
      if (!std::isfinite(b)) return;
    if (!(objective(candidate) < objective({beta_, u_}))) return;
    beta_ = std::move(candidate.beta);
    u_ = std::move(candidate.u);
  }

  const double* matrix_;
  std::ptrdiff_t ld_;
  int n_;
  const double* h_;
  Groups groups_;
  GroupStep step_;
  Vector beta_, u_;
  std::function<void()> poll_;
  std::vector<Vector> gram_;  // blocks of the groups that have moved
  Vector curvature_, z_, along_;
  double alpha_ = 0;
};

}  // namespace taut
