// How far a point is from the optimum, from its residual's correlations alone.
//
// The primal is P(b) = 1/2 sum v r^2 + sum h_j(b_j) with r = y - Xb (centred by the view), and every
// t in [0, 1] gives the dual point t v r with objective D = P - gap,
//     gap(t) = 1/2 (1 - t)^2 sum v r^2 + sum_j [ h_j(b_j) + h_j*(t z_j) - t z_j b_j ],   z = X'(v r):
// a sum of terms that are not negative, so the gap keeps its relative accuracy however small it is.
// With an intercept sum_i v_i r_i = 0, which makes t v r feasible in that direction too.
#pragma once

#include "coordinate.hpp"
#include "design.hpp"

namespace taut {

// The numbers are those of taut.solution.Status.
enum class Status : int { solved = 0, max_iter = 1, stalled = 2 };

struct Certificate {
  double gap = kInfinity, relative_gap = kInfinity, kkt = kInfinity;
  Status status = Status::stalled;
  int iterations = 0;
};

// A penalty on all features, at any strength.
struct Penalty {
  const double *l1, *l2, *lower, *upper;
  const double *fall = nullptr, *knot = nullptr;  // of folded slopes; the knot in units of alpha

  bool folded() const { return fall != nullptr; }
  Coordinate at(Index j, double alpha) const {
    if (!folded()) return {alpha * l1[j], alpha * l2[j], lower[j], upper[j]};
    return {alpha * l1[j], alpha * l2[j], lower[j], upper[j], fall[j], alpha * knot[j]};
  }
  double resting(Index j) const { return std::clamp(0.0, lower[j], upper[j]); }
};

inline constexpr double kRounding = 8e-16;  // of a correlation, in units of its column and response

// The response, centred by the view, and what its size says about rounding.
struct Response {
  Vector centred;
  double mean = 0, norm = 0, null = 0;  // null: objective of the null model, 1/2 sum v y^2
  Vector noise;                         // rounding to expect in each correlation

  Response(const View& view, const double* y)
      : centred(y, y + view.design.rows()), noise(view.design.cols()) {
    const Index n = view.design.rows();
    if (view.centred)
      for (Index i = 0; i < n; ++i) mean += view.v[i] * y[i];
    double s = 0;
    for (double& value : centred) value -= mean;
    for (Index i = 0; i < n; ++i) s += view.v[i] * centred[i] * centred[i];
    // What is left of a constant response is rounding, not variation.
    if (view.centred && std::sqrt(s) <= 1e-15 * std::abs(mean)) {
      std::fill(centred.begin(), centred.end(), 0.0);
      s = 0;
    }
    measure(view, s);
  }

  // Known by its sum of squares alone.
  Response(const View& view, double squares) : noise(view.design.cols()) { measure(view, squares); }

  // Of another loss: the objective of the null model, and the norm of its residuals.
  Response(const View& view, double objective, double residual_norm) : noise(view.design.cols()) {
    measure(view, residual_norm * residual_norm);
    null = objective;
  }

 private:
  void measure(const View& view, double squares) {
    null = 0.5 * squares;
    norm = std::sqrt(squares);
    for (Index j = 0; j < view.design.cols(); ++j) noise[j] = kRounding * view.norm[j] * norm + 1e-300;
  }
};

// R[:, c] = v (y - X coefs[:, c]), centred, and the weighted sums of squares of y - X coefs[:, c].
inline void weighted_residuals(const View& view, const Response& y, const double* coefs, int count,
                               double* R, double* rss) {
  const std::ptrdiff_t n = view.design.rows(), p = view.design.cols();
  view.design.product(coefs, count, R);
  for (int c = 0; c < count; ++c) {
    double s = 0, *r = R + c * n;
    const double shift = simd::dot(coefs + c * p, view.mean.data(), p);
    for (std::ptrdiff_t i = 0; i < n; ++i) {
      const double e = y.centred[i] - r[i] + shift;
      s += view.v[i] * e * e;
      r[i] = view.v[i] * e;
    }
    rss[c] = s;
  }
}

// A coordinate without slope must be met exactly by the dual point; this much more than its own
// rounding counts as exact.
inline constexpr double kExact = 1e3;

// What is known of features whose coefficients are zero without a look at each: the largest t that
// they allow, and their largest violation.
struct Rest {
  double scale = 1.0, kkt = 0.0;
};

// Least squares: 1/2 (1 - t)^2 |r|^2.
inline auto squared_misfit(double rss) {
  return [rss](double t) { return 0.5 * (1 - t) * (1 - t) * rss; };
}

// Every t is allowed that makes the conjugates finite; where bounds make them finite but steep, the
// t that keeps every coordinate off its far bound may be better, and the better one counts.
// Looks at `count` features, feature(k) with coefficient coef(k), of correlations z; `rest` speaks
// for the others.
// `misfit(t)` is what the loss adds to the gap at t.
template <class Misfit, class Feature, class Coef>
Certificate certify(const View& view, const Response& y, const Penalty& penalty, double alpha,
                    const double* z, Misfit&& misfit, Index count, Feature&& feature, Coef&& coef,
                    Rest rest = {}) {
  Certificate out;
  double needed = rest.scale, strict = rest.scale, kkt = rest.kkt;
  for (Index k = 0; k < count; ++k) {
    const Index j = feature(k);
    if (view.norm[j] == 0.0) continue;
    const Coordinate h = penalty.at(j, alpha);
    const double b = coef(k), exact = kExact * y.noise[j];
    needed = std::min(needed, h.dual_scale(z[j], exact));
    strict = std::min(strict, h.strict_scale(b, z[j], exact));
    const double violation = h.violation(b, z[j]);
    if (violation > 0) kkt = std::max(kkt, violation / (view.norm[j] * y.norm));
  }
  out.kkt = kkt;
  if (penalty.folded()) {
    out.gap = out.relative_gap = std::numeric_limits<double>::quiet_NaN();
    return out;
  }
  const auto gap_at = [&](double t) {
    double gap = misfit(t);
    for (Index k = 0; k < count; ++k) {
      const Index j = feature(k);
      if (view.norm[j] != 0.0)
        gap += penalty.at(j, alpha).fenchel_young(coef(k), t * z[j], kExact * y.noise[j]);
    }
    return gap;
  };
  out.gap = gap_at(needed);
  if (strict < needed) out.gap = std::min(out.gap, gap_at(strict));
  out.relative_gap = y.null > 0 ? out.gap / y.null : out.gap;
  return out;
}

// The certificates of `count` points on all features, from X itself.
inline void certify_points(const View& view, const Response& y, const Penalty& penalty,
                           const double* alphas, const double* coefs, int count, Certificate* out) {
  const std::size_t n = view.design.rows(), p = view.design.cols();
  Vector R(n * count), z(p * count), rss(count);
  weighted_residuals(view, y, coefs, count, R.data(), rss.data());
  view.cross(R.data(), count, z.data());
  const auto every = [](Index j) { return j; };
  for (int c = 0; c < count; ++c)
    out[c] = certify(view, y, penalty, alphas[c], z.data() + c * p, squared_misfit(rss[c]), view.design.cols(), every,
                     [&](Index j) { return coefs[c * p + j]; });
}

}  // namespace taut
