// A path that several engines run in turn: each takes the strengths that those before it have left.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "path.hpp"

namespace taut {

// One engine's turn: Newton steps or descent. One that yields leaves where it promises, or turns
// out, to take long, as there is another after it; descent where it has made `most` sweeps for one
// strength, or `in_all` for all of them.
struct Turn {
  bool descent, yields;
  int most = std::numeric_limits<int>::max();
  bool lanes = false;  // descent at several strengths side by side
  int in_all = std::numeric_limits<int>::max();
};

// Sweeps that take a fair share of the time of one factorisation of the whole working set: p^3
// against sweeps over all entries.
inline int fair_sweeps(const Design& X) {
  const double p = X.cols(), share = p * p * p / (16 * std::max(X.entries(), 1.0));
  return static_cast<int>(std::clamp(share, 300.0, 1e9));
}

// Where columns are sparse and many, a sweep of descent costs little beside a Gram matrix.
inline bool suits_descent(const Design& X) {
  constexpr double kCrowd = 500, kSparse = 0.05;
  return !X.has_gram() && X.cols() > kCrowd && X.entries() < kSparse * X.rows() * X.cols();
}

// Few strengths on full columns: Newton steps need all pairs of features, or come to small strengths
// by way of many others (PathSolver::walks), at the price of a whole path. Descent comes there as
// directly as the columns are uncorrelated. Measured: Newton steps take as long as p/4 sweeps with all
// pairs, and n/2 without. All columns may join, so that only small matrices are copied, of 64 MB; and
// past the cache a product of all pairs costs less than sweeps for many strengths.
inline int direct_sweeps(const Design& X, int strengths) {
  constexpr double kCopied = 1 << 23;
  const double n = X.rows(), p = X.cols();
  const bool cached = n * p <= kCached, square = p > 500 && n < 2 * p, tall = p > 200 && n >= 2 * p && cached;
  if (X.entries() < n * p || n * p > kCopied || p > 4 * n || !(square || tall)) return 0;
  if (strengths > (square && (cached || p > n) ? 12 : 3)) return 0;
  return static_cast<int>(p <= n ? p / 4 : n / 2);
}

// For least squares: they yield to one another, then whoever can ends it. On sparse columns a path of
// many strengths begins side by side, as long as sweeps do well.
inline std::vector<Turn> turns(Engine engine, const Design& X, int strengths, bool folded) {
  constexpr int kSweeps = 200;
  if (engine == Engine::descent) return {{true, false}};
  if (engine != Engine::automatic && engine != Engine::small_set) return {{false, false}, {true, false}};
  std::vector<Turn> out{{false, true}, {true, true, fair_sweeps(X)}, {false, false}, {true, false}};
  if (folded) return out;
  if (suits_descent(X) && X.has_lanes() && strengths >= 2 * kLanes) out.insert(out.begin(), {true, true, kSweeps, true});
  if (const int sweeps = direct_sweeps(X, strengths)) out.insert(out.begin(), {true, true, sweeps, false, sweeps});
  return out;
}

// For other losses, whose Gram matrix every new curvature makes anew.
inline std::vector<Turn> turns_of_loss(Engine engine, const Design& X) {
  if (engine == Engine::automatic && suits_descent(X)) return {{true, true, fair_sweeps(X)}, {false, false}, {true, false}};
  if (engine == Engine::descent) return {{true, false}};
  return {{false, false}, {true, false}};
}

class Relay {
 public:
  // An empty grid stands for `count` strengths down from the largest, in geometric steps.
  // `start`: coefficients to begin at, or null.
  Relay(Penalty penalty, std::size_t features, Vector grid, int count, double ratio, const double* start = nullptr)
      : grid(std::move(grid)), penalty_(penalty), features_(features), count_(count), ratio_(ratio), start_(start) {}

  Vector grid;
  Zeros coefs;  // features x strengths
  std::vector<Certificate> certificates;  // of the steps; of the grid once settle() was called

  bool finished() const { return !steps_.empty() && done_ == steps_.size(); }

  // Drops the steps between the strengths of the grid.
  void settle() { certificates = kept(certificates, 1); }

  // The same for what the engines noted at each step, `each` values at a time.
  template <class T>
  std::vector<T> kept(const std::vector<T>& noted, std::size_t each) const {
    std::vector<T> out;
    for (std::size_t k = 0; k < steps_.size(); ++k)
      if (column_[k] >= 0) out.insert(out.end(), noted.begin() + k * each, noted.begin() + (k + 1) * each);
    return out;
  }

  static Settings settings(Settings base, Turn turn) {
    base.yields = turn.yields;
    base.max_iter = std::min(base.max_iter, turn.most);
    base.in_all = turn.in_all;
    return base;
  }

  void pass(PathSolver& solver) {
    try {
      const double largest = solver.start(grid.empty() ? count_ : static_cast<int>(grid.size()));
      if (grid.empty()) descend(largest);
      if (coefs.size() == 0) rest();
      plan(largest, solver.walks() ? solver.stride() : solver.leap());
      begin(solver);
    } catch (const Outgrown&) {
      return;
    }
    const int left = static_cast<int>(steps_.size() - done_);
    done_ += solver.run(steps_.data() + done_, column_.data() + done_, left, coefs.data(), certificates.data() + done_);
    unfinished_ = finished() ? Vector() : solver.unfinished();
  }

 private:
  void descend(double largest) {
    grid.assign(count_, largest);
    for (int k = 1; k < count_; ++k) grid[k] = largest * std::pow(ratio_, k / (count_ - 1.0));
  }

  // What is left of the grid, with steps in between where it leaps: a working set found on the way
  // down is small and nearly right, one made of all that violates after a leap is neither.
  void plan(double largest, double stride) {
    steps_.resize(done_);
    column_.resize(done_);
    const auto solved = std::count_if(column_.begin(), column_.end(), [](int column) { return column >= 0; });
    double above = !unfinished_.empty() ? grid[solved] : done_ > 0 ? steps_[done_ - 1] : start_ == nullptr ? largest : 0.0;
    for (std::size_t k = solved; k < grid.size(); ++k) {
      const double leap = grid[k] > 0 && above > grid[k] ? std::log(above / grid[k]) : 0.0;
      const int parts = static_cast<int>(std::clamp(std::ceil(leap / stride - 1e-9), 1.0, kMostSteps));
      for (int part = 1; part < parts; ++part) {
        steps_.push_back(above * std::exp(-leap * part / parts));
        column_.push_back(-1);
      }
      steps_.push_back(above = grid[k]);
      column_.push_back(static_cast<int>(k));
    }
    certificates.resize(done_);
    certificates.resize(steps_.size());
  }

  // Where the last engine ended: on its way to a strength, or at one of the grid; at the coefficients
  // that were given, or at the largest strength.
  void begin(PathSolver& solver) {
    if (!unfinished_.empty()) return solver.begin_at(unfinished_.data(), steps_[done_]);
    std::size_t last = done_;
    while (last > 0 && column_[last - 1] < 0) --last;
    if (last > 0) solver.begin_at(coefs.data() + column_[last - 1] * features_, steps_[last - 1]);
    else if (start_ != nullptr) solver.begin_at(start_, grid[0]);
  }

  // Before anything moves: zero, or the bound nearest to it.
  void rest() {
    coefs.resize(features_ * grid.size());
    for (std::size_t j = 0; j < features_; ++j)
      if (const double b = penalty_.resting(static_cast<Index>(j)); b != 0.0)
        for (std::size_t k = j; k < coefs.size(); k += features_) coefs[k] = b;
  }

  static constexpr double kMostSteps = 200;  // of one leap: far down there is little left to find

  Penalty penalty_;
  Vector unfinished_;  // coefficients that the last engine left on its way to a strength, or none
  Vector steps_;
  std::vector<int> column_;  // of the coefficients that each step writes, -1 for none
  std::size_t features_, done_ = 0;
  int count_;
  double ratio_;
  const double* start_;
};

}  // namespace taut
