// Descent at several strengths side by side, for columns on which several products cost about as
// much as one (lanes.hpp): what one strength after the other would save by beginning at the last
// one's coefficients is less than what they save by sharing every look at an entry.
#pragma once

#include <algorithm>
#include <array>

#include "descent.hpp"
#include "lanes.hpp"

namespace taut {

namespace lanes {

// A coordinate of the working set.
struct Place {
  double l1, l2, lower, upper, bend, noise;
};

// One sweep at these strengths, and what it has met so far: violations that a dual point pays for by its
// scale, those that cost a gap of their own, and the penalty at the new coefficients.
struct Sweep {
  const std::array<double, kLanes>& alphas;
  double relaxation;
  std::array<double, kLanes> scale{}, gap{}, penalty{};
};

// Moves one coordinate b to its minimum in each lane, where its correlations are z; `by` is how far.
// False where it is there in all of them. A move that keeps the sign goes `relaxation` times as far.
TAUT_MULTIVERSION inline bool descend(const Place& at, const double* z, double* b, double* by, Sweep& sweep) {
  bool moved = false;
  for (int c = 0; c < kLanes; ++c) {
    const double a = sweep.alphas[c] * at.l1, q = sweep.alphas[c] * at.l2, old = b[c];
    const double free = z[c] + at.bend * old, above = free - a, below = free + a;
    const double soft = (above > 0 ? above : 0.0) + (below < 0 ? below : 0.0);
    double to = soft / (at.bend + q);
    to = to < at.lower ? at.lower : to > at.upper ? at.upper : to;
    const double up = old < at.upper ? z[c] - (old >= 0 ? a : -a) - q * old : 0.0;
    const double down = old > at.lower ? (old > 0 ? a : -a) + q * old - z[c] : 0.0;
    const double worst = up > down ? up : down, violation = to != old && worst > 0 ? worst : 0.0;
    const double least = kExact * at.noise, share = violation / (a > least ? a : least);
    sweep.gap[c] += q > 0 ? 0.5 * violation * violation / q : 0.0;
    sweep.scale[c] = q > 0 || violation <= at.noise || share <= sweep.scale[c] ? sweep.scale[c] : share;
    double far = old + sweep.relaxation * (to - old);
    far = far < at.lower ? at.lower : far > at.upper ? at.upper : far;
    to = old * to > 0 && far * to > 0 ? far : to;
    sweep.penalty[c] += a * (to < 0 ? -to : to) + 0.5 * q * to * to;
    by[c] = to - old;
    b[c] = to;
    moved |= by[c] != 0;
  }
  return moved;
}

}  // namespace lanes

class LaneDescent final : public DescentPath {
 public:
  using DescentPath::DescentPath;

 protected:
  void solve(Batch& batch, Certificate* certificates) override {
    batch_ = &batch;
    begin_lanes();
    int most = settings_.max_iter;
    for (int c = 0; c < batch.width; ++c) most = std::min(most, settings_.max_iter - certificates[batch.first + c].iterations);
    const int swept = sweep_all(most);
    // What is kept is free of what many small moves have added up to.
    residual_ = columns_->follow_lanes(y_.centred.data(), beta_lanes_.data());
    const std::size_t n = X_.rows(), size = features_.size();
    grow(kept_, n * batch.width);
    residual_->write(batch.width, kept_.data(), batch.rss.data());
    residual_.reset();
    for (int c = 0; c < batch.width; ++c) {
      certificates[batch.first + c].iterations += swept;
      batch.betas.emplace_back(size);
      for (std::size_t k = 0; k < size; ++k) batch.betas[c][k] = beta_lanes_[k * kLanes + c];
    }
    move_to(batch.betas.back());
    tried_ = batch.betas;
    tried_first_ = batch.first;
  }

  bool side_by_side() const override { return true; }

  void join(const std::vector<Index>& features) override {
    // Lanes keep a copy of the entries of their columns.
    if (24 * X_.entries() > settings_.room) throw Outgrown();
    DescentPath::join(features);
  }

  void tighten() override { share_ = std::max(0.1 * share_, 1e-12); }
  void accept(const Batch&, int) override { share_ = kShare; }

 private:
  using Lanes = std::array<double, kLanes>;
  static constexpr double kShare = 0.8;
  static constexpr int kEvery = 3;          // sweeps, of which one is over everything
  static constexpr double kFarthest = 1.2;  // times the way to a coordinate's minimum

  // Lanes that are missing do as the last one does.
  void begin_lanes() {
    const std::size_t size = features_.size();
    beta_lanes_.resize(size * kLanes);
    for (int c = 0; c < kLanes; ++c) {
      const int strength = batch_->first + std::min(c, batch_->width - 1);
      alphas_of_lanes_[c] = alphas_[strength];
      const Vector beta = start(strength);
      for (std::size_t k = 0; k < size; ++k) beta_lanes_[k * kLanes + c] = beta[k];
    }
    residual_ = columns_->follow_lanes(y_.centred.data(), beta_lanes_.data());
    places_.clear();
    moves_.assign(size, true);
    for (std::size_t k = 0; k < size; ++k) {
      const Index j = features_[k];
      places_.push_back({penalty_.l1[j], penalty_.l2[j], penalty_.lower[j], penalty_.upper[j],
                         residual_->curvature(static_cast<int>(k)), y_.noise[j]});
    }
  }

  // A strength that was tried before goes on from there; others begin on the line through the last two,
  // as coefficients are piecewise linear in the strength, with no sign changed.
  Vector start(int strength) const {
    const std::size_t again = strength - tried_first_, count = tried_.size();
    Vector beta = count == 0 ? DescentPath::beta() : again < count ? tried_[again] : tried_.back();
    pad(beta);
    if (again < count || count < 2) return beta;
    const int last = tried_first_ + static_cast<int>(count) - 1;
    const double rate = (alphas_[last] - alphas_[strength]) / (alphas_[last - 1] - alphas_[last]);
    if (!(rate > 0 && rate <= kLanes)) return beta;
    const Vector& before = tried_[count - 2];
    for (std::size_t k = 0; k < before.size(); ++k) {
      const Index j = features_[k];
      const double on = beta[k] + rate * (beta[k] - before[k]);
      if (beta[k] != penalty_.resting(j)) beta[k] = on * beta[k] > 0 ? std::clamp(on, penalty_.lower[j], penalty_.upper[j]) : penalty_.resting(j);
    }
    return beta;
  }

  // Sweeps until the gaps that the next sweep would meet, going on as the last two did, are within
  // the tolerance; returns how many.
  int sweep_all(int most) {
    const double goal = share_ * settings_.tol * y_.null;
    double relaxation = 1.0;
    Lanes gaps{};
    for (int swept = 1; swept <= most; ++swept) {
      poll_();
      const Lanes before = gaps;
      const bool every = swept < 3 || swept % kEvery == 0;
      gaps = sweep_once(relaxation, every);
      double outlook = 0;
      for (int c = 0; c < kLanes; ++c)
        outlook = std::max(outlook, before[c] > gaps[c] ? gaps[c] * (gaps[c] / before[c]) : gaps[c]);
      if (outlook <= goal) return swept;
      if (swept > 2) relaxation = std::max(relaxation, relaxed(before, gaps));
    }
    return most;
  }

  // Sweeps that contract by a rate r are those whose relaxed kin do best at 2 / (1 + sqrt(1 - r)), were
  // the coordinates ordered consistently (Young 1954); here no more than a guess.
  static double relaxed(const Lanes& before, const Lanes& gaps) {
    const auto worst = std::max_element(gaps.begin(), gaps.end()) - gaps.begin();
    const double rate = gaps[worst] / before[worst];
    return rate < 1 ? std::min(2 / (1 + std::sqrt(1 - rate)), kFarthest) : 1.0;
  }

  // Returns the gaps that the violations stand for which it met: a dual point that has to be scaled
  // by 1 - e costs e times the penalty (certificate.hpp). Coordinates that no lane moved the last time
  // are passed over unless `every` one is asked for.
  Lanes sweep_once(double relaxation, bool every) {
    lanes::Sweep sweep{alphas_of_lanes_, relaxation};
    for (int k = 0; k < static_cast<int>(places_.size()); ++k) {
      if (!(places_[k].bend > 0) || !(every || moves_[k])) continue;
      double z[kLanes], by[kLanes];
      residual_->correlations(k, z);
      moves_[k] = lanes::descend(places_[k], z, beta_lanes_.data() + k * kLanes, by, sweep);
      if (moves_[k]) residual_->move(k, by);
    }
    if (every) penalty_of_lanes_ = sweep.penalty;
    Lanes gaps = sweep.gap;
    for (int c = 0; c < kLanes; ++c) gaps[c] += sweep.scale[c] * penalty_of_lanes_[c];
    return gaps;
  }

  lanes::Rows beta_lanes_;  // of each coordinate, at every strength
  Lanes alphas_of_lanes_{}, penalty_of_lanes_{};
  std::vector<lanes::Place> places_;
  std::vector<char> moves_;  // whether a coordinate moved the last time, in any lane
  std::unique_ptr<ResidualLanes> residual_;
  const Batch* batch_ = nullptr;
  std::vector<Vector> tried_;  // what the last batch found, from this strength on
  int tried_first_ = 0;
  // Of the tolerance: what sweeps aim at, until the check of their result asks for more.
  double share_ = kShare;
};

}  // namespace taut
