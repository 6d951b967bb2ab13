// The rows that have weight: working columns hold no others, so that the fold of a cross-validation is
// as short as what it is fitted on.
#pragma once

#include "design.hpp"

namespace taut {

class WeightedRows {
 public:
  explicit WeightedRows(const View& view) : length_(static_cast<Index>(view.v.size())) {
    for (Index i = 0; i < length_; ++i)
      if (view.v[i] > 0) rows_.push_back(i), roots_.push_back(view.root_v[i]);
  }

  Index size() const { return static_cast<Index>(rows_.size()); }
  bool all() const { return size() == length_; }
  Index operator[](Index i) const { return rows_[i]; }
  const double* roots() const { return roots_.data(); }  // of their weights

  // Their entries of a vector with one for every row.
  void collect(const double* every, double* out) const {
    for (Index i = 0; i < size(); ++i) out[i] = every[rows_[i]];
  }

  // The other way, in place: x holds theirs at its beginning. Zeros elsewhere.
  void spread(double* x) const {
    if (all()) return;
    Index i = size();
    for (Index row = length_; row-- > 0;) x[row] = i > 0 && rows_[i - 1] == row ? x[--i] : 0.0;
  }

 private:
  Index length_;
  std::vector<Index> rows_;
  Vector roots_;
};

}  // namespace taut
