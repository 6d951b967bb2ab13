// A quadratic model under a penalty of single coefficients that is known by its prox alone.
//
// Coordinate descent on the Gram matrix: each step is the prox at step 1 / c_k, which minimises the
// model in b_k, so that the objective falls whether the penalty is convex or not. Every few sweeps
// the iterates are extrapolated, where that lowers the objective.
#pragma once

#include <functional>

#include "anderson.hpp"
#include "native.hpp"

namespace taut {

class ProxDescent {
 public:
  // z: minus the gradient of the smooth part at beta.
  ProxDescent(const double* gram, std::ptrdiff_t ld, Index size, NativePenalty penalty, const double* weights,
              const double* beta, const double* z, std::function<void()> poll)
      : gram_(gram), ld_(ld), penalty_(penalty), weights_(weights), start_(beta, beta + size), z_(z, z + size),
        beta_(start_), gradient_(z_), poll_(std::move(poll)) {}

  // Sweeps until one over everything moves nothing by more than `goal`; returns how many.
  int solve(double alpha, double goal, int most) {
    bool every = true;
    std::vector<Vector> recent{beta_};
    for (int sweep = 1; sweep <= most; ++sweep) {
      poll_();
      const bool little = descend(alpha, every) <= goal;
      if (little && every) return sweep;
      every = little;
      recent.push_back(beta_);
      if (recent.size() <= kMemory) continue;
      extrapolate(alpha, recent);
      recent.assign(1, beta_);
    }
    return most;
  }

  const Vector& beta() const { return beta_; }
  const Vector& gradient() const { return gradient_; }

 private:
  static constexpr std::size_t kMemory = 5;

  double strength(std::size_t k, double alpha) const { return weights_[k] == 0 ? 0 : alpha * weights_[k]; }

  // One sweep, over what is not zero unless over `every` one; the largest move in units of norms.
  double descend(double alpha, bool every) {
    double largest = 0;
    for (std::size_t k = 0; k < beta_.size(); ++k) {
      const double bend = gram_[k + k * ld_], old = beta_[k];
      if (!(bend > 0) || (!every && old == 0)) continue;
      const double by = penalty_.prox(old + gradient_[k] / bend, 1 / bend, strength(k, alpha)) - old;
      if (by == 0) continue;
      beta_[k] = old + by;
      simd::axpy(-by, gram_ + k * ld_, gradient_.data(), beta_.size());
      largest = std::max(largest, std::abs(by) * std::sqrt(bend));
    }
    return largest;
  }

  // z - G (beta - start)
  Vector gradient_at(const Vector& beta) const {
    Vector out = z_;
    for (std::size_t k = 0; k < beta.size(); ++k)
      if (beta[k] != start_[k]) simd::axpy(start_[k] - beta[k], gram_ + k * ld_, out.data(), beta.size());
    return out;
  }

  // The quadratic is -1/2 (z + gradient)'(beta - start) above its value at the start.
  double objective(double alpha, const Vector& beta, const Vector& gradient) const {
    double total = 0;
    for (std::size_t k = 0; k < beta.size(); ++k)
      total += penalty_.value(beta[k], strength(k, alpha)) - 0.5 * (z_[k] + gradient[k]) * (beta[k] - start_[k]);
    return total;
  }

  void extrapolate(double alpha, const std::vector<Vector>& recent) {
    Vector candidate = extrapolated(recent);
    for (std::size_t k = 0; k < candidate.size(); ++k) {
      if (beta_[k] == 0) candidate[k] = 0;
      if (!std::isfinite(candidate[k])) return;
    }
    if (candidate.empty()) return;
    Vector gradient = gradient_at(candidate);
    if (!(objective(alpha, candidate, gradient) < objective(alpha, beta_, gradient_))) return;
    beta_ = std::move(candidate);
    gradient_ = std::move(gradient);
  }

  const double* gram_;
  std::ptrdiff_t ld_;
  NativePenalty penalty_;
  const double* weights_;
  Vector start_, z_, beta_, gradient_;
  std::function<void()> poll_;
};

}  // namespace taut
