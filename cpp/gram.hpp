// Sufficient statistics of least squares: weight, sums and products of the columns [X y], gathered
// group by group in one pass, and a design that consists of nothing else.
#pragma once

#include "certificate.hpp"
#include "dense.hpp"

namespace taut {

// Statistics of one group of rows, of columns less a common shift, which keeps products of large
// means from swallowing the variation: s = sum v z, C = sum v z z' (upper triangle mirrored), with
// z = [x y] - shift.
struct GroupStatistics {
  double weight = 0;
  Vector sums, products;
};

// Rows with a negative group belong to none. Rows are taken a stretch at a time that stays in cache
// while each group's part of it is copied into a block and multiplied there: groups may lie strewn
// over all rows, and every line of memory is still fetched once.
template <class T>
std::vector<GroupStatistics> group_statistics(const DenseDesign<T>& X, const double* y,
                                              const double* v, const std::int32_t* group,
                                              int groups, const double* shift,
                                              const std::function<void()>& poll) {
  const Index n = X.rows(), p = X.cols(), q = p + 1;
  const Index block = std::clamp<Index>((1 << 18) / q, 64, 2048);
  const Index stretch = static_cast<Index>(std::min<double>(n, static_cast<double>(block) * groups));
  Vector buffer(static_cast<std::size_t>(block) * q), root(block);
  std::vector<std::vector<Index>> members(groups);
  std::vector<GroupStatistics> out(groups);
  for (GroupStatistics& s : out) {
    s.sums.assign(q, 0.0);
    s.products.assign(static_cast<std::size_t>(q) * q, 0.0);
  }
  const auto add = [&](GroupStatistics& s, const Index* rows, Index m) {
    for (Index i = 0; i < m; ++i) {
      s.weight += v[rows[i]];
      root[i] = std::sqrt(v[rows[i]]);
      buffer[i + static_cast<std::ptrdiff_t>(p) * m] = root[i] * (y[rows[i]] - shift[p]);
    }
    X.gather_rows(rows, m, root.data(), shift, buffer.data());
    blas::syrk('T', q, m, 1.0, buffer.data(), m, 1.0, s.products.data(), q);
    blas::gemv('T', m, q, 1.0, buffer.data(), m, root.data(), 1.0, s.sums.data());
  };
  for (Index first = 0; first < n; first += std::min(stretch, n - first)) {
    poll();
    for (std::vector<Index>& rows : members) rows.clear();
    for (Index i = first; i < first + std::min(stretch, n - first); ++i)
      if (group[i] >= 0 && v[i] > 0) members[group[i]].push_back(i);
    for (int g = 0; g < groups; ++g)
      for (std::size_t k = 0; k < members[g].size(); k += block)
        add(out[g], members[g].data() + k, static_cast<Index>(std::min<std::size_t>(block, members[g].size() - k)));
  }
  for (GroupStatistics& s : out) mirror(s.products.data(), q, 0, q);
  return out;
}

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
