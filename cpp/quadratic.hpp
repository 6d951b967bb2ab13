// The penalised quadratic on a working set, solved exactly by an active-set Newton method:
//
//     minimise  1/2 b'G b - c'b + sum_j h_j(b_j),      h_j(b) = a_j |b| + q_j/2 b^2 + box.
//
// Every coordinate is either at a kink of h_j (zero or a bound) or free inside a face on which the
// objective is a smooth quadratic. A Newton step minimises over the face; a step that would leave
// it is projected when that lowers the objective as much, and cut at the first kink otherwise, so
// the objective falls strictly and no face comes back. At the minimum of a face, every coordinate
// whose kink is not optimal is freed at once, and the method ends where there is none.
//
// Only the gradient z = c - G b is stored, never c: the caller may replace it by one computed from
// residuals, after which everything that follows is exact relative to that point.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "anderson.hpp"
#include "certificate.hpp"
#include "inverse.hpp"

namespace taut {

class Quadratic {
 public:
  // Where coordinates come from, and what one unit of gradient rounding is in column j.
  struct Entry {
    double l1, l2, lower, upper, noise;
    double fall = 0, knot = 0;
  };

  // `objective` is that of the null model: decreases far below its rounding are no progress.
  // `tol` is the relative gap that is wanted: stationarity is driven well below it.
  // `poll` is called now and then, and may throw to end it all.
  Quadratic(double objective, double tol, std::function<void()> poll)
      : least_decrease_(1e-17 * objective), precision_(std::clamp(1e-4 * tol, 1e-13, 1e-9)),
        coarse_(std::max(0.1 * tol / kRounding, 4.0)), poll_(std::move(poll)) {}

  int size() const { return static_cast<int>(beta_.size()); }
  double* gram() { return gram_.data(); }
  std::ptrdiff_t ld() const { return capacity_; }
  const Vector& beta() const { return beta_; }
  const Vector& gradient() const { return z_; }

  // Makes room for `count` more coordinates, whose Gram columns the caller writes before extend().
  void reserve(int count) {
    const int needed = size() + count;
    if (needed <= capacity_) return;
    const int larger = std::max(needed, capacity_ + capacity_ / 2);
    Zeros wider(static_cast<std::size_t>(larger) * larger);
    for (int j = 0; j < size(); ++j)
      std::copy_n(gram_.data() + static_cast<std::size_t>(j) * capacity_, size(),
                  wider.data() + static_cast<std::size_t>(j) * larger);
    gram_ = std::move(wider);
    capacity_ = larger;
  }

  void extend(const Entry& entry, double beta, double gradient) {
    entries_.push_back(entry);
    folded_ |= entry.fall > 0;
    beta_.push_back(beta);
    z_.push_back(gradient);
    ridge_.push_back(alpha_ * entry.l2);
    sign_.push_back(0);
    free_.push_back(false);
  }

  // Moves to a known point with its gradient, both of the size of the working set.
  void anchor(const double* beta, const double* gradient) {
    std::copy_n(beta, size(), beta_.data());
    std::copy_n(gradient, size(), z_.data());
    std::vector<int> missing;
    for (int j = 0; j < size(); ++j) {
      if (beta_[j] == resting(j)) continue;
      sign_[j] = entries_[j].l1 == 0 ? 0 : beta_[j] > 0 ? 1 : -1;
      if (!free_[j] && !coordinate(j).folded()) missing.push_back(j);
    }
    release(std::move(missing));
  }

  // The slope of one penalty is another from now on; anchor() comes next.
  void tilt(std::size_t j, double l1) { entries_[j].l1 = l1; }

  // Where many coordinates want to move at once, tries coordinate descent before Newton steps.
  void sweep_ahead_of_crowds() { sweeps_ahead_ = true; }

  // After the Gram matrix has been written anew.
  void renew() { refactor(); }

  void set_alpha(double alpha) {
    if (alpha == alpha_) return;
    alpha_ = alpha;
    bool ridge = false;
    for (int j = 0; j < size(); ++j) {
      ridge |= entries_[j].l2 > 0;
      ridge_[j] = alpha * entries_[j].l2;
    }
    if (ridge) refactor();
  }

  // Minimises from where it stands; returns the number of Newton steps that lowered
  // the objective, at most max_steps.
  int solve(int max_steps) {
    if (folded_) return descend(max_steps);
    if (const int rounds = sweep_ahead(max_steps)) return rounds;
    int steps = 0;
    bool freed = false;
    while (steps < max_steps) {
      poll_();
      if (face_is_optimal()) {
        if (freed && decrease_ <= least_decrease_ && !sweep()) break;  // freeing gained nothing: rounding has the last word
        std::vector<int> violators = leaving();
        if (violators.empty()) break;
        decrease_ = 0;
        release(std::move(violators));
        freed = true;
        continue;
      }
      const double gain = newton_step();
      if (gain < 0) {
        // A fresh inverse first; where that does not help, descent does.
        if (!refactored_) refactor(), refactored_ = true;
        else if (!sweep()) break;
        continue;
      }
      if (gain > least_decrease_) ++steps;
      decrease_ += gain;
    }
    return steps;
  }

 private:
  static constexpr int kCrowd = 64;
  // Rounds ahead of Newton steps: so many in any case, of which the first few need not promise an end,
  // until violations are this share of coarse ones: the gap, a sum over all, is within the tolerance
  // then. Measured: the inverse of k columns among p takes as long as k^2 / 5p rounds.
  static constexpr int kAhead = 30, kFree = 4;
  static constexpr double kInverse = 5, kSafe = 0.03;
  static constexpr std::size_t kMemory = 4;  // rounds from one extrapolation to the next
  static constexpr int kUnsettled = 2;  // rounds that come before a Newton step in any case

  Coordinate coordinate(int j) const {
    const Entry& e = entries_[j];
    return {alpha_ * e.l1, alpha_ * e.l2, e.lower, e.upper, e.fall, alpha_ * e.knot};
  }
  // Rounding of the gradient, and a hair of the penalty: below this nothing counts as a violation.
  double slack(int j) const { return precision_ * alpha_ * entries_[j].l1 + entries_[j].noise; }
  double resting(int j) const { return std::clamp(0.0, entries_[j].lower, entries_[j].upper); }
  Gram system() const { return {gram_.data(), capacity_, ridge_.data()}; }

  double stationarity(int j) const {
    return z_[j] - sign_[j] * alpha_ * entries_[j].l1 - ridge_[j] * beta_[j];
  }

  bool face_is_optimal() {
    const std::vector<int>& A = inverse_.members();
    rho_.resize(A.size());
    double worst = 0;
    for (std::size_t k = 0; k < A.size(); ++k) {
      rho_[k] = stationarity(A[k]);
      worst = std::max(worst, std::abs(rho_[k]) / slack(A[k]));
    }
    // A full step that no longer contracts has met rounding, or an inverse gone stale.
    const bool stuck = full_step_ && worst > (refactored_ ? 0.25 : 1e-3) * worst_;
    worst_ = worst;
    full_step_ = false;
    if (worst <= 1.0 || A.empty()) return true;
    if (!stuck) return false;
    if (refactored_) return true;
    refactor();
    refactored_ = true;
    rho_.resize(inverse_.members().size());
    for (std::size_t k = 0; k < rho_.size(); ++k) rho_[k] = stationarity(inverse_.members()[k]);
    return false;
  }

  // Coordinates that want to leave their kinks, the worst violations first where they are many: a
  // crowd freed at once mostly walks back.
  std::vector<int> leaving() {
    std::vector<std::pair<double, int>> found;
    for (int j = 0; j < size(); ++j) {
      if (free_[j]) continue;
      const Coordinate h = coordinate(j);
      const int way = h.direction(beta_[j], z_[j], slack(j));
      if (way == 0) continue;
      sign_[j] = way > 0 ? (beta_[j] >= 0 ? 1 : -1) : (beta_[j] > 0 ? 1 : -1);
      found.emplace_back(h.violation(beta_[j], z_[j]) / entries_[j].noise, j);
    }
    const std::size_t most = std::max(kCrowd, inverse_.size());
    if (found.size() > most) {
      std::nth_element(found.begin(), found.begin() + most, found.end(), std::greater<>());
      found.resize(most);
    }
    std::vector<int> out;
    for (const auto& entry : found) out.push_back(entry.second);
    std::sort(out.begin(), out.end());
    return out;
  }

  // Under folded penalties: coordinate descent, which lowers the objective whatever its shape, and
  // Newton steps once a round leaves every coordinate on its piece of the penalty, where the
  // objective is a quadratic. Returns the rounds taken.
  int descend(int most) {
    int wait = 1, since = 0;
    for (int round = 1; round <= most; ++round) {
      poll_();
      const Pass pass = round_once();
      const double worst = worst_violation();
      if (worst <= coarse_) return round;
      bool helped = false;
      if (++since >= (pass.settled ? wait : kUnsettled * wait)) {
        helped = leap();
        const double now = worst_violation();
        if (now <= coarse_) return round;
        wait = now < 0.5 * worst ? 1 : std::min(4, 2 * wait);
        since = 0;
      }
      if (!helped && pass.settled && pass.gain <= least_decrease_) return round;
    }
    return most;
  }

  struct Pass {
    double gain;   // curvature times squared moves
    bool settled;  // every coordinate has kept its piece
  };

  Pass round_once() {
    Pass pass{0, true};
    for (int j = 0; j < size(); ++j) {
      const double curvature = gram_[j + static_cast<std::size_t>(j) * capacity_];
      const Coordinate h = coordinate(j);
      if (!(curvature > 0)) continue;
      const double old = beta_[j], by = h.minimise(z_[j] + curvature * old, curvature) - old;
      pass.settled &= h.piece(old) == h.piece(old + by);
      pass.gain += curvature * by * by;
      move(j, by);
    }
    return pass;
  }

  // Where a crowd wants to move: rounds of coordinate descent, which between columns that are hardly
  // correlated end before the inverse of the crowd would be there. Returns how many led to the end, 0
  // where they do not promise to: then all is as it was.
  int sweep_ahead(int most) {
    const double newcomers = sweeps_ahead_ && alpha_ != swept_alpha_ ? crowd() : 0.0;
    if (newcomers < std::max(kCrowd, inverse_.size())) return 0;
    swept_alpha_ = alpha_;
    const Vector beta = beta_, z = z_;
    // An inverse takes as long as so many rounds, and few take no time.
    const double worth = std::min<double>(most, std::max<double>(kAhead, newcomers * newcomers / (kInverse * size())));
    double before = kInfinity;
    std::vector<Vector> recent;
    for (int round = 1; round <= worth; ++round) {
      poll_();
      const Pass pass = round_once();
      const double gain = pass.gain, off = worst_violation() / (kSafe * coarse_);
      if (off <= 1) {
        inverse_.clear();
        std::fill(free_.begin(), free_.end(), false);
        return round;
      }
      // Gains fall as squares of violations do.
      const double left = gain < before ? 2 * std::log(off) / std::log(before / gain) : kInfinity;
      if (round > kFree && round + left > worth) break;
      before = gain;
      if (!pass.settled) recent.clear();
      recent.push_back(both());
      if (recent.size() > kMemory) {
        if (extrapolate(recent)) before = kInfinity;
        recent.assign(1, both());
      }
    }
    beta_ = beta;
    z_ = z;
    return 0;
  }

  // Coefficients and gradient, which is affine in them: what combines the one combines the other.
  Vector both() const {
    Vector out = beta_;
    out.insert(out.end(), z_.begin(), z_.end());
    return out;
  }

  // To where points of one face lead, if no coefficient leaves its piece on the way and the objective
  // falls: by 1/2 (z + z')'(b' - b) less what the penalty rises.
  bool extrapolate(const std::vector<Vector>& recent) {
    const Vector found = extrapolated(recent);
    if (found.empty()) return false;
    double fall = 0;
    for (int j = 0; j < size(); ++j) {
      const Coordinate h = coordinate(j);
      const double b = found[j];
      if (h.piece(b) != h.piece(beta_[j])) return false;
      fall += 0.5 * (z_[j] + found[size() + j]) * (b - beta_[j]) + h.value(beta_[j]) - h.value(b);
    }
    if (!(fall > 0)) return false;
    std::copy_n(found.begin(), size(), beta_.begin());
    std::copy_n(found.begin() + size(), size(), z_.begin());
    return true;
  }

  // Coordinates that want to leave their kinks.
  int crowd() const {
    int count = 0;
    for (int j = 0; j < size(); ++j) count += coordinate(j).direction(beta_[j], z_[j], slack(j)) != 0;
    return count;
  }

  // In units of the rounding of each gradient.
  double worst_violation() const {
    double worst = 0;
    for (int j = 0; j < size(); ++j) worst = std::max(worst, coordinate(j).violation(beta_[j], z_[j]) / entries_[j].noise);
    return worst;
  }

  // A Newton step on the pieces where the coordinates are. Where the objective bends down there, the
  // penalty's own bend is left out: its tangent lies above it, so that the step still descends. False
  // where the objective does not fall.
  bool leap() {
    std::vector<int> used;
    for (int j = 0; j < size(); ++j)
      if (beta_[j] != resting(j)) used.push_back(j);
    Vector d;
    if (!leap_direction(used, true, d) && !leap_direction(used, false, d)) return false;
    saved_ = z_;
    combine(used, d, -1.0, z_.data());
    Vector image(size());
    for (int j = 0; j < size(); ++j) image[j] = saved_[j] - z_[j];
    for (double share = 1; share > 1e-2; share *= 0.5) {
      double gain = 0;
      bool kept = true;
      for (std::size_t c = 0; c < used.size(); ++c) {
        const int j = used[c];
        const Coordinate h = coordinate(j);
        const double by = share * d[c];
        kept &= h.piece(beta_[j]) == h.piece(beta_[j] + by);
        gain += by * (saved_[j] - 0.5 * share * image[j]) + h.value(beta_[j]) - h.value(beta_[j] + by);
      }
      // Inside its pieces a whole step ends at their minimum, and rounding may hide what it gains.
      if (!(gain > 0 || (kept && share == 1))) continue;
      for (std::size_t c = 0; c < used.size(); ++c) beta_[used[c]] += share * d[c];
      z_ = saved_;
      simd::axpy(-share, image.data(), z_.data(), size());
      return true;
    }
    z_.swap(saved_);
    return false;
  }

  // False where the system is not positive definite.
  bool leap_direction(const std::vector<int>& used, bool bent, Vector& d) const {
    const int a = static_cast<int>(used.size());
    Vector system(static_cast<std::size_t>(a) * a);
    d.resize(a);
    for (int c = 0; c < a; ++c) {
      const Coordinate h = coordinate(used[c]);
      const double* column = gram_.data() + static_cast<std::size_t>(used[c]) * capacity_;
      double* out = system.data() + static_cast<std::size_t>(c) * a;
      for (int r = 0; r <= c; ++r) out[r] = column[used[r]];
      out[c] += h.q;
      if (bent && std::abs(h.piece(beta_[used[c]])) == 2) out[c] -= h.k;
      d[c] = z_[used[c]] - h.slope_up(beta_[used[c]]) - h.q * beta_[used[c]];
    }
    if (!blas::cholesky(a, system.data(), a)) return false;
    blas::solve_right('N', 1, a, system.data(), a, d.data(), 1);
    blas::solve_right('T', 1, a, system.data(), a, d.data(), 1);
    return true;
  }

  // One round of coordinate descent. It cannot fail to gain where there is something to gain, so it
  // takes over when freeing many coordinates at once led nowhere. False where rounding is all that
  // is left.
  bool sweep() {
    double gain = 0;
    for (int j = 0; j < size(); ++j) {
      const double curvature = gram_[j + static_cast<std::size_t>(j) * capacity_];
      if (!(curvature > 0)) continue;
      const Coordinate h = coordinate(j);
      const double old = beta_[j], slope = z_[j];
      const double by = h.minimise(slope + curvature * old, curvature) - old;
      gain += by * (slope - 0.5 * curvature * by) + h.value(old) - h.value(old + by);
      move(j, by);
    }
    std::vector<int> stopped, moved;
    for (int k = 0; k < inverse_.size(); ++k) {
      const int j = inverse_.members()[k];
      const auto [low, high] = face(j, sign_[j]);
      if (beta_[j] > low && beta_[j] < high) continue;
      stopped.push_back(k);
      free_[j] = false;
    }
    inverse_.remove(stopped);
    for (int j = 0; j < size(); ++j) {
      if (free_[j] || at_kink(j)) continue;
      sign_[j] = beta_[j] > 0 ? 1 : -1;
      moved.push_back(j);
    }
    release(std::move(moved));
    refactor();
    decrease_ = gain;
    return gain > least_decrease_;
  }

  bool at_kink(int j) const {
    const Entry& e = entries_[j];
    return beta_[j] == e.lower || beta_[j] == e.upper || (beta_[j] == 0 && e.l1 > 0);
  }

  // Frees coordinates. One that depends linearly on the free ones cannot join them; it trades
  // places with one of them instead.
  void release(std::vector<int> coordinates) {
    if (coordinates.empty()) return;
    for (int j : coordinates) {
      free_[j] = true;
      if (entries_[j].l1 == 0) sign_[j] = 0;
    }
    for (int j : inverse_.append(system(), std::move(coordinates))) {
      poll_();
      free_[j] = false;
      exchange(j);
    }
    refactored_ = false;
    full_step_ = false;
  }

  // Along d = (1 at j, -inverse G_Aj on A) the quadratic part is flat, up to the little that is
  // left of column j, while the penalty falls at a constant rate: the step ends at a kink.
  void exchange(int j) {
    const Coordinate h = coordinate(j);
    const int way = h.direction(beta_[j], z_[j], slack(j));
    if (way == 0) return;
    const std::vector<int> A = inverse_.members();
    Vector d, image;
    flat_direction(j, way, d, image);
    const double rise = way > 0 ? h.slope_up(beta_[j]) : h.slope_down(beta_[j]);
    double slope = way * (z_[j] - rise - h.q * beta_[j]);
    double curvature = way * image[j], rounding = slack(j), fall = -way * rise, price = h.a;
    for (std::size_t k = 0; k < A.size(); ++k) {
      slope += d[k] * stationarity(A[k]);
      curvature += d[k] * image[A[k]];
      rounding += std::abs(d[k]) * slack(A[k]);
      fall -= d[k] * sign_[A[k]] * alpha_ * entries_[A[k]].l1;
      price += std::abs(d[k]) * alpha_ * entries_[A[k]].l1;
    }
    // Where nothing but rounding is left of the curvature, G d = 0 and with it z'd = 0: the slope
    // is that of the penalty alone, and without a penalty copies of one column have none.
    const bool flat = curvature <= 1e-14 * system()(j, j);
    if (flat) slope = fall;
    if (price == 0 || slope <= rounding) return;
    const double room = reach(beta_[j], way, j, sign_[j]);
    double step = std::min(room, flat ? kInfinity : slope / curvature);
    int blocking = -1;
    for (std::size_t k = 0; k < A.size(); ++k) {
      const double limit = reach(beta_[A[k]], d[k], A[k], sign_[A[k]]);
      if (limit < step) step = limit, blocking = static_cast<int>(k);
    }
    if (!std::isfinite(step)) return;
    for (std::size_t k = 0; k < A.size(); ++k) beta_[A[k]] += step * d[k];
    beta_[j] += step * way;
    // image is that of G and the ridge; the ridge is no part of z.
    for (std::size_t k = 0; k < A.size(); ++k) image[A[k]] -= ridge_[A[k]] * d[k];
    image[j] -= ridge_[j] * way;
    simd::axpy(-step, image.data(), z_.data(), size());
    decrease_ += step * (slope - 0.5 * step * std::max(curvature, 0.0));
    if (blocking >= 0) {
      settle(A[blocking]);
      inverse_.remove({blocking});
      if (inverse_.stale()) refactor();
    }
    if (step == room) {
      settle(j);
      return;
    }
    free_[j] = true;
    for (int k : inverse_.append(system(), {j})) free_[k] = false;
  }

  // d on the members, and image = (G + ridge) (d, way at j), which vanishes on the members: two
  // corrections make it do so even where the inverse has gone stale.
  void flat_direction(int j, int way, Vector& d, Vector& image) {
    const std::vector<int>& A = inverse_.members();
    Vector rest(A.size()), correction(A.size());
    d.assign(A.size(), 0.0);
    image.assign(size(), 0.0);
    simd::axpy(way, gram_.data() + static_cast<std::size_t>(j) * capacity_, image.data(), size());
    image[j] += way * ridge_[j];
    for (int pass = 0; pass < 3; ++pass) {
      for (std::size_t k = 0; k < A.size(); ++k) rest[k] = image[A[k]];
      inverse_.apply(rest.data(), correction.data());
      for (double& x : correction) x = -x;
      combine(A, correction, 1.0, image.data());
      for (std::size_t k = 0; k < A.size(); ++k) {
        image[A[k]] += ridge_[A[k]] * correction[k];
        d[k] += correction[k];
      }
    }
  }

  // How far b may go along d inside its face.
  double reach(double b, double d, int j, int sign) const {
    const auto [low, high] = face(j, sign);
    if (d > 0) return high == kInfinity ? kInfinity : std::max(0.0, (high - b) / d);
    if (d < 0) return low == -kInfinity ? kInfinity : std::max(0.0, (low - b) / d);
    return kInfinity;
  }

  std::pair<double, double> face(int j, int sign) const {
    const Entry& e = entries_[j];
    if (sign > 0) return {std::max(e.lower, 0.0), e.upper};
    if (sign < 0) return {e.lower, std::min(e.upper, 0.0)};
    return {e.lower, e.upper};
  }

  // Puts a coordinate that left its face exactly on the kink it met.
  void settle(int j) {
    const auto [low, high] = face(j, sign_[j]);
    const double target = std::abs(beta_[j] - low) <= std::abs(beta_[j] - high) ? low : high;
    move(j, target - beta_[j]);
    beta_[j] = target;
    free_[j] = false;
  }

  void move(int j, double by) {
    if (by == 0) return;
    beta_[j] += by;
    simd::axpy(-by, gram_.data() + static_cast<std::size_t>(j) * capacity_, z_.data(), size());
  }

  // One step over the free coordinates; returns the decrease of the objective, or -1 where the
  // inverse is too stale to point downhill.
  double newton_step() {
    const std::vector<int>& A = inverse_.members();
    const std::size_t a = A.size();
    Vector d(a), step(a);
    inverse_.apply(rho_.data(), d.data());
    double full = 0;     // rho'd: the full step lowers the objective by half of it
    double first = 1.0;  // share of the step at which it leaves the face
    for (std::size_t k = 0; k < a; ++k) {
      full += rho_[k] * d[k];
      const auto [low, high] = face(A[k], sign_[A[k]]);
      step[k] = std::clamp(beta_[A[k]] + d[k], low, high) - beta_[A[k]];
      if (beta_[A[k]] + d[k] < low || beta_[A[k]] + d[k] > high)
        first = std::min(first, reach(beta_[A[k]], d[k], A[k], sign_[A[k]]));
    }
    full_step_ = first >= 1.0;
    if (full_step_) return try_step(A, d, 0.0);
    // Projected where that is as good as stopping at the first kink.
    const Vector before = beta_;
    double gain = try_step(A, step, (first - 0.5 * first * first) * full);
    if (gain < 0) {
      for (std::size_t k = 0; k < a; ++k) step[k] = first * d[k];
      gain = try_step(A, step, 0.0);
      if (gain < 0) return -1;
    }
    std::vector<int> gone;
    for (std::size_t k = 0; k < a; ++k) {
      const auto [low, high] = face(A[k], sign_[A[k]]);
      const double b = beta_[A[k]], hair = 1e-15 * std::abs(before[A[k]]);
      if ((d[k] < 0 && b <= low + hair) || (d[k] > 0 && b >= high - hair)) gone.push_back(static_cast<int>(k));
    }
    if (gone.empty()) return -1;
    for (int k : gone) settle(A[k]);
    inverse_.remove(gone);
    if (inverse_.stale()) refactor();
    return gain;
  }

  // Takes a step if it lowers the objective by `least` or more, and says by how much; else leaves
  // everything as it was and returns -1. The decrease is that of the quadratic and of a penalty
  // that is linear on the face: s'rho - 1/2 s'(G + ridge) s, with G s read off the gradient.
  double try_step(const std::vector<int>& A, const Vector& step, double least) {
    saved_ = z_;
    combine(A, step, -1.0, z_.data());
    double gain = 0;
    for (std::size_t k = 0; k < A.size(); ++k)
      gain += step[k] * (rho_[k] - 0.5 * (saved_[A[k]] - z_[A[k]] + ridge_[A[k]] * step[k]));
    // On the scale of the objective's own rounding a step that finishes a face may seem to climb.
    if (!(gain >= least - least_decrease_)) {
      z_.swap(saved_);
      return -1;
    }
    for (std::size_t k = 0; k < A.size(); ++k) beta_[A[k]] += step[k];
    return std::max(gain, 0.0);
  }

  // out += scale * sum_k d_k G[:, A_k], four columns a sweep.
  void combine(const std::vector<int>& A, const Vector& d, double scale, double* out) const {
    const auto column = [&](std::size_t k) { return gram_.data() + static_cast<std::size_t>(A[k]) * capacity_; };
    std::size_t k = 0;
    for (; k + 4 <= A.size(); k += 4) {
      const double c[4] = {scale * d[k], scale * d[k + 1], scale * d[k + 2], scale * d[k + 3]};
      const double* columns[4] = {column(k), column(k + 1), column(k + 2), column(k + 3)};
      for (std::size_t q = k + 4; q < std::min(k + 8, A.size()); ++q)
        for (int i = 0; i < 32; i += 8) TAUT_PREFETCH(column(q) + i);
      simd::axpy4(c, columns, out, size());
    }
    for (; k < A.size(); ++k) simd::axpy(scale * d[k], column(k), out, size());
  }

  void refactor() {
    for (int j : inverse_.refactor(system())) free_[j] = false;
  }

  double alpha_ = 0, least_decrease_, precision_;
  bool sweeps_ahead_ = false;
  double swept_alpha_ = -1;  // where rounds were tried
  double coarse_;        // what a violation may be under folded penalties, in units of its rounding
  bool folded_ = false;  // some coordinates
  std::function<void()> poll_;
  std::vector<Entry> entries_;
  Vector beta_, z_, saved_, ridge_, rho_;
  Zeros gram_;
  std::vector<int> sign_;
  std::vector<bool> free_;
  BlockInverse inverse_;
  int capacity_ = 0;
  double worst_ = kInfinity;
  double decrease_ = 0;  // of the objective, since coordinates were last freed
  bool full_step_ = false, refactored_ = false;
};

}  // namespace taut
