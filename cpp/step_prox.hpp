// The prox that follows an optimiser's step, in place on the memory of a network's weights and in
// the metric of that step: argmin_b 1/2 (b - z)' D (b - z) + penalty(b), with D = root(moments) +
// shift, or 1. Here for penalties of single entries; step_groups.hpp has those of groups.
#pragma once

#include <cmath>
#include <cstddef>

#include "simd.hpp"

namespace taut::step {

using Count = std::ptrdiff_t;

// Features are the middle axis, so that rows, columns and channels of weights are all alike.
struct Shape {
  Count before, features, after;
};

template <class T>
struct Metric {
  const T* moments;  // null for D = 1
  bool squared;      // whether D has the roots of the moments
  T shift;

  Metric from(Count offset) const { return {moments ? moments + offset : nullptr, squared, shift}; }
};

// As z less its part within the threshold, this keeps every bit at a threshold of 0, gives +0
// inside, and hides no NaN.
template <class T>
TAUT_INLINE T soft(T z, T threshold) {
  return z - (z < -threshold ? -threshold : z > threshold ? threshold : z);
}

// l1 |b|
template <class T>
struct Kink {
  T l1;
  TAUT_INLINE T operator()(T z, T d) const { return soft(z, l1 / d); }
};

// l1 |b| + l2/2 b^2: soft(D z, l1) / (D + l2), in a form that keeps every bit of a free coordinate.
template <class T>
struct KinkAndSlope {
  T l1, l2;
  TAUT_INLINE T operator()(T z, T d) const { return soft(z, l1 / d) * (d / (d + l2)); }
};

// A slope l1 that falls from |b| = knot on, at the rate `fall`, to 0. Beyond the knot the minimiser
// moves away from the soft threshold by a factor 1 / (1 - fall / D), as far as z itself, where the
// penalty is flat. Where the penalty outweighs D, the best point up to the knot competes with z.
template <class T>
struct Fold {
  T l1, knot, fall;
  TAUT_INLINE T operator()(T z, T d) const {
    const T step = 1 / d, near = soft(z, l1 * step), beyond = soft(near, knot), steep = fall * step;
    const T moved = near + beyond * (steep / (1 - steep)), curved = std::abs(moved) > std::abs(z) ? z : moved;
    const T before = near - beyond, away = before - z;
    // Not less, so that an infinite l1 has its zero.
    const bool is_far = d * away * away / 2 + l1 * std::abs(before) > l1 * knot + l1 * l1 / (2 * fall);
    return steep < 1 ? curved : is_far ? z : before;
  }
};

// The same where every D is above `fall`. What is taken off |z| is c = max(0, min(l1, l1 + fall (knot - |z|
// + c))) / D: the fixed point of a map that rises by less than c does, so the least of those of both parts.
template <class T>
struct GentleFold {
  T l1, knot, fall;
  TAUT_INLINE T operator()(T z, T d) const {
    const T size = std::abs(z), flat = l1 / d, falling = (l1 + fall * (knot - size)) / (d - fall);
    // In this order, since NaN must not be hidden.
    const T least = flat < falling ? flat : falling, within = size < least ? size : least;
    return z - std::copysign(T(0) > within ? T(0) : within, z);
  }
};

// The penalty of feature j; `count` is 1 where all are alike. The amount is the strength times the
// length of the step, whose metric is D / length.
template <class T>
struct Slopes {
  T amount;
  const T *l1, *l2;
  Count count;
  TAUT_INLINE KinkAndSlope<T> operator[](Count j) const { return {amount * l1[j], amount * l2[j]}; }
};

template <class T>
struct Folds {
  T amount, strength, fall;
  const T *l1, *knots;
  Count count;
  TAUT_INLINE Fold<T> operator[](Count j) const { return {amount * l1[j], strength * knots[j], fall}; }
};

template <class T, class Of>
TAUT_INLINE void each(T* __restrict z, const Metric<T>& metric, Count n, Of of) {
  const T* __restrict moments = metric.moments;
  const T shift = metric.shift;
  if (!moments)
    for (Count i = 0; i < n; ++i) z[i] = of(i)(z[i], T(1));
  else if (metric.squared)
    for (Count i = 0; i < n; ++i) z[i] = of(i)(z[i], std::sqrt(moments[i]) + shift);
  else
    for (Count i = 0; i < n; ++i) z[i] = of(i)(z[i], moments[i] + shift);
}

template <class T, class One>
TAUT_INLINE void alike_any(T* z, const Metric<T>& metric, Count n, One one) {
  each(z, metric, n, [=](Count) { return one; });
}

// A division less.
template <class T>
TAUT_INLINE void alike_any(T* z, const Metric<T>& metric, Count n, KinkAndSlope<T> one) {
  if (one.l2 == 0) each(z, metric, n, [kink = Kink<T>{one.l1}](Count) { return kink; });
  else each(z, metric, n, [=](Count) { return one; });
}

// Half of the operations less.
template <class T>
TAUT_INLINE void alike_any(T* z, const Metric<T>& metric, Count n, Fold<T> one) {
  const T least = metric.moments ? metric.shift : T(1);
  const GentleFold<T> gentle{one.l1, one.knot, one.fall};
  if (one.fall < least) each(z, metric, n, [=](Count) { return gentle; });
  else each(z, metric, n, [=](Count) { return one; });
}

// Entries of one penalty, and entries with one each. (Clones for several instruction sets cannot be
// templates.)
#define TAUT_ENTRIES(T, One, Many)                                                                     \
  TAUT_MULTIVERSION inline void alike(T* z, const Metric<T>& metric, Count n, One<T> one) {            \
    alike_any(z, metric, n, one);                                                                      \
  }                                                                                                    \
  TAUT_MULTIVERSION inline void apart(T* z, const Metric<T>& metric, Count n, const Many<T>& many) {   \
    each(z, metric, n, [many](Count i) { return many[i]; });                                           \
  }
TAUT_ENTRIES(float, KinkAndSlope, Slopes)
TAUT_ENTRIES(double, KinkAndSlope, Slopes)
TAUT_ENTRIES(float, Fold, Folds)
TAUT_ENTRIES(double, Fold, Folds)
#undef TAUT_ENTRIES

template <class T, class Penalty>
void shrink_entries(T* z, Shape shape, const Metric<T>& metric, const Penalty& penalty) {
  if (penalty.count == 1) return alike(z, metric, shape.before * shape.features * shape.after, penalty[0]);
  for (Count a = 0, at = 0; a < shape.before; ++a) {
    if (shape.after == 1) {
      apart(z + at, metric.from(at), shape.features, penalty);
      at += shape.features;
      continue;
    }
    for (Count f = 0; f < shape.features; ++f, at += shape.after)
      alike(z + at, metric.from(at), shape.after, penalty[f]);
  }
}

}  // namespace taut::step
