// A face of the sorted L1 norm: clusters of coefficients that are equal but for their signs, and the
// quadratic in their sizes. Where its minimum lies outside the face, clusters merge with one another or
// with zero, and a smaller system goes on.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "blas.hpp"
#include "design.hpp"

namespace taut {

// In place of values the falling sequence nearest to them under weights, by pooling what rises.
class Pooling {
 public:
  void operator()(double* values, const double* weights, std::size_t size) {
    blocks_.clear();
    for (std::size_t k = 0; k < size; ++k) {
      Block last{weights[k] * values[k], weights[k], k + 1};
      while (!blocks_.empty() && blocks_.back().mean() <= last.mean()) {
        last.sum += blocks_.back().sum;
        last.weight += blocks_.back().weight;
        blocks_.pop_back();
      }
      blocks_.push_back(last);
    }
    std::size_t k = 0;
    for (const Block& block : blocks_)
      for (; k < block.end; ++k) values[k] = block.mean();
  }

 private:
  struct Block {
    double sum, weight;
    std::size_t end;
    double mean() const { return sum / weight; }
  };
  std::vector<Block> blocks_;
};

// Coefficients of one size, `first` to `last` in an order that the caller knows.
struct Cluster {
  int target, first, last;
  double size, pull;  // the pull is minus the gradient of the objective in the size
  double count() const { return last - first; }
};

class SortedFace {
 public:
  // Clusters target by target, the largest first; the upper triangle of the system between them;
  // the largest curvature of the quadratic in the coefficients.
  SortedFace(std::vector<Cluster> clusters, Vector system, double curvature)
      : clusters_(std::move(clusters)), system_(std::move(system)), curvature_(curvature) {}

  // To the minimum of the face, or of one that its clusters merge into.
  const std::vector<Cluster>& settled() {
    while (!clusters_.empty() && !approach()) merge();
    return clusters_;
  }

 private:
  static constexpr double kHair = 1e-10;

  // Whether no smaller cluster of its target follows.
  bool is_last(std::size_t k) const {
    return k + 1 == clusters_.size() || clusters_[k + 1].target != clusters_[k].target;
  }

  // Goes to the minimum of the face; false where that lies outside, and clusters have met on the way.
  bool approach() {
    const Vector change = direction();
    double promise = 0, share = std::numeric_limits<double>::infinity();
    std::size_t first = 0;
    for (std::size_t k = 0; k < change.size(); ++k) {
      promise += change[k] * clusters_[k].pull;
      const double room = clusters_[k].size - (is_last(k) ? 0.0 : clusters_[k + 1].size);
      const double closing = (is_last(k) ? 0.0 : change[k + 1]) - change[k];
      if (closing > room && room < share * closing) {
        share = room / closing;
        first = k;
      }
    }
    if (std::isinf(share)) {
      advance(towards(change, 1));
      return true;
    }
    // A part of the way with all that pass one another merged, where that gains as much as going
    // until the first two meet.
    const double least = share * (1 - 0.5 * share) * promise;
    for (double part = 1; part > share; part *= 0.5) {
      const Vector goal = in_order(towards(change, part));
      if (gain(goal) < least) continue;
      advance(goal);
      return false;
    }
    Vector goal = towards(change, share);
    goal[first] = is_last(first) ? 0.0 : goal[first + 1];
    advance(in_order(std::move(goal)));
    return false;
  }

  // (U'G U)^-1 pull, with a hair on the diagonal: where copies of columns, or more clusters than
  // samples, leave the objective flat, the way ends where clusters meet.
  Vector direction() const {
    const std::size_t n = clusters_.size();
    Vector factor, x(n);
    for (double share = kHair; share < 1; share *= 100) {
      factor = system_;
      for (std::size_t k = 0; k < n; ++k) factor[k + k * n] += share * curvature_ * clusters_[k].count();
      if (blas::cholesky(static_cast<int>(n), factor.data(), static_cast<int>(n))) break;
    }
    for (std::size_t k = 0; k < n; ++k)
      x[k] = (clusters_[k].pull - simd::dot(&factor[k * n], x.data(), k)) / factor[k + k * n];
    for (std::size_t k = n; k-- > 0;) {
      x[k] /= factor[k + k * n];
      simd::axpy(-x[k], &factor[k * n], x.data(), k);
    }
    return x;
  }

  Vector towards(const Vector& change, double share) const {
    Vector goal(change.size());
    for (std::size_t k = 0; k < goal.size(); ++k) goal[k] = clusters_[k].size + share * change[k];
    return goal;
  }

  // Sizes with those pooled that have passed one another, none below zero.
  Vector in_order(Vector goal) {
    Vector counts(goal.size());
    for (std::size_t k = 0; k < goal.size(); ++k) counts[k] = clusters_[k].count();
    for (std::size_t from = 0, k = 0; k < goal.size(); ++k)
      if (is_last(k)) {
        pool_(&goal[from], &counts[from], k + 1 - from);
        from = k + 1;
      }
    for (double& size : goal) size = std::max(size, 0.0);
    return goal;
  }

  Vector image(const Vector& move) const {
    const int n = static_cast<int>(move.size());
    Vector out(move.size());
    blas::symv(n, system_.data(), n, move.data(), out.data());
    return out;
  }

  Vector move_to(const Vector& goal) const {
    Vector move(goal.size());
    for (std::size_t k = 0; k < move.size(); ++k) move[k] = goal[k] - clusters_[k].size;
    return move;
  }

  double gain(const Vector& goal) const {
    const Vector move = move_to(goal), bent = image(move);
    double total = 0;
    for (std::size_t k = 0; k < move.size(); ++k) total += move[k] * (clusters_[k].pull - 0.5 * bent[k]);
    return total;
  }

  void advance(const Vector& goal) {
    const Vector bent = image(move_to(goal));
    for (std::size_t k = 0; k < goal.size(); ++k) {
      clusters_[k].size = goal[k];
      clusters_[k].pull -= bent[k];
    }
  }

  // Clusters of one size become one, those of none are gone; the system likewise, in place.
  void merge() {
    const std::size_t n = clusters_.size();
    std::vector<std::ptrdiff_t> home(n, -1);
    std::vector<Cluster> merged;
    for (std::size_t k = 0; k < n; ++k) {
      const Cluster& next = clusters_[k];
      if (next.size == 0) continue;
      if (!merged.empty() && merged.back().target == next.target && merged.back().size == next.size) {
        merged.back().last = next.last;
        merged.back().pull += next.pull;
      } else {
        merged.push_back(next);
      }
      home[k] = static_cast<std::ptrdiff_t>(merged.size()) - 1;
    }
    const std::size_t m = merged.size();
    Vector smaller(m * m, 0.0);
    for (std::size_t b = 0; b < n; ++b) {
      if (home[b] < 0) continue;
      for (std::size_t a = 0; a <= b; ++a) {
        if (home[a] < 0) continue;
        const bool twice = a != b && home[a] == home[b];
        smaller[home[a] + home[b] * m] += (twice ? 2.0 : 1.0) * system_[a + b * n];
      }
    }
    system_.swap(smaller);
    clusters_.swap(merged);
  }

  std::vector<Cluster> clusters_;
  Vector system_;
  double curvature_;
  Pooling pool_;
};

}  // namespace taut
