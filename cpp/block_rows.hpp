// The same model (blocks.hpp) known by its rows, without a Gram matrix: block descent on
//
//     1/2 |R d|^2 - z'd  +  penalty(b + d),
//
// for working sets with more coordinates than rows. R is in single precision, which halves what a
// sweep has to read: r = R d, summed in double precision, is a change from a point whose gradient z
// is exact, so that an error is a share of that change, and a second call from where the first has
// ended takes out what is left.
// Sweeps pass over the groups that may move; all others are looked at when these rest. Every few
// sweeps the iterates are extrapolated (Bertrand & Massias 2021), and so is the path from one
// strength to the next: r is linear in b, and goes along.
#pragma once

#include <functional>

#include "blas.hpp"
#include "groups.hpp"

namespace taut {

class BlockRows {
 public:
  // rows: n x size, column-major; z: minus the gradient at beta.
  BlockRows(const float* rows, std::ptrdiff_t ld, int n, int size, Groups groups, const double* beta, const double* z,
            std::function<void()> poll)
      : rows_(rows), ld_(ld), n_(n), groups_(groups), step_(groups_), start_(beta, beta + size), base_(z, z + size),
        z_(base_), here_{start_, Vector(n)}, last_(here_), single_(n), along_(n), poll_(std::move(poll)), gram_(groups.count),
        curvature_(groups.count), moves_(groups.count) {}

  const Vector& beta() const { return here_.beta; }
  const Vector& gradient() const { return z_; }

  // How the path came here: from these coefficients at another strength.
  void come(const double* before, double alpha_before, double alpha) {
    Point now = here_;
    Vector change(before, before + start_.size());
    simd::axpy(-1.0, start_.data(), change.data(), static_cast<std::ptrdiff_t>(change.size()));
    for (int g = 0; g < groups_.count; ++g)
      if (groups_.norm(change.data() + first(g), g) > 0) move(g, change.data() + first(g));
    last_ = std::move(here_);
    go_to(std::move(now));
    last_alpha_ = alpha_before;
    alpha_ = alpha;
  }

  // Sweeps until the gap of these groups is at most `goal`; returns how many sweeps, at most `most`.
  int solve(double alpha, double goal, int most) {
    begin(alpha);
    int sweeps = 0;
    std::vector<Point> recent{here_};
    while (sweeps < most) {
      poll_();
      ++sweeps;
      rounding_ = kRounding * std::sqrt(squares(here_.r));
      price_ = groups_.price(alpha_, here_.beta.data());
      double worst = 0;
      for (int g : active_) worst = std::max(worst, settle(g));
      if (worst <= kHopeful * goal && look_around() <= goal) break;
      recent.push_back(here_);
      if (recent.size() <= kMemory) continue;
      extrapolate(recent);
      recent.assign(1, here_);
    }
    return sweeps;
  }

 private:
  static constexpr std::size_t kMemory = 5;
  static constexpr double kHopeful = 4;        // violations in a sweep are larger than those after it
  static constexpr double kRounding = 1e-6;    // of products, as a share of both norms
  static constexpr double kNothing = 1e-13;    // of a group's weight

  struct Point {
    Vector beta, r;

    void add(double share, const Point& other) {
      simd::axpy(share, other.beta.data(), beta.data(), static_cast<std::ptrdiff_t>(beta.size()));
      simd::axpy(share, other.r.data(), r.data(), static_cast<std::ptrdiff_t>(r.size()));
    }
  };

  int first(int g) const { return groups_.first(g); }
  const float* column(int j) const { return rows_ + j * ld_; }
  static double squares(const Vector& r) { return simd::dot(r.data(), r.data(), static_cast<std::ptrdiff_t>(r.size())); }

  void go_to(Point&& there) {
    here_ = std::move(there);
    std::copy(here_.r.begin(), here_.r.end(), single_.begin());
  }

  // Goes on as the path went from the last strength to this one, where that lowers the objective,
  // and picks the groups that may move.
  void begin(double alpha) {
    const double before = alpha_;
    Point ahead = here_;
    if (before != last_alpha_) {
      const double share = (alpha - before) / (before - last_alpha_);
      ahead.add(share, here_);
      ahead.add(-share, last_);
    }
    last_ = here_;
    last_alpha_ = before;
    alpha_ = alpha;
    if (objective(ahead) < objective(here_)) go_to(std::move(ahead));
    active_.clear();
    for (int g = 0; g < groups_.count; ++g) {
      moves_[g] = !groups_.fixed(g) && (norm(g) > 0 || excess(g, z_.data() + first(g)) > alpha_ * groups_.weights[g]);
      if (moves_[g]) active_.push_back(g);
    }
  }

  double norm(int g) const { return groups_.norm(here_.beta.data() + first(g), g); }

  double excess(int g, const double* z) const {
    double square = 0;
    for (int k = 0; k < groups_.width(g); ++k) {
      const double over = Groups::soft(z[k], alpha_ * groups_.l1[first(g) + k]);
      square += over * over;
    }
    return std::sqrt(square);
  }

  // z of the group = base - R'r.
  void correlate(int g, double* z) const {
    const int m = groups_.width(g);
    float products[4];
    for (int k = 0; k < m; k += 4) {
      const int count = std::min(4, m - k);
      if (count == 4) simd::dot4(column(first(g) + k), ld_, single_.data(), n_, products);
      else for (int i = 0; i < count; ++i) products[i] = simd::dot(column(first(g) + k + i), single_.data(), n_);
      for (int i = 0; i < count; ++i) z[k + i] = base_[first(g) + k + i] - products[i];
    }
  }

  // Whether so much of a gradient may be rounding.
  bool is_rounding(int g, double excess) {
    return !(excess > rounding_ * std::sqrt(curvature(g)) + kNothing * groups_.weight(g, alpha_));
  }

  // What an excess of the group's gradient costs: where it has a weight, the dual point is scaled
  // down by a share of that; but not less than about what a step of the group would gain.
  double cost(int g, double excess) {
    if (is_rounding(g, excess) || !(curvature(g) > 0)) return 0;
    const double own = groups_.weight(g, alpha_);
    return std::max(own > 0 ? excess / own * price_ : 0.0, excess * excess / curvature(g));
  }

  // Minimises over the group; returns what its violation did cost.
  double settle(int g) {
    double* z = z_.data() + first(g);
    correlate(g, z);
    if (norm(g) == 0 && excess(g, z) <= alpha_ * groups_.weights[g]) return 0;
    if (!(curvature(g) > 0)) return 0;
    const double before = cost(g, groups_.violation(g, alpha_, z, here_.beta.data() + first(g)));
    move(g, step_.change(g, alpha_, gram_[g].data(), groups_.width(g), curvature_[g], z, here_.beta.data() + first(g)).data());
    return before;
  }

  void move(int g, const double* change) {
    const int m = groups_.width(g);
    std::fill(along_.begin(), along_.end(), 0.0f);
    float by[4];
    for (int k = 0; k < m; k += 4) {
      const int count = std::min(4, m - k);
      std::copy_n(change + k, count, by);
      if (count == 4) simd::axpy4(by, column(first(g) + k), ld_, along_.data(), n_);
      else for (int i = 0; i < count; ++i) simd::axpy(by[i], column(first(g) + k + i), along_.data(), n_);
    }
    for (int k = 0; k < m; ++k) here_.beta[first(g) + k] += change[k];
    for (int i = 0; i < n_; ++i) single_[i] = static_cast<float>(here_.r[i] += along_[i]);
  }

  // Looks at all groups and returns the gap; groups at zero that want to move join those that may.
  double look_around() {
    price_ = groups_.price(alpha_, here_.beta.data());
    double scaling = 0, gap = 0;
    for (int g = 0; g < groups_.count; ++g) {
      if (groups_.fixed(g)) continue;
      double* z = z_.data() + first(g);
      const double* b = here_.beta.data() + first(g);
      correlate(g, z);
      const double over = cost(g, std::max(excess(g, z) - alpha_ * groups_.weights[g], 0.0));
      if (over > 0 && !moves_[g]) active_.push_back(g);
      moves_[g] |= over > 0;
      if (groups_.weights[g] > 0) scaling = std::max(scaling, over);
      else gap += over;
      if (norm(g) > 0 && !is_rounding(g, groups_.violation(g, alpha_, z, b)))
        gap += std::max(groups_.price(g, alpha_, b) - simd::dot(z, b, groups_.width(g)), 0.0);
    }
    return gap + scaling;
  }

  // A bound on the eigenvalues of the group's block of R'R, which is made when first asked for.
  double curvature(int g) {
    const int m = groups_.width(g);
    if (!gram_[g].empty() || m == 0) return curvature_[g];
    gram_[g].resize(static_cast<std::size_t>(m) * m);
    for (int c = 0; c < m; ++c)
      for (int r = 0; r <= c; ++r)
        gram_[g][r + c * m] = gram_[g][c + r * m] = simd::dot(column(first(g) + r), column(first(g) + c), n_);
    return curvature_[g] = gershgorin(m, gram_[g].data(), m);
  }

  double objective(const Point& at) const {
    double total = 0.5 * squares(at.r) + groups_.price(alpha_, at.beta.data());
    for (std::size_t j = 0; j < base_.size(); ++j) total -= base_[j] * (at.beta[j] - start_[j]);
    return total;
  }

  // minimise | sum_i c_i (x_(i+1) - x_i) | over sum c = 1, and go there where that is lower.
  void extrapolate(const std::vector<Point>& recent) {
    const int m = static_cast<int>(recent.size()) - 1;
    std::vector<Vector> steps(m, Vector(base_.size()));
    for (int i = 0; i < m; ++i)
      for (std::size_t k = 0; k < base_.size(); ++k) steps[i][k] = recent[i + 1].beta[k] - recent[i].beta[k];
    Vector system(m * m), c(m, 1.0);
    double trace = 0;
    for (int i = 0; i < m; ++i) {
      for (int j = 0; j <= i; ++j)
        system[i + j * m] = system[j + i * m] = simd::dot(steps[i].data(), steps[j].data(), static_cast<std::ptrdiff_t>(base_.size()));
      trace += system[i + i * m];
    }
    for (int i = 0; i < m; ++i) system[i + i * m] += 1e-12 * trace;
    if (!blas::cholesky(m, system.data(), m)) return;
    blas::solve_right('N', 1, m, system.data(), m, c.data(), 1);
    blas::solve_right('T', 1, m, system.data(), m, c.data(), 1);
    double total = 0;
    for (double x : c) total += x;
    Point candidate{Vector(base_.size()), Vector(n_)};
    for (int i = 0; i < m; ++i) candidate.add(c[i] / total, recent[i + 1]);
    if (objective(candidate) < objective(here_)) go_to(std::move(candidate));
  }

  const float* rows_;
  std::ptrdiff_t ld_;
  int n_;
  Groups groups_;
  GroupStep step_;
  Vector start_, base_;  // where r is zero, and z there
  Vector z_;             // as last looked at
  Point here_, last_;    // now, and at the last strength but one
  std::vector<float> single_, along_;  // r here, and what a move adds to it
  std::function<void()> poll_;
  std::vector<Vector> gram_;  // blocks of the groups that were looked at
  Vector curvature_;
  std::vector<char> moves_;
  std::vector<int> active_;
  double alpha_ = 0, last_alpha_ = 0, price_ = 0, rounding_ = 0;
};

}  // namespace taut
