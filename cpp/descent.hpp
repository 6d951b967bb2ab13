// The path without any Gram matrix: coordinate descent on residuals, with Anderson acceleration.
//
// For working sets whose Gram matrix and inverse would not fit, or cost more than they bring: many
// features that join together, or columns with few entries. A
// sweep costs two passes over the working columns. Every few sweeps the iterates are extrapolated
// to the affine combination with the least residual of the fixed-point equation (Bertrand & Massias
// 2021, Anderson acceleration of coordinate descent), taken where it lowers the objective.
#pragma once

#include "path.hpp"

namespace taut {

class DescentPath final : public PathSolver {
 public:
  using PathSolver::PathSolver;

  void begin_at(const double* coefs, double alpha) override {
    join(used(coefs));
    pad(beta_);
    for (std::size_t k = 0; k < features_.size(); ++k) beta_[k] = coefs[features_[k]];
    refresh();
    z_alpha_ = alpha;
  }

 protected:
  void join(const std::vector<Index>& features) override {
    if (features.empty()) return;
    const double size = static_cast<double>(features_.size() + features.size());
    if (16 * size * columns_->length() > settings_.room) throw std::bad_alloc();
    columns_->append(features, nullptr, 0);
    for (Index j : features) admit(j, z_[j]);
  }

  int minimise(double alpha, int most) override {
    pad(beta_);
    const std::size_t size = beta_.size();
    if (size == 0) return 0;
    std::unique_ptr<Residual> residual = columns_->follow(y_.centred.data(), beta_.data());
    std::vector<Vector> recent{beta_};
    for (int sweep = 0; sweep < most; ++sweep) {
      poll_();
      const double gain = descend(alpha, *residual);
      // Late sweeps gain a share of what is left: far below the tolerance there is little of it.
      if (gain <= patience_ * settings_.tol * y_.null) return sweep + 1;
      recent.push_back(beta_);
      if (recent.size() <= kMemory) continue;
      if (extrapolate(alpha, recent)) residual = columns_->follow(y_.centred.data(), beta_.data());
      recent.assign(1, beta_);
    }
    return most;
  }

  void keep(Batch& batch, int) override { batch.betas.push_back(beta_); }
  void residual_here(double* R) override {
    double rss;
    pad(beta_);
    columns_->residual(y_.centred.data(), beta_.data(), 1, R, &rss);
  }
  void stand_at(const Batch& batch, int i) override {
    beta_ = batch.betas[i];
    patience_ *= 1e-3;
  }
  void accept(const Batch&, int) override { patience_ = kPatience; }
  void begin() override {}
  bool takes_gram() const override { return false; }

 private:
  static constexpr std::size_t kMemory = 5;
  // A sweep that gains less than this share of the tolerance is the last one, until the check of
  // its result asks for more.
  static constexpr double kPatience = 1e-5;

  double curvature(std::size_t k) const { return view_.norm[features_[k]] * view_.norm[features_[k]]; }

  // One sweep; returns the curvature times the squared moves, which is twice what the objective fell
  // by, or less, and free of the rounding of a difference.
  double descend(double alpha, Residual& residual) {
    double gain = 0;
    for (std::size_t k = 0; k < beta_.size(); ++k) {
      const Coordinate h = penalty_.at(features_[k], alpha);
      const double old = beta_[k], bend = curvature(k), slope = residual.correlation(static_cast<int>(k));
      const double by = h.minimise(slope + bend * old, bend) - old;
      if (by == 0) continue;
      gain += bend * by * by;
      beta_[k] = old + by;
      residual.move(static_cast<int>(k), by);
    }
    return gain;
  }

  double objective(double alpha, const Vector& beta) const {
    Vector R(X_.rows());
    double total;
    columns_->residual(y_.centred.data(), beta.data(), 1, R.data(), &total);
    return 0.5 * total + penalty_at(alpha, beta);
  }

  // minimise | sum_i c_i (x_(i+1) - x_i) | over sum c = 1: c is the solution of (U'U) c = 1, scaled.
  bool extrapolate(double alpha, const std::vector<Vector>& recent) {
    const int m = static_cast<int>(recent.size()) - 1;
    Vector system(m * m), c(m, 1.0);
    for (int i = 0; i < m; ++i)
      for (int j = 0; j <= i; ++j) {
        double sum = 0;
        for (std::size_t k = 0; k < beta_.size(); ++k)
          sum += (recent[i + 1][k] - recent[i][k]) * (recent[j + 1][k] - recent[j][k]);
        system[i + j * m] = system[j + i * m] = sum;
      }
    // A hair on the diagonal: late moves are nearly parallel.
    double trace = 0;
    for (int i = 0; i < m; ++i) trace += system[i + i * m];
    for (int i = 0; i < m; ++i) system[i + i * m] += 1e-12 * trace;
    if (!blas::cholesky(m, system.data(), m)) return false;
    blas::solve_right('N', 1, m, system.data(), m, c.data(), 1);
    blas::solve_right('T', 1, m, system.data(), m, c.data(), 1);
    double total = 0;
    for (double x : c) total += x;
    Vector candidate(beta_.size(), 0.0);
    for (int i = 0; i < m; ++i)
      for (std::size_t k = 0; k < beta_.size(); ++k) candidate[k] += c[i] / total * recent[i + 1][k];
    for (std::size_t k = 0; k < beta_.size(); ++k) {
      const Index j = features_[k];
      // Zeros and bounds that the last sweep met stay, so that the face is the same.
      if (beta_[k] == penalty_.resting(j)) candidate[k] = beta_[k];
      candidate[k] = std::clamp(candidate[k], penalty_.lower[j], penalty_.upper[j]);
      if (!std::isfinite(candidate[k])) return false;
    }
    if (!(objective(alpha, candidate) < objective(alpha, beta_))) return false;
    beta_ = std::move(candidate);
    return true;
  }

  Vector beta_;
  double patience_ = kPatience;
};

}  // namespace taut
