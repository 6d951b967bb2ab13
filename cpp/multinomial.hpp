// Several classes: log(sum_k exp(eta_k)) - eta_y, with one linear predictor for each class, or for
// each but the first, whose predictor is 0 then.
//
// With probabilities p the slopes are p - y, and their derivatives diag(p) - p p'. Arrays hold one
// target after another; y holds indicators.
#pragma once

#include "coordinate.hpp"
#include "loss.hpp"

namespace taut {

class MultinomialLoss final : public Loss {
 public:
  MultinomialLoss(int targets, bool has_reference) : targets_(targets), first_(has_reference ? 1 : 0) {}

  int targets() const override { return targets_; }

  // What curvatures are made of are the probabilities.
  double evaluate(Index n, const double* v, const double* y, const double* eta, double* slope,
                  double* p) const override {
    double total = 0;
    for (Index first = 0; first < n; first += kRows)
      total += evaluate_some(std::min(kRows, n - first), n, v + first, y + first, eta + first, slope + first, p + first);
    return total;
  }

  void between(Index n, const double* p, int k, int l, double* out) const override {
    const double *left = p + static_cast<std::ptrdiff_t>(k) * n, *right = p + static_cast<std::ptrdiff_t>(l) * n;
    for (Index i = 0; i < n; ++i) out[i] = left[i] * ((k == l) - right[i]);
  }

  void apply(Index n, const double* p, const double* along, double* out) const override {
    Vector mean(n, 0.0);
    for (std::ptrdiff_t k = 0; k < targets_; ++k)
      for (Index i = 0; i < n; ++i) mean[i] += p[i + k * n] * along[i + k * n];
    for (std::ptrdiff_t k = 0; k < targets_; ++k)
      for (Index i = 0; i < n; ++i) out[i + k * n] = p[i + k * n] * (along[i + k * n] - mean[i]);
  }

  // With q = y + t (p - y) the sum is the divergence of p from q, sum_k q_k log(q_k / p_k).
  double scaling_gap(Index n, const double* v, const double* y, const double* eta, double t) const override {
    double total = 0;
    Row row(targets_ + first_);
    for (Index i = 0; i < n; ++i) {
      if (v[i] == 0) continue;
      const double value = observe(row, n, i, y, eta);
      double sum = 0;
      for (int k = 0; k < targets_ + first_; ++k) {
        const double u = k == row.seen ? -row.others : row.p[k];
        sum += divergence(row.p[k], -(1 - t) * u, row.ahead[k] - value);
      }
      total += v[i] * sum;
    }
    return total;
  }

  double lowest(Index, const double*, const double*) const override { return 0; }

 private:
  struct Row {
    explicit Row(int classes) : ahead(classes), p(classes) {}
    Vector ahead, p;  // predictors less that of the class seen; probabilities
    int seen = 0;
    double others = 0;  // the probability of all classes but that one
  };

  static constexpr Index kRows = 64;  // at a time, in cache

  // m rows, whose targets lie n apart. Relative to the largest predictor nothing overflows, and of
  // the class seen p - 1, which would cancel where it is fitted well, is minus all other p.
  double evaluate_some(Index m, std::ptrdiff_t n, const double* v, const double* y, const double* eta,
                       double* slope, double* p) const {
    double top[kRows], own[kRows] = {}, seen[kRows] = {}, mine[kRows], others[kRows];
    std::fill_n(top, m, first_ ? 0.0 : -kInfinity);
    for (std::ptrdiff_t at = 0; at < n * targets_; at += n)
      for (Index i = 0; i < m; ++i) {
        top[i] = std::max(top[i], eta[at + i]);
        own[i] = y[at + i] > 0 ? eta[at + i] : own[i];
        seen[i] += y[at + i];
      }
    // The class without a predictor.
    for (Index i = 0; i < m; ++i) others[i] = -top[i];
    if (first_) simd::exponentials(others, m);
    for (Index i = 0; i < m; ++i) {
      mine[i] = first_ && seen[i] == 0 ? others[i] : 0.0;
      others[i] = first_ && seen[i] > 0 ? others[i] : 0.0;
    }
    for (std::ptrdiff_t at = 0; at < n * targets_; at += n) {
      for (Index i = 0; i < m; ++i) p[at + i] = eta[at + i] - top[i];
      simd::exponentials(p + at, m);
      for (Index i = 0; i < m; ++i) {
        mine[i] += y[at + i] > 0 ? p[at + i] : 0.0;
        others[i] += y[at + i] > 0 ? 0.0 : p[at + i];
      }
    }
    double total = 0;
    for (Index i = 0; i < m; ++i) {
      const double ahead = top[i] - own[i], sum = mine[i] + others[i];
      if (v[i] > 0) total += v[i] * (ahead > 0 ? ahead + std::log(sum) : std::log1p(others[i]));
      // Rows of zero weight stand for rows that are not there, whatever they predict.
      top[i] = v[i] > 0 ? 1.0 / sum : 0.0;
      others[i] = v[i] > 0 ? -others[i] / sum : 0.0;
    }
    for (std::ptrdiff_t at = 0; at < n * targets_; at += n)
      for (Index i = 0; i < m; ++i) {
        p[at + i] = v[i] > 0 ? p[at + i] * top[i] : 0.0;
        slope[at + i] = y[at + i] > 0 ? others[i] : p[at + i];
      }
    return total;
  }

  // The value of row i. Relative to the class seen nothing cancels where it is fitted well.
  double observe(Row& row, Index n, Index i, const double* y, const double* eta) const {
    row.seen = 0;
    double own = 0;
    row.ahead[0] = 0;
    for (int k = 0; k < targets_; ++k) {
      const std::ptrdiff_t at = i + static_cast<std::ptrdiff_t>(k) * n;
      row.ahead[k + first_] = eta[at];
      if (y[at] > 0) row.seen = k + first_, own = eta[at];
    }
    double top = 0;
    for (double& ahead : row.ahead) top = std::max(top, ahead -= own);
    double others = 0;
    for (std::size_t k = 0; k < row.p.size(); ++k) {
      row.p[k] = std::exp(row.ahead[k] - top);
      if (static_cast<int>(k) != row.seen) others += row.p[k];
    }
    const double sum = others + row.p[row.seen];
    for (double& p : row.p) p /= sum;
    row.others = others / sum;
    return top + std::log1p(others + std::expm1(-top));
  }

  // q log(q / p) - q + p for q = p + d: without the difference of large terms where d is small.
  static double divergence(double p, double d, double log_p) {
    if (std::abs(d) < 1e-3 * p) {
      const double x = d / p;
      return d * x * (1.0 / 2 - x * (1.0 / 6 - x * (1.0 / 12 - x * (1.0 / 20 - x / 30))));
    }
    const double q = std::max(p + d, 0.0);
    return std::max(x_log_x(q) - q * log_p - d, 0.0);
  }

  int targets_, first_;
};

}  // namespace taut
