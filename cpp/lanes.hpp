// Eight vectors over the rows of a sparse matrix, stored row by row side by side: what is known of
// an entry is read once for all of them, and a row of them is one register and one cache line. Eight
// products cost about as much as one.
#pragma once

#include <array>

#include "design.hpp"

namespace taut::lanes {

// out = the entries of one column with each of the vectors
template <class T, class I>
TAUT_MULTIVERSION void dot(const T* values, const I* rows, std::ptrdiff_t count, const double* vectors, double* out) {
  // Two running sums: a single one would wait for each addition.
  double even[kLanes] = {}, odd[kLanes] = {};
  std::ptrdiff_t k = 0;
  for (; k + 2 <= count; k += 2) {
    const double *a = vectors + kLanes * static_cast<std::ptrdiff_t>(rows[k]);
    const double *b = vectors + kLanes * static_cast<std::ptrdiff_t>(rows[k + 1]);
    const double x = static_cast<double>(values[k]), y = static_cast<double>(values[k + 1]);
    for (int c = 0; c < kLanes; ++c) even[c] += x * a[c];
    for (int c = 0; c < kLanes; ++c) odd[c] += y * b[c];
  }
  if (k < count) {
    const double* a = vectors + kLanes * static_cast<std::ptrdiff_t>(rows[k]);
    const double x = static_cast<double>(values[k]);
    for (int c = 0; c < kLanes; ++c) even[c] += x * a[c];
  }
  for (int c = 0; c < kLanes; ++c) out[c] = even[c] + odd[c];
}

// vectors -= weights * one column * by
template <class T, class I>
TAUT_MULTIVERSION void subtract(const T* values, const I* rows, std::ptrdiff_t count, const double* weights,
                                const double* by, double* vectors) {
  double step[kLanes];
  for (int c = 0; c < kLanes; ++c) step[c] = by[c];
  for (std::ptrdiff_t k = 0; k < count; ++k) {
    double* a = vectors + kLanes * static_cast<std::ptrdiff_t>(rows[k]);
    const double x = weights[rows[k]] * static_cast<double>(values[k]);
    for (int c = 0; c < kLanes; ++c) a[c] -= x * step[c];
  }
}

// Columns of length n, at most as many as there are lanes, side by side; what is missing is zero.
inline Vector interleaved(const double* columns, std::ptrdiff_t n, int count) {
  Vector out(n * kLanes);
  for (int c = 0; c < count; ++c)
    for (std::ptrdiff_t i = 0; i < n; ++i) out[i * kLanes + c] = columns[c * n + i];
  return out;
}

}  // namespace taut::lanes
