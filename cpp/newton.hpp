// The path of any smooth loss of the linear predictor, by prox-Newton steps on the working set.
//
// At a point with slopes g_i = f'(eta_i) the objective is modelled by its exact gradient and the
// Gram matrix under curvatures taken some steps ago: with an exact gradient the fixed point does
// not depend on them, so the matrix is renewed only when steps stop contracting. The model is
// minimised exactly (quadratic.hpp), and a line search on the true objective accepts no step that
// does not lower it. The intercept is always at its optimum for the other coefficients, which makes
// every residual a dual point after scaling, as in least squares.
#pragma once

#include "coupled.hpp"
#include "level.hpp"
#include "path.hpp"
#include "trail.hpp"

namespace taut {

// What the loss of the null model is above the least of all predictors; where that is not known, what
// a Newton step of every row by itself promises to take off it, which is the same for squares.
inline double null_objective(const View& view, const Fitted& data, const Level& null) {
  const Index n = view.design.rows() / data.loss.targets();
  if (data.loss.has_conjugate()) return std::max(null.value - data.loss.lowest(n, view.v.data(), data.y), 0.0);
  double total = 0;
  for (Index i = 0; i < n; ++i)
    if (view.v[i] > 0) total += 0.5 * view.v[i] * null.slope[i] * null.slope[i] / null.curvature.bend[i];
  return total;
}

class NewtonPath : public PathSolver {
 public:
  // `null` stands at the null model (no features).
  NewtonPath(const View& view, const Response& scale, Penalty penalty, Settings settings,
             std::function<void()> poll, const Fitted& data, const Level& null)
      : PathSolver(view, scale, penalty, settings, std::move(poll)), data_(data), here_(null), trial_(null),
        fit_(view.design.rows(), 0.0), next_fit_(fit_), along_(fit_), next_along_(fit_), now_(view, null.curvature), then_(now_) {}

  // Those of each accepted strength, for columns as they are.
  const Vector& intercepts() const { return intercepts_; }

  void begin_at(const double* coefs, double alpha) override {
    join(used(coefs));
    pad(beta_);
    for (std::size_t k = 0; k < features_.size(); ++k) beta_[k] = coefs[features_[k]];
    stand_here();
    renew();
    refresh();
    z_alpha_ = alpha;
    join(moving(alpha));
    pad(beta_);
  }

 protected:
  int minimise(double alpha, int most) override {
    pad(beta_);
    go_on(alpha);
    const double goal = patience_ * last_gain() * wanted_ / settings_.tol;
    double before = kInfinity;
    int steps = 0;
    ++strengths_, here_taken_ = 0;
    Vector z = gradient();
    while (steps < most && !(before <= goal && settled(alpha, z, kSolo * std::sqrt(patience_ / first_)))) {
      poll_();
      model(alpha, z);
      steps += std::max(1, quadratic_.solve(most - steps));
      const double decrease = promise(z);
      // Steps that no longer contract have met rounding.
      if (!(decrease > 0) || (fresh_ && decrease <= rounding() && decrease >= before)) break;
      aim(quadratic_.beta());
      if (!fresh_) conjugate(alpha, z);
      const double taken = advance(alpha, decrease);
      if (taken == 0) {
        // The old curvatures may be to blame; where they are not, rounding has the last word.
        if (fresh_) break;
        renew();
        continue;
      }
      rescale(along_);
      fresh_ = false;
      ++taken_, ++here_taken_;
      if (renewal_pays(decrease / before)) renew();
      before = decrease;
      z = gradient();
    }
    model(alpha, z);
    return std::max(1, steps);
  }

  void keep(Batch& batch, int i) override {
    batch.betas.push_back(beta_);
    if (i == 0) etas_.clear(), slopes_.clear(), batch_levels_.clear();
    etas_.insert(etas_.end(), here_.eta.begin(), here_.eta.end());
    slopes_.insert(slopes_.end(), here_.slope.begin(), here_.slope.end());
    batch_levels_.push_back(here_.level);
    trail_.note(alphas_[batch.first + i], beta_);
  }

  void residuals(Batch& batch, double* R) override {
    const std::size_t n = X_.rows();
    for (int i = 0; i < batch.width; ++i) downhill(slopes_.data() + i * n, R + i * n);
  }

  void residual_here(double* R) override { downhill(here_.slope.data(), R); }

  double misfit(const Batch&, int i, double t) const override {
    return cost(etas_.data() + static_cast<std::size_t>(i) * X_.rows(), t);
  }

  // A step here is a few looks at the working columns: it takes longer ones than least squares does,
  // while a set as large as a long look-ahead asks for would slow down every step.
  double stride() const override { return 2 * PathSolver::stride(); }
  // Curvatures change as a leap goes, and classes share them: beyond a few columns, steps from one
  // strength to the next take a fraction of the time that finding all features at once does.
  double leap() const override { return X_.cols() > kHandful ? kLeap : kInfinity; }
  double horizon() const override { return walks() ? 2.5 * stride() : kInfinity; }

  bool has_gap() const override { return data_.loss.has_conjugate() && PathSolver::has_gap(); }

  void stand_at(const Batch& batch, int i) override {
    beta_ = batch.betas[i];
    pad(beta_);
    here_.level = batch_levels_[i];
    stand_here();
  }

  // Where 0 is out of bounds, what features rest at is not the null model.
  void begin() override {
    pad(beta_);
    if (std::any_of(beta_.begin(), beta_.end(), [](double b) { return b != 0; })) stand_here(), renew();
    refresh();
  }

  void tighten() override { patience_ *= 1e-4; }

  void accept(const Batch& batch, int i) override {
    Vector intercept = batch_levels_[i];
    const Index p = X_.cols() / X_.targets();
    for (std::size_t k = 0; k < batch.betas[i].size(); ++k)
      intercept[features_[k] / p] -= view_.mean[features_[k]] * batch.betas[i][k];
    if (!view_.centred) intercept.assign(intercept.size(), 0.0);
    intercepts_.insert(intercepts_.end(), intercept.begin(), intercept.end());
    patience_ = first_;
  }

  double curvature(Index) const override { return kInfinity; }
  bool bends() const override { return false; }
  bool takes_gram() const override { return false; }
  bool rounding_shows(const Vector&) const override { return false; }
  void prepare() override {
    if (data_.loss.couples_rows()) columns_ = std::make_unique<CoupledColumns>(std::move(columns_), view_);
    quadratic_.reserve(1);
    renew();
  }

  // The point of the coefficients beta_.
  void stand_here() {
    columns_->product(beta_.data(), fit_.data());
    here_.settle(fit_.data());
    now_ = Profiled(view_, here_.curvature);
  }

  // A step that promises more than this share of the tolerance is not the last one; less, where the
  // check of its result asks for more. Stationarity is about the root of a promise.
  static constexpr double kPatience = 1e-3;

  // Of the tolerance, what the working set may use up by itself.
  static constexpr double kSolo = 0.5;
  static constexpr double kWorthTrying = 0.3;  // of the way to a point that nobody vouches for

  // Begins where the last two strengths point to, if that lowers the objective.
  void go_on(double alpha) {
    Vector goal = beta_;
    if (!trail_.carry_on(alpha, penalty_, features_, goal)) return;
    aim(goal);
    if (advance(alpha, 0.0, kWorthTrying) > 0) rescale(along_), fresh_ = false;
  }

  static constexpr double kLeap = 1.2;  // measured: 0.8 to 1.5 do as well
  static constexpr Index kHandful = 100;

  // Whether the point would pass its check if there were no features but those of the working set.
  // `share` is what it may use up of the tolerance.
  bool settled(double alpha, const Vector& z, double share) {
    solo_.resize(X_.cols());
    for (std::size_t k = 0; k < z.size(); ++k) solo_[features_[k]] = z[k];
    const double goal = share * wanted_;
    const std::vector<int> counts = counting();
    const Rest rest = plain_ ? resting(alpha, z) : Rest();
    const auto measure = [&](auto&& misfit) {
      const Certificate found = certify(view_, y_, penalty_, alpha, solo_.data(), misfit, static_cast<Index>(counts.size()),
                                        [&](Index k) { return features_[counts[k]]; }, [&](Index k) { return beta_[counts[k]]; }, rest);
      return has_gap() ? found.relative_gap : found.kkt;
    };
    // What the loss adds takes logarithms of every row, and is left out as long as it does not count.
    return measure([](double) { return 0.0; }) <= goal && measure([&](double t) { return cost(here_.eta.data(), t); }) <= goal;
  }

  // Places of the working set that the gap has to look at one by one: of a plain lasso a zero allows
  // t |z_j| <= alpha l1_j and asks nothing else.
  std::vector<int> counting() const {
    std::vector<int> out;
    for (std::size_t k = 0; k < beta_.size(); ++k)
      if (!plain_ || beta_[k] != 0.0) out.push_back(static_cast<int>(k));
    return out;
  }

  Rest resting(double alpha, const Vector& z) const {
    Rest rest;
    for (std::size_t k = 0; k < z.size(); ++k) {
      const Index j = features_[k];
      const double bar = alpha * penalty_.l1[j], steepness = std::abs(z[k]);
      if (beta_[k] != 0.0 || steepness <= bar || !usable(j)) continue;
      rest.scale = std::min(rest.scale, bar / steepness);
      rest.kkt = std::max(rest.kkt, (steepness - bar) / (view_.norm[j] * y_.norm));
    }
    return rest;
  }

  // What the loss adds to the gap at these predictors where the dual point is scaled by t.
  double cost(const double* eta, double t) const {
    if (t == 1.0 || !data_.loss.has_conjugate()) return 0.0;
    return data_.loss.scaling_gap(X_.rows() / X_.targets(), view_.v.data(), data_.y, eta, t);
  }

  void downhill(const double* slope, double* R) const {
    for (Index i = 0; i < X_.rows(); ++i) R[i] = -view_.v[i] * slope[i];
  }

  Vector gradient() const {
    Vector R(X_.rows()), z(quadratic_.size());
    downhill(here_.slope.data(), R.data());
    columns_->cross(R.data(), 1, z.data());
    return z;
  }

  // A step reads the working columns twice, a new Gram matrix costs a product of all their pairs,
  // at the speed of cached arithmetic. An average over strengths falls as long as what is added is
  // below it: a new matrix pays once a strength takes more than those since the last one have taken
  // on average, the matrix included.
  bool renewal_pays(double rate) const {
    const double matrix = std::max(2.0, quadratic_.size() / 24.0);
    return rate > 0.9 || here_taken_ * strengths_ > matrix + taken_;
  }

  virtual void renew() {
    then_ = now_;
    columns_->reweigh(then_.rows, quadratic_.gram(), quadratic_.ld());
    quadratic_.renew();
    scale_ = 1;
    fresh_ = true;
    strengths_ = 1, taken_ = here_taken_ = 0;
  }

  // Sets the model up at the current point: -z'd + c/2 d'Gd + h(b + d), divided by c. The number c
  // is how much curvature has changed along the last step since G was made.
  void model(double alpha, const Vector& z) {
    Vector scaled = z;
    for (double& entry : scaled) entry /= scale_;
    quadratic_.set_alpha(alpha / scale_);
    if (penalty_.folded())
      for (std::size_t k = 0; k < beta_.size(); ++k) quadratic_.tilt(k, tangent(k, alpha).a / alpha);
    quadratic_.anchor(beta_.data(), scaled.data());
  }

  // Of the penalty where the point is. A folded one lies below it, so that a step which lowers the
  // model goes downhill whatever the curvatures are (Zou & Li 2008, local linear approximation).
  Coordinate tangent(std::size_t k, double alpha) const {
    const Coordinate h = penalty_.at(features_[k], alpha);
    return h.folded() ? Coordinate{h.slope_up(std::abs(beta_[k])), h.q, h.lower, h.upper} : h;
  }

  void rescale(const Vector& along) {
    const double then = then_.variation(along), now = now_.variation(along);
    if (then > 0 && now > 0) scale_ = std::clamp(now / then, 1e-3, 1e3);
  }

  // What the objective, a sum over all rows, cannot resolve.
  double rounding() const { return 1e-14 * (std::abs(here_.value) + y_.null); }

  // d'Hd, which is what the objective falls at first along d, or less (Tseng & Yun 2009, lemma 1):
  // the yardstick of the line search, read off the model's gradient where a difference of
  // objectives would drown in rounding.
  double promise(const Vector& z) const {
    const Vector &goal = quadratic_.beta(), &left = quadratic_.gradient();
    double bend = 0;
    for (int k = 0; k < quadratic_.size(); ++k)
      if (goal[k] != beta_[k]) bend += (z[k] - scale_ * left[k]) * (goal[k] - beta_[k]);
    return bend;
  }

  // Moves towards these coefficients; returns the share of the step taken, 0 where none helps.
  double search(double alpha, const Vector& goal, double decrease) {
    aim(goal);
    return advance(alpha, decrease);
  }

  void aim(const Vector& goal) {
    goal_ = goal;
    change_.resize(goal.size());
    for (std::size_t k = 0; k < goal.size(); ++k) change_[k] = goal[k] - beta_[k];
    columns_->product(change_.data(), next_along_.data());
  }

  // Under old curvatures every step errs alike. On a face, where the objective is smooth, the best
  // combination of this step with the last one, under the curvatures of the point, costs a few sums
  // over rows, and makes a series of steps one of conjugate gradients (Knyazev 2001).
  void conjugate(double alpha, const Vector& z) {
    step_.resize(change_.size(), 0.0);
    Vector both = next_along_;
    simd::axpy(1.0, along_.data(), both.data(), static_cast<std::ptrdiff_t>(both.size()));
    double fall = 0, last_fall = 0;
    double bend = now_.variation(next_along_), last_bend = now_.variation(along_);
    double shared = 0.5 * (now_.variation(both) - bend - last_bend);
    for (std::size_t k = 0; k < change_.size(); ++k) {
      const double d = change_[k], s = step_[k];
      if (d == 0 && s == 0) continue;
      const Coordinate h = tangent(k, alpha);
      if (!on_face(h, beta_[k], beta_[k]) || !on_face(h, beta_[k], goal_[k])) return;
      const double slope = z[k] - (beta_[k] > 0 ? h.a : -h.a) - h.q * beta_[k];
      fall += slope * d;
      last_fall += slope * s;
      bend += h.q * d * d;
      last_bend += h.q * s * s;
      shared += h.q * d * s;
    }
    const double det = bend * last_bend - shared * shared;
    if (!(det > 1e-10 * bend * last_bend)) return;
    const double by = (last_bend * fall - shared * last_fall) / det, last_by = (bend * last_fall - shared * fall) / det;
    Vector goal = beta_;
    for (std::size_t k = 0; k < goal.size(); ++k) {
      goal[k] += by * change_[k] + last_by * step_[k];
      if (goal[k] != beta_[k] && !on_face(tangent(k, alpha), beta_[k], goal[k])) return;
    }
    goal_.swap(goal);
    for (std::size_t k = 0; k < change_.size(); ++k) change_[k] = by * change_[k] + last_by * step_[k];
    for (std::size_t i = 0; i < both.size(); ++i) next_along_[i] = by * next_along_[i] + last_by * along_[i];
  }

  // Whether a coefficient is inside the face that another one is on.
  static bool on_face(const Coordinate& h, double from, double b) {
    return b > h.lower && b < h.upper && (h.a == 0 || from * b > 0);
  }

  // Along the way that was aimed at, or at least this share of it.
  double advance(double alpha, double decrease, double least = 1e-10) {
    const std::size_t n = X_.rows();
    Vector beta(goal_.size());
    // Kept from step to step: fresh pages cost as much as what is written to them.
    Vector &along = next_along_, &fit = next_fit_;
    const double old = here_.value + penalty_at(alpha, beta_);
    const Vector drift = now_.drift(along);
    for (double share = 1; share > least; share *= 0.5) {
      for (std::size_t i = 0; i < n; ++i) fit[i] = fit_[i] + share * along[i];
      for (std::size_t k = 0; k < beta.size(); ++k) beta[k] = share == 1 ? goal_[k] : beta_[k] + share * change_[k];
      for (std::size_t k = 0; k < drift.size(); ++k) trial_.level[k] = here_.level[k] + share * drift[k];
      trial_.settle(fit.data());
      const double now = trial_.value + penalty_at(alpha, beta);
      // Near the optimum a step promises less than the rounding of the objective, and is taken on
      // the word of the gradient.
      if (now <= old - 1e-4 * share * decrease + rounding()) {
        std::swap(here_.value, trial_.value);
        here_.level.swap(trial_.level);
        here_.slope.swap(trial_.slope);
        std::swap(here_.curvature, trial_.curvature);
        here_.eta.swap(trial_.eta);
        fit_.swap(fit);
        beta_.swap(beta);
        along_.swap(along);
        step_.swap(change_);
        now_ = Profiled(view_, here_.curvature);
        return share;
      }
    }
    return 0;
  }

  const Fitted& data_;
  Level here_, trial_;
  Vector fit_, next_fit_;
  Vector along_, next_along_;      // how the fit changes with a whole step, the last one taken
  Vector step_, change_;           // the steps themselves
  Vector goal_;                    // where the next one leads
  Vector beta_, intercepts_;
  Trail trail_;
  Vector etas_, slopes_;           // of the batch
  std::vector<Vector> batch_levels_;
  Profiled now_, then_;            // curvatures of the point, and those of the Gram matrix
  double scale_ = 1;
  int strengths_ = 1, taken_ = 0, here_taken_ = 0;  // since then: strengths, steps, steps at the last one
  double first_ = data_.loss.has_conjugate() ? kPatience : kPatience * settings_.tol;
  double patience_ = first_;
  Vector solo_;  // correlations, where the working set is all there is
  bool fresh_ = true;  // the Gram matrix is that of the current point
};

}  // namespace taut
