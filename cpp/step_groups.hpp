// The prox of norms of groups in the metric of an optimiser's step; see step_prox.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "step_sums.hpp"

namespace taut::step {

// One group, whose norm has the factor s = amount. There 0 in D (b - z) + s b / |b| reads b = rho x
// with x = D z / (rho D + s) and rho = |b|, so that rho solves h(rho) = |x|^2 = 1; b is 0 where
// |D z| <= s.
//
// g = 1 / sqrt(h) rises and is concave in rho, being a power mean, of order -2, of affine functions,
// and its slope falls from that at 0 to 1 / |z|: lines of these slopes from g(0) = s / |D z| bound the
// root from below and above, and meet where D is a multiple of the identity. Halley steps for g = 1,
// from the upper bound, find it, as a rule in one. (The secular equation of trust regions: More, J. J.
// and Sorensen, D. C. (1983). Computing a trust region step. SIAM J. Sci. Stat. Comput. 4, 553-572.)
template <class T>
struct Group {
  double amount = 0, low = 0, high = 0, radius = 1;
  Sums sums;
  bool open = false;  // whether b is still to be found

  // From the sums of measure().
  void begin() {
    if (!std::isfinite(sums.zero + sums.one)) amount = 0;  // what is not finite stays
    radius = 0;
    const double pulled = std::sqrt(sums.one), start = 1 - amount / pulled;
    open = amount != 0 && start > 0;
    if (!open) return;
    low = start * pulled * sums.one / sums.two;
    high = start * std::sqrt(sums.zero);
    radius = static_cast<T>(high);
  }

  // From the sums of attempt() at this radius: the next one, and whether it needs no attempt more.
  //
  // With u = rho D / (rho D + s), a its mean under the weights x^2 and v its variance, a Halley step
  // from a relative error e leaves (9/4 v^2 / a^2 - 3/2 v - 2 k / a) e^3, where k is the third central
  // moment. As u lies in [0, 1], v <= a and |k| <= v, so that this is at most 6 v / a e^3. From there
  // into b an error is carried by d log b / d log rho = 1 - u.
  void advance() {
    constexpr double eps = std::numeric_limits<T>::epsilon();
    const auto [h, first, second] = sums;
    const double excess = std::sqrt(h) - 1, newton = h * excess / first;
    const double bend = 1.5 * (first * first - h * second) / (h * first);  // g'' / (2 g')
    (excess > 0 ? low : high) = radius;
    open = std::abs(excess) > 4 * eps && high - low > 4 * eps * high;
    if (!open) return;
    const double next = radius + newton / std::max(1 + newton * bend, 0.5), error = std::abs(newton) / radius;
    const double spread = -4 * radius * bend, carried = h - 2 * radius * first + radius * radius * second;
    const double left = std::max(spread, eps) * error * error * error * std::sqrt(std::max(carried / h, eps));
    const bool within = low <= next && next <= high;
    open = !within || error > 0.1 || left > 16 * eps;
    radius = static_cast<T>(within ? next : 0.5 * (low + high));
  }

  // Without D the radius is a factor of z.
  void finish() {
    const double share = amount / std::sqrt(sums.zero);
    radius = std::isnan(share) ? 1 : std::max(1 - share, 0.0);
    open = radius != 1;
  }
};

// Memory of one thread for so many numbers, whatever they are. Up to a few megabytes are kept from call
// to call: what goes back to the system is mapped anew, page by page, which takes longer than the prox.
template <class T>
T* scratch(std::size_t size, std::vector<T>& larger) {
  constexpr std::size_t kKept = std::size_t{1} << 20;
  static thread_local std::vector<T> kept;
  std::vector<T>& memory = size <= kKept ? kept : larger;
  if (memory.size() < size) memory.resize(size);
  return memory.data();
}

template <class T>
class Groups {
 public:
  // Group g has the factor `amount` times weights[g]; without labels each feature is a group.
  Groups(T* z, Shape shape, const Metric<T>& metric, double amount, const double* weights, Count count,
         const std::int64_t* labels)
      : z_(z), shape_(shape), metric_(metric), amount_(amount), weights_(weights), count_(count), labels_(labels) {}

  void shrink() {
    if (labels_) return shrink(0, shape_.features, count_);
    // So few features at a time that all about them stays in the cache, but several, whose divisions and
    // roots between two passes need not wait for one another. With D there is too much of it in bands in
    // any case, and long rows are read faster.
    const Count tile = shape_.after != 1 ? kRuns : metric_.moments ? kLanes : kNear;
    for (Count first = 0; first < shape_.features; first += tile) {
      const Count features = std::min(tile, shape_.features - first);
      shrink(first, features, features);
    }
  }

 private:
  static constexpr int kTurns = 50;

  void shrink(Count first, Count features, Count count) {
    first_ = first, features_ = features;
    groups_.assign(static_cast<std::size_t>(count), {});
    for (Count g = 0; g < count; ++g) {
      const double weight = weights_[labels_ ? g : first + g];
      groups_[g].amount = std::isinf(weight) ? weight : amount_ * weight;  // 0 times inf is NaN
      groups_[g].open = true;
    }
    if (metric_.moments) in_metric();
    else by_factor();
  }

  void by_factor() {
    measure_all();
    for (Group<T>& group : groups_) group.finish();
    sweep([this](Count at, Count, Count n, Group<T>& group) { scale(z_ + at, n, static_cast<T>(group.radius)); },
          [this](Count at, Count, Band band) { scale(z_ + at, band, lanes_); });
  }

  void in_metric() {
    diagonal_ = scratch(static_cast<std::size_t>(shape_.before * features_ * shape_.after), larger_);
    measure_all();
    for (Group<T>& group : groups_) group.begin();
    const auto is_open = [](const Group<T>& group) { return group.open; };
    for (int turn = 0; turn < kTurns && std::any_of(groups_.begin(), groups_.end(), is_open); ++turn) {
      attempt_all();
      for (Group<T>& group : groups_)
        if (group.open) group.advance();
    }
    for (Group<T>& group : groups_) group.open = group.amount != 0;
    settle_all();
  }

  void measure_all() {
    sweep(
        [this](Count at, Count in, Count n, Group<T>& group) {
          group.sums += measure(z_ + at, metric_.from(at), diagonal_ + in, n);
        },
        [this](Count at, Count in, Band band) {
          measure(z_ + at, metric_.from(at), diagonal_ + in, band, lanes_);
        });
  }

  void attempt_all() {
    sweep(
        [this](Count at, Count in, Count n, Group<T>& group) {
          group.sums += attempt(z_ + at, diagonal_ + in, n, static_cast<T>(group.radius),
                                static_cast<T>(group.amount));
        },
        [this](Count at, Count in, Band band) { attempt(z_ + at, diagonal_ + in, band, lanes_); });
  }

  void settle_all() {
    sweep(
        [this](Count at, Count in, Count n, Group<T>& group) {
          settle(z_ + at, diagonal_ + in, n, static_cast<T>(group.radius), static_cast<T>(group.amount));
        },
        [this](Count at, Count in, Band band) { settle(z_ + at, diagonal_ + in, band, lanes_); });
  }

  Group<T>& group(Count feature) { return groups_[labels_ ? labels_[first_ + feature] : feature]; }

  // Visits the entries of open groups: where they are among the weights, and in scratch memory.
  template <class OfRun, class OfBand>
  void sweep(OfRun of_run, OfBand of_band) {
    for (Group<T>& group : groups_)
      if (group.open) group.sums = {};
    if (shape_.after == 1) return sweep_bands(of_band);
    for (Count a = 0; a < shape_.before; ++a)
      for (Count f = 0; f < features_; ++f)
        if (Group<T>& mine = group(f); mine.open)
          of_run((a * shape_.features + first_ + f) * shape_.after, (a * features_ + f) * shape_.after, shape_.after,
                 mine);
  }

  template <class OfBand>
  void sweep_bands(OfBand of_band) {
    for (Count f = 0; f < features_; f += kLanes) {
      const Count width = std::min(kLanes, features_ - f);
      if (!enter(f, width)) continue;
      for (Count a = 0; a < shape_.before; a += kRows) {
        of_band(a * shape_.features + first_ + f, shape_.before * f + a * width,
                Band{std::min(kRows, shape_.before - a), shape_.features, width});
        for (Count i = 0; i < width; ++i)
          if (Group<T>& mine = group(f + i); mine.open) mine.sums += lanes_.of(i);
      }
    }
  }

  // Sets the lanes from feature f on; false where none of their groups is open.
  bool enter(Count f, Count width) {
    bool wanted = false;
    for (Count i = 0; i < width; ++i) {
      const Group<T>& mine = group(f + i);
      wanted = wanted || mine.open;
      lanes_.radius[i] = static_cast<T>(mine.radius);
      lanes_.amount[i] = static_cast<T>(mine.amount);
    }
    return wanted;
  }

  T* z_;
  Shape shape_;
  Metric<T> metric_;
  double amount_;
  const double* weights_;
  Count count_;
  const std::int64_t* labels_;
  Count first_ = 0, features_ = 0;
  std::vector<Group<T>> groups_;
  T* diagonal_ = nullptr;
  std::vector<T> larger_;
  Lanes<T> lanes_;
};

}  // namespace taut::step
