// Working columns of a column-major matrix where they lie, for coordinate descent: nothing is copied.
#pragma once

#include <vector>

#include "design.hpp"
#include "simd.hpp"

namespace taut {

// With equal weights v a working column is z = sqrt(v) (x - m), and the residual is sqrt(v) (q - c),
// where q alone follows the moves. Its entries add up to zero, so that
// z' residual = v x'(q - c) = v (x'q - c n m).
class LyingColumns final : public Columns {
 public:
  LyingColumns(const double* data, const View& view) : data_(data), view_(view) {}

  void append(const std::vector<Index>& features, double*, std::ptrdiff_t) override {
    features_.insert(features_.end(), features.begin(), features.end());
  }

  std::unique_ptr<ResponseResidual> follow(const double* centred_y, const double* coefs) const override {
    auto out = std::make_unique<Following>(*this, Vector(centred_y, centred_y + rows()));
    for (std::size_t k = 0; k < features_.size(); ++k)
      if (coefs[k] != 0.0) out->move(static_cast<int>(k), coefs[k]);
    return out;
  }

  void cross(const double* R, int count, double* out) const override {
    for (int c = 0; c < count; ++c, R += rows()) {
      double sum = 0;
      for (Index i = 0; i < rows(); ++i) sum += R[i];
      for (std::size_t k = 0; k < features_.size(); ++k)
        *out++ = simd::dot(column(k), R, rows()) - mean(k) * sum;
    }
  }

  void product(const double*, double*) const override { unasked(); }
  std::unique_ptr<Residual> model(const double*, const Curvature&, const std::vector<int>&) const override { unasked(); }
  void reweigh(const Curvature&, double*, std::ptrdiff_t) override { unasked(); }

 private:
  class Following final : public ResponseResidual {
   public:
    Following(const LyingColumns& columns, Vector q) : columns_(columns), q_(std::move(q)) {}
    double correlation(int k) const override {
      const Index n = columns_.rows();
      return columns_.view_.v[0] * (simd::dot(columns_.column(k), q_.data(), n) - c_ * n * columns_.mean(k));
    }
    double curvature(int k) const override {
      const double norm = columns_.view_.norm[columns_.features_[k]];
      return norm * norm;
    }
    void move(int k, double by) override {
      simd::axpy(-by, columns_.column(k), q_.data(), columns_.rows());
      c_ -= by * columns_.mean(k);
    }
    double write(double* weighted) const override {
      const double v = columns_.view_.v[0];
      double squares = 0;
      for (std::size_t i = 0; i < q_.size(); ++i) {
        const double residual = q_[i] - c_;
        weighted[i] = v * residual;
        squares += residual * residual;
      }
      return v * squares;
    }

   private:
    const LyingColumns& columns_;
    Vector q_;
    double c_ = 0;
  };

  Index rows() const { return view_.design.rows(); }
  const double* column(std::size_t k) const { return data_ + static_cast<std::ptrdiff_t>(features_[k]) * rows(); }
  double mean(std::size_t k) const { return view_.mean[features_[k]]; }

  const double* data_;
  const View& view_;
  std::vector<Index> features_;
};

}  // namespace taut
