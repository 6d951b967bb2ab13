// The penalised quadratic on a working set, solved exactly by an active-set Newton method:
//
//     minimise  1/2 b'G b - c'b + sum_j h_j(b_j),      h_j(b) = a_j |b| + q_j/2 b^2 + box.
//
// Every coordinate is either at a kink of h_j (zero or a bound) or free inside a face on which the
// objective is a smooth quadratic. A Newton step minimises over the face; a step that would leave
// it is projected when that lowers the objective as much, and cut at the first kink otherwise, so
// the objective falls strictly and no face comes back. At the minimum of a face, every coordinate
// whose kink is not optimal is freed at once, and the method ends where there is none.
//
// Only the gradient z = c - G b is stored, never c: the caller may replace it by one computed from
// residuals, after which everything that follows is exact relative to that point.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "coordinate.hpp"
#include "inverse.hpp"

namespace taut {

class Quadratic {
 public:
  // Where coordinates come from, and what one unit of gradient rounding is in column j.
  struct Entry {
    double l1, l2, lower, upper, noise;
  };

  int size() const { return static_cast<int>(beta_.size()); }
  double* gram() { return gram_.data(); }
  std::ptrdiff_t ld() const { return capacity_; }
  const Vector& beta() const { return beta_; }
  const Vector& gradient() const { return z_; }

  // Makes room for `count` more coordinates, whose Gram columns the caller writes before extend().
  void reserve(int count) {
    const int needed = size() + count;
    if (needed <= capacity_) return;
    const int larger = std::max(needed, capacity_ + capacity_ / 2);
    Vector wider(static_cast<std::size_t>(larger) * larger);
    for (int j = 0; j < size(); ++j)
      std::copy_n(gram_.data() + static_cast<std::size_t>(j) * capacity_, size(),
                  wider.data() + static_cast<std::size_t>(j) * larger);
    gram_ = std::move(wider);
    capacity_ = larger;
  }

  void extend(const Entry& entry, double beta, double gradient) {
    entries_.push_back(entry);
    beta_.push_back(beta);
    z_.push_back(gradient);
    ridge_.push_back(alpha_ * entry.l2);
    sign_.push_back(0);
    free_.push_back(false);
  }

  // Moves to a known point with its gradient, both of the size of the working set.
  void anchor(const double* beta, const double* gradient) {
    std::copy_n(beta, size(), beta_.data());
    std::copy_n(gradient, size(), z_.data());
    std::vector<int> missing;
    for (int j = 0; j < size(); ++j) {
      if (beta_[j] == resting(j)) continue;
      sign_[j] = entries_[j].l1 == 0 ? 0 : beta_[j] > 0 ? 1 : -1;
      if (!free_[j]) missing.push_back(j);
    }
    release(std::move(missing));
  }

  void set_alpha(double alpha) {
    if (alpha == alpha_) return;
    alpha_ = alpha;
    bool ridge = false;
    for (int j = 0; j < size(); ++j) {
      ridge |= entries_[j].l2 > 0;
      ridge_[j] = alpha * entries_[j].l2;
    }
    if (ridge) refactor();
  }

  // Minimises from where it stands; returns the number of Newton steps, at most max_steps.
  int solve(int max_steps, const std::function<void()>& poll) {
    int steps = 0;
    bool freed = false;
    while (steps < max_steps) {
      poll();
      if (face_is_optimal()) {
        if (freed && decrease_ <= 0) break;  // freeing gained nothing: rounding has the last word
        std::vector<int> violators = leaving();
        if (violators.empty()) break;
        decrease_ = 0;
        release(std::move(violators));
        freed = true;
        continue;
      }
      ++steps;
      const double gain = newton_step();
      if (gain < 0) break;
      decrease_ += gain;
    }
    return steps;
  }

 private:
  Coordinate coordinate(int j) const {
    const Entry& e = entries_[j];
    return {alpha_ * e.l1, alpha_ * e.l2, e.lower, e.upper};
  }
  // Rounding of the gradient, and a hair of the penalty: below this nothing counts as a violation.
  double slack(int j) const { return 1e-13 * alpha_ * entries_[j].l1 + entries_[j].noise; }
  double resting(int j) const { return std::clamp(0.0, entries_[j].lower, entries_[j].upper); }
  Gram system() const { return {gram_.data(), capacity_, ridge_.data()}; }

  double stationarity(int j) const {
    return z_[j] - sign_[j] * alpha_ * entries_[j].l1 - ridge_[j] * beta_[j];
  }

  bool face_is_optimal() {
    const std::vector<int>& A = inverse_.members();
    rho_.resize(A.size());
    double worst = 0;
    for (std::size_t k = 0; k < A.size(); ++k) {
      rho_[k] = stationarity(A[k]);
      worst = std::max(worst, std::abs(rho_[k]) / slack(A[k]));
    }
    // A full step that no longer contracts has met rounding, or an inverse gone stale.
    const bool stuck = full_step_ && worst > 0.25 * worst_;
    worst_ = worst;
    full_step_ = false;
    if (worst <= 1.0 || A.empty()) return true;
    if (!stuck) return false;
    if (refactored_) return true;
    refactor();
    refactored_ = true;
    rho_.resize(inverse_.members().size());
    for (std::size_t k = 0; k < rho_.size(); ++k) rho_[k] = stationarity(inverse_.members()[k]);
    return false;
  }

  std::vector<int> leaving() {
    std::vector<int> out;
    for (int j = 0; j < size(); ++j) {
      if (free_[j]) continue;
      const int way = coordinate(j).direction(beta_[j], z_[j], slack(j));
      if (way == 0) continue;
      sign_[j] = way > 0 ? (beta_[j] >= 0 ? 1 : -1) : (beta_[j] > 0 ? 1 : -1);
      out.push_back(j);
    }
    return out;
  }

  // Frees coordinates. One that depends linearly on the free ones cannot join them; it trades
  // places with one of them instead.
  void release(std::vector<int> coordinates) {
    if (coordinates.empty()) return;
    for (int j : coordinates) {
      free_[j] = true;
      if (entries_[j].l1 == 0) sign_[j] = 0;
    }
    for (int j : inverse_.append(system(), std::move(coordinates))) {
      free_[j] = false;
      exchange(j);
    }
    refactored_ = false;
    full_step_ = false;
  }

  // Along d = (1 at j, -inverse G_Aj on A) the quadratic part is flat, up to the little that is
  // left of column j, while the penalty falls at a constant rate: the step ends at a kink.
  void exchange(int j) {
    const int way = coordinate(j).direction(beta_[j], z_[j], slack(j));
    if (way == 0) return;
    const std::vector<int>& A = inverse_.members();
    Vector d(A.size());
    inverse_.solve_column(system(), j, d.data());
    for (double& x : d) x *= -way;
    const Coordinate h = coordinate(j);
    double slope = way * (z_[j] - (way > 0 ? h.slope_up(beta_[j]) : h.slope_down(beta_[j])) - h.q * beta_[j]);
    double curvature = system()(j, j);
    for (std::size_t k = 0; k < A.size(); ++k) {
      slope += d[k] * stationarity(A[k]);
      curvature += way * d[k] * gram_[A[k] + static_cast<std::size_t>(j) * capacity_];
    }
    if (slope <= 0) return;
    double step = curvature > 0 ? slope / curvature : kInfinity;
    const double room = way > 0 ? reach(beta_[j], 1.0, j, sign_[j]) : reach(beta_[j], -1.0, j, sign_[j]);
    step = std::min(step, room);
    int blocking = -1;
    for (std::size_t k = 0; k < A.size(); ++k) {
      const double limit = reach(beta_[A[k]], d[k], A[k], sign_[A[k]]);
      if (limit < step) step = limit, blocking = static_cast<int>(k);
    }
    if (!std::isfinite(step)) return;
    // Without a penalty to fall there is nothing to gain between copies of one column.
    if (step > 0) {
      for (std::size_t k = 0; k < A.size(); ++k) move(A[k], step * d[k]);
      move(j, way * step);
      decrease_ += step * (slope - 0.5 * step * std::max(curvature, 0.0));
    }
    if (blocking >= 0) {
      const int gone = A[blocking];
      settle(gone);
      inverse_.remove({blocking});
    }
    if (step == room) {
      settle(j);
      return;
    }
    free_[j] = true;
    for (int k : inverse_.append(system(), {j})) free_[k] = false;
  }

  // How far b may go along d inside its face.
  double reach(double b, double d, int j, int sign) const {
    const auto [low, high] = face(j, sign);
    if (d > 0) return high == kInfinity ? kInfinity : std::max(0.0, (high - b) / d);
    if (d < 0) return low == -kInfinity ? kInfinity : std::max(0.0, (low - b) / d);
    return kInfinity;
  }

  std::pair<double, double> face(int j, int sign) const {
    const Entry& e = entries_[j];
    if (sign > 0) return {std::max(e.lower, 0.0), e.upper};
    if (sign < 0) return {e.lower, std::min(e.upper, 0.0)};
    return {e.lower, e.upper};
  }

  // Puts a coordinate that left its face exactly on the kink it met.
  void settle(int j) {
    const auto [low, high] = face(j, sign_[j]);
    const double target = std::abs(beta_[j] - low) <= std::abs(beta_[j] - high) ? low : high;
    move(j, target - beta_[j]);
    beta_[j] = target;
    free_[j] = false;
  }

  void move(int j, double by) {
    if (by == 0) return;
    beta_[j] += by;
    simd::axpy(-by, gram_.data() + static_cast<std::size_t>(j) * capacity_, z_.data(), size());
  }

  // One step over the free coordinates; returns the decrease of the objective, negative on failure.
  double newton_step() {
    const std::vector<int>& A = inverse_.members();
    const std::size_t a = A.size();
    Vector d(a), projected(a);
    inverse_.apply(rho_.data(), d.data());
    double full = 0;  // rho'd: the full step lowers the objective by half of it
    double first = 1.0;
    bool leaves = false;
    for (std::size_t k = 0; k < a; ++k) {
      full += rho_[k] * d[k];
      const auto [low, high] = face(A[k], sign_[A[k]]);
      const double target = beta_[A[k]] + d[k];
      projected[k] = std::clamp(target, low, high) - beta_[A[k]];
      if (target < low || target > high) {
        leaves = true;
        first = std::min(first, reach(beta_[A[k]], d[k], A[k], sign_[A[k]]));
      }
    }
    if (!leaves) {
      shift(A, d);
      full_step_ = true;
      return std::max(0.0, 0.5 * full);
    }
    const double cut_gain = (first - 0.5 * first * first) * full;
    const Vector before = z_;
    double gain = 0;
    for (std::size_t k = 0; k < a; ++k) gain += projected[k] * (rho_[k] - 0.5 * ridge_[A[k]] * projected[k]);
    Vector old(a);
    for (std::size_t k = 0; k < a; ++k) old[k] = beta_[A[k]];
    shift(A, projected);
    for (std::size_t k = 0; k < a; ++k) gain += 0.5 * projected[k] * (z_[A[k]] - before[A[k]]);
    if (gain < cut_gain || !(gain > 0)) {
      z_ = before;
      for (std::size_t k = 0; k < a; ++k) {
        beta_[A[k]] = old[k];
        projected[k] = first * d[k];
      }
      if (first > 0) shift(A, projected);
      gain = std::max(0.0, cut_gain);
    }
    std::vector<int> gone;
    for (std::size_t k = 0; k < a; ++k) {
      const auto [low, high] = face(A[k], sign_[A[k]]);
      const double b = beta_[A[k]], hair = 1e-15 * std::abs(old[k]);
      const bool at_low = d[k] < 0 && b <= low + hair, at_high = d[k] > 0 && b >= high - hair;
      if (at_low || at_high) gone.push_back(static_cast<int>(k));
    }
    for (int k : gone) settle(A[k]);
    if (gone.empty()) return -1;
    inverse_.remove(gone);
    if (inverse_.stale()) refactor();
    full_step_ = false;
    return gain;
  }

  // beta_A += d, z -= G_A d
  void shift(const std::vector<int>& A, const Vector& d) {
    const std::size_t a = A.size();
    std::size_t k = 0;
    for (; k + 4 <= a; k += 4) {
      const double c[4] = {-d[k], -d[k + 1], -d[k + 2], -d[k + 3]};
      const double* column[4];
      for (int i = 0; i < 4; ++i) column[i] = gram_.data() + static_cast<std::size_t>(A[k + i]) * capacity_;
      simd::axpy4(c, column, z_.data(), size());
    }
    for (; k < a; ++k) simd::axpy(-d[k], gram_.data() + static_cast<std::size_t>(A[k]) * capacity_, z_.data(), size());
    for (k = 0; k < a; ++k) beta_[A[k]] += d[k];
  }

  void refactor() {
    for (int j : inverse_.refactor(system())) free_[j] = false;
  }

  double alpha_ = 0;
  std::vector<Entry> entries_;
  Vector beta_, z_, ridge_, gram_, rho_;
  std::vector<int> sign_;
  std::vector<bool> free_;
  BlockInverse inverse_;
  int capacity_ = 0;
  double worst_ = kInfinity;
  double decrease_ = 0;  // of the objective, since coordinates were last freed
  bool full_step_ = false, refactored_ = false;
};

}  // namespace taut
