// The last points of a path, and where they point to.
#pragma once

#include "certificate.hpp"

namespace taut {

class Trail {
 public:
  // The coefficients found at a strength, in the order of a working set that only grows.
  void note(double alpha, const Vector& beta) {
    while (!points_.empty() && points_.back().alpha <= alpha) points_.pop_back();
    points_.push_back({alpha, beta});
    if (points_.size() > kMost) points_.erase(points_.begin());
  }

  // Carries coefficients from the last strength on to the next, along the line through the last two:
  // paths are smooth between the strengths at which coefficients come and go. None passes the kink
  // of its penalty. False where there is no such line.
  bool carry_on(double alpha, const Penalty& penalty, const std::vector<Index>& features, Vector& beta) const {
    if (points_.size() < 2 || points_.back().alpha <= alpha) return false;
    const Point &last = points_.back(), &before = points_[points_.size() - 2];
    const double share = (last.alpha - alpha) / (before.alpha - last.alpha);
    for (std::size_t k = 0; k < before.beta.size(); ++k) {
      const double rest = penalty.resting(features[k]), here = beta[k];
      if (here == rest || before.beta[k] == rest) continue;
      beta[k] = std::clamp(here + share * (here - before.beta[k]), here > rest ? rest : penalty.lower[features[k]],
                           here > rest ? penalty.upper[features[k]] : rest);
    }
    return true;
  }

 private:
  static constexpr std::size_t kMost = 32;  // more than a round, which may have to be redone

  struct Point {
    double alpha;
    Vector beta;
  };

  std::vector<Point> points_;
};

}  // namespace taut
