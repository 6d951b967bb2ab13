// Passes over the weights of groups, for step_groups.hpp: runs are neighbouring entries of one
// feature; bands are rows of neighbouring features, one to a lane.
#pragma once

#include <algorithm>
#include <cmath>

#include "step_prox.hpp"

namespace taut::step {

// Up to so many squares are added in the precision of the entries, then in double.
inline constexpr Count kRun = 1024, kRows = 64;
// Features of a band, of which each has sums of its own; running sums of a run.
inline constexpr Count kLanes = 64, kChains = 16;

struct Sums {
  double zero = 0, one = 0, two = 0;
  Sums& operator+=(const Sums& other) {
    zero += other.zero, one += other.one, two += other.two;
    return *this;
  }
};

template <class T>
struct Lanes {
  T radius[kLanes], amount[kLanes];
  T zero[kLanes], one[kLanes], two[kLanes];

  Sums of(Count i) const { return {zero[i], one[i], two[i]}; }
};

// Where a band lies: its rows are `stride` apart among the weights, and `width` in scratch memory.
struct Band {
  Count rows, stride, width;
};

// Adds what term(i, zero, one, two) adds to three sums, in chains that do not wait for one another.
template <class T, class Term>
TAUT_INLINE Sums add_up(Count n, Term term) {
  Sums sums;
  for (Count first = 0; first < n; first += kRun) {
    const Count last = std::min(first + kRun, n);
    T zero[kChains] = {}, one[kChains] = {}, two[kChains] = {};
    Count i = first;
    for (; i + kChains <= last; i += kChains)
      for (Count k = 0; k < kChains; ++k) term(i + k, zero[k], one[k], two[k]);
    for (; i < last; ++i) term(i, zero[0], one[0], two[0]);
    for (Count k = 0; k < kChains; ++k) sums += {zero[k], one[k], two[k]};
  }
  return sums;
}

template <class T, class Term>
TAUT_INLINE void add_up(Band band, Lanes<T>& lanes, Term term) {
  T *__restrict zero = lanes.zero, *__restrict one = lanes.one, *__restrict two = lanes.two;
  for (Count i = 0; i < band.width; ++i) zero[i] = one[i] = two[i] = 0;
  for (Count r = 0; r < band.rows; ++r)
    for (Count i = 0; i < band.width; ++i) term(r * band.stride + i, r * band.width + i, i, zero[i], one[i], two[i]);
}

// D and D z, with the sums of z^2, (D z)^2 and D (D z)^2.
template <class T>
TAUT_INLINE void write_metric(const T* __restrict z, const Metric<T>& metric, T* __restrict diagonal,
                              T* __restrict pulled, Count n) {
  const T* __restrict moments = metric.moments;
  const T shift = metric.shift;
  if (metric.squared)
    for (Count i = 0; i < n; ++i) diagonal[i] = std::sqrt(moments[i]) + shift;
  else
    for (Count i = 0; i < n; ++i) diagonal[i] = moments[i] + shift;
  for (Count i = 0; i < n; ++i) pulled[i] = diagonal[i] * z[i];
}

template <class T>
TAUT_INLINE Sums measure_run(const T* z, const Metric<T>& metric, T* diagonal, T* pulled, Count n) {
  if (!metric.moments) return add_up<T>(n, [=](Count i, T& zero, T&, T&) { zero += z[i] * z[i]; });
  write_metric(z, metric, diagonal, pulled, n);
  return add_up<T>(n, [=](Count i, T& zero, T& one, T& two) {
    const T square = pulled[i] * pulled[i];
    zero += z[i] * z[i];
    one += square;
    two += square * diagonal[i];
  });
}

template <class T>
TAUT_INLINE void measure_band(const T* z, const Metric<T>& metric, T* diagonal, T* pulled, Band band, Lanes<T>& lanes) {
  if (!metric.moments)
    return add_up(band, lanes, [=](Count at, Count, Count, T& zero, T&, T&) { zero += z[at] * z[at]; });
  for (Count r = 0; r < band.rows; ++r)
    write_metric(z + r * band.stride, metric.from(r * band.stride), diagonal + r * band.width, pulled + r * band.width,
                 band.width);
  add_up(band, lanes, [=](Count at, Count in, Count, T& zero, T& one, T& two) {
    const T square = pulled[in] * pulled[in];
    zero += z[at] * z[at];
    one += square;
    two += square * diagonal[in];
  });
}

// b = radius x with x = D z / (radius D + amount), and the sums of x^2, x^2 w and x^2 w^2 with
// w = D / (radius D + amount). Adding 0 turns -0 into 0.
template <class T>
TAUT_INLINE T attempt(T diagonal, T pulled, T radius, T amount, T& zero, T& one, T& two) {
  const T q = 1 / (radius * diagonal + amount), x = pulled * q, w = diagonal * q, square = x * x, weighted = square * w;
  zero += square;
  one += weighted;
  two += weighted * w;
  return radius * x + T(0);
}

template <class T>
TAUT_INLINE Sums attempt_run(T* __restrict z, const T* __restrict diagonal, const T* __restrict pulled, Count n,
                             T radius, T amount) {
  return add_up<T>(n, [=](Count i, T& zero, T& one, T& two) {
    z[i] = attempt(diagonal[i], pulled[i], radius, amount, zero, one, two);
  });
}

// Lanes without an amount keep every bit.
template <class T>
TAUT_INLINE void attempt_band(T* __restrict z, const T* __restrict diagonal, const T* __restrict pulled, Band band,
                              Lanes<T>& lanes) {
  const T *__restrict radius = lanes.radius, *__restrict amount = lanes.amount;
  add_up(band, lanes, [=](Count at, Count in, Count i, T& zero, T& one, T& two) {
    const T before = z[at], b = attempt(diagonal[in], pulled[in], radius[i], amount[i], zero, one, two);
    z[at] = amount[i] == 0 ? before : b;
  });
}

// z times the radius, where there is no D.
template <class T>
TAUT_INLINE void scale_run(T* __restrict z, Count n, T radius) {
  for (Count i = 0; i < n; ++i) z[i] = z[i] * radius + T(0);
}

template <class T>
TAUT_INLINE void scale_band(T* __restrict z, Band band, const Lanes<T>& lanes) {
  const T* __restrict radius = lanes.radius;
  for (Count r = 0; r < band.rows; ++r)
    for (Count i = 0; i < band.width; ++i) z[r * band.stride + i] = z[r * band.stride + i] * radius[i] + T(0);
}

#define TAUT_PASSES(T)                                                                                                \
  TAUT_MULTIVERSION inline Sums measure(const T* z, const Metric<T>& metric, T* diagonal, T* pulled, Count n) {      \
    return measure_run(z, metric, diagonal, pulled, n);                                                              \
  }                                                                                                                  \
  TAUT_MULTIVERSION inline void measure(const T* z, const Metric<T>& metric, T* diagonal, T* pulled, Band band,      \
                                        Lanes<T>& lanes) {                                                           \
    measure_band(z, metric, diagonal, pulled, band, lanes);                                                          \
  }                                                                                                                  \
  TAUT_MULTIVERSION inline Sums attempt(T* z, const T* diagonal, const T* pulled, Count n, T radius, T amount) {     \
    return attempt_run(z, diagonal, pulled, n, radius, amount);                                                      \
  }                                                                                                                  \
  TAUT_MULTIVERSION inline void attempt(T* z, const T* diagonal, const T* pulled, Band band, Lanes<T>& lanes) {      \
    attempt_band(z, diagonal, pulled, band, lanes);                                                                  \
  }                                                                                                                  \
  TAUT_MULTIVERSION inline void scale(T* z, Count n, T radius) { scale_run(z, n, radius); }                          \
  TAUT_MULTIVERSION inline void scale(T* z, Band band, const Lanes<T>& lanes) { scale_band(z, band, lanes); }
TAUT_PASSES(float)
TAUT_PASSES(double)
#undef TAUT_PASSES

}  // namespace taut::step
