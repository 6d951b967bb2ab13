// Prox-Newton steps without a Gram matrix: the model of each step is minimised by coordinate descent
// on the rows.
//
// For sparse columns, where a sweep costs a pass over a few entries and a Gram matrix with its
// inverse would be dense, and for working sets that outgrow memory. Curvatures are always those of
// the point. The model of a step has only the coefficients that the gradient at its start moves, or
// that are not at rest: the gradient after it shows who else wants to join.
#pragma once

#include "newton.hpp"

namespace taut {

class NewtonDescent final : public NewtonPath {
 public:
  using NewtonPath::NewtonPath;

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
    double before = kInfinity, enough = patience_ * last_gain();
    int sweeps = 0;
    for (int step = 0; sweeps < most; ++step) {
      poll_();
      if (step == kSteady) invite(alpha);
      const Vector z = gradient();
      if (settled(alpha, z, kSolo * std::sqrt(patience_ / first_))) {
        if (!invite(alpha)) break;
        continue;
      }
      const std::vector<int> places = awake(alpha, z);
      const std::unique_ptr<Residual> residual = columns_->model(here_.slope.data(), here_.curvature, places);
      Vector moved = picked(places);
      sweeps += descend(penalties(alpha, places), *residual, moved, enough, most - sweeps);
      Vector goal = beta_;
      double decrease = 0;
      for (std::size_t k = 0; k < places.size(); ++k) {
        double& b = goal[places[k]];
        if (moved[k] == b) continue;
        decrease += (z[places[k]] - residual->correlation(static_cast<int>(k))) * (moved[k] - b);
        b = moved[k];
      }
      // Steps that no longer contract have met rounding.
      if (!(decrease > 0) || (decrease <= rounding() && decrease >= before)) break;
      if (search(alpha, goal, decrease) == 0) break;
      if (decrease <= enough) enough *= kCloser;
      before = decrease;
    }
    return std::max(1, sweeps);
  }

  void renew() override {}
  void prepare() override {}

 private:
  static constexpr double kShare = 0.05;  // a model is left when a sweep gains less than this share
  // A model costs several sweeps: what lies between them is settled further than sweeps would.
  static constexpr double kFine = 1e-3;
  static constexpr int kSteps = 30;
  static constexpr int kSteady = 2;  // steps after which correlations are nearly what they will be
  static constexpr double kMostOutside = 8;  // features, for each of the working set
  static constexpr double kCloser = 1e-2;
  // Of the tolerance, what the working set may use up by itself; a gap is about the root of a promise.
  static constexpr double kSolo = 0.5;

  // Takes in what wants to move by now, so that no point is settled without it; false where there is
  // nothing, or where a look at all features would cost much more than steps without them.
  bool invite(double alpha) {
    if (X_.cols() > kMostOutside * static_cast<double>(features_.size())) return false;
    Vector R(X_.rows()), z(X_.cols());
    downhill(here_.slope.data(), R.data());
    view_.cross(R.data(), 1, z.data());
    std::vector<Index> features;
    for (Index j = 0; j < X_.cols(); ++j)
      if (violates(j, z[j], alpha)) features.push_back(j);
    join(features);
    pad(beta_);
    return !features.empty();
  }

  // The coefficients that are not at rest, or want to move.
  std::vector<int> awake(double alpha, const Vector& z) const {
    std::vector<int> out;
    for (std::size_t k = 0; k < beta_.size(); ++k) {
      const double b = beta_[k];
      if (b != penalty_.resting(features_[k]) || tangent(k, alpha).direction(b, z[k], 0.0) != 0) out.push_back(static_cast<int>(k));
    }
    return out;
  }

  std::vector<Coordinate> penalties(double alpha, const std::vector<int>& places) const {
    std::vector<Coordinate> out;
    out.reserve(places.size());
    for (int k : places) out.push_back(tangent(k, alpha));
    return out;
  }

  Vector picked(const std::vector<int>& places) const {
    Vector out;
    out.reserve(places.size());
    for (int k : places) out.push_back(beta_[k]);
    return out;
  }

  // Sweeps, and what lies between them is settled at once where that is offered, until a sweep over
  // everything gains little; returns how many.
  int descend(const std::vector<Coordinate>& penalties, Residual& residual, Vector& goal, double enough, int most) {
    double total = 0, leap = 0;
    bool every = true;
    for (int swept = 1; swept <= most; ++swept) {
      poll_();
      const double gain = residual.sweep(penalties, every, goal);
      total += gain;
      const bool little = gain <= std::max(kShare * total, 0.1 * enough);
      if (little && leap > 0) return swept;
      leap = residual.settle(penalties, kFine * enough, kSteps, goal);
      if (little && every && leap == 0) return swept;
      total += leap;
      every = little || leap > 0;
    }
    return most;
  }
};

}  // namespace taut
