// Several linear predictors on one matrix of features: a design of equal blocks, one a target.
//
// Row i of target k is row i + k n, its coefficient of feature j is number j + k p: what a path does
// with rows and features it does with these. Nothing is copied: X'R of all targets is one product
// with the matrix as it is.
#pragma once

#include "level.hpp"

namespace taut {

class Targets final : public Design {
 public:
  Targets(const Design& X, int count) : Design(X.rows() * count, X.cols() * count), X_(X), count_(count) {}

  int targets() const override { return count_; }
  double entries() const override { return X_.entries() * count_; }
  bool has_gram() const override { return X_.has_gram(); }

  void moments(const double* v, bool centre, double* mean, double* norm) const override {
    const Index p = X_.cols();
    X_.moments(v, centre, mean, norm);
    for (int k = 1; k < count_; ++k) {
      std::copy_n(mean, p, mean + static_cast<std::ptrdiff_t>(k) * p);
      std::copy_n(norm, p, norm + static_cast<std::ptrdiff_t>(k) * p);
    }
  }

  void cross(const double* R, int count, double* out) const override { X_.cross(R, count * count_, out); }

  void cross_some(const std::vector<Index>& features, const double* r, double* out) const override {
    for (int k = 0; k < count_; ++k) {
      std::vector<Index> mine;
      std::vector<std::size_t> where;
      for (std::size_t e = 0; e < features.size(); ++e)
        if (features[e] / X_.cols() == k) mine.push_back(features[e] % X_.cols()), where.push_back(e);
      Vector found(mine.size());
      X_.cross_some(mine, r + static_cast<std::ptrdiff_t>(k) * X_.rows(), found.data());
      for (std::size_t e = 0; e < where.size(); ++e) out[where[e]] = found[e];
    }
  }

  void product(const double* coefs, int count, double* out) const override { X_.product(coefs, count * count_, out); }

  std::unique_ptr<Columns> columns(const View& view) const override;

  bool gram(const View&, const double*, double*, double*, const std::function<void()>&) const override { return false; }

 private:
  const Design& X_;
  int count_;
};

// Working columns target by target.
class TargetColumns final : public Columns {
 public:
  TargetColumns(const Design& X, const View& all, int targets)
      : view_(X, all), all_(all), members_(targets) {
    for (int k = 0; k < targets; ++k) each_.push_back(X.columns(view_));
  }

  Index length() const override { return each_[0]->length(); }
  void append(const std::vector<Index>& features, double* gram, std::ptrdiff_t ld) override {
    const int old = size(), p = view_.design.cols();
    std::vector<std::vector<Index>> fresh(each_.size());
    std::vector<int> first;
    for (const std::vector<int>& mine : members_) first.push_back(static_cast<int>(mine.size()));
    for (Index j : features) {
      std::vector<int>& mine = members_[j / p];
      places_.push_back({j / p, static_cast<int>(mine.size())});
      mine.push_back(size() - 1);
      fresh[j / p].push_back(j % p);
    }
    for (int k = 0; k < targets(); ++k)
      if (!fresh[k].empty()) each_[k]->append(fresh[k], nullptr, 0);
    if (gram == nullptr) return;
    for (int l = 0; l < targets(); ++l)
      for (int k = 0; k < targets(); ++k) write(k, l, first[l], gram, ld);
    explain(old, gram, ld);
    mirror(gram, ld, old, size());
  }

  void reweigh(const Curvature& curvature, double* gram, std::ptrdiff_t ld) override {
    curvature_ = &curvature;
    intercepts_ = std::make_unique<Intercepts>(all_, curvature);
    for (int l = 0; l < targets(); ++l)
      for (int k = 0; k <= l; ++k) write(k, l, 0, gram, ld);
    explain(0, gram, ld);
  }

  // Under the part of the curvature within targets: each has a model of its own.
  std::unique_ptr<Residual> model(const double* slope, const Curvature& curvature,
                                  const std::vector<int>& places) const override {
    std::vector<std::vector<int>> mine(targets());
    std::vector<Place> found;
    for (int e : places) {
      const Place place = places_[e];
      found.push_back({place.target, static_cast<int>(mine[place.target].size())});
      mine[place.target].push_back(place.column);
    }
    std::vector<std::unique_ptr<Residual>> models;
    for (int k = 0; k < targets(); ++k) models.push_back(each_[k]->model(slope + k * rows(), Within(curvature, k), mine[k]));
    return std::make_unique<Models>(std::move(found), std::move(models));
  }

  void product(const double* coefs, double* out) const override {
    for (int k = 0; k < targets(); ++k) each_[k]->product(picked(coefs, k).data(), out + k * rows());
  }

  void cross(const double* R, int count, double* out) const override {
    for (int c = 0; c < count; ++c, R += rows() * targets(), out += size())
      for (int k = 0; k < targets(); ++k) {
        Vector found(members_[k].size());
        each_[k]->cross(R + k * rows(), 1, found.data());
        for (std::size_t e = 0; e < found.size(); ++e) out[members_[k][e]] = found[e];
      }
  }

 private:
  // Of one target: the number of its column among those of the target.
  struct Place {
    int target, column;
  };

  class Within final : public Curvature {
   public:
    Within(const Curvature& all, int target) : all_(all), target_(target) {}
    int targets() const override { return 1; }
    void between(int, int, double* out) const override { all_.between(target_, target_, out); }

   private:
    const Curvature& all_;
    int target_;
  };

  class Models final : public Residual {
   public:
    Models(std::vector<Place> places, std::vector<std::unique_ptr<Residual>> each)
        : places_(std::move(places)), each_(std::move(each)) {}
    double correlation(int k) const override { return each_[places_[k].target]->correlation(places_[k].column); }
    double curvature(int k) const override { return each_[places_[k].target]->curvature(places_[k].column); }
    void move(int k, double by) override { each_[places_[k].target]->move(places_[k].column, by); }

   private:
    std::vector<Place> places_;
    std::vector<std::unique_ptr<Residual>> each_;
  };

  int size() const { return static_cast<int>(places_.size()); }
  int targets() const { return static_cast<int>(each_.size()); }
  std::ptrdiff_t rows() const { return view_.design.rows(); }

  Vector picked(const double* coefs, int k) const {
    Vector out;
    for (int e : members_[k]) out.push_back(coefs[e]);
    return out;
  }

  // The Gram matrix between target k and the columns of target l from `first` on, both ways.
  void write(int k, int l, int first, double* gram, std::ptrdiff_t ld) const {
    const std::size_t height = members_[k].size(), width = members_[l].size() - first;
    if (height == 0 || width == 0) return;
    Vector weights(rows()), block(height * width);
    curvature_->between(k, l, weights.data());
    each_[k]->products(weights.data(), *each_[l], first, block.data());
    for (std::size_t b = 0; b < width; ++b)
      for (std::size_t a = 0; a < height; ++a) {
        const std::ptrdiff_t row = members_[k][a], column = members_[l][first + b];
        gram[row + column * ld] = gram[column + row * ld] = block[a + b * height];
      }
  }

  // Takes out of columns old, old + 1, ... what the intercepts explain: with S the products of the
  // columns with those of ones, and C those of ones alone, S'C^-1 S. The factors are R^-T S, C = R'R.
  void explain(int old, double* gram, std::ptrdiff_t ld) {
    if (!view_.centred) return;
    const std::ptrdiff_t count = targets();
    explained_.resize(count * size());
    Vector weights(rows());
    for (int l = 0; l < count; ++l)
      for (int k = 0; k < count; ++k) {
        curvature_->between(k, l, weights.data());
        for (std::ptrdiff_t i = 0; i < rows(); ++i) weights[i] *= view_.v[i];
        Vector sums(members_[l].size());
        each_[l]->cross(weights.data(), 1, sums.data());
        for (std::size_t e = 0; e < sums.size(); ++e)
          if (members_[l][e] >= old) explained_[k + members_[l][e] * count] = sums[e];
      }
    for (int e = old; e < size(); ++e) intercepts_->half(explained_.data() + e * count);
    blas::gemm('T', 'N', size(), size() - old, targets(), -1.0, explained_.data(), targets(), explained_.data() + old * count,
               targets(), 1.0, gram + old * ld, static_cast<int>(ld));
  }

  const View view_;
  const View& all_;
  std::vector<std::unique_ptr<Columns>> each_;
  std::vector<std::vector<int>> members_;  // the working columns of each target
  std::vector<Place> places_;
  const Curvature* curvature_ = nullptr;
  std::unique_ptr<Intercepts> intercepts_;
  Vector explained_;
};

inline std::unique_ptr<Columns> Targets::columns(const View& view) const {
  return std::make_unique<TargetColumns>(X_, view, count_);
}

}  // namespace taut
