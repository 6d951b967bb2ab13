// A quadratic under a penalty on groups of coordinates and on their entries:
//
//     minimise  1/2 b'G b - c'b + alpha [ sum_g w_g |b_g|_2 + sum_j l_j |b_j| ].
//
// A sweep of block descent says which groups and entries are zero, and Newton steps minimise over
// the others, where the objective is smooth: with u = b_g / |b_g| its Hessian is
//
//     G  +  alpha w_g / |b_g| (I - u u')   on each group.
//
// The system changes with every step, but little, so that conjugate gradients on the present one
// need few steps when the factor of an earlier one goes before them. Every step lowers the
// objective or is not taken. As in quadratic.hpp only the gradient z = c - G b is kept.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "blas.hpp"
#include "groups.hpp"

namespace taut {

class BlockQuadratic {
 public:
  BlockQuadratic(const double* gram, std::ptrdiff_t ld, int size, Groups groups, const double* beta,
                 const double* z, std::function<void()> poll)
      : gram_(gram), ld_(ld), size_(size), groups_(groups), beta_(beta, beta + size), z_(z, z + size),
        step_(groups_), curvature_(groups.count), group_of_(size), poll_(std::move(poll)) {
    for (int g = 0; g < groups_.count; ++g) {
      curvature_[g] = gershgorin(groups_.width(g), column(first(g)) + first(g), ld_);
      for (int j = first(g); j < last(g); ++j) group_of_[j] = g;
    }
  }

  const Vector& beta() const { return beta_; }
  const Vector& gradient() const { return z_; }

  // Minimises from where it stands, until no group violates its optimality by more than the share
  // `tol` of its weight; returns the number of rounds, at most `most`.
  int solve(double alpha, double tol, int most) {
    alpha_ = alpha;
    int rounds = 0;
    while (rounds < most) {
      poll_();
      ++rounds;
      double moved = 0, held = 0;
      for (int g = 0; g < groups_.count; ++g) {
        moved += settle(g);
        held += curvature_[g] * square(g);
      }
      if (worst() <= tol) break;
      // Where neither moves any more, rounding has the last word.
      if (!newton_step() && moved <= 1e-30 * held) break;
    }
    return rounds;
  }

 private:
  static constexpr int kMostSteps = 20;  // of conjugate gradients, before the factor is renewed
  static constexpr double kAccuracy = 1e-4;
  static constexpr std::size_t kMostFree = 512;

  int first(int g) const { return groups_.first(g); }
  int last(int g) const { return groups_.last(g); }
  const double* column(int j) const { return gram_ + j * ld_; }

  double square(int g) const { return simd::dot(beta_.data() + first(g), beta_.data() + first(g), groups_.width(g)); }

  // Returns the curvature times the square of the move.
  double settle(int g) {
    const int from = first(g);
    if (!(curvature_[g] > 0) || groups_.fixed(g)) return 0;
    double moved = 0;
    const Vector& change = step_.change(g, alpha_, column(from) + from, ld_, curvature_[g], z_.data() + from, beta_.data() + from);
    for (int k = 0; k < groups_.width(g); ++k) {
      if (change[k] == 0) continue;
      beta_[from + k] += change[k];
      moved += curvature_[g] * change[k] * change[k];
      simd::axpy(-change[k], column(from + k), z_.data(), size_);
    }
    return moved;
  }

  // The largest violation of optimality over the groups, as a share of what their penalty weighs.
  double worst() const {
    const double heaviest = groups_.heaviest(alpha_);
    double largest = 0;
    for (int g = 0; g < groups_.count; ++g) {
      if (groups_.fixed(g)) continue;
      const double own = groups_.weight(g, alpha_);
      largest = std::max(largest, violation(g) / (own > 0 ? own : heaviest));
    }
    return largest;
  }

  double violation(int g) const { return groups_.violation(g, alpha_, z_.data() + first(g), beta_.data() + first(g)); }

  double stationarity(int j, double size) const {
    return groups_.stationarity(j, group_of_[j], alpha_, z_[j], beta_[j], size);
  }

  // One Newton step over the coordinates that are not zero; false where none lowers the objective.
  bool newton_step() {
    std::vector<int> free;
    for (int j = 0; j < size_; ++j)
      if (beta_[j] != 0) free.push_back(j);
    if (free.empty() || free.size() > kMostFree) return false;
    if (free != free_) {
      free_ = std::move(free);
      gather();
      factored_ = false;
    }
    bend();
    const std::size_t s = free_.size();
    Vector right(s), step(s, 0.0);
    for (std::size_t k = 0; k < s; ++k) right[k] = stationarity(free_[k], norms_[group_of_[free_[k]]]);
    if (!factored_) factor();
    if (!conjugate_gradients(right, step)) {
      factor();
      std::fill(step.begin(), step.end(), 0.0);
      conjugate_gradients(right, step);
    }
    return search(step);
  }

  // The block of G on the free coordinates, upper triangle.
  void gather() {
    const std::size_t s = free_.size();
    system_.assign(s * s, 0.0);
    for (std::size_t k = 0; k < s; ++k)
      for (std::size_t i = 0; i <= k; ++i) system_[i + k * s] = column(free_[k])[free_[i]];
  }

  // Norms of the blocks, and where each begins among the free coordinates.
  void bend() {
    norms_.assign(groups_.count, 0.0);
    for (int j : free_) norms_[group_of_[j]] += beta_[j] * beta_[j];
    for (double& size : norms_) size = std::sqrt(size);
  }

  double bending(int g) const { return groups_.weights[g] > 0 ? alpha_ * groups_.weights[g] / norms_[g] : 0.0; }

  // The end of the group's coordinates among the free ones, from its first.
  std::size_t end_of(std::size_t k) const {
    std::size_t end = k;
    while (end < free_.size() && group_of_[free_[end]] == group_of_[free_[k]]) ++end;
    return end;
  }

  void factor() {
    const std::size_t s = free_.size();
    factor_ = system_;
    double trace = 0;
    for (std::size_t k = 0; k < s;) {
      const std::size_t end = end_of(k);
      const int g = group_of_[free_[k]];
      const double q = bending(g);
      for (std::size_t c = k; c < end; ++c) {
        for (std::size_t r = k; r <= c; ++r)
          factor_[r + c * s] -= q * (beta_[free_[r]] / norms_[g]) * (beta_[free_[c]] / norms_[g]);
        factor_[c + c * s] += q;
        trace += factor_[c + c * s];
      }
      k = end;
    }
    // A hair on the diagonal, of the factor and the system alike: along copies of a column, where
    // the objective is flat, a step must not be made of rounding.
    for (double share = 1e-10; share < 1; share *= 100) {
      Vector trial = factor_;
      hair_ = share * trace / static_cast<double>(s);
      for (std::size_t k = 0; k < s; ++k) trial[k + k * s] += hair_;
      if (!blas::cholesky(static_cast<int>(s), trial.data(), static_cast<int>(s))) continue;
      factor_.swap(trial);
      break;
    }
    factored_ = true;
  }

  void precondition(Vector& x) const {
    const std::ptrdiff_t s = static_cast<std::ptrdiff_t>(x.size());
    const double* r = factor_.data();
    for (std::ptrdiff_t j = 0; j < s; ++j) x[j] = (x[j] - simd::dot(r + j * s, x.data(), j)) / r[j + j * s];
    for (std::ptrdiff_t j = s - 1; j >= 0; --j) {
      x[j] /= r[j + j * s];
      simd::axpy(-x[j], r + j * s, x.data(), j);
    }
  }

  // The Hessian times x.
  Vector product(const Vector& x) const {
    const std::size_t s = x.size();
    Vector out(s);
    blas::symv(static_cast<int>(s), system_.data(), static_cast<int>(s), x.data(), out.data());
    simd::axpy(hair_, x.data(), out.data(), static_cast<std::ptrdiff_t>(s));
    for (std::size_t k = 0; k < s;) {
      const std::size_t end = end_of(k);
      const int g = group_of_[free_[k]];
      const double q = bending(g);
      double along = 0;
      for (std::size_t c = k; c < end; ++c) along += beta_[free_[c]] * x[c];
      along /= norms_[g] * norms_[g];
      for (std::size_t c = k; c < end; ++c) out[c] += q * (x[c] - along * beta_[free_[c]]);
      k = end;
    }
    return out;
  }

  // False where it took too long: the factor has gone stale.
  bool conjugate_gradients(const Vector& right, Vector& x) const {
    const std::ptrdiff_t s = static_cast<std::ptrdiff_t>(x.size());
    Vector residual = right, direction = residual;
    precondition(direction);
    Vector solved = direction;
    double energy = simd::dot(residual.data(), solved.data(), s);
    const double goal = kAccuracy * kAccuracy * energy;
    for (int step = 0; step < kMostSteps; ++step) {
      if (!(energy > goal)) return true;
      const Vector image = product(direction);
      const double bend = simd::dot(direction.data(), image.data(), s);
      if (!(bend > 0)) return true;
      const double share = energy / bend;
      simd::axpy(share, direction.data(), x.data(), s);
      simd::axpy(-share, image.data(), residual.data(), s);
      solved = residual;
      precondition(solved);
      const double next = simd::dot(residual.data(), solved.data(), s);
      for (std::ptrdiff_t k = 0; k < s; ++k) direction[k] = solved[k] + next / energy * direction[k];
      energy = next;
    }
    return energy <= goal;
  }

  // What the penalty on the free coordinates costs where these have moved.
  double price(const Vector& moved) const {
    double total = 0;
    for (std::size_t k = 0; k < free_.size();) {
      const std::size_t end = end_of(k);
      double square = 0;
      for (std::size_t c = k; c < end; ++c) {
        const double b = beta_[free_[c]] + moved[c];
        square += b * b;
        total += groups_.l1[free_[c]] * std::abs(b);
      }
      const double w = groups_.weights[group_of_[free_[k]]];
      if (w > 0) total += w * std::sqrt(square);
      k = end;
    }
    return alpha_ * total;
  }

  // Goes along the step as far as the objective falls; what has a kink at zero stops there rather
  // than pass it.
  bool search(const Vector& step) {
    const std::size_t s = free_.size();
    Vector moved(s, 0.0), image(size_);
    const double here = price(moved);
    for (double share = 1; share > 1e-6; share *= 0.5) {
      for (std::size_t k = 0; k < s;) {
        const std::size_t end = end_of(k);
        double ahead = 0;
        for (std::size_t c = k; c < end; ++c) {
          const double b = beta_[free_[c]], there = b + share * step[c];
          moved[c] = groups_.l1[free_[c]] > 0 && b * there < 0 ? -b : share * step[c];
          ahead += b * there;
        }
        if (ahead < 0 && groups_.weights[group_of_[free_[k]]] > 0)
          for (std::size_t c = k; c < end; ++c) moved[c] = -beta_[free_[c]];
        k = end;
      }
      std::fill(image.begin(), image.end(), 0.0);
      combine(moved, image.data());
      double gain = here - price(moved);
      for (std::size_t k = 0; k < s; ++k) gain += moved[k] * (z_[free_[k]] - 0.5 * image[free_[k]]);
      if (!(gain > 0)) continue;
      for (std::size_t k = 0; k < s; ++k) {
        double& b = beta_[free_[k]];
        b = moved[k] == -b ? 0.0 : b + moved[k];
      }
      simd::axpy(-1.0, image.data(), z_.data(), size_);
      return true;
    }
    return false;
  }

  // out += sum_k d_k G[:, free_k], four columns a sweep
  void combine(const Vector& d, double* out) const {
    std::size_t k = 0;
    for (; k + 4 <= d.size(); k += 4) {
      const double* columns[4] = {column(free_[k]), column(free_[k + 1]), column(free_[k + 2]), column(free_[k + 3])};
      simd::axpy4(d.data() + k, columns, out, size_);
    }
    for (; k < d.size(); ++k) simd::axpy(d[k], column(free_[k]), out, size_);
  }

  const double* gram_;
  std::ptrdiff_t ld_;
  int size_;
  Groups groups_;
  Vector beta_, z_;
  GroupStep step_;
  Vector curvature_;  // a bound for each block
  std::vector<int> group_of_;
  std::function<void()> poll_;
  double alpha_ = 0;
  std::vector<int> free_;   // coordinates that are not zero
  Vector system_, factor_;  // G on them; the Cholesky factor of a Hessian, now or earlier
  Vector norms_;
  double hair_ = 0;
  bool factored_ = false;
};

}  // namespace taut
