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
  // `near` and `far` are weighted residuals with their correlations.
  Bracket(const View& view, const Reference& near, const double* far_residual, const double* far_z)
      : view_(view), near_(near), far_residual_(far_residual), far_z_(far_z) {}

  // Places a weighted residual in the bracket: the t of the shortest d.
  void place(const double* r) {
    const Index n = view_.design.rows();
    double along = 0, length = 0;
    for (Index i = 0; i < n; ++i) {
      if (view_.v[i] == 0) continue;
      const double way = far_residual_[i] - near_.residual[i];
      along += way * (r[i] - near_.residual[i]) / view_.v[i];
      length += way * way / view_.v[i];
    }
    share_ = length > 0 ? along / length : 0.0;
    double rest = 0;
    for (Index i = 0; i < n; ++i) {
      if (view_.v[i] == 0) continue;
      const double d = r[i] - near_.residual[i] - share_ * (far_residual_[i] - near_.residual[i]);
      rest += d * d / view_.v[i];
    }
    radius_ = std::sqrt(rest);
  }

  double guess(Index j) const { return near_.z[j] + share_ * (far_z_[j] - near_.z[j]); }
  double radius(Index j) const { return view_.norm[j] * radius_; }

 private:
  const View& view_;
  const Reference& near_;
  const double *far_residual_, *far_z_;
  double share_ = 0, radius_ = 0;
};

}  // namespace taut
