// Sufficient statistics of least squares, gathered from the rows of a dense matrix in one pass.
#pragma once

#include <cstdint>
#include <utility>

#include "dense.hpp"

namespace taut {

// Rows of a matrix with their response, weights and groups. Those of a negative group are left out.
struct Rows {
  const double *y, *v, *shift;
  const std::int32_t* group;
};

// For each group the products sum v z z' of z = [x - shift, y - shift, 1], whose last column holds the
// sums and the weight. The shift keeps products of large means from swallowing the variation.
//
// Rows are taken a stretch at a time. Within it they are sorted by group while they are copied,
// centred and weighted, so that every line of memory is fetched once however groups lie strewn, and
// each group's part is multiplied while it is in cache.
// What needs no change, rows of one group in a run, of equal weight and without a shift, is
// multiplied where it lies.
template <class T>
class Gatherer {
 public:
  Gatherer(const DenseDesign<T>& X, const Rows& rows, int groups)
      : X_(X), rows_(rows), p_(X.cols()), q_(p_ + 2), starts_(groups + 1),
        sums_(groups, Vector(static_cast<std::size_t>(q_) * q_, 0.0)),
        plain_(std::is_same_v<T, double> && std::all_of(rows.shift, rows.shift + p_, [](double s) { return s == 0; })) {}

  std::vector<Vector> gather(const std::function<void()>& poll) {
    const Index n = X_.rows();
    const double groups = static_cast<double>(sums_.size());
    // Each group's part stays in cache, but wants some hundred rows for a fast product.
    const double rows = groups * std::max(1.6e5 / q_, 256.0);
    const Index stretch = static_cast<Index>(std::min(rows, std::max(2048.0, 4e6 / q_)));
    for (Index first = 0; first < n; first += std::min(stretch, n - first)) {
      sort(first, first + std::min(stretch, n - first));
      add_stretch(poll);
    }
    for (Vector& sums : sums_) mirror(sums.data(), q_, 0, static_cast<int>(q_));
    return std::move(sums_);
  }

 private:
  // order_ = the rows that count, group after group; starts_ = where each group begins there.
  void sort(Index first, Index last) {
    const auto counts = [&](Index i) { return rows_.group[i] >= 0 && rows_.v[i] > 0; };
    std::fill(starts_.begin(), starts_.end(), 0);
    for (Index i = first; i < last; ++i)
      if (counts(i)) ++starts_[rows_.group[i] + 1];
    for (std::size_t g = 1; g < starts_.size(); ++g) starts_[g] += starts_[g - 1];
    next_.assign(starts_.begin(), starts_.end() - 1);
    order_.resize(starts_.back());
    for (Index i = first; i < last; ++i)
      if (counts(i)) order_[next_[rows_.group[i]]++] = i;
  }

  void add_stretch(const std::function<void()>& poll) {
    if (order_.empty()) return;
    if (plain_ && lies_as_it_is_needed()) {
      for (std::size_t g = 0; g < sums_.size(); ++g)
        if (size(g) > 0) {
          poll();
          add_in_place(order_[starts_[g]], size(g), sums_[g].data());
        }
      return;
    }
    copy();
    const Index m = static_cast<Index>(order_.size());
    for (std::size_t g = 0; g < sums_.size(); ++g) {
      if (size(g) == 0) continue;
      poll();
      const double* z = z_.data() + static_cast<std::ptrdiff_t>(starts_[g]) * (X_.row_major() ? q_ : 1);
      if (X_.row_major()) blas::syrk('N', q_, size(g), 1.0, z, q_, 1.0, sums_[g].data(), q_);
      else blas::syrk('T', q_, size(g), 1.0, z, m, 1.0, sums_[g].data(), q_);
    }
  }

  Index size(std::size_t g) const { return starts_[g + 1] - starts_[g]; }

  bool lies_as_it_is_needed() const {
    for (std::size_t g = 0; g < sums_.size(); ++g)
      for (Index k = starts_[g] + 1; k < starts_[g + 1]; ++k)
        if (order_[k] != order_[k - 1] + 1 || rows_.v[order_[k]] != rows_.v[order_[k - 1]]) return false;
    return true;
  }

  // z_ = sqrt(v) [x - shift, y - shift, 1], oriented as X is.
  void copy() {
    const Index m = static_cast<Index>(order_.size());
    root_.resize(m);
    for (Index k = 0; k < m; ++k) root_[k] = std::sqrt(rows_.v[order_[k]]);
    z_.resize(static_cast<std::size_t>(m) * q_);
    const std::ptrdiff_t row = X_.row_major() ? q_ : 1, column = X_.row_major() ? 1 : m;
    X_.gather_rows(order_.data(), m, root_.data(), rows_.shift, z_.data(), std::max(row, column));
    for (Index k = 0; k < m; ++k) {
      z_[k * row + p_ * column] = root_[k] * (rows_.y[order_[k]] - rows_.shift[p_]);
      z_[k * row + (p_ + 1) * column] = root_[k];
    }
  }

  void add_in_place(Index first, Index m, double* sums) {
    if constexpr (std::is_same_v<T, double>) {
      const double v = rows_.v[first], *x = X_.row(first);
      Vector rest(2 * static_cast<std::size_t>(m), 1.0);  // [y - shift, 1]
      for (Index i = 0; i < m; ++i) rest[i] = rows_.y[first + i] - rows_.shift[p_];
      double* across = sums + static_cast<std::ptrdiff_t>(p_) * q_;
      if (X_.row_major()) {
        blas::syrk('N', p_, m, v, x, p_, 1.0, sums, q_);
        blas::gemm('N', 'N', p_, 2, m, v, x, p_, rest.data(), m, 1.0, across, q_);
      } else {
        blas::syrk('T', p_, m, v, x, X_.rows(), 1.0, sums, q_);
        small::cross(p_, 2, m, x, X_.rows(), rest.data(), m, v, 1.0, across, q_);
      }
      small::cross(2, 2, m, rest.data(), m, rest.data(), m, v, 1.0, across + p_, q_);
    }
  }

  const DenseDesign<T>& X_;
  Rows rows_;
  Index p_, q_;
  std::vector<Index> starts_, next_, order_;
  std::vector<Vector> sums_;  // of each group, upper triangle
  Vector root_, z_;
  bool plain_;
};

// X'X of rows of equal weight is multiplied where they lie, straight into place, and centring takes
// m m' away again: that cancels (mean / norm)^2 of the precision, so it is for columns whose means
// are no larger than a few norms.
template <class T>
void DenseDesign<T>::gram_in_place(const View& view, const double* centred_y, double* gram, double* correlation,
                                   const std::function<void()>& poll) const {
  if constexpr (std::is_same_v<T, double>) {
    const Index n = rows(), p = cols();
    const Index stretch = std::max(2048, 4'000'000 / p);  // between looks for an interrupt
    for (Index first = 0; first < n; first += std::min(stretch, n - first)) {
      poll();
      const Index m = std::min(stretch, n - first);
      blas::syrk(row_major_ ? 'N' : 'T', p, m, view.v[0], row(first), row_major_ ? p : n, 1.0, gram, p);
    }
    Vector weighted(centred_y, centred_y + n);
    double sum = 0;
    for (double& y : weighted) sum += y *= view.v[0];
    cross(weighted.data(), 1, correlation);
    simd::axpy(-sum, view.mean.data(), correlation, p);
    for (std::ptrdiff_t j = 0; j < p; ++j) simd::axpy(-view.mean[j], view.mean.data(), gram + j * p, j + 1);
    mirror(gram, p, 0, p);
  }
}

// The Gram matrix and correlations of a view, whose rows are centred on the way where they must be.
template <class T>
bool DenseDesign<T>::gram(const View& view, const double* centred_y, double* gram, double* correlation,
                          const std::function<void()>& poll) const {
  const std::ptrdiff_t p = cols();
  if (std::is_same_v<T, double> && nearly_centred(view)) {
    gram_in_place(view, centred_y, gram, correlation, poll);
    return true;
  }
  Vector shift(p + 1, 0.0);
  std::copy_n(view.mean.begin(), p, shift.begin());
  const std::vector<std::int32_t> all(rows(), 0);
  Gatherer<T> gatherer(*this, {centred_y, view.v.data(), shift.data(), all.data()}, 1);
  const Vector found = std::move(gatherer.gather(poll)[0]);
  for (std::ptrdiff_t j = 0; j < p; ++j) {
    const double* products = found.data() + j * (p + 2);
    std::copy_n(products, p, gram + j * p);
    correlation[j] = products[p];
  }
  return true;
}

}  // namespace taut
