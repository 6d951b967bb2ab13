// One sweep of coordinate descent over the working set.
#pragma once

#include <cstddef>
#include <vector>

#include "coordinate.hpp"

namespace taut {

// Minimises over one coefficient after the other, each time exactly; those at rest are passed over
// unless `every` one is asked for. Returns the curvature times the squared moves: about twice what
// the objective fell by, and free of the rounding of a difference.
// coordinate(k) is the penalty of the k-th coefficient.
template <class Penalties, class Residual>
double sweep(Penalties&& coordinate, bool every, Residual& residual, std::vector<double>& beta) {
  double gain = 0;
  for (std::size_t k = 0; k < beta.size(); ++k) {
    const Coordinate h = coordinate(k);
    const double old = beta[k];
    if (!every && old == std::clamp(0.0, h.lower, h.upper)) continue;
    const double bend = residual.curvature(static_cast<int>(k));
    if (!(bend > 0)) continue;
    const double slope = residual.correlation(static_cast<int>(k));
    const double by = h.minimise(slope + bend * old, bend) - old;
    if (by == 0) continue;
    gain += bend * by * by;
    beta[k] = old + by;
    residual.move(static_cast<int>(k), by);
  }
  return gain;
}

}  // namespace taut
