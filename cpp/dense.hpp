// Dense matrices: float64 or float32, column-major or row-major, as they lie in memory.
#pragma once

#include <algorithm>
#include <functional>
#include <type_traits>

#include "blas.hpp"
#include "design.hpp"
#include "lying.hpp"
#include "weighted_rows.hpp"

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

  // out (rows with weight x k) = some columns, weighted and centred by the view.
  void gather(const View& view, const WeightedRows& rows, const Index* features, int k, double* out) const;
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
void DenseDesign<T>::gather(const View& view, const WeightedRows& rows, const Index* features, int k, double* out) const {
  const Index m = rows.size();
  const double* w = rows.roots();
  if (row_major_) {
    for (Index i = 0; i < m; ++i) {
      const T* x = row(rows[i]);
      for (int c = 0; c < k; ++c)
        out[i + static_cast<std::ptrdiff_t>(c) * m] =
            w[i] * (static_cast<double>(x[features[c]]) - view.mean[features[c]]);
    }
    return;
  }
  for (int c = 0; c < k; ++c) {
    const T* x = data_ + features[c] * col_stride_;
    const double mean = view.mean[features[c]];
    double* z = out + static_cast<std::ptrdiff_t>(c) * m;
    if (rows.all())
      for (Index i = 0; i < m; ++i) z[i] = w[i] * (static_cast<double>(x[i]) - mean);
    else
      for (Index i = 0; i < m; ++i) z[i] = w[i] * (static_cast<double>(x[rows[i]]) - mean);
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

}  // namespace taut
