// What a solver may ask of a matrix of features: a handful of verbs, never its entries.
//
// Weights and centring belong to a View, so that one matrix serves every fold and every fit without
// a copy: the view's column j is sqrt(v_i) (x_ij - mean_j), with weights v summing to one.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

#include "simd.hpp"
#include "sweep.hpp"
#include "zeros.hpp"

namespace taut {

using Vector = std::vector<double>;
using Index = int;  // BLAS counts in int; the edge refuses what does not fit

struct View;

// A residual that follows one coefficient at a time: of the response, or of a quadratic model.
class Residual {
 public:
  virtual ~Residual() = default;
  // Correlation of working column k with the residual, and by how much that falls for each unit of
  // its coefficient.
  virtual double correlation(int k) const = 0;
  virtual double curvature(int k) const = 0;
  // The coefficient of working column k grows by `by`.
  virtual void move(int k, double by) = 0;
  // One sweep of descent under these penalties (sweep.hpp). A kind of residual whose columns are
  // short says it again for itself: then nothing is looked up entry by entry.
  virtual double sweep(const std::vector<Coordinate>& penalties, bool every, Vector& beta) {
    return taut::sweep([&](std::size_t k) { return penalties[k]; }, every, *this, beta);
  }
  // Goes on where the penalties are smooth, all coefficients at once (face.hpp), where that is offered;
  // returns what a sweep does.
  virtual double settle(const std::vector<Coordinate>&, double, int, Vector&) { return 0; }
};

// That of the response, which can be written out: v * residual, and its weighted sum of squares.
class ResponseResidual : public Residual {
 public:
  virtual double write(double* weighted) const = 0;
};

// Vectors that are worked on side by side (lanes.hpp).
inline constexpr int kLanes = 8;

// Residuals of the response at several coefficient vectors, followed side by side.
class ResidualLanes {
 public:
  virtual ~ResidualLanes() = default;
  // As of one residual; out and by have one entry for each lane.
  virtual void correlations(int k, double* out) const = 0;
  virtual double curvature(int k) const = 0;
  virtual void move(int k, const double* by) = 0;
  // Writes v * residual of the first `width` lanes, one after the other, and their weighted sums of squares.
  virtual void write(int width, double* weighted, double* squares) const = 0;
};

// How the slopes of rows change with their linear predictors.
class Curvature {
 public:
  virtual ~Curvature() = default;
  // Linear predictors of each row.
  virtual int targets() const = 0;
  // out (samples) = of the slopes for predictor k with predictor l.
  virtual void between(int k, int l, double* out) const = 0;
  // out = how the slopes change along a change of the predictors.
  virtual void apply(const double* along, double* out) const;
};

// The columns that a path has ever needed: their Gram matrix grows, and residuals come from them.
class Columns {
 public:
  virtual ~Columns() = default;
  // Numbers that are kept for each feature, beside its Gram column.
  virtual Index length() const { return 0; }
  // Adds features and writes their columns (and rows) of the symmetric Gram matrix, where one is
  // wanted.
  virtual void append(const std::vector<Index>& features, double* gram, std::ptrdiff_t ld) = 0;
  // For least squares: R[:, c] = v * (y - mean(y) - fit of coefs[:, c]), and the weighted sum of
  // squared residuals.
  virtual void residual(const double* centred_y, const double* coefs, int count, double* R,
                        double* rss) const;
  // out (size x count) = the centred columns' correlations with R: where columns are kept centred,
  // free of the rounding of large means.
  virtual void cross(const double* R, int count, double* out) const = 0;
  // out (rows) = the centred columns' combination.
  virtual void product(const double* coefs, double* out) const = 0;
  // For least squares: the residual of a response that the view has centred, at these coefficients.
  virtual std::unique_ptr<ResponseResidual> follow(const double* centred_y, const double* coefs) const;
  // The same at several points, coefs (kLanes x size); offered where products are cheaper together.
  virtual std::unique_ptr<ResidualLanes> follow_lanes(const double* centred_y, const double* coefs);
  // The same of a quadratic model with these slopes and curvatures of the rows, for some of the
  // working columns, by place; where the view is centred, the intercept is always at its best.
  virtual std::unique_ptr<Residual> model(const double* slope, const Curvature& curvature,
                                          const std::vector<int>& places) const = 0;
  // From here on rows count `curvature` times their weight in the Gram matrix, which is written
  // anew; where the view is centred, what an intercept explains is taken out under these weights.
  // The curvature has to stay as it is until the next call.
  virtual void reweigh(const Curvature& curvature, double* gram, std::ptrdiff_t ld) = 0;
  // For several targets: out (size x rest) = products of the centred columns with others of the same
  // design from `first` on, where rows count `weights` times their weight.
  virtual void products(const double* weights, const Columns& others, int first, double* out) const;
};

// What is never asked of a kind of columns, or of curvatures, it need not answer.
[[noreturn]] inline void unasked() { throw std::logic_error("these columns do not answer that"); }
inline void Curvature::apply(const double*, double*) const { unasked(); }
inline void Columns::residual(const double*, const double*, int, double*, double*) const { unasked(); }
inline std::unique_ptr<ResponseResidual> Columns::follow(const double*, const double*) const { unasked(); }
inline std::unique_ptr<ResidualLanes> Columns::follow_lanes(const double*, const double*) { unasked(); }
inline void Columns::products(const double*, const Columns&, int, double*) const { unasked(); }

// Two units in the last place: values that differ by no more are one value, rounded.
inline constexpr double kSameValue = 4.5e-16;

// Finishes a column's mean and norm from its deviations about a first mean: what the first mean
// missed by rounding is added to it and taken out of the square (Chan, Golub & LeVeque 1983). What
// a column that is constant up to rounding then has left is no variation.
inline void settle_mean(simd::Deviation d, bool centre, double& mean, double& norm) {
  if (centre) {
    d.second -= d.first * d.first;
    mean += d.first;
  }
  norm = std::sqrt(std::max(d.second, 0.0));
  if (centre && norm <= kSameValue * std::abs(mean)) norm = 0.0;
}

class Design {
 public:
  Design(Index rows, Index cols) : rows_(rows), cols_(cols) {}
  virtual ~Design() = default;
  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  // Equal blocks of rows and of columns that have nothing to do with one another.
  virtual int targets() const { return 1; }
  // Stored entries.
  virtual double entries() const { return static_cast<double>(rows_) * cols_; }
  // Whether gram() is offered.
  virtual bool has_gram() const { return true; }
  // Whether several products cost about as much as one.
  virtual bool has_lanes() const { return false; }
  // Whether residuals can be computed, or sufficient statistics are all there is.
  virtual bool has_rows() const { return true; }

  // Weighted means (zero where not centred) and weighted norms of the centred columns; a column
  // that only rounding keeps from being constant has norm zero.
  virtual void moments(const double* v, bool centre, double* mean, double* norm) const = 0;
  // out (cols x count) = X' R, uncentred.
  virtual void cross(const double* R, int count, double* out) const = 0;
  // The same, each vector rounded as if it were alone.
  virtual void cross_each(const double* R, int count, double* out) const {
    for (std::ptrdiff_t c = 0; c < count; ++c) cross(R + c * rows_, 1, out + c * cols_);
  }
  // out[k] = x_features[k]' r, uncentred.
  virtual void cross_some(const std::vector<Index>& features, const double* r, double* out) const = 0;
  // out (rows x count) = X coefs, uncentred.
  virtual void product(const double* coefs, int count, double* out) const = 0;
  virtual std::unique_ptr<Columns> columns(const View& view) const = 0;
  // For descent on least squares: columns that need no copy of their own, or null.
  virtual std::unique_ptr<Columns> lying_columns(const View&) const { return nullptr; }
  // The whole Gram matrix of the view, into zeros, where that is worth having; false where it is not offered.
  virtual bool gram(const View& view, const double* centred_y, double* gram, double* correlation,
                    const std::function<void()>& poll) const = 0;

 private:
  Index rows_, cols_;
};

struct View {
  const Design& design;
  Vector v;       // weights, summing to one
  Vector root_v;  // their square roots
  Vector mean;    // of each column; zeros without an intercept
  Vector norm;    // of each weighted, centred column
  bool centred;
  bool far = false;  // some means dwarf what varies about them, and show in X'R as rounding

  // That of one block of a design of several.
  View(const Design& X, const View& all)
      : design(X), v(all.v.begin(), all.v.begin() + X.rows()), root_v(all.root_v.begin(), all.root_v.begin() + X.rows()),
        mean(all.mean.begin(), all.mean.begin() + X.cols()), norm(all.norm.begin(), all.norm.begin() + X.cols()),
        centred(all.centred), far(all.far) {}

  View(const Design& X, const double* weights, bool centre)
      : design(X), v(weights, weights + X.rows()), root_v(X.rows()), mean(X.cols(), 0.0),
        norm(X.cols()), centred(centre) {
    for (Index i = 0; i < X.rows(); ++i) root_v[i] = std::sqrt(v[i]);
    X.moments(v.data(), centre, mean.data(), norm.data());
    for (Index j = 0; j < X.cols(); ++j) far |= norm[j] > 0 && std::abs(mean[j]) > 1e3 * norm[j];
  }

  // out = centred X' R. The residuals of a fit with intercept sum to zero only up to rounding.
  void cross(const double* R, int count, double* out) const {
    design.cross(R, count, out);
    if (!centred) return;
    const int blocks = design.targets();
    const std::ptrdiff_t n = design.rows() / blocks, p = design.cols() / blocks;
    for (int c = 0; c < count * blocks; ++c) simd::axpy(-sum(R + c * n, n), mean.data(), out + c * p, p);
  }

  // The same for some features and one residual.
  void cross_some(const std::vector<Index>& features, const double* r, double* out) const {
    design.cross_some(features, r, out);
    if (!centred) return;
    const int blocks = design.targets();
    const std::ptrdiff_t n = design.rows() / blocks, p = design.cols() / blocks;
    Vector total(blocks);
    for (int c = 0; c < blocks; ++c) total[c] = sum(r + c * n, n);
    for (std::size_t k = 0; k < features.size(); ++k) out[k] -= total[features[k] / p] * mean[features[k]];
  }

 private:
  static double sum(const double* r, std::ptrdiff_t n) {
    double total = 0;
    for (std::ptrdiff_t i = 0; i < n; ++i) total += r[i];
    return total;
  }
};

// Sets the symmetric counterparts of gram[0:size, old:size], in tiles that stay in cache.
inline void mirror(double* gram, std::ptrdiff_t ld, int old, int size) {
  constexpr int kTile = 32;
  for (int right = old; right < size; right += kTile)
    for (int top = 0; top < std::min(right + kTile, size); top += kTile)
      for (int j = right; j < std::min(right + kTile, size); ++j)
        for (int i = top; i < std::min(top + kTile, j); ++i) gram[j + i * ld] = gram[i + j * ld];
}

}  // namespace taut
