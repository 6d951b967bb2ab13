// A whole path of penalty strengths on a growing working set of features.
//
// Each round solves a few strengths ahead on the working set (quadratic.hpp), then checks all of
// them against every feature in one product X'R. What the check finds wrong joins the working set,
// together with what the recent slope of the correlations says will be needed soon. The width of
// the look-ahead doubles while all is well and falls back when a strength has to be redone.
//
// PathSolver is least squares; other losses override what is particular to them (newton.hpp).
//
// Where the Gram matrix of all features is cheap (few features, many rows), the working set is
// everything, correlations come from the Gram matrix, and X is touched once for the whole path.
#pragma once

#include <cstdlib>
#include <new>

#include "bracket.hpp"
#include "certificate.hpp"
#include "design.hpp"
#include "quadratic.hpp"

namespace taut {

// one_by_one: the working set without looking ahead, every feature checked at every strength.
// descent: no Gram matrix at all (descent.hpp). small_set: working sets that are known to stay small.
enum class Engine : int { automatic = 0, gram = 1, working_set = 2, one_by_one = 3, descent = 4, small_set = 5 };

constexpr double kCached = 1 << 21;  // entries of a matrix that stays in the processor's cache

struct Settings {
  double tol;
  int max_iter;  // for one strength
  Engine engine;
  double room = kInfinity;  // bytes that the working set may take
  bool yields = false;      // there is another engine: end where that promises to take less
  int in_all = std::numeric_limits<int>::max();  // iterations after which it does
};

// Thrown where the working set becomes too large for its Gram matrix and inverse, or for them to pay.
struct Outgrown : std::bad_alloc {};

class PathSolver {
 public:
  PathSolver(const View& view, const Response& y, Penalty penalty, Settings settings,
             std::function<void()> poll)
      : view_(view), X_(view.design), y_(y), penalty_(penalty), settings_(settings),
        poll_(std::move(poll)), position_(X_.cols(), -1), quadratic_(y.null, settings.tol, poll_), z_(X_.cols()) {
    for (Index j = 0; j < X_.cols(); ++j) {
      rest_level_ += view.mean[j] * penalty_.resting(j);
      if (!usable(j)) continue;
      if (penalty_.l1[j] > 0) steepest_ = std::max(steepest_, view_.norm[j] / penalty_.l1[j]);
      ridge_ |= penalty_.l2[j] > 0;
      unhindered_ += penalty_.l1[j] == 0;
      plain_ &= penalty_.l1[j] > 0 && penalty_.l2[j] == 0 && penalty_.lower[j] == -kInfinity && penalty_.upper[j] == kInfinity;
    }
    if (!plain_) return;
    gauge_.resize(X_.cols());
    for (Index j = 0; j < X_.cols(); ++j) gauge_[j] = usable(j) ? 1.0 / penalty_.l1[j] : 0.0;
  }

  virtual ~PathSolver() = default;

  // What the means of the columns add up to at the coefficients of each strength that was solved.
  const Vector& levels() const { return levels_; }
  // Weighted sums of squared residuals there, for least squares; NaN where only statistics are known.
  const Vector& squares() const { return squares_; }

  // Fits the null model (intercept and features without penalty) and returns the smallest strength
  // at which it is optimal.
  double start(int strengths) {
    choose_engine(strengths);
    minimise(1e150, settings_.max_iter);
    // Newcomers of a working set are what its Newton steps are made for; of all features, a crowd is
    // one that a leap to a small strength has brought.
    if (complete_) quadratic_.sweep_ahead_of_crowds();
    if (quadratic_.size() > 0) refresh();
    double alpha_max = 0;
    for (Index j = 0; j < X_.cols(); ++j) {
      if (!usable(j) || penalty_.l1[j] == 0) continue;
      const double rest = penalty_.resting(j);
      const bool open = z_[j] > 0 ? rest < penalty_.upper[j] : rest > penalty_.lower[j];
      if (open) alpha_max = std::max(alpha_max, std::abs(z_[j]) / penalty_.l1[j]);
    }
    z_alpha_ = alpha_max;
    return alpha_max;
  }

  // Coefficients on the way to the strength where it yielded, if they are a better start for another
  // engine than those of the strength before.
  virtual Vector unfinished() const { return {}; }

  // Begins at the coefficients of a strength that was solved another way, or nearly.
  virtual void begin_at(const double* coefs, double alpha) {
    if (complete_) {
      Vector beta(coefs, coefs + X_.cols()), gradient = correlation_;
      for (Index j = 0; j < X_.cols(); ++j)
        if (beta[j] != 0.0) simd::axpy(-beta[j], quadratic_.gram() + j * quadratic_.ld(), gradient.data(), X_.cols());
      quadratic_.set_alpha(alpha);
      quadratic_.anchor(beta.data(), gradient.data());
      return;
    }
    join(used(coefs));
    Vector beta(features_.size());
    for (std::size_t k = 0; k < beta.size(); ++k) beta[k] = coefs[features_[k]];
    reference_.residual.resize(X_.rows());
    double rss;
    columns_->residual(y_.centred.data(), beta.data(), 1, reference_.residual.data(), &rss);
    view_.cross(reference_.residual.data(), 1, z_.data());
    reference_.z = z_;
    z_alpha_ = alpha;
    join(moving(alpha));
    quadratic_.set_alpha(alpha);
    anchor(beta, z_.data());
  }

  // Whether it comes to small strengths by way of larger ones. It pays where features are many and
  // their columns full.
  virtual bool walks() const {
    const double n = X_.rows(), p = X_.cols();
    return !complete_ && p > kCrowd && 2 * p > n && X_.entries() == n * p;
  }

  // How long the steps are by which it does, in natural logarithms.
  virtual double stride() const { return 0.05; }

  // The same where it need not: what a working set of all that violates bears.
  virtual double leap() const { return kInfinity; }

  // Solves for decreasing (or any) strengths; each writes its column of coefs (cols rows, zeroed by
  // the caller), or none where that is negative: such a one is on the way only. Returns how many
  // were solved before the working set outgrew what the settings allow, or it yielded.
  int run(const double* alphas, const int* columns, int count, double* coefs, Certificate* certificates) {
    alphas_ = alphas;
    columns_of_ = columns;
    count_ = count;
    int next = 0, width = 1, retries = 0;
    try {
      while (next < count && !yielded_) {
        poll_();
        const int ahead = std::min({width, count - next, widest(next)});
        Batch batch = look_ahead(next, ahead, certificates);
        const int accepted = verify(batch, next, certificates, coefs, retries);
        next += accepted;
        join(fresh_);
        if (accepted < ahead || !fresh_.empty()) stand_at(batch, std::min(accepted, ahead - 1));
        retries = accepted > 0 ? 0 : retries + 1;
        const bool most = side_by_side() && 2 * accepted > ahead;
        width = accepted == ahead ? 2 * ahead : most ? ahead : std::max(1, accepted);
      }
    } catch (const Outgrown&) {
    }
    return next;
  }

 protected:
  struct Batch {
    int first, width;
    std::vector<Vector> betas;
    Vector rss;
  };

  static constexpr int kMost = 10000;
  // Measured: working sets up to this size are solved at once in any case; and what descent takes
  // where it does well, in passes over a column.
  static constexpr int kCrowd = 500;
  static constexpr double kPasses = 400;
  static constexpr double kOnTheWalk = 80;  // strengths between two that are far apart
  // Measured: the further a round looks ahead, the more features it takes in that never move, at the price
  // of the square of the working set; and the fewer passes over all entries it takes.
  static constexpr double kAhead = 2;
  static constexpr double kMargin = 0.95;    // of a forecast, where a round that fails costs most
  static constexpr double kMarginOfLanes = 0.9;  // and features that stay at rest cost least
  static constexpr double kOnTheWay = 1e-3;  // gap of strengths that nobody asked for

  // Minimises on the working set from where it stands; returns the number of steps, at most `most`.
  virtual int minimise(double alpha, int most) {
    quadratic_.set_alpha(alpha);
    return quadratic_.solve(most);
  }

  // Minimises at every strength of the batch.
  virtual void solve(Batch& batch, Certificate* certificates) {
    for (int i = 0; i < batch.width; ++i) {
      Certificate& certificate = certificates[batch.first + i];
      wanted_ = tolerance(batch.first + i);
      certificate.iterations += minimise(alphas_[batch.first + i], settings_.max_iter - certificate.iterations);
      keep(batch, i);
    }
  }

  // Notes what minimise() found for strength i of the batch.
  virtual void keep(Batch& batch, int) { batch.betas.push_back(quadratic_.beta()); }

  // Weighted residuals of the batch, n x width.
  virtual void residuals(Batch& batch, double* R) {
    const std::size_t size = quadratic_.size();
    Vector coefs(size * batch.width);
    for (int i = 0; i < batch.width; ++i) std::copy(batch.betas[i].begin(), batch.betas[i].end(), coefs.begin() + i * size);
    columns_->residual(y_.centred.data(), coefs.data(), batch.width, R, batch.rss.data());
  }

  // Weighted residual at the point where the working set stands.
  virtual void residual_here(double* R) {
    double rss;
    columns_->residual(y_.centred.data(), quadratic_.beta().data(), 1, R, &rss);
  }

  // What the loss adds to the gap of strength i of the batch where the dual point is scaled by t.
  virtual double misfit(const Batch& batch, int i, double t) const { return squared_misfit(batch.rss[i])(t); }

  // Whether there is a gap; the KKT residual is held against the tolerance where there is none.
  virtual bool has_gap() const { return !penalty_.folded(); }

  // A strength failed its check though nothing outside the working set wants to move: it has to be
  // solved better than it was.
  virtual void tighten() {}

  // The working set stands at strength i of the batch from now on; z_ is its gradient.
  virtual void stand_at(const Batch& batch, int i) { anchor(batch.betas[i], z_.data()); }

  // Whether statistics of all pairs of features, taken once, serve for the whole path.
  virtual bool takes_gram() const { return true; }

  // Strength i of the batch is final.
  virtual void accept(const Batch&, int) {}

  // The working set stands at what coefficients rest at, and z_ becomes its gradient.
  virtual void begin() {
    refresh();
    anchor(quadratic_.beta(), z_.data());
  }

  // Of the loss along one coefficient, where that is known beforehand.
  virtual double curvature(Index j) const { return view_.norm[j] * view_.norm[j]; }

  // Whether the working set is solved under folded penalties as they are.
  virtual bool bends() const { return penalty_.folded(); }

  // Whether strength i of the batch, which was not solved, is worse than the null model: columns that
  // are full, sparse and far from zero can have nothing but rounding left once centred. The response
  // is known for least squares alone.
  bool worse_than_rest(const Batch& batch, int i) const {
    if (!plain_ || y_.centred.empty()) return false;
    return !(0.5 * batch.rss[i] + penalty_at(alphas_[batch.first + i], batch.betas[i]) <= y_.null);
  }

  // Whether the strengths of a batch are solved together: a few that have to be redone cost nothing then.
  virtual bool side_by_side() const { return false; }

  // How far a round may look ahead, in natural logarithms of the strength.
  virtual double horizon() const { return kInfinity; }

  virtual std::unique_ptr<Columns> working_columns() const { return X_.columns(view_); }

  // Before the first feature joins.
  virtual void prepare() {}

  bool usable(Index j) const {
    return view_.norm[j] > 0 && !(penalty_.lower[j] == 0 && penalty_.upper[j] == 0);
  }

  // One pass for the Gram matrix of everything costs n p^2 at the speed of a matrix product; a
  // path by working sets costs a few memory-bound passes n p for each strength.
  bool gram_pays(double strengths) const {
    const double n = X_.rows(), p = X_.cols();
    if (walks() || n * p <= kCached) strengths = std::max(strengths, kOnTheWalk);
    if (!X_.has_rows()) return true;
    if (!takes_gram() || !X_.has_gram()) return false;
    if (settings_.engine != Engine::automatic) return settings_.engine == Engine::gram;
    // Features without an L1 penalty are in the working set from the start: all pairs are needed.
    if (p <= n && p <= kCrowd && 2 * unhindered_ > p) return true;
    return p <= 64 || (p <= n && p <= 8000 && p <= 25 * strengths);
  }

  void choose_engine(int strengths) {
    const Index p = X_.cols();
    if (gram_pays(strengths)) {
      quadratic_.reserve(p);
      Vector correlation(p);
      if (X_.gram(view_, y_.centred.data(), quadratic_.gram(), correlation.data(), poll_)) {
        complete_ = true;
        for (Index j = 0; j < p; ++j) admit(j, correlation[j]);
        correlation_ = correlation;
        Vector beta(p);
        for (Index j = 0; j < p; ++j) beta[j] = penalty_.resting(j);
        for (Index j = 0; j < p; ++j)
          if (beta[j] != 0.0)
            simd::axpy(-beta[j], quadratic_.gram() + j * quadratic_.ld(), correlation.data(), p);
        quadratic_.anchor(beta.data(), correlation.data());
        return;
      }
    }
    columns_ = working_columns();
    prepare();
    refresh();
    std::vector<Index> first;
    for (Index j = 0; j < p; ++j)
      if (usable(j) && (penalty_.l1[j] == 0 || penalty_.resting(j) != 0.0)) first.push_back(j);
    join(first);
    if (quadratic_.size() > 0) begin();
  }

  void admit(Index j, double gradient) {
    position_[j] = quadratic_.size();
    features_.push_back(j);
    if (plain_) gauge_[j] = 0.0;
    const bool idle = !usable(j);
    const double rest = penalty_.resting(j);
    quadratic_.extend({penalty_.l1[j], penalty_.l2[j], idle ? rest : penalty_.lower[j],
                       idle ? rest : penalty_.upper[j], y_.noise[j],
                       bends() ? penalty_.fall[j] : 0.0, bends() ? penalty_.knot[j] : 0.0},
                      rest, gradient);
  }

  // Adds features to the working set, with their Gram columns.
  virtual void join(const std::vector<Index>& features) {
    if (features.empty()) return;
    // Columns, Gram matrix and inverse, with the copies that are made as they grow: better to stop
    // here than to be killed by a system that granted more than it has.
    const double size = quadratic_.size() + static_cast<double>(features.size());
    if (size > kMost || 8 * size * (2.0 * columns_->length() + 4 * size) > settings_.room) throw Outgrown();
    if (settings_.yields && descent_pays(features.size(), size)) throw Outgrown();
    quadratic_.reserve(static_cast<int>(features.size()));
    columns_->append(features, quadratic_.gram(), quadratic_.ld());
    for (Index j : features) admit(j, z_[j]);
  }

  // Descent does well on columns with few entries, and where a ridge has features join in a crowd;
  // there it takes over when the inverse would cost more than a few hundred passes over the columns.
  // On full columns a set that has grown large bit by bit is too ill-conditioned for it.
  bool descent_pays(double fresh, double size) const {
    const double each = X_.entries() / X_.cols();
    const bool crowd = ridge_ && fresh > 0.8 * size, few = 10 * each < X_.rows();
    return size > kCrowd && (crowd || few) && (ridge_ ? size : fresh) * size > kPasses * each;
  }

  // Features outside the working set that are not at rest.
  std::vector<Index> used(const double* coefs) const {
    std::vector<Index> out;
    for (Index j = 0; j < X_.cols(); ++j)
      if (position_[j] < 0 && usable(j) && coefs[j] != penalty_.resting(j)) out.push_back(j);
    return out;
  }

  // z_ = correlations of the residual where the working set stands, from X itself.
  void refresh() {
    if (complete_) {
      z_ = quadratic_.gradient();
      return;
    }
    reference_.residual.resize(X_.rows());
    residual_here(reference_.residual.data());
    view_.cross(reference_.residual.data(), 1, z_.data());
    reference_.z = z_;
  }

  // Features that joined after these coefficients were found are at rest.
  void pad(Vector& beta) const {
    for (std::size_t k = beta.size(); k < features_.size(); ++k) beta.push_back(penalty_.resting(features_[k]));
  }

  // What a step may still gain where it is the last one, as a share of the null objective: near the
  // optimum the objective is as good as the square of a KKT residual, and a gap as the objective.
  double last_gain() const { return settings_.tol * (penalty_.folded() ? settings_.tol : 1.0) * y_.null; }

  // The penalty at coefficients of the working set.
  double penalty_at(double alpha, const Vector& beta) const {
    double total = 0;
    for (std::size_t k = 0; k < beta.size(); ++k)
      if (beta[k] != 0.0) total += penalty_.at(features_[k], alpha).value(beta[k]);
    return total;
  }

  void anchor(const Vector& beta, const double* z) {
    Vector padded = beta, gradient(quadratic_.size());
    pad(padded);
    for (int k = 0; k < quadratic_.size(); ++k) gradient[k] = z[features_[k]];
    quadratic_.anchor(padded.data(), gradient.data());
  }

  // How many strengths a round may take that begins with this one.
  int widest(int first) const {
    if (complete_ || settings_.engine == Engine::one_by_one) return 1;
    if (X_.has_lanes()) return kLanes;
    const double larger = std::max(X_.rows(), X_.cols()), pays = kAhead * std::sqrt(X_.entries()) / (1.0 + quadratic_.size());
    const int most = static_cast<int>(std::min(std::clamp(pays, 3.0, 12.0), std::max(1.0, (1 << 22) / larger)));
    const double end = alphas_[first] * std::exp(-horizon());
    int width = 1;
    while (width < most && first + width < count_ && alphas_[first + width] > end) ++width;
    return width;
  }

  Batch look_ahead(int first, int width, Certificate* certificates) {
    Batch batch{first, width, {}, Vector(width)};
    solve(batch, certificates);
    correlate(batch);
    return batch;
  }

  // Correlations of all features with the residual at each strength of the batch.
  void correlate(Batch& batch) {
    // Kept from round to round: fresh pages cost as much as what is written to them.
    grow(ahead_, static_cast<std::size_t>(X_.cols()) * batch.width);
    if (!complete_) {
      grow(residuals_, static_cast<std::size_t>(X_.rows()) * batch.width);
      correlate_working_set(batch);
    } else if (!X_.has_rows() || !rounding_shows(quadratic_.beta())) {
      std::copy(quadratic_.gradient().begin(), quadratic_.gradient().end(), ahead_.begin());
      // |y - Xb|^2 = |y|^2 - b'(c + z); it counts only where the dual point had to be scaled.
      double rss = 2 * y_.null;
      for (Index j = 0; j < X_.cols(); ++j) rss -= batch.betas[0][j] * (correlation_[j] + ahead_[j]);
      batch.rss[0] = std::max(rss, 0.0);
    } else {
      grow(residuals_, X_.rows());
      weighted_residuals(view_, y_, batch.betas[0].data(), 1, residuals_.data(), batch.rss.data());
      view_.cross(residuals_.data(), 1, ahead_.data());
    }
  }

  static void grow(Zeros& room, std::size_t size) {
    if (room.size() < size) room.resize(size);
  }

  // All features at the last strength of the batch; at those before it, where that is not as cheap,
  // the working set and what the bracket (bracket.hpp) cannot vouch for.
  void correlate_working_set(Batch& batch) {
    const std::ptrdiff_t n = X_.rows(), p = X_.cols();
    const int last = batch.width - 1;
    double *R = residuals_.data(), *end = ahead_.data() + last * p;
    residuals(batch, R);
    if (X_.has_lanes()) {
      view_.cross(R, batch.width, ahead_.data());
      if (view_.far) overwrite_working_set(batch.width);
      return;
    }
    view_.cross(R + last * n, 1, end);
    if (!correlate_between(batch)) view_.cross(R, last, ahead_.data());
    overwrite_working_set(view_.far ? batch.width : last);
    reference_.residual.assign(R + last * n, R + (last + 1) * n);
    reference_.z.assign(end, end + p);
  }

  // False where so much would have to be looked at that one product for all is cheaper.
  bool correlate_between(const Batch& batch) {
    const std::ptrdiff_t n = X_.rows(), p = X_.cols();
    const int last = batch.width - 1;
    const double* R = residuals_.data();
    Bracket bracket(view_, reference_, R + last * n, ahead_.data() + last * p);
    std::vector<std::vector<Index>> open(last);
    std::size_t total = 0;
    for (int i = 0; i < last; ++i) {
      bracket.place(R + i * n);
      open[i] = undecided(bracket, alphas_[batch.first + i], ahead_.data() + i * p);
      total += open[i].size();
      if (total > static_cast<std::size_t>(p)) return false;
    }
    for (int i = 0; i < last; ++i) look_at(open[i], R + i * n, ahead_.data() + i * p);
    return true;
  }

  // Writes what the bracket guesses; returns the features for which that does not do.
  std::vector<Index> undecided(const Bracket& bracket, double alpha, double* z) const {
    std::vector<Index> out;
    const Index p = X_.cols() / bracket.blocks();
    for (int block = 0; block < bracket.blocks(); ++block)
      for (Index j = block * p; j < (block + 1) * p; ++j) {
        z[j] = bracket.guess(j, block);
        const double room = bar(j, alpha) - bracket.radius(j, block) - 4 * y_.noise[j];
        if (std::abs(z[j]) <= room || position_[j] >= 0 || !usable(j)) continue;
        // At rest at zero, on a bound a feature can move in one direction only.
        if ((z[j] > room && penalty_.upper[j] > 0) || (z[j] < -room && penalty_.lower[j] < 0)) out.push_back(j);
      }
    return out;
  }

  void look_at(const std::vector<Index>& features, const double* r, double* z) {
    Vector exact(features.size());
    view_.cross_some(features, r, exact.data());
    for (std::size_t k = 0; k < features.size(); ++k) z[features[k]] = exact[k];
  }

  // From the working columns, for the first strengths of the batch.
  void overwrite_working_set(int count) {
    const std::size_t size = quadratic_.size();
    Vector exact(size * count);
    columns_->cross(residuals_.data(), count, exact.data());
    for (std::ptrdiff_t i = 0; i < count; ++i)
      for (std::size_t k = 0; k < size; ++k) ahead_[i * X_.cols() + features_[k]] = exact[i * size + k];
  }

  // What rounding may do to the gap at these coefficients of the working set: residuals, and
  // likewise c - G b, are differences of terms of the size of `fitted`.
  virtual bool rounding_shows(const Vector& beta) const {
    double fitted = y_.norm, pull = 0;
    for (std::size_t k = 0; k < beta.size(); ++k) {
      const Index j = features_[k];
      fitted += view_.norm[j] * std::abs(beta[k]);
      pull += std::max(view_.norm[j], penalty_.l1[j] * steepest_) * std::abs(beta[k]);
    }
    return 4e-16 * fitted * pull > (complete_ ? 0.1 : 1.0) * settings_.tol * y_.null;
  }

  // Accepts strengths of the batch in order until one has to be redone; returns how many.
  int verify(const Batch& batch, int first, Certificate* certificates, double* coefs, int retries) {
    const Index p = X_.cols();
    int accepted = 0;
    for (; accepted < batch.width; ++accepted) {
      const int k = first + accepted;
      const Vector& beta = batch.betas[accepted];
      const double* z = ahead_.data() + static_cast<std::ptrdiff_t>(accepted) * p;
      Certificate& certificate = certificates[k];
      const int iterations = certificate.iterations;
      certificate = certified(batch, accepted, z);
      certificate.iterations = iterations;
      if (!has_gap()) certificate.gap = certificate.relative_gap = std::numeric_limits<double>::quiet_NaN();
      const bool trusted = (complete_ && X_.has_rows()) || !rounding_shows(beta);
      const double measure = has_gap() ? certificate.relative_gap : certificate.kkt;
      const int column = columns_of_[k];
      const bool solved = trusted && measure <= tolerance(k);
      const bool outside = !solved && violated(z, alphas_[k]);
      if (!solved && iterations < settings_.max_iter && (retries < 8 || outside)) {
        if (!outside) tighten();
        break;
      }
      if (!solved && settings_.yields) {
        yielded_ = true;
        break;
      }
      certificate.status = solved ? Status::solved
                           : iterations >= settings_.max_iter ? Status::max_iter : Status::stalled;
      const bool rested = !solved && worse_than_rest(batch, accepted);
      if (rested) {
        // The dual point 0 bounds what rest costs.
        certificate.gap = y_.null;
        certificate.relative_gap = 1.0;
        certificate.kkt = kInfinity;
      } else if (column >= 0)
        write(beta, coefs + static_cast<std::ptrdiff_t>(column) * p);
      levels_.push_back(rested ? rest_level_ : level(beta));
      squares_.push_back(complete_ ? std::numeric_limits<double>::quiet_NaN() : rested ? 2 * y_.null : batch.rss[accepted]);
      accept(batch, accepted);
      retries = 0;
    }
    const int last = std::min(accepted, batch.width - 1);
    fresh_ = wanted(batch, last);
    double* z = ahead_.data() + static_cast<std::ptrdiff_t>(last) * p;
    if (!complete_ && last < batch.width - 1) look_at(fresh_, residuals_.data() + static_cast<std::ptrdiff_t>(last) * X_.rows(), z);
    z_.assign(z, z + p);
    z_alpha_ = alphas_[first + last];
    return accepted;
  }

  // Zeros are there already, on pages that nothing has touched.
  void write(const Vector& beta, double* coefs) const {
    for (std::size_t e = 0; e < beta.size(); ++e)
      if (beta[e] != penalty_.resting(features_[e])) coefs[features_[e]] = beta[e];
  }

  double level(const Vector& beta) const {
    double total = rest_level_;
    for (std::size_t e = 0; e < beta.size(); ++e) total += view_.mean[features_[e]] * (beta[e] - penalty_.resting(features_[e]));
    return total;
  }

  Certificate certified(const Batch& batch, int i, const double* z) const {
    const double alpha = alphas_[batch.first + i];
    const Vector& beta = batch.betas[i];
    const auto cost = [&](double t) { return misfit(batch, i, t); };
    if (!plain_) {
      const auto every = [](Index j) { return j; };
      return certify(view_, y_, penalty_, alpha, z, cost, X_.cols(), every,
                     [&](Index j) { return coefficient(j, beta); });
    }
    // A plain lasso: a zero coefficient allows t |z_j| <= alpha l1_j and asks nothing else.
    const double steepest = simd::largest_ratio(z, gauge_.data(), X_.cols());
    Rest rest;
    rest.scale = steepest > alpha ? alpha / steepest : 1.0;
    if (steepest > alpha)
      for (Index j = 0; j < X_.cols(); ++j)
        if (gauge_[j] > 0)
          rest.kkt = std::max(rest.kkt, (std::abs(z[j]) - alpha * penalty_.l1[j]) / (view_.norm[j] * y_.norm));
    // Those that joined since then are at rest there.
    return certify(view_, y_, penalty_, alpha, z, cost, static_cast<Index>(features_.size()),
                   [&](Index k) { return features_[k]; },
                   [&](Index k) { return k < static_cast<Index>(beta.size()) ? beta[k] : 0.0; }, rest);
  }

  // Strengths on the way need not be exact.
  double tolerance(int k) const { return columns_of_[k] < 0 ? std::max(kOnTheWay, settings_.tol) : settings_.tol; }

  double coefficient(Index j, const Vector& beta) const {
    const int e = position_[j];
    return e >= 0 && e < static_cast<int>(beta.size()) ? beta[e] : penalty_.resting(j);
  }

  // Does a feature outside the working set want to move?
  bool violates(Index j, double z, double alpha) const {
    if (position_[j] >= 0 || !usable(j)) return false;
    const double slack = y_.noise[j] + 1e-13 * alpha * penalty_.l1[j];
    if (penalty_.folded()) return std::abs(z) > bar(j, alpha) + slack;
    return penalty_.at(j, alpha).direction(penalty_.resting(j), z, slack) != 0;
  }

  // Up to which correlation a feature keeps to zero.
  double bar(Index j, double alpha) const {
    return penalty_.folded() ? penalty_.at(j, alpha).bar(curvature(j)) : alpha * penalty_.l1[j];
  }

  // Features outside the working set that want to move, by what is known of the last point.
  std::vector<Index> moving(double alpha) const {
    std::vector<Index> out;
    for (Index j = 0; j < X_.cols(); ++j)
      if (violates(j, z_[j], alpha)) out.push_back(j);
    return out;
  }

  bool violated(const double* z, double alpha) const {
    for (Index j = 0; j < X_.cols(); ++j)
      if (violates(j, z[j], alpha)) return true;
    return false;
  }

  // Features that want to move at this strength, and those whose correlation, carried on along its
  // recent slope, reaches the threshold within the next round: correlations are piecewise linear
  // in the strength.
  std::vector<Index> wanted(const Batch& batch, int last) const {
    std::vector<Index> out;
    if (complete_) return out;
    const std::ptrdiff_t p = X_.cols();
    const int k = batch.first + last;
    const double* now = ahead_.data() + static_cast<std::ptrdiff_t>(last) * X_.cols();
    const double* before = last > 0 ? now - X_.cols() : z_.data();
    const double alpha = alphas_[k], alpha_before = last > 0 ? alphas_[k - 1] : z_alpha_;
    const double margin = side_by_side() ? kMarginOfLanes : X_.has_lanes() ? kMargin : 1.0;
    const double goal = margin * alphas_[std::min(k + std::min(2 * batch.width, widest(k)), count_ - 1)];
    // Where all correlations are known, what is wrong at later strengths shows too.
    const int end = X_.has_lanes() ? batch.width - 1 : last;
    const bool forecast = alpha_before > alpha && goal < alpha;
    const double rate = forecast ? (alpha - goal) / (alpha_before - alpha) : 0.0;
    for (Index j = 0; j < X_.cols(); ++j) {
      const double z = now[j] + rate * (now[j] - before[j]);
      if (plain_ && last == end && std::abs(now[j]) * gauge_[j] <= alpha && std::abs(z) * gauge_[j] <= std::min(alpha, goal)) continue;
      bool wrong = forecast && violates(j, z, goal);
      for (int i = last; i <= end && !wrong; ++i) wrong = violates(j, now[(i - last) * p + j], alphas_[batch.first + i]);
      if (wrong) out.push_back(j);
    }
    return out;
  }

  const View& view_;
  const Design& X_;
  const Response& y_;
  Penalty penalty_;
  Settings settings_;
  std::function<void()> poll_;
  double steepest_ = 0;  // largest norm over penalty weight
  std::vector<Index> features_;
  std::vector<int> position_;  // of each feature in the working set, or -1
  Quadratic quadratic_;
  std::unique_ptr<Columns> columns_;
  bool complete_ = false;
  bool yielded_ = false;
  double wanted_ = settings_.tol;  // of the strength that is being solved
  bool ridge_ = false;  // on some feature
  double unhindered_ = 0;  // features without an L1 penalty
  bool plain_ = true;  // l1 alone, on every feature
  Vector gauge_;       // 1 / l1 of features outside the working set, where plain; 0 for others
  const double* alphas_ = nullptr;
  const int* columns_of_ = nullptr;
  int count_ = 0;
  Vector correlation_;  // X'Vy, where the Gram matrix is complete
  Vector levels_, squares_;
  double rest_level_ = 0;  // of the coefficients that features rest at
  std::vector<Index> fresh_;  // what the last check wants in the working set
  Zeros ahead_, residuals_;  // correlations and residuals of the strengths of a batch
  Reference reference_;       // the last strength whose correlations were all computed
  Vector z_;  // correlations at the last verified point, and its strength
  double z_alpha_ = 0;
};

}  // namespace taut
