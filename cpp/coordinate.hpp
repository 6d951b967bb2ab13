// One coordinate of a separable penalty:  h(b) = a |b| + q/2 b^2  on  lower <= b <= upper.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace taut {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Coordinate {
  double a, q, lower, upper;

  double value(double b) const { return a * std::abs(b) + 0.5 * q * b * b; }

  // argmin_b  1/2 c (b - z/c)^2 + h(b): the problem is one-dimensional and convex, so clipping
  // the unconstrained minimiser is exact.
  double minimise(double z, double c) const {
    const double soft = z > a ? z - a : z < -a ? z + a : 0.0;
    return std::clamp(soft / (c + q), lower, upper);
  }

  // Slopes of a|b| when b leaves `at` upwards and downwards.
  double slope_up(double at) const { return at >= 0 ? a : -a; }
  double slope_down(double at) const { return at > 0 ? a : -a; }

  // +1, -1: the way in which moving b away from `at` lowers the objective when the smooth part's
  // negative gradient is z; 0 where `at` is optimal up to `slack`.
  int direction(double at, double z, double slack) const {
    if (at < upper && z - slope_up(at) - q * at > slack) return 1;
    if (at > lower && z - slope_down(at) - q * at < -slack) return -1;
    return 0;
  }

  // Distance of z from the subdifferential of h at b.
  double violation(double b, double z) const {
    const double up = b < upper ? z - slope_up(b) - q * b : 0.0;
    const double down = b > lower ? slope_down(b) + q * b - z : 0.0;
    return std::max({up, down, 0.0});
  }

  // Largest t <= 1 for which t z has a finite conjugate. `noise` is the rounding of z: a
  // coordinate without any slope (a = q = 0) has no room for it, and is met there by first order.
  double dual_scale(double z, double noise) const {
    if (q > 0) return 1.0;
    const bool open = z > 0 ? upper == kInfinity : lower == -kInfinity;
    if (!open || std::abs(z) <= std::max(a, noise)) return 1.0;
    return a / std::abs(z);
  }

  // The same, as if a bound that b has not met were not there.
  double strict_scale(double b, double z, double noise) const {
    if (q > 0 || std::abs(z) <= std::max(a, noise) || b == (z > 0 ? upper : lower)) return 1.0;
    return a / std::abs(z);
  }

  // h(b) + h*(z) - z b >= 0, where h*(z) = sup_b z b - h(b): zero exactly at the optimum.
  double fenchel_young(double b, double z, double noise) const {
    const double excess = std::abs(z) - a;
    double best;  // the maximiser of z b - h(b)
    if (excess <= 0) {
      best = std::clamp(0.0, lower, upper);
    } else if (q > 0) {
      best = std::clamp(std::copysign(excess / q, z), lower, upper);
    } else {
      best = z > 0 ? upper : lower;
      // Only rounding can leave an unbounded coordinate here (see dual_scale).
      if (std::isinf(best)) return excess <= noise ? std::abs(excess * b) : kInfinity;
    }
    // Both terms are written as differences from the maximiser, so nothing large cancels.
    if (best == b) return 0.0;
    const double gain = z * (best - b) - (a * (std::abs(best) - std::abs(b)) + 0.5 * q * (best - b) * (best + b));
    return std::max(gain, 0.0);
  }
};

}  // namespace taut
