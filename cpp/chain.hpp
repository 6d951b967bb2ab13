// The prox of the total variation of a sequence, in linear time:
//
//     minimise  1/2 |x - y|^2 + sum_k r_k |x_(k+1) - x_k|.
//
// Let f_k(x) be the least cost of x_1, ..., x_k = x, without the jump that follows. The best x_k before
// x_(k+1) = x is x itself, unless f_k' is beyond +-r_k there: then it is the point where f_k' = +-r_k. So
//
//     f_(k+1)'(x) = x - y_(k+1) + clip(f_k'(x), -r_k, r_k),
//
// piecewise linear and rising. Kept are its first and last piece, each as slope and intercept, and its
// knots in order, each with the change of both from its left to its right. Clipping takes knots off
// both ends and adds one to each: a deque in an array that starts in the middle.
//
// Johnson, N. A. (2013), A dynamic programming algorithm for the fused lasso and L0-segmentation, JCGS
// 22, 246-260.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace taut {

struct Knot {
  double place, bend, lift;
};

// y of n entries, finite; n - 1 radii, finite.
inline void chain_prox(const double* y, const double* radii, std::size_t n, double* x) {
  std::vector<Knot> knots(2 * n);
  std::vector<double> low(n), high(n);  // holds x_k, whatever follows
  std::size_t first = n, end = n;
  double left = -y[0], right = -y[0];
  for (std::size_t k = 0; k + 1 < n; ++k) {
    const double radius = radii[k];
    double slope = 1, intercept = left;
    for (; first < end && slope * knots[first].place + intercept < -radius; ++first) {
      slope += knots[first].bend;
      intercept += knots[first].lift;
    }
    low[k] = (-radius - intercept) / slope;
    double back = 1, offset = right;
    for (; first < end && back * knots[end - 1].place + offset > radius; --end) {
      back -= knots[end - 1].bend;
      offset -= knots[end - 1].lift;
    }
    high[k] = std::max((radius - offset) / back, low[k]);
    knots[--first] = {low[k], slope, intercept + radius};
    knots[end++] = {high[k], -back, radius - offset};
    left = -radius - y[k + 1];
    right = radius - y[k + 1];
  }
  double slope = 1, intercept = left;
  for (; first < end && slope * knots[first].place + intercept < 0; ++first) {
    slope += knots[first].bend;
    intercept += knots[first].lift;
  }
  x[n - 1] = -intercept / slope;
  for (std::size_t k = n - 1; k-- > 0;) x[k] = std::clamp(x[k + 1], low[k], high[k]);
}

}  // namespace taut
