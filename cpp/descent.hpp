// The path without any Gram matrix: coordinate descent on residuals, with Anderson acceleration.
//
// For working sets whose Gram matrix and inverse would not fit, or cost more than they bring: many
// features that join together, or columns with few entries. A
// sweep costs two passes over the working columns. Every few sweeps the iterates are extrapolated
// to the affine combination with the least residual of the fixed-point equation (Bertrand & Massias
// 2021, Anderson acceleration of coordinate descent), taken where it lowers the objective.
#pragma once

#include "anderson.hpp"
#include "path.hpp"
#include "sweep.hpp"

namespace taut {

class DescentPath : public PathSolver {
 public:
  using PathSolver::PathSolver;

  void begin_at(const double* coefs, double alpha) override {
    join(used(coefs));
    pad(beta_);
    for (std::size_t k = 0; k < features_.size(); ++k) beta_[k] = coefs[features_[k]];
    residual_.reset();
    refresh();
    z_alpha_ = alpha;
  }

  Vector unfinished() const override {
    if (!yielded_) return {};
    Vector coefs(X_.cols());
    for (Index j = 0; j < X_.cols(); ++j) coefs[j] = coefficient(j, beta_);
    return coefs;
  }

 protected:
  // A crowd brings all others along: each round of newcomers costs as many sweeps as the last.
  void join(const std::vector<Index>& wanted) override {
    if (wanted.empty()) return;
    const bool crowd = 2 * (features_.size() + wanted.size()) > static_cast<std::size_t>(X_.cols());
    const std::vector<Index> features = crowd ? outside() : wanted;
    const double size = static_cast<double>(features_.size() + features.size());
    if (16 * size * columns_->length() > settings_.room) throw std::bad_alloc();
    columns_->append(features, nullptr, 0);
    for (Index j : features) {
      admit(j, z_[j]);
      if (penalty_.resting(j) != 0.0) residual_.reset();
    }
  }

  int minimise(double alpha, int most) override {
    pad(beta_);
    follow();
    std::vector<Vector> recent{beta_};
    bool every = true;
    int swept = 0;
    double before = kInfinity;
    while (swept < most) {
      poll_();
      const auto penalty = [&](std::size_t k) { return penalty_.at(features_[k], alpha); };
      const double gain = sweep(penalty, every, *residual_, beta_);
      ++swept;
      // Late sweeps gain a share of what is left: far below the tolerance there is little of it.
      const bool little = gain <= patience_ * last_gain();
      if (little && every) break;
      if (settings_.yields && swept % kLook == 0) {
        const double needed = swept + forecast(before, gain);
        if (needed > most || spent_ + needed > settings_.in_all) return most;
        before = gain;
      }
      every = little || swept % kEvery == 0;
      recent.push_back(beta_);
      if (recent.size() <= kMemory) continue;
      extrapolate(alpha, recent);
      recent.assign(1, beta_);
    }
    spent_ += swept;
    // What is kept is free of what many small moves have added up to.
    residual_ = columns_->follow(y_.centred.data(), beta_.data());
    return swept;
  }

  void keep(Batch& batch, int i) override {
    batch.betas.push_back(beta_);
    const std::size_t n = X_.rows();
    grow(kept_, n * batch.width);
    batch.rss[i] = residual_->write(kept_.data() + i * n);
  }
  void residuals(Batch& batch, double* R) override {
    std::copy_n(kept_.data(), static_cast<std::size_t>(X_.rows()) * batch.width, R);
  }
  void residual_here(double* R) override {
    pad(beta_);
    follow();
    residual_->write(R);
  }
  void stand_at(const Batch& batch, int i) override {
    move_to(batch.betas[i]);
  }
  void tighten() override { patience_ *= 1e-3; }
  void accept(const Batch&, int) override { patience_ = kPatience; }
  void begin() override { refresh(); }
  std::unique_ptr<Columns> working_columns() const override {
    std::unique_ptr<Columns> lying = X_.lying_columns(view_);
    return lying != nullptr ? std::move(lying) : X_.columns(view_);
  }
  bool walks() const override { return false; }
  bool takes_gram() const override { return false; }
  // A strength that has to be redone costs its sweeps, and a check hardly more than one.
  double horizon() const override { return 0; }

  const Vector& beta() const { return beta_; }
  void move_to(const Vector& beta) {
    beta_ = beta;
    residual_.reset();
  }

  Zeros kept_;  // residuals of the batch

 private:
  static constexpr std::size_t kMemory = 5;
  static constexpr int kEvery = 3;  // sweeps, of which one is over everything
  static constexpr int kLook = 4 * kEvery;  // sweeps from one forecast to the next
  // A sweep that gains less than this share of the tolerance is the last one, until the check of
  // its result asks for more.
  static constexpr double kPatience = 1e-5;

  void follow() {
    if (!residual_) residual_ = columns_->follow(y_.centred.data(), beta_.data());
  }

  std::vector<Index> outside() const {
    std::vector<Index> out;
    for (Index j = 0; j < X_.cols(); ++j)
      if (position_[j] < 0 && usable(j)) out.push_back(j);
    return out;
  }

  // Sweeps that are left if gains go on falling as they fell from `before` to `now`.
  double forecast(double before, double now) const {
    if (before == kInfinity) return 0;
    const double fell = std::log(before / now), left = std::log(now / (patience_ * last_gain()));
    return fell > 0 ? kLook * left / fell : kInfinity;
  }

  double objective(double alpha, const ResponseResidual& residual, const Vector& beta) {
    scratch_.resize(X_.rows());
    return 0.5 * residual.write(scratch_.data()) + penalty_at(alpha, beta);
  }

  void extrapolate(double alpha, const std::vector<Vector>& recent) {
    Vector candidate = extrapolated(recent);
    if (candidate.empty()) return;
    for (std::size_t k = 0; k < beta_.size(); ++k) {
      const Index j = features_[k];
      // Zeros and bounds that the last sweep met stay, so that the face is the same.
      if (beta_[k] == penalty_.resting(j)) candidate[k] = beta_[k];
      candidate[k] = std::clamp(candidate[k], penalty_.lower[j], penalty_.upper[j]);
      if (!std::isfinite(candidate[k])) return;
    }
    std::unique_ptr<ResponseResidual> there = columns_->follow(y_.centred.data(), candidate.data());
    if (!(objective(alpha, *there, candidate) < objective(alpha, *residual_, beta_))) return;
    beta_ = std::move(candidate);
    residual_ = std::move(there);
  }

  Vector beta_, scratch_;
  std::unique_ptr<ResponseResidual> residual_;  // at beta_, or none
  double patience_ = kPatience;
  double spent_ = 0;  // sweeps, on all strengths
};

}  // namespace taut
