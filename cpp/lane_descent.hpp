// Descent at several strengths side by side, for columns on which several products cost about as
// much as one (lanes.hpp): what one strength after the other would save by beginning at the last
// one's coefficients is less than what they save by sharing every look at an entry.
#pragma once

#include <array>

#include "descent.hpp"

namespace taut {

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
    for (int c = 0; c < batch.width; ++c) {
      certificates[batch.first + c].iterations += swept;
      batch.rss[c] = residual_->write(c, kept_.data() + c * n);
      batch.betas.emplace_back(size);
      for (std::size_t k = 0; k < size; ++k) batch.betas[c][k] = beta_lanes_[k * kLanes + c];
    }
    residual_.reset();
    move_to(batch.betas.back());
    tried_ = batch.betas;
    tried_first_ = batch.first;
  }

  void tighten() override { share_ = std::max(0.1 * share_, 1e-12); }
  void accept(const Batch&, int) override { share_ = kShare; }

 private:
  using Lanes = std::array<double, kLanes>;
  static constexpr double kShare = 0.5;

  // A strength that was tried before goes on from there.
  void begin_lanes() {
    beta_lanes_.assign(features_.size() * kLanes, 0.0);
    const Vector& here = DescentPath::beta();
    for (int c = 0; c < batch_->width; ++c) {
      const std::size_t again = batch_->first + c - tried_first_;
      Vector beta = again < tried_.size() ? tried_[again] : here;
      pad(beta);
      for (std::size_t k = 0; k < beta.size(); ++k) beta_lanes_[k * kLanes + c] = beta[k];
    }
    residual_ = columns_->follow_lanes(y_.centred.data(), beta_lanes_.data());
  }

  // Sweeps until the gaps that the next sweep would meet, going on as the last two did, are within
  // the tolerance; returns how many.
  int sweep_all(int most) {
    const double goal = share_ * settings_.tol * y_.null;
    Lanes gaps{};
    for (int swept = 1; swept <= most; ++swept) {
      poll_();
      const Lanes before = gaps;
      gaps = sweep_once();
      double outlook = 0;
      for (int c = 0; c < kLanes; ++c)
        outlook = std::max(outlook, before[c] > gaps[c] ? gaps[c] * (gaps[c] / before[c]) : gaps[c]);
      if (outlook <= goal) return swept;
    }
    return most;
  }

  // Returns the gaps that the violations stand for which it met: a dual point that has to be scaled
  // by 1 - e costs e times the penalty (certificate.hpp).
  Lanes sweep_once() {
    const int width = batch_->width;
    Lanes scale{}, gaps{};
    for (int k = 0; k < static_cast<int>(features_.size()); ++k) {
      const double bend = residual_->curvature(k);
      if (!(bend > 0)) continue;
      const Index j = features_[k];
      Lanes z, by{};
      residual_->correlations(k, z.data());
      double* b = beta_lanes_.data() + k * kLanes;
      for (int c = 0; c < width; ++c) {
        const Coordinate h = penalty_.at(j, alphas_[batch_->first + c]);
        const double to = h.minimise(z[c] + bend * b[c], bend);
        if (to == b[c]) continue;
        by[c] = to - b[c];
        const double violation = h.violation(b[c], z[c]);
        if (h.q > 0) gaps[c] += 0.5 * violation * violation / h.q;
        else if (violation > y_.noise[j]) scale[c] = std::max(scale[c], violation / std::max(h.a, kExact * y_.noise[j]));
        b[c] = to;
      }
      residual_->move(k, by.data());
    }
    for (int c = 0; c < width; ++c)
      if (scale[c] > 0) gaps[c] += scale[c] * penalty_at_lane(c);
    return gaps;
  }

  double penalty_at_lane(int c) const {
    double total = 0;
    for (std::size_t k = 0; k < features_.size(); ++k)
      if (const double b = beta_lanes_[k * kLanes + c]; b != 0.0)
        total += penalty_.at(features_[k], alphas_[batch_->first + c]).value(b);
    return total;
  }

  Vector beta_lanes_;  // of each coordinate, at every strength
  std::unique_ptr<ResidualLanes> residual_;
  const Batch* batch_ = nullptr;
  std::vector<Vector> tried_;  // what the last batch found, from this strength on
  int tried_first_ = 0;
  // Of the tolerance: what sweeps aim at, until the check of their result asks for more.
  double share_ = kShare;
};

}  // namespace taut
