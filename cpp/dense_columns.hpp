// Working columns of a dense matrix: those rows that have weight, weighted and centred in float64, side
// by side.
#pragma once

#include "dense.hpp"

namespace taut {

template <class T>
class DenseColumns final : public Columns {
 public:
  DenseColumns(const DenseDesign<T>& X, const View& view) : X_(X), view_(view), rows_(view) {}

  Index length() const override { return rows_.size(); }

  void append(const std::vector<Index>& features, double* gram, std::ptrdiff_t ld) override {
    const Index n = length();
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
    X_.gather(view_, rows_, features.data(), k, fresh);
    if (gram == nullptr) return;
    multiply(old, gram, ld);
    mirror(gram, ld, old, size_);
  }

  std::unique_ptr<ResponseResidual> follow(const double* centred_y, const double* coefs) const override {
    const Index n = length();
    Vector root(n);
    rows_.collect(centred_y, root.data());
    for (Index i = 0; i < n; ++i) root[i] *= rows_.roots()[i];
    for (int k = 0; k < size_; ++k)
      if (coefs[k] != 0.0) simd::axpy(-coefs[k], column(k), root.data(), n);
    return std::make_unique<Following>(*this, std::move(root));
  }

  std::unique_ptr<Residual> model(const double* slope, const Curvature& curvature,
                                  const std::vector<int>& places) const override {
    Vector slopes(length());
    rows_.collect(slope, slopes.data());
    return std::make_unique<Model>(*this, slopes.data(), bend(curvature), places);
  }

  void reweigh(const Curvature& curvature, double* gram, std::ptrdiff_t ld) override {
    const Index n = length();
    const double* w = rows_.roots();
    curvature_ = bend(curvature);
    explained_.resize(n);
    double total = 0;
    for (Index i = 0; i < n; ++i) total += w[i] * w[i] * curvature_[i];
    for (Index i = 0; i < n; ++i)
      explained_[i] = view_.centred && total > 0 ? w[i] * curvature_[i] / std::sqrt(total) : 0.0;
    shift_.clear();
    multiply(0, gram, ld);
    mirror(gram, ld, 0, size_);
  }

  void products(const double* weights, const Columns& others, int first, double* out) const override {
    const Index n = length();
    const auto& right = static_cast<const DenseColumns&>(others);
    Vector mine(n), scaled(static_cast<std::size_t>(n) * kBlock);
    rows_.collect(weights, mine.data());
    for (; first < right.size_; first += kBlock, out += static_cast<std::ptrdiff_t>(size_) * kBlock) {
      const int m = std::min(kBlock, right.size_ - first);
      scale(mine.data(), right.column(first), m, scaled.data());
      blas::gemm('T', 'N', size_, m, n, 1.0, z_.data(), n, scaled.data(), n, 0.0, out, size_);
    }
  }

  void product(const double* coefs, double* out) const override {
    const Index n = length();
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
      for (Index i = 0; i < m; ++i) sums[i] /= rows_.roots()[first + i];
    }
    rows_.spread(out);
  }

  void residual(const double* centred_y, const double* coefs, int count, double* R,
                double* rss) const override {
    const Index n = length(), all = X_.rows();
    const double* w = rows_.roots();
    for (int c = 0; c < count; ++c) {
      double* r = R + static_cast<std::ptrdiff_t>(c) * all;
      rows_.collect(centred_y, r);
      for (Index i = 0; i < n; ++i) r[i] *= w[i];
    }
    if (size_ > 0) blas::gemm('N', 'N', n, count, size_, -1.0, z_.data(), n, coefs, size_, 1.0, R, all);
    for (int c = 0; c < count; ++c) {
      double* r = R + static_cast<std::ptrdiff_t>(c) * all;
      rss[c] = simd::dot(r, r, n);
      for (Index i = 0; i < n; ++i) r[i] *= w[i];
      rows_.spread(r);
    }
  }

  void cross(const double* R, int count, double* out) const override {
    const Index n = length();
    Vector roots(static_cast<std::size_t>(n) * count);
    for (std::ptrdiff_t c = 0; c < count; ++c) {
      double* root = roots.data() + c * n;
      rows_.collect(R + c * X_.rows(), root);
      for (Index i = 0; i < n; ++i) root[i] /= rows_.roots()[i];
    }
    // A matrix product would copy all columns for a single one.
    if (count == 1) blas::gemv('T', n, size_, 1.0, z_.data(), n, roots.data(), 0.0, out);
    else blas::gemm('T', 'N', size_, count, n, 1.0, z_.data(), n, roots.data(), n, 0.0, out, size_);
  }

 private:
  const DenseDesign<T>& X_;
  const View& view_;
  const WeightedRows rows_;
  const double* column(int k) const { return z_.data() + static_cast<std::ptrdiff_t>(k) * length(); }

  Vector bend(const Curvature& curvature) const {
    Vector every(X_.rows()), out(length());
    curvature.between(0, 0, every.data());
    rows_.collect(every.data(), out.data());
    return out;
  }

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
      const double* w = columns_.rows_.roots();
      for (std::size_t i = 0; i < root_.size(); ++i) weighted[i] = w[i] * root_[i];
      columns_.rows_.spread(weighted);
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
        : columns_(columns), places_(places), u_(columns.length()), h_(std::move(curvature)), mean_(places.size()),
          curvature_(places.size()) {
      const double* root = columns.rows_.roots();
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
    const std::ptrdiff_t n = length();
    for (std::ptrdiff_t c = 0; c < count; ++c)
      for (std::ptrdiff_t i = 0; i < n; ++i) out[c * n + i] = weights[i] * z[c * n + i];
  }

  // Columns old, old + 1, ... of the upper triangle of the Gram matrix.
  void multiply(int old, double* gram, std::ptrdiff_t ld) {
    const Index n = length();
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
