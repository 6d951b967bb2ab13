// The intercepts of a loss, always at their best for the other coefficients.
#pragma once

#include <optional>

#include "certificate.hpp"
#include "loss.hpp"

namespace taut {

// A loss with its data.
struct Fitted {
  const Loss& loss;
  const double* y;
  const double* offset;
};

// The curvature of a loss at a point.
class LossCurvature final : public Curvature {
 public:
  LossCurvature(const Loss& loss, Index samples) : bend(loss.bends(samples)), loss_(&loss), samples_(samples) {}

  Vector bend;
  int targets() const override { return loss_->targets(); }
  void between(int k, int l, double* out) const override { loss_->between(samples_, bend.data(), k, l, out); }
  void apply(const double* along, double* out) const override { loss_->apply(samples_, bend.data(), along, out); }

 private:
  const Loss* loss_;
  Index samples_;
};

// The curvature between intercepts, C = R'R. It is singular where classes are as many as predictors:
// adding one number to all of them changes nothing. What depends on those before it is pinned, which
// loses nothing, as slopes have no part along such a direction.
class Intercepts {
 public:
  Intercepts(const View& view, const Curvature& curvature) : size_(curvature.targets()), root_(size_ * size_, 0.0) {
    const Index n = view.design.rows() / size_;
    Vector bend(n);
    for (int l = 0; l < size_ && view.centred; ++l)
      for (int k = 0; k <= l; ++k) {
        curvature.between(k, l, bend.data());
        root_[k + l * size_] = simd::dot(view.v.data(), bend.data(), n);
      }
    factor();
  }

  // x = R^-T x
  void half(double* x) const {
    for (int j = 0; j < size_; ++j) {
      for (int i = 0; i < j; ++i) x[j] -= root_[i + j * size_] * x[i];
      x[j] = root_[j + j * size_] > 0 ? x[j] / root_[j + j * size_] : 0.0;
    }
  }

  // x = C^-1 x
  void solve(double* x) const {
    half(x);
    for (int j = size_ - 1; j >= 0; --j) {
      for (int i = j + 1; i < size_; ++i) x[j] -= root_[j + i * size_] * x[i];
      x[j] = root_[j + j * size_] > 0 ? x[j] / root_[j + j * size_] : 0.0;
    }
  }

 private:
  static constexpr double kPivot = 1e-12;  // less than this share of a diagonal entry is rounding

  void factor() {
    for (int j = 0; j < size_; ++j) {
      double* column = root_.data() + j * size_;
      const double whole = column[j];
      for (int i = 0; i < j; ++i) {
        const double* other = root_.data() + i * size_;
        column[i] = other[i] > 0 ? (column[i] - simd::dot(other, column, i)) / other[i] : 0.0;
      }
      const double pivot = whole - simd::dot(column, column, j);
      column[j] = pivot > kPivot * whole ? std::sqrt(pivot) : 0.0;
      // A pinned predictor takes no part in those after it, nor they in it.
      if (column[j] == 0) std::fill_n(column, j, 0.0);
    }
  }

  int size_;
  Vector root_;
};

// The curvature of the loss as a function of coefficients, whose intercepts follow.
class Profiled {
 public:
  Profiled(const View& view, LossCurvature rows) : rows(std::move(rows)), view_(&view), intercepts_(view, this->rows) {}

  LossCurvature rows;

  // a'Ha less what the intercepts explain of it, for a change of the fit.
  double variation(const Vector& along) const {
    double second;
    Vector first = sums(along, second);
    intercepts_.half(first.data());
    return second - simd::dot(first.data(), first.data(), first.size());
  }

  // How the intercepts follow a change of the fit, to first order.
  Vector drift(const Vector& along) const {
    double second;
    Vector first = sums(along, second);
    intercepts_.solve(first.data());
    for (double& x : first) x = -x;
    return first;
  }

 private:
  // Of Ha over the rows of each target; a'Ha beside them.
  Vector sums(const Vector& along, double& second) const {
    const std::ptrdiff_t targets = rows.targets(), n = along.size() / targets;
    Vector change(along.size()), out(targets);
    rows.apply(along.data(), change.data());
    second = 0;
    for (std::ptrdiff_t k = 0; k < targets; ++k) {
      const auto found = simd::weighted_sums(view_->v.data(), change.data() + k * n, along.data() + k * n, n);
      out[k] = found.first;
      second += found.second;
    }
    return out;
  }

  const View* view_;
  Intercepts intercepts_;
};

// Slopes and curvatures at the best intercepts for a given fit.
class Level {
 public:
  Level(const View& view, const Fitted& data)
      : level(data.loss.targets(), 0.0), slope(view.design.rows()), eta(slope.size()),
        curvature(data.loss, view.design.rows() / data.loss.targets()), view_(view), data_(data) {}

  double value = 0;  // sum v f
  Vector level;      // the intercepts
  Vector slope, eta;
  LossCurvature curvature;

  // fit: the predictor without offset and intercept; starts from the intercepts that it has.
  void settle(const double* fit) {
    if (level.size() == 1) settle_one(fit);
    else settle_all(fit);
  }

 private:
  static constexpr double kFarthest = 20;  // a Newton step beyond this is not to be trusted
  static constexpr double kStill = 4e-16;  // less than this share is rounding
  static constexpr double kNear = 1e-8;    // the error after a Newton step is about its square
  static constexpr double kClose = 1e-3;   // curvature changes by about as much along a step

  // A monotone equation.
  void settle_one(const double* fit) {
    double low = -kInfinity, high = kInfinity, before = kInfinity;
    for (int round = 0; round < 100; ++round) {
      evaluate(fit);
      if (!view_.centred) return;
      const auto [sum, size, bend] = simd::balance(view_.v.data(), slope.data(), curvature.bend.data(), slope.size());
      const double now = level[0], step = sum / bend, length = std::abs(step);
      // Steps that no longer contract have met rounding.
      if (std::abs(sum) <= (length >= before ? 1e-12 : kStill) * size) return;
      (sum < 0 ? low : high) = now;
      double next = std::isfinite(sum) && bend > 0 ? now - step : 0.5 * (low + high);
      const bool newton = next > low && next < high && length <= kFarthest;
      if (!newton) next = between(low, high, sum);
      if (next == now) return;
      level[0] = next;
      // The error of a step is a multiple of the square of the step, the same as one step ago.
      if (newton && before < 1e-2 && bend * length * length * length <= kStill * size * before * before) {
        evaluate(fit);
        return;
      }
      before = std::abs(next - now);
    }
  }

  double between(double low, double high, double sum) const {
    if (std::isfinite(low) && std::isfinite(high)) return 0.5 * (low + high);
    return level[0] + (sum > 0 ? -2.0 : 2.0);
  }

  // Newton steps, halved until they do not climb; late ones under the curvature of the one before.
  void settle_all(const double* fit) {
    evaluate(fit);
    if (!view_.centred) return;
    std::optional<Intercepts> intercepts;
    for (int step = 0; step < 100; ++step) {
      Vector change(level.size());
      if (!sums(change.data())) return;
      if (!intercepts) intercepts.emplace(view_, curvature);
      intercepts->solve(change.data());
      double farthest = 0;
      for (double x : change) farthest = std::max(farthest, std::abs(x));
      if (!std::isfinite(farthest)) return;
      const Vector from = level;
      const double before = value, slack = 1e-15 * std::abs(before);
      for (double share = farthest > kFarthest ? kFarthest / farthest : 1.0; share > 1e-6; share *= 0.5) {
        for (std::size_t k = 0; k < level.size(); ++k) level[k] = from[k] - share * change[k];
        evaluate(fit);
        // What a step this short gains is less than the rounding of a sum over all rows.
        if (value <= before + slack || farthest <= kNear) break;
      }
      if (farthest <= kNear) return;
      if (farthest > kClose) intercepts.reset();
    }
  }

  // Of the slopes of each target; false where only rounding keeps them from being zero.
  bool sums(double* out) const {
    const std::ptrdiff_t n = slope.size() / level.size();
    bool any = false;
    for (std::size_t k = 0; k < level.size(); ++k) {
      double sum = 0, size = 0;
      for (std::ptrdiff_t i = 0; i < n; ++i) {
        const double weighted = view_.v[i] * slope[i + k * n];
        sum += weighted;
        size += std::abs(weighted);
      }
      out[k] = sum;
      any |= !(std::abs(sum) <= 4e-16 * size);
    }
    return any;
  }

  void evaluate(const double* fit) {
    const std::ptrdiff_t n = slope.size() / level.size();
    for (std::size_t k = 0; k < level.size(); ++k)
      for (std::ptrdiff_t i = k * n; i < static_cast<std::ptrdiff_t>(k + 1) * n; ++i)
        eta[i] = data_.offset[i] + fit[i] + level[k];
    value = data_.loss.evaluate(static_cast<Index>(n), view_.v.data(), data_.y, eta.data(), slope.data(), curvature.bend.data());
  }

  const View& view_;
  const Fitted& data_;
};

}  // namespace taut
