// One sweep of coordinate descent over the working set.
#pragma once

#include "coordinate.hpp"
#include "design.hpp"

namespace taut {

// Minimises over one coefficient after the other, each time exactly; those at rest are passed over
// unless `every` one is asked for. Returns the curvature times the squared moves: about twice what
// the objective fell by, and free of the rounding of a difference.
inline double sweep(const Penalty& penalty, double alpha, const std::vector<Index>& features, bool every,
                    Residual& residual, Vector& beta) {
  double gain = 0;
  for (std::size_t k = 0; k < beta.size(); ++k) {
    const Index j = features[k];
    const double old = beta[k];
    if (!every && old == penalty.resting(j)) continue;
    const double bend = residual.curvature(static_cast<int>(k));
    if (!(bend > 0)) continue;
    const double slope = residual.correlation(static_cast<int>(k));
    const double by = penalty.at(j, alpha).minimise(slope + bend * old, bend) - old;
    if (by == 0) continue;
    gain += bend * by * by;
    beta[k] = old + by;
    residual.move(static_cast<int>(k), by);
  }
  return gain;
}

}  // namespace taut
