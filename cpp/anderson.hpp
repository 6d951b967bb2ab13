// Extrapolation of the iterates of a fixed-point map.
#pragma once

#include <vector>

#include "blas.hpp"
#include "design.hpp"

namespace taut {

// The affine combination of recent iterates with the least residual (Anderson 1965): minimise
// | sum_i c_i (x_(i+1) - x_i) | over sum c = 1, where c is the solution of (U'U) c = 1, scaled.
// Empty where they are too nearly parallel.
inline Vector extrapolated(const std::vector<Vector>& recent) {
  const int m = static_cast<int>(recent.size()) - 1;
  const std::size_t size = recent[0].size();
  Vector system(m * m), c(m, 1.0);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j <= i; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < size; ++k)
        sum += (recent[i + 1][k] - recent[i][k]) * (recent[j + 1][k] - recent[j][k]);
      system[i + j * m] = system[j + i * m] = sum;
    }
  // A hair on the diagonal: late moves are nearly parallel.
  double trace = 0;
  for (int i = 0; i < m; ++i) trace += system[i + i * m];
  for (int i = 0; i < m; ++i) system[i + i * m] += 1e-12 * trace;
  if (!blas::cholesky(m, system.data(), m)) return {};
  blas::solve_right('N', 1, m, system.data(), m, c.data(), 1);
  blas::solve_right('T', 1, m, system.data(), m, c.data(), 1);
  double total = 0;
  for (double x : c) total += x;
  Vector found(size, 0.0);
  for (int i = 0; i < m; ++i)
    for (std::size_t k = 0; k < size; ++k) found[k] += c[i] / total * recent[i + 1][k];
  return found;
}

}  // namespace taut
