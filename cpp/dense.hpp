// Dense matrices: float64 or float32, column-major or row-major, as they lie in memory.
#pragma once

#include <algorithm>
#include <functional>
#include <type_traits>

#include "blas.hpp"
#include "design.hpp"
#include "lying.hpp"

namespace taut {

template <class T>
class DenseDesign final : public Design {
 public:
  DenseDesign(const T* data, Index rows, Index cols, bool row_major)
      : Design(rows, cols), data_(data), row_major_(row_major),
        row_stride_(row_major ? cols : 1), col_stride_(row_major ? 1 : rows) {}

  void moments(const double* v, bool centre, double* mean, double* norm) const override;
  void cross(const double* R, int count, double* out) const override;
  void cross_each(const double* R, int count, double* out) const override;
  void cross_some(const std::vector<Index>& features, const double* r, double* out) const override;
  void product(const double* coefs, int count, double* out) const override;
  std::unique_ptr<Columns> columns(const View& view) const override;
  std::unique_ptr<Columns> lying_columns(const View& view) const override {
    if constexpr (std::is_same_v<T, double>)
      if (!row_major_ && nearly_centred(view)) return std::make_unique<LyingColumns>(data_, view);
    return nullptr;
  }
  bool gram(const View& view, const double* centred_y, double* gram, double* correlation,
            const std::function<void()>& poll) const override;

  // out (m x k, ld m) = rows first..first+m of some columns, weighted and centred by the view.
  void gather(const View& view, const Index* features, int k, Index first, Index m,
              double* out) const;
  // The same for some rows, their roots and all columns, oriented as the matrix is.
  void gather_rows(const Index* selected, Index m, const double* root, const double* shift, double* out,
                   std::ptrdiff_t lead) const;

  bool row_major() const { return row_major_; }
  const T* row(Index i) const { return data_ + i * row_stride_; }

 private:
  double at(std::ptrdiff_t i, std::ptrdiff_t j) const {
    return static_cast<double>(data_[i * row_stride_ + j * col_stride_]);
  }
  bool nearly_centred(const View& view) const;
  void gram_in_place(const View& view, const double* centred_y, double* gram, double* correlation,
                     const std::function<void()>& poll) const;
  void cross_converted(const double* R, int count, double* out) const;

  const T* data_;
  bool row_major_;
  std::ptrdiff_t row_stride_, col_stride_;
};

// n entries as float64: where they lie, or copied into `room`.
template <class T>
const double* widen(const T* x, std::ptrdiff_t n, Vector& room) {
  if constexpr (std::is_same_v<T, double>) {
    return x;
  } else {
    std::copy(x, x + n, room.begin());
    return room.data();
  }
}

template <class T>
void DenseDesign<T>::moments(const double* v, bool centre, double* mean, double* norm) const {
  const Index n = rows(), p = cols();
  std::fill(mean, mean + p, 0.0);
  std::fill(norm, norm + p, 0.0);
  if (!row_major_) {
    Vector widened(std::is_same_v<T, double> ? 0 : n);
    for (Index j = 0; j < p; ++j) {
      const double* x = widen(data_ + j * col_stride_, n, widened);
      mean[j] = centre ? simd::dot(v, x, n) : 0.0;
      settle_mean(simd::deviation(v, x, mean[j], n), centre, mean[j], norm[j]);
    }
    return;
  }
  if (centre)
    for (Index i = 0; i < n; ++i) {
      const T* x = data_ + i * row_stride_;
      for (Index j = 0; j < p; ++j) mean[j] += v[i] * static_cast<double>(x[j]);
    }
  Vector first(p, 0.0);
  for (Index i = 0; i < n; ++i) {
    const T* x = data_ + i * row_stride_;
    for (Index j = 0; j < p; ++j) {
      const double d = static_cast<double>(x[j]) - mean[j], w = v[i] * d;
      first[j] += w;
      norm[j] += w * d;
    }
  }
  for (Index j = 0; j < p; ++j) settle_mean({first[j], norm[j]}, centre, mean[j], norm[j]);
}

template <class T>
void DenseDesign<T>::cross(const double* R, int count, double* out) const {
  if constexpr (std::is_same_v<T, double>) {
    const Index n = rows(), p = cols();
    const double* x = data_;
    if (row_major_) {
      if (count == 1) blas::gemv('N', p, n, 1.0, x, p, R, 0.0, out);
      else blas::gemm('N', 'N', p, count, n, 1.0, x, p, R, n, 0.0, out, p);
    } else {
      // Short columns meet all right-hand sides while they are in cache.
      if (n <= 4096) small::cross(p, count, n, x, n, R, n, 1.0, 0.0, out, p);
      else if (count == 1) blas::gemv('T', n, p, 1.0, x, n, R, 0.0, out);
      else blas::gemm('T', 'N', p, count, n, 1.0, x, n, R, n, 0.0, out, p);
    }
  } else {
    cross_converted(R, count, out);
  }
}

template <class T>
void DenseDesign<T>::cross_each(const double* R, int count, double* out) const {
  const std::ptrdiff_t n = rows(), p = cols();
  Vector widened(std::is_same_v<T, double> ? 0 : row_major_ ? p : n);
  if (row_major_) {
    std::fill_n(out, p * count, 0.0);
    for (std::ptrdiff_t i = 0; i < n; ++i) {
      const double* x = widen(data_ + i * row_stride_, p, widened);
      for (int c = 0; c < count; ++c) simd::axpy(R[i + c * n], x, out + c * p, p);
    }
    return;
  }
  for (std::ptrdiff_t j = 0; j < p; ++j) {
    const double* x = widen(data_ + j * col_stride_, n, widened);
    for (int first = 0; first < count; first += 4) {
      const int many = std::min(count - first, 4);
      double found[4];
      if (many == 1) {
        found[0] = simd::dot(x, R + first * n, n);
      } else {
        // Four cost hardly more than two: the last one stands in for those that are missing.
        const double* r[4];
        for (int c = 0; c < 4; ++c) r[c] = R + (first + std::min(c, many - 1)) * n;
        simd::dots4(x, r, n, found);
      }
      for (int c = 0; c < many; ++c) out[j + (first + c) * p] = found[c];
    }
  }
}

template <class T>
void DenseDesign<T>::cross_some(const std::vector<Index>& features, const double* r, double* out) const {
  const Index n = rows();
  const std::size_t count = features.size();
  if (row_major_) {
    std::fill_n(out, count, 0.0);
    for (Index i = 0; i < n; ++i)
      for (std::size_t k = 0; k < count; ++k) out[k] += r[i] * at(i, features[k]);
    return;
  }
  Vector widened(std::is_same_v<T, double> ? 0 : n);
  for (std::size_t k = 0; k < count; ++k)
    out[k] = simd::dot(widen(data_ + features[k] * col_stride_, n, widened), r, n);
}

// float32 entries are widened block by block: products and sums are float64 throughout.
template <class T>
void DenseDesign<T>::cross_converted(const double* R, int count, double* out) const {
  const Index n = rows(), p = cols(), length = row_major_ ? p : n, lines = row_major_ ? n : p;
  // No more than 32 MiB at a time, however long the lines are.
  const Index block = std::min<Index>(lines, std::clamp<Index>((1 << 22) / length, 1, 128));
  Vector buffer(static_cast<std::size_t>(length) * block);
  if (row_major_) {
    for (Index first = 0; first < n; first += block) {
      const Index m = std::min(block, n - first);
      const T* x = data_ + first * row_stride_;
      std::copy(x, x + static_cast<std::ptrdiff_t>(m) * p, buffer.begin());
      blas::gemm('N', 'N', p, count, m, 1.0, buffer.data(), p, R + first, n, first ? 1.0 : 0.0, out,
                 p);
    }
  } else {
    for (Index first = 0; first < p; first += block) {
      const Index m = std::min(block, p - first);
      const T* x = data_ + first * col_stride_;
      std::copy(x, x + static_cast<std::ptrdiff_t>(m) * n, buffer.begin());
      blas::gemm('T', 'N', m, count, n, 1.0, buffer.data(), n, R, n, 0.0, out + first, p);
    }
  }
}

template <class T>
void DenseDesign<T>::product(const double* coefs, int count, double* out) const {
  const Index n = rows(), p = cols();
  if constexpr (std::is_same_v<T, double>) {
    if (row_major_) blas::gemm('T', 'N', n, count, p, 1.0, data_, p, coefs, p, 0.0, out, n);
    else blas::gemm('N', 'N', n, count, p, 1.0, data_, n, coefs, p, 0.0, out, n);
  } else {
    std::fill(out, out + static_cast<std::ptrdiff_t>(n) * count, 0.0);
    for (std::ptrdiff_t c = 0; c < count; ++c)
      for (Index j = 0; j < p; ++j)
        if (coefs[c * p + j] != 0.0)
          for (std::ptrdiff_t i = 0; i < n; ++i) out[c * n + i] += coefs[c * p + j] * at(i, j);
  }
}

template <class T>
void DenseDesign<T>::gather(const View& view, const Index* features, int k, Index first, Index m,
                            double* out) const {
  const double* w = view.root_v.data() + first;
  if (row_major_) {
    for (Index i = 0; i < m; ++i) {
      const T* x = data_ + (first + i) * row_stride_;
      for (int c = 0; c < k; ++c)
        out[i + static_cast<std::ptrdiff_t>(c) * m] =
            w[i] * (static_cast<double>(x[features[c]]) - view.mean[features[c]]);
    }
    return;
  }
  for (int c = 0; c < k; ++c) {
    const T* x = data_ + features[c] * col_stride_ + first;
    const double mean = view.mean[features[c]];
    double* z = out + static_cast<std::ptrdiff_t>(c) * m;
    for (Index i = 0; i < m; ++i) z[i] = w[i] * (static_cast<double>(x[i]) - mean);
  }
}

// Equal weights, and means no larger than a few norms.
template <class T>
bool DenseDesign<T>::nearly_centred(const View& view) const {
  for (double v : view.v)
    if (v != view.v[0]) return false;
  for (Index j = 0; j < cols(); ++j)
    if (std::abs(view.mean[j]) > 4 * view.norm[j]) return false;
  return true;
}

template <class T>
void DenseDesign<T>::gather_rows(const Index* selected, Index m, const double* root, const double* shift,
                                 double* out, std::ptrdiff_t lead) const {
  if (row_major_) {
    for (Index i = 0; i < m; ++i) {
      const T* x = row(selected[i]);
      double* z = out + i * lead;
      for (Index j = 0; j < cols(); ++j) z[j] = root[i] * (static_cast<double>(x[j]) - shift[j]);
    }
    return;
  }
  for (Index j = 0; j < cols(); ++j) {
    const T* x = data_ + j * col_stride_;
    double* z = out + j * lead;
    for (Index i = 0; i < m; ++i) z[i] = root[i] * (static_cast<double>(x[selected[i]]) - shift[j]);
  }
}

// Working columns of a dense matrix: kept weighted and centred in float64, side by side.
template <class T>
class DenseColumns final : public Columns {
 public:
  DenseColumns(const DenseDesign<T>& X, const View& view) : X_(X), view_(view) {}

  Index length() const override { return X_.rows(); }

  void append(const std::vector<Index>& features, double* gram, std::ptrdiff_t ld) override {
    const Index n = X_.rows();
    const int k = static_cast<int>(features.size()), old = size_;
    size_ += k;
    features_.insert(features_.end(), features.begin(), features.end());
    // Room for all columns, of which only what is written takes memory: growing would hold two
    // copies for a while.
    if (z_.capacity() == 0) try {
        z_.reserve(static_cast<std::size_t>(X_.cols()) * n);
      } catch (const std::bad_alloc&) {
      }
    z_.resize(static_cast<std::size_t>(size_) * n);
    double* fresh = z_.data() + static_cast<std::ptrdiff_t>(old) * n;
    X_.gather(view_, features.data(), k, 0, n, fresh);
    if (gram == nullptr) return;
    multiply(old, gram, ld);
    mirror(gram, ld, old, size_);
  }

  std::unique_ptr<ResponseResidual> follow(const double* centred_y, const double* coefs) const override {
    const Index n = X_.rows();
    Vector root(n);
    for (Index i = 0; i < n; ++i) root[i] = view_.root_v[i] * centred_y[i];
    for (int k = 0; k < size_; ++k)
      if (coefs[k] != 0.0) simd::axpy(-coefs[k], column(k), root.data(), n);
    return std::make_unique<Following>(*this, std::move(root));
  }

  std::unique_ptr<Residual> model(const double* slope, const Curvature& curvature,
                                  const std::vector<int>& places) const override {
    Vector bend(X_.rows());
    curvature.between(0, 0, bend.data());
    return std::make_unique<Model>(*this, slope, std::move(bend), places);
  }

  void reweigh(const Curvature& curvature, double* gram, std::ptrdiff_t ld) override {
    const Index n = X_.rows();
    curvature_.resize(n);
    curvature.between(0, 0, curvature_.data());
    explained_.resize(n);
    double total = 0;
    for (Index i = 0; i < n; ++i) total += view_.v[i] * curvature_[i];
    for (Index i = 0; i < n; ++i)
      explained_[i] = view_.centred && total > 0 ? view_.root_v[i] * curvature_[i] / std::sqrt(total) : 0.0;
    shift_.clear();
    multiply(0, gram, ld);
    mirror(gram, ld, 0, size_);
  }

  void products(const double* weights, const Columns& others, int first, double* out) const override {
    const Index n = X_.rows();
    const auto& right = static_cast<const DenseColumns&>(others);
    Vector scaled(static_cast<std::size_t>(n) * kBlock);
    for (; first < right.size_; first += kBlock, out += static_cast<std::ptrdiff_t>(size_) * kBlock) {
      const int m = std::min(kBlock, right.size_ - first);
      scale(weights, right.column(first), m, scaled.data());
      blas::gemm('T', 'N', size_, m, n, 1.0, z_.data(), n, scaled.data(), n, 0.0, out, size_);
    }
  }

  void product(const double* coefs, double* out) const override {
    const Index n = X_.rows();
    std::vector<const double*> moving;
    Vector by;
    for (int k = 0; k < size_; ++k)
      if (coefs[k] != 0.0) moving.push_back(column(k)), by.push_back(coefs[k]);
    // Some rows at a time: their sums stay in cache.
    for (Index first = 0; first < n; first += kRows) {
      const Index m = std::min(kRows, n - first);
      double* sums = out + first;
      std::fill_n(sums, m, 0.0);
      std::size_t k = 0;
      for (; k + 4 <= moving.size(); k += 4) {
        simd::axpy4(by.data() + k, moving.data() + k, sums, m);
        for (int c = 0; c < 4; ++c) moving[k + c] += m;
      }
      for (; k < moving.size(); moving[k++] += m) simd::axpy(by[k], moving[k], sums, m);
      for (Index i = 0; i < m; ++i) sums[i] = view_.root_v[first + i] > 0 ? sums[i] / view_.root_v[first + i] : 0.0;
    }
  }

  void residual(const double* centred_y, const double* coefs, int count, double* R,
                double* rss) const override {
    const Index n = X_.rows();
    const double* w = view_.root_v.data();
    for (int c = 0; c < count; ++c)
      for (Index i = 0; i < n; ++i)
        R[static_cast<std::ptrdiff_t>(c) * n + i] = w[i] * centred_y[i];
    if (size_ > 0) blas::gemm('N', 'N', n, count, size_, -1.0, z_.data(), n, coefs, size_, 1.0, R, n);
    for (int c = 0; c < count; ++c) {
      double* r = R + static_cast<std::ptrdiff_t>(c) * n;
      rss[c] = simd::dot(r, r, n);
      for (Index i = 0; i < n; ++i) r[i] *= w[i];
    }
  }

  void cross(const double* R, int count, double* out) const override {
    const std::ptrdiff_t n = X_.rows();
    const double* w = view_.root_v.data();
    Vector root(n * count);
    for (std::ptrdiff_t c = 0; c < count; ++c)
      for (std::ptrdiff_t i = 0; i < n; ++i) root[c * n + i] = w[i] > 0 ? R[c * n + i] / w[i] : 0.0;
    // A matrix product would copy all columns for a single one.
    if (count == 1) blas::gemv('T', X_.rows(), size_, 1.0, z_.data(), X_.rows(), root.data(), 0.0, out);
    else blas::gemm('T', 'N', size_, count, X_.rows(), 1.0, z_.data(), X_.rows(), root.data(), X_.rows(), 0.0, out, size_);
  }

 private:
  const DenseDesign<T>& X_;
  const View& view_;
  const double* column(int k) const { return z_.data() + static_cast<std::ptrdiff_t>(k) * X_.rows(); }

  // Times the roots of the weights, as the columns are.
  class Following final : public ResponseResidual {
   public:
    Following(const DenseColumns& columns, Vector root) : columns_(columns), root_(std::move(root)) {}
    double correlation(int k) const override { return simd::dot(columns_.column(k), root_.data(), root_.size()); }
    double curvature(int k) const override {
      const double norm = columns_.view_.norm[columns_.features_[k]];
      return norm * norm;
    }
    void move(int k, double by) override { simd::axpy(-by, columns_.column(k), root_.data(), root_.size()); }
    double write(double* weighted) const override {
      const Vector& root = columns_.view_.root_v;
      for (std::size_t i = 0; i < root_.size(); ++i) weighted[i] = root[i] * root_[i];
      return simd::dot(root_.data(), root_.data(), root_.size());
    }

   private:
    const DenseColumns& columns_;
    Vector root_;
  };

  // As in sparse.hpp, times the roots of the weights.
  class Model final : public Residual {
   public:
    Model(const DenseColumns& columns, const double* slope, Vector curvature, const std::vector<int>& places)
        : columns_(columns), places_(places), u_(columns.X_.rows()), h_(std::move(curvature)), mean_(places.size()),
          curvature_(places.size()) {
      const Vector& root = columns.view_.root_v;
      const std::ptrdiff_t n = u_.size();
      Vector weighed(n), scaled(n);
      double total = 0;
      for (std::ptrdiff_t i = 0; i < n; ++i) {
        u_[i] = -root[i] * slope[i];
        weighed[i] = root[i] * h_[i];
        total += root[i] * weighed[i];
        sum_ += root[i] * u_[i];
      }
      share_ = columns.view_.centred && total > 0 ? 1.0 / total : 0.0;
      for (std::size_t k = 0; k < places_.size(); ++k) {
        const double* x = columns.column(places_[k]);
        mean_[k] = simd::dot(weighed.data(), x, n);
        for (std::ptrdiff_t i = 0; i < n; ++i) scaled[i] = h_[i] * x[i];
        curvature_[k] = simd::dot(scaled.data(), x, n) - mean_[k] * mean_[k] * share_;
      }
    }
    double correlation(int k) const override {
      return simd::dot(columns_.column(places_[k]), u_.data(), u_.size()) - mean_[k] * sum_ * share_;
    }
    double curvature(int k) const override { return curvature_[k]; }
    void move(int k, double by) override {
      const double* x = columns_.column(places_[k]);
      for (std::size_t i = 0; i < u_.size(); ++i) u_[i] -= by * h_[i] * x[i];
      sum_ -= by * mean_[k];
    }

   private:
    const DenseColumns& columns_;
    const std::vector<int> places_;
    Vector u_, h_, mean_, curvature_;
    double sum_ = 0, share_ = 0;
  };

  static constexpr int kBlock = 64;     // columns at a time
  static constexpr Index kRows = 2048;  // likewise rows

  // out = some columns, their rows times `weights`.
  void scale(const double* weights, const double* z, int count, double* out) const {
    const std::ptrdiff_t n = X_.rows();
    for (std::ptrdiff_t c = 0; c < count; ++c)
      for (std::ptrdiff_t i = 0; i < n; ++i) out[c * n + i] = weights[i] * z[c * n + i];
  }

  // Columns old, old + 1, ... of the upper triangle of the Gram matrix.
  void multiply(int old, double* gram, std::ptrdiff_t ld) {
    const Index n = X_.rows();
    const int k = size_ - old;
    const double* fresh = z_.data() + static_cast<std::ptrdiff_t>(old) * n;
    if (curvature_.empty()) {
      blas::gemm('T', 'N', size_, k, n, 1.0, z_.data(), n, fresh, n, 0.0, gram + old * ld, static_cast<int>(ld));
      return;
    }
    shift_.resize(size_);
    for (int c = old; c < size_; ++c) shift_[c] = simd::dot(explained_.data(), z_.data() + static_cast<std::ptrdiff_t>(c) * n, n);
    Unwritten scaled(static_cast<std::size_t>(n) * kBlock);
    for (int first = 0; first < k; first += kBlock) {
      const int m = std::min(kBlock, k - first), rows = old + first + m;
      scale(curvature_.data(), fresh + static_cast<std::ptrdiff_t>(first) * n, m, scaled.data());
      double* block = gram + (old + first) * ld;
      blas::gemm('T', 'N', rows, m, n, 1.0, z_.data(), n, scaled.data(), n, 0.0, block, static_cast<int>(ld));
      for (int c = 0; c < m; ++c) simd::axpy(-shift_[old + first + c], shift_.data(), block + c * ld, rows);
    }
  }

  int size_ = 0;
  std::vector<Index> features_;
  Unwritten z_;
  Vector curvature_;          // of each row, where it is not 1
  Vector explained_, shift_;  // of the intercept under it, and the columns' share in it
};

template <class T>
std::unique_ptr<Columns> DenseDesign<T>::columns(const View& view) const {
  return std::make_unique<DenseColumns<T>>(*this, view);
}

}  // namespace taut
