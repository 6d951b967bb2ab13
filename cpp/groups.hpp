// A penalty on contiguous groups of coordinates and on their entries,
//
//     alpha [ sum_g w_g |b_g|_2 + sum_j l_j |b_j| ],
//
// and what block descent asks of it: one group's part of the problem, all others held.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "coordinate.hpp"
#include "design.hpp"

namespace taut {

struct Groups {
  int count;
  const std::int64_t* starts;  // group g has the coordinates from starts[g] up to starts[g + 1]
  const double* weights;       // infinite: fixed at zero
  const double* l1;            // of each coordinate

  int first(int g) const { return static_cast<int>(starts[g]); }
  int last(int g) const { return static_cast<int>(starts[g + 1]); }
  int width(int g) const { return last(g) - first(g); }
  bool fixed(int g) const { return std::isinf(weights[g]); }

  static double soft(double x, double by) { return x > by ? x - by : x < -by ? x + by : 0.0; }

  double norm(const double* x, int g) const {
    double square = 0;
    for (int k = 0; k < width(g); ++k) square += x[k] * x[k];
    return std::sqrt(square);
  }

  // The penalty at all coordinates, and at those of one group.
  double price(double alpha, const double* b) const {
    double total = 0;
    for (int g = 0; g < count; ++g) total += price(g, alpha, b + first(g));
    return total;
  }

  double price(int g, double alpha, const double* b) const {
    const double size = norm(b, g);
    if (size == 0) return 0;
    double total = weights[g] * size;
    for (int k = 0; k < width(g); ++k) total += l1[first(g) + k] * std::abs(b[k]);
    return alpha * total;
  }

  // What the penalty weighs on a group: an excess of the gradient is held against that.
  double weight(int g, double alpha) const {
    if (fixed(g)) return 0;
    double entries = 0;
    for (int j = first(g); j < last(g); ++j) entries = std::max(entries, l1[j]);
    return alpha * (weights[g] + entries);
  }

  double heaviest(double alpha) const {
    double most = 0;
    for (int g = 0; g < count; ++g) most = std::max(most, weight(g, alpha));
    return most > 0 ? most : 1.0;
  }

  // Minus the derivative of the objective along coordinate j of group g, which is not zero there;
  // `size` is the norm of the group.
  double stationarity(int j, int g, double alpha, double z, double b, double size) const {
    const double w = weights[g];
    return z - std::copysign(alpha * l1[j], b) - (w > 0 ? alpha * w * b / size : 0.0);
  }

  // By how much a group violates its optimality; z and b are of the group alone.
  double violation(int g, double alpha, const double* z, const double* b) const {
    const double size = norm(b, g);
    double square = 0;
    for (int k = 0; k < width(g); ++k) {
      const int j = first(g) + k;
      const double rest = b[k] == 0 ? soft(z[k], alpha * l1[j]) : stationarity(j, g, alpha, z[k], b[k], size);
      square += rest * rest;
    }
    const double excess = std::sqrt(square);
    return size > 0 ? excess : std::max(excess - alpha * weights[g], 0.0);
  }
};

// Proximal steps on one group, with its block of the Gram matrix and a bound on the eigenvalues of
// that. Scratch is kept from call to call.
class GroupStep {
 public:
  explicit GroupStep(const Groups& groups) : groups_(groups) {}

  // By how much the group's coordinates change; `z` is minus the gradient of the smooth part, of the
  // group alone, before.
  const Vector& change(int g, double alpha, const double* gram, std::ptrdiff_t ld, double curvature,
                       const double* z, const double* beta) {
    const int m = groups_.width(g);
    const double step = 1.0 / curvature, price = alpha * groups_.weights[g];
    const double* l1 = groups_.l1 + groups_.first(g);
    z_.assign(z, z + m);
    change_.assign(m, 0.0);
    trial_.resize(m);
    for (int inner = 0; inner < kMost; ++inner) {
      for (int k = 0; k < m; ++k)
        trial_[k] = Groups::soft(beta[k] + change_[k] + step * z_[k], step * alpha * l1[k]);
      const double size = groups_.norm(trial_.data(), g);
      const double shrink = size > step * price ? 1.0 - step * price / size : 0.0;
      double moved = 0, held = 0;
      for (int k = 0; k < m; ++k) {
        const double target = shrink * trial_[k], by = target - beta[k] - change_[k];
        change_[k] = target == 0 ? -beta[k] : change_[k] + by;
        moved = std::max(moved, std::abs(by));
        held = std::max(held, std::abs(target));
        if (by != 0) simd::axpy(-by, gram + k * ld, z_.data(), m);
      }
      if (moved <= kEnough * held) break;
    }
    return change_;
  }

 private:
  static constexpr int kMost = 30;
  static constexpr double kEnough = 1e-6;
  const Groups& groups_;
  Vector z_, change_, trial_;
};

// Gershgorin's bound on the eigenvalues of a symmetric matrix.
inline double gershgorin(int n, const double* a, std::ptrdiff_t ld) {
  double largest = 0;
  for (int j = 0; j < n; ++j) {
    double sum = 0;
    for (int i = 0; i < n; ++i) sum += std::abs(a[i + j * ld]);
    largest = std::max(largest, sum);
  }
  return largest;
}

}  // namespace taut
