// Compressed sparse rows, for those who ask for means and products only: the arrays of X' by
// columns. Its columns are nowhere together, and working sets need a copy that has them.
#pragma once

#include "sparse.hpp"

namespace taut {

template <class T, class I>
class SparseRows final : public Design {
 public:
  SparseRows(const T* values, const I* column, const I* start, Index rows, Index cols)
      : Design(rows, cols), transposed_(values, column, start, cols, rows) {}

  double entries() const override { return transposed_.entries(); }
  void moments(const double* v, bool centre, double* mean, double* norm) const override {
    const std::size_t p = cols();
    std::fill_n(mean, p, 0.0);
    if (centre) transposed_.product(v, 1, mean);
    Vector stored(p, 0.0);
    std::vector<simd::Deviation> d(p, {0, 0});
    for (Index i = 0; i < rows(); ++i)
      transposed_.each(i, [&](I j, double x) {
        const double w = v[i] * (x - mean[j]);
        stored[j] += v[i];
        d[j].first += w;
        d[j].second += w * (x - mean[j]);
      });
    for (std::size_t j = 0; j < p; ++j) settle_sparse_mean(d[j], stored[j], rows(), centre, mean[j], norm[j]);
  }

  void cross(const double* R, int count, double* out) const override { transposed_.product(R, count, out); }
  void product(const double* coefs, int count, double* out) const override { transposed_.cross(coefs, count, out); }
  void cross_some(const std::vector<Index>& features, const double* r, double* out) const override {
    Vector all(cols());
    cross(r, 1, all.data());
    for (std::size_t k = 0; k < features.size(); ++k) out[k] = all[features[k]];
  }

  std::unique_ptr<Columns> columns(const View&) const override { unasked(); }
  bool has_gram() const override { return false; }
  bool gram(const View&, const double*, double*, double*, const std::function<void()>&) const override { return false; }

 private:
  SparseDesign<T, I> transposed_;
};

}  // namespace taut
