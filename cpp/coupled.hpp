// Working columns under a curvature that couples rows: their Gram matrix is X'(HX), from what the
// curvature makes of one column after another.
#pragma once

#include "design.hpp"

namespace taut {

class CoupledColumns final : public Columns {
 public:
  CoupledColumns(std::unique_ptr<Columns> columns, const View& view) : columns_(std::move(columns)), view_(view) {}

  Index length() const override { return columns_->length(); }

  void append(const std::vector<Index>& features, double* gram, std::ptrdiff_t ld) override {
    columns_->append(features, nullptr, 0);
    const int old = size_;
    size_ += static_cast<int>(features.size());
    if (gram != nullptr) write(old, gram, ld);
  }

  void reweigh(const Curvature& curvature, double* gram, std::ptrdiff_t ld) override {
    curvature_ = &curvature;
    write(0, gram, ld);
  }

  void product(const double* coefs, double* out) const override { columns_->product(coefs, out); }
  void cross(const double* R, int count, double* out) const override { columns_->cross(R, count, out); }
  std::unique_ptr<Residual> model(const double*, const Curvature&, const std::vector<int>&) const override { unasked(); }

 private:
  static constexpr int kBlock = 32;  // columns at a time

  void write(int old, double* gram, std::ptrdiff_t ld) const {
    const std::ptrdiff_t n = view_.design.rows();
    Vector one(size_, 0.0), column(n), bent(n * std::min(kBlock, size_ - old)), found;
    for (int first = old; first < size_; first += kBlock) {
      const int count = std::min(kBlock, size_ - first);
      for (int c = 0; c < count; ++c) {
        one[first + c] = 1;
        columns_->product(one.data(), column.data());
        one[first + c] = 0;
        double* out = bent.data() + c * n;
        curvature_->apply(column.data(), out);
        for (std::ptrdiff_t i = 0; i < n; ++i) out[i] *= view_.v[i];
      }
      found.resize(static_cast<std::size_t>(size_) * count);
      columns_->cross(bent.data(), count, found.data());
      for (int c = 0; c < count; ++c) std::copy_n(found.data() + static_cast<std::ptrdiff_t>(c) * size_, first + c + 1, gram + (first + c) * ld);
    }
    mirror(gram, ld, old, size_);
  }

  std::unique_ptr<Columns> columns_;
  const View& view_;
  const Curvature* curvature_ = nullptr;
  int size_ = 0;
};

}  // namespace taut
