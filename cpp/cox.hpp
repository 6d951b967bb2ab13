// Cox's partial likelihood where all that end at the same event time began together: risk sets are
// nested within strata.
//
// The event times of all strata stand in one line, and a row is at risk from the first of its stratum
// to its `last`. With hazards h_i = v_i exp(eta_i) and sums S_t over the risk set and D_t over the d
// tied events of total weight W_t, the terms k of time t (Breslow: one; Efron: d) add
//
//     m_t log(S_t - f_k D_t),   m_t = W_t / terms,   f_k = k / terms,
//
// less sum v_i eta_i over events, and constants that make zero the least value (losses/cox.py). With
// p the shares of a term, slopes are sums of m p less the events, and the Hessian is the sum of
// m (diag(p) - p p'). Sums over risk sets run from the last time to the first and sums over the times
// of a row the other way, both by addition only. Hazards of rows are kept relative to the largest in
// the last risk set that they are in, so nothing overflows or vanishes: `fade` turns one time's scale
// into that of the time before, and is zero between strata.
#pragma once

#include "coordinate.hpp"
#include "loss.hpp"

namespace taut {

// Who is at risk: the last event time of each row, -1 for none; whether it has its event there; which
// times are the first of a stratum.
struct NestedRisk {
  std::vector<Index> last;
  std::vector<char> event, begins;
};

class CoxLoss final : public Loss {
 public:
  CoxLoss(NestedRisk risk, Vector weights, bool efron)
      : risk_(std::move(risk)), v_(std::move(weights)), times_(static_cast<Index>(risk_.begins.size())),
        first_(times_ + 1, 0), events_(times_, 0), terms_(times_, 0), weight_(times_, 0.0) {
    sort_rows();
    for (Index t = 0; t < times_; ++t) {
      for (Index i : dying(t)) {
        terms_[t] += v_[i] > 0;
        weight_[t] += v_[i];
      }
      if (!efron) terms_[t] = std::min(terms_[t], 1);
    }
  }

  std::size_t bends(Index n) const override { return 2 * static_cast<std::size_t>(n) + 3 * static_cast<std::size_t>(times_); }

  double evaluate(Index n, const double*, const double*, const double* eta, double* slope, double* bend) const override {
    const Parts<double> at(bend, n, times_);
    const Vector top = hazards(eta, at);
    double value = 0, total = 0;
    for (Index t = times_; t-- > 0;) {
      total = ends(t) ? 0.0 : total * at.fade[t + 1];
      at.dying[t] = 0;
      for (Index i : dying(t)) at.dying[t] += v_[i] * at.hazard[i];
      for (Index i : leaving(t)) total += v_[i] * at.hazard[i];
      at.total[t] = total;
      if (terms_[t] > 0) value += term(t, at, top[t], eta);
    }
    std::fill_n(slope, n, 0.0);
    std::fill_n(at.diagonal, n, 0.0);
    double every = 0;
    for (Index t = 0; t < times_; ++t) {
      const Pair sums = over_terms(t, at, [](double, double) { return 1.0; });
      every = every * at.fade[t] + sums.every;
      for (Index i : leaving(t)) at.diagonal[i] = slope[i] = at.hazard[i] * every;
      for (Index i : dying(t)) {
        at.diagonal[i] -= at.hazard[i] * sums.dying;
        slope[i] = v_[i] > 0 ? at.diagonal[i] - 1 : 0.0;
      }
    }
    return value;
  }

  // The diagonal of the sum of m diag(p), which the Hessian is never above.
  void between(Index n, const double* bend, int, int, double* out) const override { std::copy_n(bend, n, out); }

  bool couples_rows() const override { return true; }

  void apply(Index n, const double* bend, const double* along, double* out) const override {
    const Parts<const double> at(bend, n, times_);
    // Adding a constant changes nothing but the digits that are left.
    double first = 0, size = 0;
    for (Index i = 0; i < n; ++i) {
      first += v_[i] * at.diagonal[i] * along[i];
      size += v_[i] * at.diagonal[i];
    }
    const double middle = size > 0 ? first / size : 0.0;
    Vector sums(times_), own(times_, 0.0);
    double total = 0;
    for (Index t = times_; t-- > 0;) {
      total = ends(t) ? 0.0 : total * at.fade[t + 1];
      for (Index i : leaving(t)) total += v_[i] * at.hazard[i] * (along[i] - middle);
      for (Index i : dying(t)) own[t] += v_[i] * at.hazard[i] * (along[i] - middle);
      sums[t] = total;
    }
    std::fill_n(out, n, 0.0);
    double every = 0;
    for (Index t = 0; t < times_; ++t) {
      const Pair means = over_terms(t, at, [&](double f, double left) { return (sums[t] - f * own[t]) / left; });
      every = every * at.fade[t] + means.every;
      for (Index i : leaving(t)) out[i] = at.diagonal[i] * (along[i] - middle) - at.hazard[i] * every;
      for (Index i : dying(t)) out[i] += at.hazard[i] * means.dying;
    }
  }

  // At t times the slopes the conjugate is at most that of shares q = t p + (1 - t) e, with e those of
  // the events by weight. Each term adds KL(q | p) <= log(1 + chi^2(q | p)), and
  //     chi^2(q | p) = (1 - t)^2 (sum_events (v_i / W)^2 / p_i - 1).
  double scaling_gap(Index n, const double*, const double*, const double* eta, double t) const override {
    Vector slope(n), bend(bends(n));
    evaluate(n, nullptr, nullptr, eta, slope.data(), bend.data());
    const Parts<const double> at(bend.data(), n, times_);
    double gap = 0;
    for (Index s = 0; s < times_; ++s) {
      double spread = 0;
      for (Index i : dying(s))
        if (v_[i] > 0) spread += v_[i] / at.hazard[i];
      for (int k = 0; k < terms_[s]; ++k) {
        const double f = static_cast<double>(k) / terms_[s], left = at.total[s] - f * at.dying[s];
        const double far = std::max(spread * left / ((1 - f) * weight_[s] * weight_[s]) - 1, 0.0);
        gap += weight_[s] / terms_[s] * std::log1p((1 - t) * (1 - t) * far);
      }
    }
    return gap;
  }

  double lowest(Index, const double*, const double*) const override { return 0; }

 private:
  struct Pair {
    double every, dying;
  };

  // What evaluate() found, one after another.
  template <class T>
  struct Parts {
    Parts(T* bend, Index n, Index times)
        : diagonal(bend), hazard(bend + n), fade(hazard + n), total(fade + times), dying(total + times) {}
    T *diagonal, *hazard, *fade, *total, *dying;
  };

  struct Rows {
    const Index *first, *last;
    const Index* begin() const { return first; }
    const Index* end() const { return last; }
  };

  // Rows whose last time this is; those with an event come first.
  Rows leaving(Index t) const { return {rows_.data() + first_[t], rows_.data() + first_[t + 1]}; }
  Rows dying(Index t) const { return {rows_.data() + first_[t], rows_.data() + first_[t] + events_[t]}; }
  bool ends(Index t) const { return t + 1 == times_ || risk_.begins[t + 1]; }

  void sort_rows() {
    for (std::size_t i = 0; i < v_.size(); ++i)
      if (const Index t = risk_.last[i]; t >= 0) {
        ++first_[t + 1];
        events_[t] += risk_.event[i] != 0;
      }
    for (Index t = 0; t < times_; ++t) first_[t + 1] += first_[t];
    rows_.resize(first_[times_]);
    std::vector<Index> next(first_.begin(), first_.end() - 1), after(times_);
    for (Index t = 0; t < times_; ++t) after[t] = next[t] + events_[t];
    for (std::size_t i = 0; i < v_.size(); ++i)
      if (const Index t = risk_.last[i]; t >= 0) rows_[risk_.event[i] ? next[t]++ : after[t]++] = static_cast<Index>(i);
  }

  // exp(eta) relative to the largest of those at risk; returns the logarithms of these.
  Vector hazards(const double* eta, const Parts<double>& at) const {
    Vector tops(times_);
    double top = -kInfinity;
    for (Index t = times_; t-- > 0;) {
      if (ends(t)) top = -kInfinity;
      for (Index i : leaving(t))
        if (v_[i] > 0) top = std::max(top, eta[i]);
      tops[t] = top;
    }
    for (Index t = 0; t < times_; ++t)
      at.fade[t] = risk_.begins[t] || tops[t] == -kInfinity ? 0.0 : std::exp(tops[t] - tops[t - 1]);
    for (std::size_t i = 0; i < v_.size(); ++i)
      at.hazard[i] = v_[i] > 0 && risk_.last[i] >= 0 ? eta[i] - tops[risk_.last[i]] : -kInfinity;
    simd::exponentials(at.hazard, v_.size());
    return tops;
  }

  // What is large cancels before it is weighted.
  double term(Index t, const Parts<double>& at, double top, const double* eta) const {
    const double level = std::log(at.total[t]) - std::log(weight_[t]), mean_weight = weight_[t] / terms_[t];
    const double share = std::min(at.dying[t] / at.total[t], 1.0);
    double value = 0;
    for (Index i : dying(t))
      if (v_[i] > 0) value += v_[i] * (level + (top - eta[i]));
    for (int k = 1; k < terms_[t]; ++k) {
      const double f = static_cast<double>(k) / terms_[t];
      value += mean_weight * (std::log1p(-f * share) - std::log1p(-f));
    }
    return value;
  }

  // The sums over the terms of m a / (S - f D), for all at risk, and of m f a / (S - f D), which the
  // events have less, where a follows from f and S - f D.
  template <class T, class A>
  Pair over_terms(Index t, const Parts<T>& at, A&& a) const {
    Pair out{0, 0};
    for (int k = 0; k < terms_[t]; ++k) {
      const double f = static_cast<double>(k) / terms_[t], left = at.total[t] - f * at.dying[t];
      const double share = weight_[t] / terms_[t] / left * a(f, left);
      out.every += share;
      out.dying += f * share;
    }
    return out;
  }

  NestedRisk risk_;
  Vector v_;
  Index times_;
  std::vector<Index> rows_, first_, events_;
  std::vector<int> terms_;  // at each time
  Vector weight_;           // of the events
};

}  // namespace taut
