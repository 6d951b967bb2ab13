// A design that consists of sufficient statistics and nothing else.
#pragma once

#include "design.hpp"

namespace taut {

// A design known by its Gram matrix alone, as if it were one row.
class GramDesign final : public Design {
 public:
  GramDesign(const double* gram, const double* correlation, Index cols)
      : Design(1, cols), gram_(gram), correlation_(correlation) {}

  bool has_rows() const override { return false; }
  void moments(const double*, bool, double* mean, double* norm) const override {
    for (std::ptrdiff_t j = 0; j < cols(); ++j) {
      mean[j] = 0;
      norm[j] = std::sqrt(std::max(0.0, gram_[j + j * cols()]));
    }
  }
  bool gram(const View&, const double*, double* gram, double* correlation,
            const std::function<void()>&) const override {
    std::copy_n(gram_, static_cast<std::size_t>(cols()) * cols(), gram);
    std::copy_n(correlation_, cols(), correlation);
    return true;
  }
  // There are no rows to ask; the path solver does not where has_rows() is false.
  void cross(const double*, int count, double* out) const override {
    std::fill_n(out, static_cast<std::size_t>(cols()) * count, 0.0);
  }
  void cross_some(const std::vector<Index>& features, const double*, double* out) const override {
    std::fill_n(out, features.size(), 0.0);
  }
  void product(const double*, int count, double* out) const override { std::fill_n(out, count, 0.0); }
  std::unique_ptr<Columns> columns(const View&) const override { return nullptr; }

 private:
  const double *gram_, *correlation_;
};

}  // namespace taut
