// Prox-Newton steps without a Gram matrix: the model of each step is minimised by coordinate descent
// on the rows.
//
// For sparse columns, where a sweep costs a pass over a few entries and a Gram matrix with its
// inverse would be dense, and for working sets that outgrow memory. Curvatures are always those of
// the point. Most sweeps visit only what is not at rest; one over everything ends each step.
#pragma once

#include "newton.hpp"
#include "sweep.hpp"

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
    double before = kInfinity;
    int sweeps = 0;
    while (sweeps < most) {
      poll_();
      const std::unique_ptr<Residual> residual = columns_->model(here_.slope.data(), here_.curvature);
      Vector z(beta_.size()), goal = beta_;
      for (std::size_t k = 0; k < z.size(); ++k) z[k] = residual->correlation(static_cast<int>(k));
      const double enough = patience_ * last_gain();
      sweeps += descend(alpha, *residual, goal, enough, most - sweeps);
      double decrease = 0;
      for (std::size_t k = 0; k < z.size(); ++k)
        if (goal[k] != beta_[k]) decrease += (z[k] - residual->correlation(static_cast<int>(k))) * (goal[k] - beta_[k]);
      // Steps that no longer contract have met rounding.
      if (!(decrease > 0) || (decrease <= rounding() && decrease >= before)) break;
      const double taken = search(alpha, goal, decrease);
      if (taken == 0 || (decrease <= enough && taken == 1)) break;
      before = decrease;
    }
    return sweeps;
  }

  void begin() override {}
  void renew() override {}
  void prepare() override {}

 private:
  static constexpr double kShare = 0.05;  // a model is left when a sweep gains less than this share

  // Sweeps until one over everything gains little; returns how many.
  int descend(double alpha, Residual& residual, Vector& goal, double enough, int most) {
    double total = 0;
    bool every = true;
    for (int swept = 1; swept <= most; ++swept) {
      poll_();
      const double gain = sweep([&](std::size_t k) { return tangent(k, alpha); }, every, residual, goal);
      total += gain;
      const bool little = gain <= std::max(kShare * total, 0.1 * enough);
      if (little && every) return swept;
      every = little;
    }
    return most;
  }
};

}  // namespace taut
