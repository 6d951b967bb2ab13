// Passes over the weights of groups, for step_groups.hpp: runs are neighbouring entries of one
// feature; bands are rows of neighbouring features, one to a lane.
#pragma once

#include <algorithm>
#include <cmath>

#include "step_prox.hpp"

namespace taut::step {

// Up to so many squares are added in the precision of the entries, then in double.
inline constexpr Count kRun = 1024, kRows = 64;
// Features of a band, of which each has sums of its own, at most and where all about them is to stay
// in the cache; runs at a time; running sums of a run.
inline constexpr Count kLanes = 512, kNear = 64, kRuns = 4, kChains = 16;

// What an entry adds to three sums, or to the first alone.
template <class T>
struct Terms {
  T zero, one, two;
};

template <class T>
struct Square {
  T zero;
};

struct Sums {
  double zero = 0, one = 0, two = 0;
  template <class Other>
  Sums& operator+=(const Other& other) {
    zero += other.zero;
    if constexpr (requires { other.one; }) one += other.one, two += other.two;
    return *this;
  }
};

template <class T>
struct Lanes {
  T radius[kLanes], amount[kLanes];
  T zero[kLanes], one[kLanes], two[kLanes];

  Sums of(Count i) const { return {zero[i], one[i], two[i]}; }
};

// Where a band lies: its rows are `stride` apart among the weights. In scratch memory `many` lanes at a time lie
// row by row, as they are visited.
struct Band {
  Count rows, stride, width;

  template <Count many>
  TAUT_INLINE Count in(Count row, Count lane) const {
    return lane * rows + row * many;
  }
};

// Adds term(i) up, in chains that do not wait for one another.
template <class T, class Term>
TAUT_INLINE Sums add_up(Count n, Term term) {
  Sums sums;
  for (Count first = 0; first < n; first += kRun) {
    const Count last = std::min(first + kRun, n);
    T zero[kChains] = {}, one[kChains] = {}, two[kChains] = {};
    Count i = first;
    for (; i + kChains <= last; i += kChains)
      TAUT_INDEPENDENT
      for (Count k = 0; k < kChains; ++k) {
        const auto terms = term(i + k);
        zero[k] += terms.zero;
        if constexpr (requires { terms.one; }) one[k] += terms.one, two[k] += terms.two;
      }
    for (; i < last; ++i) sums += term(i);
    for (Count half = kChains / 2; half > 0; half /= 2)
      TAUT_INDEPENDENT
      for (Count k = 0; k < half; ++k) zero[k] += zero[k + half], one[k] += one[k + half], two[k] += two[k + half];
    sums += Terms<T>{zero[0], one[0], two[0]};
  }
  return sums;
}

// Adds term(at, in, i) up for the entry of row r and lane i at `at`, and `in` scratch memory: `many` lanes at a
// time, whose sums stay in registers. Those of a whole row would be read and written again with each entry.
template <Count many = kChains, class T, class Term>
TAUT_INLINE void add_up(Band band, Lanes<T>& lanes, Term term, Count from = 0) {
  for (; from + many <= band.width; from += many) {
    T zero[many] = {}, one[many] = {}, two[many] = {};
    for (Count r = 0; r < band.rows; ++r) {
      const Count at = r * band.stride + from, in = band.in<many>(r, from);
      if constexpr (requires { term.call(at); }) term.call(at + 2 * many);
      TAUT_INDEPENDENT
      for (Count k = 0; k < many; ++k) {
        const auto terms = term(at + k, in + k, from + k);
        zero[k] += terms.zero;
        if constexpr (requires { terms.one; }) one[k] += terms.one, two[k] += terms.two;
      }
    }
    for (Count k = 0; k < many; ++k)
      lanes.zero[from + k] = zero[k], lanes.one[from + k] = one[k], lanes.two[from + k] = two[k];
  }
  if constexpr (many > 1) add_up<many / 4>(band, lanes, term, from);
}

// z^2, (D z)^2 and D (D z)^2.
template <class T>
TAUT_INLINE Terms<T> measured(T z, T diagonal) {
  const T pulled = diagonal * z, square = pulled * pulled;
  return {z * z, square, square * diagonal};
}

// D of an entry, by what its metric has. (No lambdas that call add_up: those need not be inlined, and
// are then compiled for the oldest processor.)
template <class T>
struct Rooted {
  const T* moments;
  T shift;
  TAUT_INLINE T operator()(Count i) const { return std::sqrt(moments[i]) + shift; }
};

template <class T>
struct Shifted {
  const T* moments;
  T shift;
  TAUT_INLINE T operator()(Count i) const { return moments[i] + shift; }
};

// Keeps D, with the sums of measured().
template <class T, class Of>
TAUT_INLINE Sums measure_of(const T* z, Of of, T* diagonal, Count n) {
  return add_up<T>(n, [=](Count i) { return measured(z[i], diagonal[i] = of(i)); });
}

// Lanes are read in jumps, which the processor does not foresee: what comes next is called for.
template <class T, class Of>
struct Jumps {
  const T* z;
  Of of;
  T* diagonal;
  TAUT_INLINE Terms<T> operator()(Count at, Count in, Count) const { return measured(z[at], diagonal[in] = of(at)); }
  TAUT_INLINE void call(Count at) const { TAUT_PREFETCH(z + at), TAUT_PREFETCH(of.moments + at); }
};

template <class T, class Of>
TAUT_INLINE void measure_of(const T* z, Of of, T* diagonal, Band band, Lanes<T>& lanes) {
  add_up(band, lanes, Jumps<T, Of>{z, of, diagonal});
}

template <class T>
TAUT_INLINE Sums measure_run(const T* z, const Metric<T>& metric, T* diagonal, Count n) {
  const auto [moments, squared, shift] = metric;
  if (!moments) return add_up<T>(n, [=](Count i) { return Square<T>{z[i] * z[i]}; });
  return squared ? measure_of(z, Rooted<T>{moments, shift}, diagonal, n)
                 : measure_of(z, Shifted<T>{moments, shift}, diagonal, n);
}

template <class T>
TAUT_INLINE void measure_band(const T* z, const Metric<T>& metric, T* diagonal, Band band, Lanes<T>& lanes) {
  const auto [moments, squared, shift] = metric;
  if (!moments) add_up(band, lanes, [=](Count at, Count, Count) { return Square<T>{z[at] * z[at]}; });
  else if (squared) measure_of(z, Rooted<T>{moments, shift}, diagonal, band, lanes);
  else measure_of(z, Shifted<T>{moments, shift}, diagonal, band, lanes);
}

// x^2, x^2 w and x^2 w^2 of x = D z q and w = D q with q = 1 / (radius D + amount).
template <class T>
TAUT_INLINE Terms<T> attempted(T z, T diagonal, T radius, T amount) {
  const T w = diagonal / (radius * diagonal + amount), x = w * z, square = x * x, weighted = square * w;
  return {square, weighted, weighted * w};
}

template <class T>
TAUT_INLINE Sums attempt_run(const T* __restrict z, const T* __restrict diagonal, Count n, T radius, T amount) {
  return add_up<T>(n, [=](Count i) { return attempted(z[i], diagonal[i], radius, amount); });
}

template <class T>
TAUT_INLINE void attempt_band(const T* __restrict z, const T* __restrict diagonal, Band band, Lanes<T>& lanes) {
  const T *__restrict radius = lanes.radius, *__restrict amount = lanes.amount;
  add_up(band, lanes,
         [=](Count at, Count in, Count i) { return attempted(z[at], diagonal[in], radius[i], amount[i]); });
}

// b = radius x. Adding 0 turns -0 into 0.
template <class T>
TAUT_INLINE T settled(T z, T diagonal, T radius, T amount) {
  return radius * diagonal / (radius * diagonal + amount) * z + T(0);
}

template <class T>
TAUT_INLINE void settle_run(T* __restrict z, const T* __restrict diagonal, Count n, T radius, T amount) {
  for (Count i = 0; i < n; ++i) z[i] = settled(z[i], diagonal[i], radius, amount);
}

// Lanes without an amount keep every bit.
template <Count many = kChains, class T>
TAUT_INLINE void settle_band(T* __restrict z, const T* __restrict diagonal, Band band, const Lanes<T>& lanes,
                             Count from = 0) {
  for (; from + many <= band.width; from += many) {
    const T *__restrict radius = lanes.radius + from, *__restrict amount = lanes.amount + from;
    for (Count r = 0; r < band.rows; ++r)
      for (Count k = 0; k < many; ++k) {
        T& mine = z[r * band.stride + from + k];
        mine = amount[k] == 0 ? mine : settled(mine, diagonal[band.in<many>(r, from) + k], radius[k], amount[k]);
      }
  }
  if constexpr (many > 1) settle_band<many / 4>(z, diagonal, band, lanes, from);
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
  TAUT_MULTIVERSION inline Sums measure(const T* z, const Metric<T>& metric, T* diagonal, Count n) {                 \
    return measure_run(z, metric, diagonal, n);                                                                      \
  }                                                                                                                  \
  TAUT_MULTIVERSION inline void measure(const T* z, const Metric<T>& metric, T* diagonal, Band band,                 \
                                        Lanes<T>& lanes) {                                                           \
    measure_band(z, metric, diagonal, band, lanes);                                                                  \
  }                                                                                                                  \
  TAUT_MULTIVERSION inline Sums attempt(const T* z, const T* diagonal, Count n, T radius, T amount) {                \
    return attempt_run(z, diagonal, n, radius, amount);                                                              \
  }                                                                                                                  \
  TAUT_MULTIVERSION inline void attempt(const T* z, const T* diagonal, Band band, Lanes<T>& lanes) {                 \
    attempt_band(z, diagonal, band, lanes);                                                                          \
  }                                                                                                                  \
  TAUT_MULTIVERSION inline void settle(T* z, const T* diagonal, Count n, T radius, T amount) {                       \
    settle_run(z, diagonal, n, radius, amount);                                                                      \
  }                                                                                                                  \
  TAUT_MULTIVERSION inline void settle(T* z, const T* diagonal, Band band, const Lanes<T>& lanes) {                  \
    settle_band(z, diagonal, band, lanes);                                                                           \
  }                                                                                                                  \
  TAUT_MULTIVERSION inline void scale(T* z, Count n, T radius) { scale_run(z, n, radius); }                          \
  TAUT_MULTIVERSION inline void scale(T* z, Band band, const Lanes<T>& lanes) { scale_band(z, band, lanes); }
TAUT_PASSES(float)
TAUT_PASSES(double)
#undef TAUT_PASSES

}  // namespace taut::step
