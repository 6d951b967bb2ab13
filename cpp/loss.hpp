// Losses of one sample given its linear predictors: what prox-Newton needs of them.
//
// Scales are those of taut.losses; predictors of positive means have a log link. Where there are
// several predictors, arrays hold one after another: n rows of the first, then of the second.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "design.hpp"

namespace taut {

// Stands for no curvature, so that a quadratic model has a minimum; a line search keeps it honest.
inline constexpr double kFlat = 1e-3;

class Loss {
 public:
  virtual ~Loss() = default;
  // Linear predictors of each row.
  virtual int targets() const { return 1; }
  // Numbers that the curvatures of n rows are made of.
  virtual std::size_t bends(Index n) const { return static_cast<std::size_t>(n) * targets(); }
  // Whether the slope of a row changes with the predictors of others; between() is a bound then.
  virtual bool couples_rows() const { return false; }
  // Slopes of n rows at their predictors, what their curvatures are made of, and the sum of
  // v * value.
  virtual double evaluate(Index n, const double* v, const double* y, const double* eta, double* slope,
                          double* bend) const = 0;
  // out (n) = of the slopes for predictor k with predictor l, from what evaluate() found.
  virtual void between(Index n, const double* bend, int k, int l, double* out) const = 0;
  // out = how the slopes change along a change of the predictors.
  virtual void apply(Index n, const double* bend, const double* along, double* out) const = 0;
  // sum v [ f(eta) + f*(t u) - t u eta ] with u = f'(eta): what scaling the dual point by t costs.
  virtual double scaling_gap(Index n, const double* v, const double* y, const double* eta,
                             double t) const = 0;
  // sum v inf f
  virtual double lowest(Index n, const double* v, const double* y) const = 0;
  // Whether the two before this one are known.
  virtual bool has_conjugate() const { return true; }
};

// A loss from its functions of one row: F::at(y, eta) gives value, slope and curvature, conjugate is
// that of the value in eta, lowest is its infimum, and kCurved says whether the curvature is that of
// the value everywhere. With kGrowth, at(y, eta, e) is the same where e = exp(kGrowth eta) is known.
struct At {
  double value, slope, curvature;
};

template <class F>
class RowLoss : public Loss {
 public:
  explicit RowLoss(F f) : f_(f) {}

  double evaluate(Index n, const double* v, const double* y, const double* eta, double* slope,
                  double* bend) const override {
    double total = 0;
    if constexpr (requires { F::kGrowth; }) {
      double exponential[kRows];
      for (Index first = 0; first < n; first += kRows) {
        const Index m = std::min(kRows, n - first);
        for (Index i = 0; i < m; ++i) exponential[i] = F::kGrowth * eta[first + i];
        simd::exponentials(exponential, m);
        for (Index i = 0; i < m; ++i)
          total += note(v[first + i], f_.at(y[first + i], eta[first + i], exponential[i]), slope[first + i], bend[first + i]);
      }
    } else {
      for (Index i = 0; i < n; ++i) total += note(v[i], v[i] > 0 ? f_.at(y[i], eta[i]) : At{0, 0, 0}, slope[i], bend[i]);
    }
    return total;
  }

  void between(Index n, const double* bend, int, int, double* out) const override { std::copy_n(bend, n, out); }

  void apply(Index n, const double* bend, const double* along, double* out) const override {
    for (Index i = 0; i < n; ++i) out[i] = bend[i] * along[i];
  }

  double scaling_gap(Index n, const double* v, const double* y, const double* eta, double t) const override {
    double total = 0;
    for (Index i = 0; i < n; ++i) {
      if (v[i] == 0) continue;
      const At at = f_.at(y[i], eta[i]);
      // Near t = 1 the difference of large terms is its second-order term, 1/2 (1-t)^2 u^2 / f''.
      const double u = t * at.slope;
      const bool near = F::kCurved && 1 - t < 1e-5 && at.curvature > kFlat;
      total += v[i] * (near ? 0.5 * (1 - t) * (1 - t) * at.slope * at.slope / at.curvature
                            : std::max(at.value + f_.conjugate(y[i], u) - u * eta[i], 0.0));
    }
    return total;
  }

  double lowest(Index n, const double* v, const double* y) const override {
    double total = 0;
    for (Index i = 0; i < n; ++i)
      if (v[i] > 0) total += v[i] * f_.lowest(y[i]);
    return total;
  }

 private:
  static constexpr Index kRows = 256;  // at a time, in cache

  // Rows of zero weight stand for rows that are not there, whatever they predict.
  static double note(double v, const At& at, double& slope, double& bend) {
    slope = v > 0 ? at.slope : 0.0;
    bend = v > 0 ? at.curvature : 0.0;
    return v > 0 ? v * at.value : 0.0;
  }

  F f_;
};

inline double x_log_x(double x) { return x > 0 ? x * std::log(x) : 0.0; }

// 1/2 (y - eta)^2
struct SquaredRow {
  static constexpr bool kCurved = true;
  At at(double y, double eta) const { return {0.5 * (eta - y) * (eta - y), eta - y, 1.0}; }
  double conjugate(double y, double u) const { return u * (y + 0.5 * u); }
  double lowest(double) const { return 0; }
};

// log(1 + exp(eta)) - y eta, y in [0, 1]
struct LogisticRow {
  static constexpr bool kCurved = true;
  At at(double y, double eta) const {
    const double e = std::exp(-std::abs(eta)), p = (eta >= 0 ? 1.0 : e) / (1 + e);
    return {std::max(eta, 0.0) + std::log1p(e) - y * eta, p - y, e / ((1 + e) * (1 + e))};
  }
  double conjugate(double y, double u) const { return x_log_x(u + y) + x_log_x(1 - u - y); }
  double lowest(double y) const { return -x_log_x(y) - x_log_x(1 - y); }
};

// The same, many rows at a time.
class LogisticLoss final : public RowLoss<LogisticRow> {
 public:
  LogisticLoss() : RowLoss({}) {}

  double evaluate(Index n, const double* v, const double* y, const double* eta, double* slope,
                  double* bend) const override {
    constexpr Index kBlock = 256;
    double value[kBlock], total = 0;
    for (Index i = 0; i < n; i += kBlock) {
      const Index rows = std::min(kBlock, n - i);
      simd::logistic(v + i, y + i, eta + i, value, slope + i, bend + i, rows);
      total += simd::dot(v + i, value, rows);
    }
    return total;
  }
};

// exp(eta) - y eta
struct PoissonRow {
  static constexpr bool kCurved = true;
  static constexpr double kGrowth = 1;
  At at(double y, double eta, double mean) const { return {mean - y * eta, mean - y, mean}; }
  At at(double y, double eta) const { return at(y, eta, std::exp(eta)); }
  double conjugate(double y, double u) const { return x_log_x(u + y) - (u + y); }
  double lowest(double y) const { return y - x_log_x(y); }
};

// eta + y exp(-eta)
struct GammaRow {
  static constexpr bool kCurved = true;
  static constexpr double kGrowth = -1;
  At at(double y, double eta, double inverse) const { return {eta + y * inverse, 1 - y * inverse, y * inverse}; }
  At at(double y, double eta) const { return at(y, eta, std::exp(-eta)); }
  // u eta - eta - y exp(-eta) peaks where y exp(-eta) = 1 - u.
  double conjugate(double y, double u) const {
    const double q = std::max(1 - u, 1e-300);
    return -q * std::log(y / q) - q;
  }
  double lowest(double y) const { return std::log(y) + 1; }
};

// exp((2 - p) eta) / (2 - p) - y exp((1 - p) eta) / (1 - p), 1 < p < 2 or p > 2
struct TweedieRow {
  static constexpr bool kCurved = true;
  double p;
  At at(double y, double eta) const {
    const double a = std::exp((2 - p) * eta), b = y * std::exp((1 - p) * eta);
    return {a / (2 - p) - b / (1 - p), a - b, (2 - p) * a - (1 - p) * b};
  }
  // sup_eta u eta - f(eta) where f is convex, by Newton steps on f'(eta) = u from a bracket.
  double conjugate(double y, double u) const {
    double low = -700, high = 700;
    for (int step = 0; step < 200 && high - low > 1e-14 * (1 + std::abs(low)); ++step) {
      const double middle = 0.5 * (low + high);
      (at(y, middle).slope < u ? low : high) = middle;
    }
    const double eta = 0.5 * (low + high);
    return u * eta - at(y, eta).value;
  }
  double lowest(double y) const {
    if (y == 0) return p < 2 ? 0.0 : -std::numeric_limits<double>::infinity();
    return at(y, std::log(y)).value;
  }
};

// 1/2 r^2 within delta, delta |r| - delta^2 / 2 beyond. Beyond, its curvature is none: Newton steps
// end as soon as they know which rows are beyond, but overshoot where few are within. `touching`
// takes that of the parabola that touches it at r from above (Huber 1981, section 7.8): a step under
// it cannot overshoot, and steps are many where few rows are within.
template <bool touching>
struct HuberRow {
  static constexpr bool kCurved = false;
  double delta;
  At at(double y, double eta) const {
    const double r = eta - y;
    if (std::abs(r) <= delta) return {0.5 * r * r, r, 1.0};
    return {delta * (std::abs(r) - 0.5 * delta), r > 0 ? delta : -delta, touching ? delta / std::abs(r) : kFlat};
  }
  double conjugate(double y, double u) const { return u * (y + 0.5 * u); }
  double lowest(double) const { return 0; }
};

// 1/2 max(0, 1 - s eta)^2 with s = 2 y - 1
struct SquaredHingeRow {
  static constexpr bool kCurved = false;
  At at(double y, double eta) const {
    const double s = 2 * y - 1, short_of = std::max(0.0, 1 - s * eta);
    return {0.5 * short_of * short_of, -s * short_of, short_of > 0 ? 1.0 : kFlat};
  }
  double conjugate(double y, double u) const { return (2 * y - 1) * u + 0.5 * u * u; }
  double lowest(double) const { return 0; }
};

}  // namespace taut
