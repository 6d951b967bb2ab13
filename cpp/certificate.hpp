// How far a point is from the optimum, from its residual's correlations alone.
//
// The primal is P(b) = 1/2 sum v r^2 + sum h_j(b_j) with r = y - Xb (centred by the view), and every
// t in [0, 1] gives the dual point t v r with objective D = P - gap,
//     gap(t) = 1/2 (1 - t)^2 sum v r^2 + sum_j [ h_j(b_j) + h_j*(t z_j) - t z_j b_j ],   z = X'(v r):
// a sum of terms that are not negative, so the gap keeps its relative accuracy however small it is.
// With an intercept sum_i v_i r_i = 0, which makes t v r feasible in that direction too.
#pragma once

#include "coordinate.hpp"
#include "design.hpp"

namespace taut {

// The numbers are those of taut.solution.Status.
enum class Status : int { solved = 0, max_iter = 1, stalled = 2 };

struct Certificate {
  double gap = kInfinity, relative_gap = kInfinity, kkt = kInfinity;
  Status status = Status::stalled;
  int iterations = 0;
};

// A penalty on all features, at any strength.
struct Penalty {
  const double *l1, *l2, *lower, *upper;
  Coordinate at(Index j, double alpha) const {
    return {alpha * l1[j], alpha * l2[j], lower[j], upper[j]};
  }
  double resting(Index j) const { return std::clamp(0.0, lower[j], upper[j]); }
};

// `noise` is the rounding of each z_j; `null` the objective of the null model, 1/2 sum v y^2.
// coef(j) gives the coefficient of feature j.
template <class Coef>
Certificate certify(const Penalty& penalty, double alpha, Index p, Coef&& coef, const double* z,
                    double rss, const double* norm, const double* noise, double null) {
  Certificate out;
  double t = 1.0, kkt = 0.0;
  const double y_norm = std::sqrt(2 * null);
  for (Index j = 0; j < p; ++j) {
    if (norm[j] == 0.0) continue;
    const Coordinate h = penalty.at(j, alpha);
    t = std::min(t, h.dual_scale(z[j], noise[j]));
    const double violation = h.violation(coef(j), z[j]);
    if (violation > 0) kkt = std::max(kkt, violation / (norm[j] * y_norm));
  }
  double gap = 0.5 * (1 - t) * (1 - t) * rss;
  for (Index j = 0; j < p; ++j)
    if (norm[j] != 0.0) gap += penalty.at(j, alpha).fenchel_young(coef(j), t * z[j], noise[j]);
  out.gap = gap;
  out.relative_gap = null > 0 ? gap / null : gap;
  out.kkt = kkt;
  return out;
}

}  // namespace taut
