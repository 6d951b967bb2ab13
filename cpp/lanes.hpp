// Eight vectors over the rows of a sparse matrix, stored row by row side by side: what is known of
// an entry is read once for all of them, and a row of them is one register and one cache line. Eight
// products cost about as much as one.
#pragma once

#include <new>

#include "design.hpp"

namespace taut::lanes {

// Memory that begins where a cache line does: a row that straddled two would be fetched twice.
template <class T>
struct OnLines {
  using value_type = T;
  static constexpr std::align_val_t kLine{kLanes * sizeof(double)};
  OnLines() = default;
  template <class U>
  OnLines(const OnLines<U>&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), kLine)); }
  void deallocate(T* p, std::size_t) { ::operator delete(p, kLine); }
  bool operator==(const OnLines&) const { return true; }
};
using Rows = std::vector<double, OnLines<double>>;

// The entries of one column with each of the vectors.
template <class T, class I>
TAUT_INLINE void sums(const T* values, const I* rows, std::ptrdiff_t count, const double* vectors, double* out) {
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

template <class T, class I>
TAUT_MULTIVERSION void dot(const T* values, const I* rows, std::ptrdiff_t count, const double* vectors, double* out) {
  sums(values, rows, count, vectors, out);
}

// out[c * cols + j] = column j with vector c, for the first `width` vectors.
template <class T, class I>
TAUT_MULTIVERSION void cross(const T* values, const I* rows, const I* start, std::ptrdiff_t cols, const double* vectors,
                             int width, double* out) {
  for (std::ptrdiff_t j = 0; j < cols; ++j) {
    double found[kLanes];
    sums(values + start[j], rows + start[j], start[j + 1] - start[j], vectors, found);
    for (int c = 0; c < width; ++c) out[c * cols + j] = found[c];
  }
}

// vectors -= one column * by
template <class I>
TAUT_MULTIVERSION void subtract(const double* values, const I* rows, std::ptrdiff_t count, const double* by, double* vectors) {
  double step[kLanes];
  for (int c = 0; c < kLanes; ++c) step[c] = by[c];
  for (std::ptrdiff_t k = 0; k < count; ++k) {
    double* a = vectors + kLanes * static_cast<std::ptrdiff_t>(rows[k]);
    // All lanes before any is written: in place the compiler takes them one by one.
    double less[kLanes];
    for (int c = 0; c < kLanes; ++c) less[c] = a[c] - values[k] * step[c];
    for (int c = 0; c < kLanes; ++c) a[c] = less[c];
  }
}

// With rows that stand for roots * (a residual), less a shift: writes roots^2 * residual, `width` columns of
// length n, and the squares that the rows add up to.
TAUT_MULTIVERSION inline void separate(const double* vectors, const double* roots, const double* shift, std::ptrdiff_t n,
                                       int width, double* columns, double* squares) {
  double total[kLanes] = {};
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    double row[kLanes];
    for (int c = 0; c < kLanes; ++c) row[c] = vectors[i * kLanes + c] + roots[i] * shift[c];
    for (int c = 0; c < kLanes; ++c) total[c] += row[c] * row[c];
    for (int c = 0; c < width; ++c) columns[c * n + i] = roots[i] * row[c];
  }
  for (int c = 0; c < width; ++c) squares[c] = total[c];
}

// Columns of length n, at most as many as there are lanes, side by side; what is missing is zero.
inline Rows interleaved(const double* columns, std::ptrdiff_t n, int count) {
  Rows out(n * kLanes);
  const auto interleave = [&](int width) {
    for (std::ptrdiff_t i = 0; i < n; ++i)
      for (int c = 0; c < width; ++c) out[i * kLanes + c] = columns[c * n + i];
  };
  // A constant width unrolls.
  if (count == kLanes) interleave(kLanes);
  else interleave(count);
  return out;
}

}  // namespace taut::lanes
