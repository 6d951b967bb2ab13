// Correlations of a strength between two others, known without a look at most features.
//
// z = X'Vr is linear in r. With weights V and r = (1 - t) r_0 + t r_1 + d,
//     | z_j - (1 - t) z_0j - t z_1j |  =  | x_j'V d |  <=  |x_j|_V |d|_V,
// and since residuals along a path are nearly piecewise linear, d is short. A feature at rest whose
// bound stays below the threshold cannot want to move: there the interpolated value, which obeys
// the same threshold, stands for the true one in every check of optimality.
#pragma once

#include "design.hpp"

namespace taut {

// A residual v (y - Xb) and its correlations with all features.
struct Reference {
  Vector residual, z;
};

class Bracket {
 public:
  // `near` and `far` are weighted residuals with their correlations. Blocks of a design that have
  // nothing to do with one another have brackets of their own.
  Bracket(const View& view, const Reference& near, const double* far_residual, const double* far_z)
      : view_(view), near_(near), far_residual_(far_residual), far_z_(far_z), share_(view.design.targets()),
        radius_(share_.size()) {}

  // Places a weighted residual in the bracket: the t of the shortest d.
  void place(const double* r) {
    const Index n = view_.design.rows() / blocks();
    for (int k = 0; k < blocks(); ++k) place(r, k, static_cast<std::ptrdiff_t>(k) * n, static_cast<std::ptrdiff_t>(k + 1) * n);
  }

  int blocks() const { return static_cast<int>(share_.size()); }
  double guess(Index j, int block) const { return near_.z[j] + share_[block] * (far_z_[j] - near_.z[j]); }
  double radius(Index j, int block) const { return view_.norm[j] * radius_[block]; }

 private:
  void place(const double* r, int block, std::ptrdiff_t first, std::ptrdiff_t end) {
    double along = 0, length = 0;
    for (std::ptrdiff_t i = first; i < end; ++i) {
      if (view_.v[i] == 0) continue;
      const double way = far_residual_[i] - near_.residual[i];
      along += way * (r[i] - near_.residual[i]) / view_.v[i];
      length += way * way / view_.v[i];
    }
    const double share = length > 0 ? along / length : 0.0;
    double rest = 0;
    for (std::ptrdiff_t i = first; i < end; ++i) {
      if (view_.v[i] == 0) continue;
      const double d = r[i] - near_.residual[i] - share * (far_residual_[i] - near_.residual[i]);
      rest += d * d / view_.v[i];
    }
    share_[block] = share;
    radius_[block] = std::sqrt(rest);
  }

  const View& view_;
  const Reference& near_;
  const double *far_residual_, *far_z_;
  Vector share_, radius_;
};

}  // namespace taut
