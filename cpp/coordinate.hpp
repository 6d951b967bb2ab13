// One coordinate of a separable penalty:  h(b) = a |b| + q/2 b^2  on  lower <= b <= upper.
//
// Folded, its slope falls from a at |b| = knot to zero at a rate k and stays there:
//
//     h(b) = f(b) + q/2 b^2,    f(b) = a x - k/2 (x - knot)_+^2,    x = min(|b|, knot + a/k),
//
// which is MCP where knot = 0 and SCAD where knot is its own threshold (Breheny & Huang 2011,
// section 2). A folded coordinate has bounds only where it is fixed.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace taut {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Coordinate {
  double a, q, lower, upper;
  double k = 0, knot = 0;

  bool folded() const { return k > 0; }
  // Where a folded slope has fallen to zero.
  double end() const { return knot + a / k; }

  // On which piece of a folded penalty b is: 0, or 1, 2 and 3 outwards, with its sign.
  int piece(double b) const {
    const double x = std::abs(b);
    const int out = x == 0 ? 0 : x <= knot ? 1 : x <= end() ? 2 : 3;
    return b < 0 ? -out : out;
  }

  double value(double b) const {
    return (folded() ? fold(b) : a * std::abs(b)) + 0.5 * q * b * b;
  }

  // argmin_b  1/2 c (b - z/c)^2 + h(b): the problem is one-dimensional and convex, so clipping
  // the unconstrained minimiser is exact.
  double minimise(double z, double c) const {
    // A ridge is curvature.
    if (folded()) return std::clamp(std::copysign(farthest(std::abs(z), c + q), z), lower, upper);
    const double soft = z > a ? z - a : z < -a ? z + a : 0.0;
    return std::clamp(soft / (c + q), lower, upper);
  }

  // Slopes of h, less those of q, when b leaves `at` upwards and downwards.
  double slope_up(double at) const { return at >= 0 ? steepness(at) : -steepness(at); }
  double slope_down(double at) const { return at > 0 ? steepness(at) : -steepness(at); }

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

  // Up to which |z| zero is the minimiser where the smooth part has curvature c. The slope at zero
  // decides, but where c < k what lies beyond the fold may be lower: z^2 / 2c against its height.
  double bar(double c) const {
    return folded() && c + q < k ? std::min(a, std::sqrt(2 * (c + q) * fold(end()))) : a;
  }

 private:
  double fold(double b) const {
    const double x = std::min(std::abs(b), end()), beyond = std::max(x - knot, 0.0);
    return a * x - 0.5 * k * beyond * beyond;
  }

  double steepness(double at) const {
    return folded() ? a - std::clamp(k * (std::abs(at) - knot), 0.0, a) : a;
  }

  // The minimiser of 1/2 c (b - z/c)^2 + f(b) for z >= 0.
  double farthest(double z, double c) const {
    const double soft = std::max(z - a, 0.0) / c, free = z / c;
    if (c > k) {  // convex: one of the pieces has the stationary point
      if (soft <= knot) return soft;
      return free <= end() ? (z - a - k * knot) / (c - k) : free;
    }
    // Concave between knot and end: a minimum lies before or after.
    const double before = std::min(soft, knot);
    if (free <= end()) return before;
    return 0.5 * z * free - fold(end()) > z * before - 0.5 * c * before * before - a * before ? free : before;
  }
};

}  // namespace taut
