// Compressed sparse columns. Centring is a rank-one correction: no zero is ever filled in.
#pragma once

#include <algorithm>
#include <functional>

#include "face.hpp"
#include "lanes.hpp"

namespace taut {

// The same as settle_mean() from the stored entries of a column, which hold `stored` of the weight.
inline void settle_sparse_mean(simd::Deviation d, double stored, Index rows, bool centre, double& mean, double& norm) {
  // Weight of the zeros; what little a full column seems to lack is rounding.
  const double rest = 1.0 - stored > 1e-15 * rows ? 1.0 - stored : 0.0;
  d.first -= mean * rest;
  d.second += mean * mean * rest;
  settle_mean(d, centre, mean, norm);
}

template <class T, class I>
class SparseDesign final : public Design {
 public:
  SparseDesign(const T* values, const I* row, const I* start, Index rows, Index cols)
      : Design(rows, cols), values_(values), row_(row), start_(start) {}

  double entries() const override { return static_cast<double>(start_[cols()]); }
  void moments(const double* v, bool centre, double* mean, double* norm) const override {
    for (Index j = 0; j < cols(); ++j) {
      double m = 0, stored = 0;
      simd::Deviation d{0, 0};
      if (centre) each(j, [&](I i, double x) { m += v[i] * x; });
      each(j, [&](I i, double x) {
        const double w = v[i] * (x - m);
        stored += v[i];
        d.first += w;
        d.second += w * (x - m);
      });
      mean[j] = m;
      settle_sparse_mean(d, stored, rows(), centre, mean[j], norm[j]);
    }
  }

  // Several right-hand sides meet each entry together.
  void cross(const double* R, int count, double* out) const override {
    if (count == 1) {
      for (Index j = 0; j < cols(); ++j) out[j] = dot(j, R);
      return;
    }
    const std::ptrdiff_t n = rows(), p = cols();
    for (int first = 0; first < count; first += kLanes) {
      const int width = std::min(kLanes, count - first);
      const lanes::Rows vectors = lanes::interleaved(R + first * n, n, width);
      lanes::cross(values_, row_, start_, p, vectors.data(), width, out + first * p);
    }
  }

  void cross_some(const std::vector<Index>& features, const double* r, double* out) const override {
    for (std::size_t k = 0; k < features.size(); ++k) out[k] = dot(features[k], r);
  }

  void product(const double* coefs, int count, double* out) const override {
    const std::ptrdiff_t n = rows(), p = cols();
    std::fill(out, out + n * count, 0.0);
    for (int c = 0; c < count; ++c)
      for (Index j = 0; j < cols(); ++j)
        if (coefs[c * p + j] != 0.0) axpy(j, coefs[c * p + j], out + c * n);
  }

  std::unique_ptr<Columns> columns(const View& view) const override;

  bool has_lanes() const override { return true; }

  // Row blocks of a sparse matrix have no cheap dense product: its Gram grows column by column.
  bool has_gram() const override { return false; }
  bool gram(const View&, const double*, double*, double*,
            const std::function<void()>&) const override {
    return false;
  }

  // Four running sums: a single one would wait for each addition.
  double dot(Index j, const double* r) const {
    double s[4] = {0, 0, 0, 0};
    I k = start_[j];
    const I end = start_[j + 1];
    for (; k + 4 <= end; k += 4)
      for (int c = 0; c < 4; ++c) s[c] += static_cast<double>(values_[k + c]) * r[row_[k + c]];
    for (; k < end; ++k) s[0] += static_cast<double>(values_[k]) * r[row_[k]];
    return (s[0] + s[1]) + (s[2] + s[3]);
  }

  std::size_t length(Index j) const { return static_cast<std::size_t>(start_[j + 1] - start_[j]); }

  void axpy(Index j, double c, double* out) const {
    each(j, [&](I i, double x) { out[i] += c * x; });
  }

  template <class F>
  void each(Index j, F&& visit) const {
    for (I k = start_[j]; k < start_[j + 1]; ++k) visit(row_[k], static_cast<double>(values_[k]));
  }

 private:
  const T* values_;
  const I* row_;
  const I* start_;
};

template <class T, class I>
class SparseColumns final : public Columns {
 public:
  SparseColumns(const SparseDesign<T, I>& X, const View& view)
      : X_(X), view_(view), weight_(view.v), rows_(X.rows()) {}

  // The working columns are kept row by row as well: a new column meets, in each of its rows, just
  // the columns that have an entry there.
  void append(const std::vector<Index>& features, double* gram, std::ptrdiff_t ld) override {
    const int old = static_cast<int>(features_.size());
    for (Index j : features) {
      const int position = static_cast<int>(features_.size());
      features_.push_back(j);
      shift_.push_back(weighted_ ? shift(j) : view_.mean[j]);
      if (gram == nullptr) continue;
      X_.each(j, [&](I i, double x) { rows_[i].push_back({position, x}); });
      fill(position, gram + position * ld);
    }
    if (gram == nullptr) return;
    mirror(gram, ld, old, static_cast<int>(features_.size()));
  }

  std::unique_ptr<ResponseResidual> follow(const double* centred_y, const double* coefs) const override {
    auto out = std::make_unique<Following>(*this, centred_y);
    for (std::size_t k = 0; k < features_.size(); ++k)
      if (coefs[k] != 0.0) out->move(static_cast<int>(k), coefs[k]);
    return out;
  }

  std::unique_ptr<ResidualLanes> follow_lanes(const double* centred_y, const double* coefs) override {
    while (packed_.start.size() <= features_.size()) pack(features_[packed_.start.size() - 1]);
    auto out = std::make_unique<FollowingLanes>(*this, centred_y);
    for (std::size_t k = 0; k < features_.size(); ++k) out->move(static_cast<int>(k), coefs + k * kLanes);
    out->settle();
    return out;
  }

  std::unique_ptr<Residual> model(const double* slope, const Curvature& curvature,
                                  const std::vector<int>& places) const override {
    Vector bend(X_.rows());
    curvature.between(0, 0, bend.data());
    return std::make_unique<Model>(*this, slope, bend, places);
  }

  void reweigh(const Curvature& curvature, double* gram, std::ptrdiff_t ld) override {
    weighted_ = true;
    curvature.between(0, 0, weight_.data());
    double total = 0;
    for (Index i = 0; i < X_.rows(); ++i) total += weight_[i] *= view_.v[i];
    root_total_ = std::sqrt(total);
    for (std::size_t k = 0; k < features_.size(); ++k) shift_[k] = shift(features_[k]);
    for (std::size_t k = 0; k < features_.size(); ++k) fill(static_cast<int>(k), gram + k * ld);
    mirror(gram, ld, 0, static_cast<int>(features_.size()));
  }

  // With S = sum w and s = X'w for the weights w: (X - 1m')'W(X - 1m') = X'WX - m s' - s m' + S m m'.
  void products(const double* weights, const Columns& others, int first, double* out) const override {
    const auto& right = static_cast<const SparseColumns&>(others);
    Vector w(X_.rows()), sums(features_.size()), spread(w.size(), 0.0);
    double total = 0;
    for (std::size_t i = 0; i < w.size(); ++i) total += w[i] = view_.v[i] * weights[i];
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] = X_.dot(features_[k], w.data());
    for (std::size_t c = first; c < right.features_.size(); ++c, out += features_.size()) {
      const Index j = right.features_[c];
      const double mean = view_.mean[j], moved = X_.dot(j, w.data()) - mean * total;
      X_.each(j, [&](I i, double x) { spread[i] = w[i] * x; });
      for (std::size_t k = 0; k < features_.size(); ++k)
        out[k] = X_.dot(features_[k], spread.data()) - mean * sums[k] - view_.mean[features_[k]] * moved;
      X_.each(j, [&](I i, double) { spread[i] = 0; });
    }
  }

  void product(const double* coefs, double* out) const override {
    double level = 0;
    for (std::size_t k = 0; k < features_.size(); ++k) level -= coefs[k] * view_.mean[features_[k]];
    std::fill_n(out, X_.rows(), level);
    for (std::size_t k = 0; k < features_.size(); ++k)
      if (coefs[k] != 0.0) X_.axpy(features_[k], coefs[k], out);
  }

  void residual(const double* centred_y, const double* coefs, int count, double* R,
                double* rss) const override {
    const std::ptrdiff_t n = X_.rows();
    const std::ptrdiff_t size = features_.size();
    for (int c = 0; c < count; ++c) {
      double* r = R + c * n;
      double shift = 0;
      for (std::ptrdiff_t k = 0; k < size; ++k) shift += coefs[c * size + k] * view_.mean[features_[k]];
      for (std::ptrdiff_t i = 0; i < n; ++i) r[i] = centred_y[i] + shift;
      for (std::ptrdiff_t k = 0; k < size; ++k)
        if (coefs[c * size + k] != 0.0) X_.axpy(features_[k], -coefs[c * size + k], r);
      double s = 0;
      for (std::ptrdiff_t i = 0; i < n; ++i) {
        s += view_.v[i] * r[i] * r[i];
        r[i] *= view_.v[i];
      }
      rss[c] = s;
    }
  }

  void cross(const double* R, int count, double* out) const override {
    for (std::ptrdiff_t c = 0; c < count; ++c)
      view_.cross_some(features_, R + c * X_.rows(), out + c * features_.size());
  }

 private:
  // Columns one after the other, by the roots of the weights: a sweep reads them in order.
  struct Packed {
    Vector values;
    std::vector<I> rows;
    std::vector<std::ptrdiff_t> start{0};
  };

  void pack(Index j) {
    X_.each(j, [&](I i, double x) {
      packed_.values.push_back(view_.root_v[i] * x);
      packed_.rows.push_back(i);
    });
    packed_.start.push_back(static_cast<std::ptrdiff_t>(packed_.rows.size()));
  }

  // Weighted, as correlations want it. What centring adds to every row, sum_k b_k mean_k, is kept as
  // one number: the true residual has weighted sum zero, so x_j'V (r + shift) is all there is to a
  // correlation.
  class Following final : public ResponseResidual {
   public:
    Following(const SparseColumns& columns, const double* centred_y)
        : columns_(columns), weighted_(columns.X_.rows()) {
      for (std::size_t i = 0; i < weighted_.size(); ++i) weighted_[i] = columns.view_.v[i] * centred_y[i];
    }
    double correlation(int k) const override {
      const Index j = columns_.features_[k];
      return columns_.X_.dot(j, weighted_.data()) + shift_ * columns_.view_.mean[j];
    }
    double curvature(int k) const override {
      const double norm = columns_.view_.norm[columns_.features_[k]];
      return norm * norm;
    }
    void move(int k, double by) override {
      const Index j = columns_.features_[k];
      const double* v = columns_.view_.v.data();
      columns_.X_.each(j, [&](I i, double x) { weighted_[i] -= by * v[i] * x; });
      shift_ += by * columns_.view_.mean[j];
    }
    double write(double* weighted) const override {
      const Vector& v = columns_.view_.v;
      double squares = 0;
      for (std::size_t i = 0; i < weighted_.size(); ++i) {
        weighted[i] = weighted_[i] + v[i] * shift_;
        if (v[i] > 0) squares += weighted[i] * weighted[i] / v[i];
      }
      return squares;
    }

   private:
    const SparseColumns& columns_;
    Vector weighted_;
    double shift_ = 0;
  };

  // The same for several, side by side, with rows and columns by the roots of the weights.
  class FollowingLanes final : public ResidualLanes {
   public:
    FollowingLanes(const SparseColumns& columns, const double* centred_y)
        : columns_(columns), packed_(columns.packed_), rows_(static_cast<std::size_t>(columns.X_.rows()) * kLanes) {
      for (Index i = 0; i < columns.X_.rows(); ++i)
        std::fill_n(rows_.begin() + static_cast<std::ptrdiff_t>(i) * kLanes, kLanes, columns.view_.root_v[i] * centred_y[i]);
    }
    void correlations(int k, double* out) const override {
      const std::ptrdiff_t first = packed_.start[k];
      lanes::dot(packed_.values.data() + first, packed_.rows.data() + first, packed_.start[k + 1] - first, rows_.data(), out);
      const double mean = columns_.view_.mean[columns_.features_[k]];
      for (int c = 0; c < kLanes; ++c) out[c] += shift_[c] * mean;
    }
    double curvature(int k) const override {
      const double norm = columns_.view_.norm[columns_.features_[k]];
      return norm * norm;
    }
    void move(int k, const double* by) override {
      if (std::all_of(by, by + kLanes, [](double b) { return b == 0; })) return;
      const std::ptrdiff_t first = packed_.start[k];
      lanes::subtract(packed_.values.data() + first, packed_.rows.data() + first, packed_.start[k + 1] - first, by, rows_.data());
      const double mean = columns_.view_.mean[columns_.features_[k]];
      for (int c = 0; c < kLanes; ++c) shift_[c] += by[c] * mean;
    }
    // Takes out what rounding has left of the weighted sums: large means would feel it.
    void settle() {
      if (!columns_.view_.centred) return;
      const Vector& root = columns_.view_.root_v;
      double sums[kLanes] = {};
      for (std::size_t i = 0; i < root.size(); ++i)
        for (int c = 0; c < kLanes; ++c) sums[c] += root[i] * (rows_[i * kLanes + c] + root[i] * shift_[c]);
      for (int c = 0; c < kLanes; ++c) shift_[c] -= sums[c];
    }
    void write(int width, double* weighted, double* squares) const override {
      const Vector& root = columns_.view_.root_v;
      lanes::separate(rows_.data(), root.data(), shift_, root.size(), width, weighted, squares);
    }

   private:
    const SparseColumns& columns_;
    const Packed& packed_;
    lanes::Rows rows_;
    double shift_[kLanes] = {};
  };

  // With slopes u and weights h of the rows, and m_k = x_k'h: the best intercept takes h sum(u) /
  // sum(h) off u, which costs nothing as long as sum(u) is known. The entries are copied, so that they
  // are read in order, and in single precision, which fits into a cache: of u only the change goes
  // through them, from correlations that are exact, so that the minimiser of a model is off by no more
  // than a share of 1e-7 of its distance.
  class Model final : public Residual {
   public:
    Model(const SparseColumns& columns, const double* slope, const Vector& curvature, const std::vector<int>& places)
        : rows_(columns.X_.rows()), columns_(places.size()) {
      const Vector& v = columns.view_.v;
      double sum = 0, total = 0;
      for (std::size_t i = 0; i < rows_.size(); ++i) {
        rows_[i] = {-v[i] * slope[i], curvature[i] * v[i]};
        sum += rows_[i].u;
        total += rows_[i].h;
      }
      share_ = columns.view_.centred && total > 0 ? 1.0 / total : 0.0;
      std::size_t size = 0;
      for (int k : places) size += columns.X_.length(columns.features_[k]);
      entries_.resize(size);
      Entry* next = entries_.data();
      for (std::size_t k = 0; k < places.size(); ++k) {
        const Index j = columns.features_[places[k]];
        const double unit = columns.view_.norm[j] > 0 ? columns.view_.norm[j] : 1.0, inverse = 1 / unit;
        double pull = 0, mean = 0, square = 0;
        columns.X_.each(j, [&](I i, double x) {
          if (!(v[i] > 0)) return;
          const double weighed = rows_[i].h * x;
          pull += rows_[i].u * x;
          mean += weighed;
          square += weighed * x;
          *next++ = {static_cast<float>(std::clamp(x * inverse, -kLargest, kLargest)), static_cast<Index>(i)};
        });
        columns_[k] = {next, unit, mean, square - mean * mean * share_, pull - mean * sum * share_};
      }
      for (Row& row : rows_) row.u = 0;
    }
    double correlation(int k) const override {
      const Column& column = columns_[k];
      // Four running sums: a single one would wait for each addition.
      double s[4] = {0, 0, 0, 0};
      const Entry *e = first(k), *end = column.end;
      for (; end - e >= 4; e += 4)
        for (int c = 0; c < 4; ++c) s[c] += e[c].value * rows_[e[c].row].u;
      for (; e < end; ++e) s[0] += e->value * rows_[e->row].u;
      return column.correlation + column.unit * ((s[0] + s[1]) + (s[2] + s[3])) - column.mean * sum_ * share_;
    }
    double curvature(int k) const override { return columns_[k].curvature; }
    void move(int k, double by) override {
      const double step = by * columns_[k].unit;
      for (const Entry *e = first(k), *end = columns_[k].end; e < end; ++e) {
        Row& row = rows_[e->row];
        row.u -= step * row.h * e->value;
      }
      sum_ -= by * columns_[k].mean;
    }
    double sweep(const std::vector<Coordinate>& penalties, bool every, Vector& beta) override {
      return taut::sweep([&](std::size_t k) { return penalties[k]; }, every, *this, beta);
    }
    double settle(const std::vector<Coordinate>& penalties, double enough, int most, Vector& beta) override {
      return Face(*this, penalties, beta).minimise(enough, most);
    }

    // What a face asks for (face.hpp); the intercept follows.
    std::size_t rows() const { return rows_.size(); }
    void spread(int k, double by, double* image) const {
      const double step = by * columns_[k].unit;
      for (const Entry *e = first(k), *end = columns_[k].end; e < end; ++e) image[e->row] += step * e->value;
    }
    double bend(Vector& image) const {
      double level = 0, total = 0;
      for (std::size_t i = 0; i < image.size(); ++i) level += rows_[i].h * image[i];
      level *= share_;
      for (std::size_t i = 0; i < image.size(); ++i) {
        const double moved = image[i] - level;
        image[i] = rows_[i].h * moved;
        total += image[i] * moved;
      }
      return total;
    }
    void follow(double share, const Vector& image) {
      for (std::size_t i = 0; i < image.size(); ++i) rows_[i].u -= share * image[i];
    }

   private:
    struct Entry {
      float value;  // in units of the column's norm
      Index row;
    };
    struct Row {
      double u, h;  // the change of the slope
    };
    struct Column {
      const Entry* end;
      double unit, mean, curvature, correlation;
    };

    // More than that has an entry only where its row has next to no weight.
    static constexpr double kLargest = 1e30;

    const Entry* first(int k) const { return k > 0 ? columns_[k - 1].end : entries_.data(); }

    std::vector<Row> rows_;
    std::vector<Entry> entries_;
    std::vector<Column> columns_;
    double sum_ = 0, share_ = 0;
  };

  struct Entry {
    int position;
    double value;
  };

  // One column of the upper triangle of the Gram matrix. Entries of a row stand in the order in
  // which their columns came, so those before the column itself come first.
  void fill(int position, double* column) const {
    for (int k = 0; k <= position; ++k) column[k] = -shift_[k] * shift_[position];
    X_.each(features_[position], [&](I i, double x) {
      const double weighted = weight_[i] * x;
      for (const Entry& entry : rows_[i]) {
        if (entry.position > position) break;
        column[entry.position] += weighted * entry.value;
      }
    });
  }

  // What an intercept explains of a column. Centring is part of it: no column has to be centred.
  double shift(Index j) const {
    return view_.centred && root_total_ > 0 ? X_.dot(j, weight_.data()) / root_total_ : 0.0;
  }

  const SparseDesign<T, I>& X_;
  const View& view_;
  Vector weight_;  // of each row in the Gram matrix
  Vector shift_;   // of each column
  bool weighted_ = false;
  double root_total_ = 1;
  std::vector<Index> features_;
  std::vector<std::vector<Entry>> rows_;
  Packed packed_;  // of the first features, where lanes followed them
};

template <class T, class I>
std::unique_ptr<Columns> SparseDesign<T, I>::columns(const View& view) const {
  return std::make_unique<SparseColumns<T, I>>(*this, view);
}

}  // namespace taut
