// The prox of the total variation on a graph, by minimum cuts:
//
//     minimise  1/2 |x - y|^2 + sum_e r_e |x_i - x_j|   over the edges e = (i, j).
//
// Where x is not constant on a connected piece, it is above its mean there on some S and below on the
// rest, and S gains most of: sum of y - mean over S, less the r of the edges that leave S. These then
// carry all they can, which adds to y: each part is a problem of its own. Where no S gains, x is
// constant, and the mean of x is that of y.
//
// Chambolle, A. and Darbon, J. (2009), On total variation minimization and surface evolution using
// parametric maximum flows, International Journal of Computer Vision 84, 288-307.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace taut {

class Cuts {
 public:
  // Two nodes for each edge. The capacity of an edge is the same in both directions.
  Cuts(std::size_t nodes, const std::int64_t* ends, std::size_t edges, std::function<void()> poll)
      : n_(nodes), m_(edges), ends_(ends), first_(nodes + 1, 0), arcs_(2 * edges), room_(2 * edges),
        level_(nodes), next_(nodes), label_(nodes), poll_(std::move(poll)) {
    for (std::size_t a = 0; a < 2 * m_; ++a) ++first_[from(a) + 1];
    for (std::size_t i = 0; i < n_; ++i) first_[i + 1] += first_[i];
    std::vector<std::size_t> place(first_.begin(), first_.end() - 1);
    for (std::size_t a = 0; a < 2 * m_; ++a) arcs_[place[from(a)]++] = a;
  }

  void prox(const double* y, const double* radii, double* x) {
    std::vector<double> moved(y, y + n_), excess(n_), capacity(radii, radii + m_), noise;
    std::vector<char> open(n_, 1), used(m_);
    std::vector<std::size_t> counts;
    double largest = 0;
    for (double value : moved) largest = std::max(largest, std::abs(value));
    while (true) {
      poll_();
      const std::size_t pieces = find_pieces(capacity);
      average(moved, pieces, x, counts);
      noise.assign(pieces, 0.0);
      for (std::size_t p = 0; p < pieces; ++p) noise[p] = kRounding * largest * static_cast<double>(counts[p]);
      for (std::size_t i = 0; i < n_; ++i) excess[i] = open[i] ? moved[i] - x[i] : 0.0;
      std::vector<double> within(capacity);
      for (std::size_t e = 0; e < m_; ++e)
        if (!open[tail(e)]) within[e] = 0;
      const std::vector<char> above = best(excess, within, label_, noise);
      if (std::none_of(above.begin(), above.end(), [](char is) { return is != 0; })) return;
      std::vector<char> split(pieces, 0);
      for (std::size_t i = 0; i < n_; ++i)
        if (above[i]) split[label_[i]] = 1;
      for (std::size_t i = 0; i < n_; ++i) open[i] = split[label_[i]];
      for (std::size_t e = 0; e < m_; ++e) {
        if (capacity[e] == 0 || above[tail(e)] == above[head(e)]) continue;
        const double carried = above[tail(e)] ? capacity[e] : -capacity[e];
        moved[tail(e)] -= carried;
        moved[head(e)] += carried;
        capacity[e] = 0;
      }
    }
  }

  // Nodes of the S that gains most in each piece; none where none gains more than its noise.
  std::vector<char> best(const std::vector<double>& excess, const std::vector<double>& capacity,
                         const std::vector<std::size_t>& label, const std::vector<double>& noise) {
    double total = 0, largest = 0;
    for (double value : excess) total += std::max(value, 0.0), largest = std::max(largest, std::abs(value));
    // No edge carries more than all of the excess.
    for (std::size_t e = 0; e < m_; ++e) room_[2 * e] = room_[2 * e + 1] = std::min(capacity[e], total);
    left_ = excess;
    least_ = kRounding * largest;
    while (rise()) {
      poll_();
      std::copy(first_.begin(), first_.end() - 1, next_.begin());
      for (std::size_t i = 0; i < n_; ++i)
        while (excess[i] > 0 && left_[i] > least_ && send(i)) {}
    }
    // What is left of the excess still reaches the nodes with a level.
    std::vector<double> gain(noise.size(), 0.0);
    for (std::size_t i = 0; i < n_; ++i)
      if (level_[i] >= 0) gain[label[i]] += excess[i];
    for (std::size_t e = 0; e < m_; ++e)
      if (capacity[e] > 0 && (level_[tail(e)] >= 0) != (level_[head(e)] >= 0)) gain[label[tail(e)]] -= capacity[e];
    std::vector<char> chosen(n_);
    for (std::size_t i = 0; i < n_; ++i) chosen[i] = level_[i] >= 0 && gain[label[i]] > noise[label[i]];
    return chosen;
  }

 private:
  static constexpr double kRounding = 2e-15;

  std::size_t tail(std::size_t e) const { return static_cast<std::size_t>(ends_[2 * e]); }
  std::size_t head(std::size_t e) const { return static_cast<std::size_t>(ends_[2 * e + 1]); }
  // Arc 2e runs from tail to head, arc 2e + 1 back.
  std::size_t from(std::size_t a) const { return static_cast<std::size_t>(ends_[a]); }
  std::size_t to(std::size_t a) const { return static_cast<std::size_t>(ends_[a ^ 1]); }

  // Labels of the pieces that edges with a capacity join, and how many there are.
  std::size_t find_pieces(const std::vector<double>& capacity) {
    constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    std::fill(label_.begin(), label_.end(), kNone);
    std::size_t pieces = 0;
    for (std::size_t start = 0; start < n_; ++start) {
      if (label_[start] != kNone) continue;
      label_[start] = pieces;
      queue_.assign(1, start);
      while (!queue_.empty()) {
        const std::size_t i = queue_.back();
        queue_.pop_back();
        for (std::size_t k = first_[i]; k < first_[i + 1]; ++k) {
          const std::size_t j = to(arcs_[k]);
          if (!(capacity[arcs_[k] / 2] > 0) || label_[j] != kNone) continue;
          label_[j] = pieces;
          queue_.push_back(j);
        }
      }
      ++pieces;
    }
    return pieces;
  }

  void average(const std::vector<double>& values, std::size_t pieces, double* x, std::vector<std::size_t>& counts) const {
    counts.assign(pieces, 0);
    std::vector<double> mean(pieces, 0.0);
    for (std::size_t i = 0; i < n_; ++i) mean[label_[i]] += values[i], ++counts[label_[i]];
    for (std::size_t p = 0; p < pieces; ++p) mean[p] /= static_cast<double>(counts[p]);
    for (std::size_t i = 0; i < n_; ++i) x[i] = mean[label_[i]];
  }

  // Distances from what is left to send; whether any of it reaches a node that takes some (Dinic).
  bool rise() {
    std::fill(level_.begin(), level_.end(), -1);
    queue_.clear();
    for (std::size_t i = 0; i < n_; ++i)
      if (left_[i] > least_) {
        level_[i] = 0;
        queue_.push_back(i);
      }
    bool reaches = false;
    for (std::size_t at = 0; at < queue_.size(); ++at) {
      const std::size_t i = queue_[at];
      reaches |= left_[i] < -least_;
      for (std::size_t k = first_[i]; k < first_[i + 1]; ++k) {
        const std::size_t a = arcs_[k], j = to(a);
        if (level_[j] >= 0 || !(room_[a] > least_)) continue;
        level_[j] = level_[i] + 1;
        queue_.push_back(j);
      }
    }
    return reaches;
  }

  // Along one way uphill from a node to one that takes some; false where there is none any more.
  bool send(std::size_t start) {
    way_.clear();
    std::size_t i = start;
    while (!(left_[i] < -least_)) {
      bool moves = false;
      for (; next_[i] < first_[i + 1]; ++next_[i]) {
        const std::size_t a = arcs_[next_[i]];
        if (level_[to(a)] == level_[i] + 1 && room_[a] > least_) {
          way_.push_back(a);
          i = to(a);
          moves = true;
          break;
        }
      }
      if (moves) continue;
      if (way_.empty()) return false;
      i = from(way_.back());
      way_.pop_back();
      ++next_[i];
    }
    double amount = std::min(left_[start], -left_[i]);
    for (std::size_t a : way_) amount = std::min(amount, room_[a]);
    left_[start] -= amount;
    left_[i] += amount;
    for (std::size_t a : way_) room_[a] -= amount, room_[a ^ 1] += amount;
    return true;
  }

  std::size_t n_, m_;
  const std::int64_t* ends_;
  std::vector<std::size_t> first_, arcs_;
  std::vector<double> room_, left_;
  std::vector<int> level_;
  std::vector<std::size_t> next_, label_, queue_, way_;
  double least_ = 0;
  std::function<void()> poll_;
};

}  // namespace taut
