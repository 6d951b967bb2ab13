// Where the penalties of a quadratic model are smooth, it is minimised along all coefficients at once.
//
// Sweeps of descent soon find which coefficients are at rest, but take long to settle the others where
// columns are nearly dependent. Along those others the penalty is a line or a parabola: conjugate
// gradients, scaled by the diagonal, need about the root of the number of sweeps. What would pass a
// kink or a bound stops there and leaves the face, and the next sweep decides about it; directions
// after that are those of Polak and Ribiere, which forget what such a stop has spoilt.
#pragma once

#include <cstddef>
#include <vector>

#include "coordinate.hpp"

namespace taut {

// Model: a Residual with
//   spread(k, by, image)  image += by times column k
//   bend(image)           makes of such a combination by how much the rows fall; returns its curvature
//   follow(share, image)  lets them fall by that share.
template <class Model>
class Face {
 public:
  Face(Model& model, const std::vector<Coordinate>& penalties, std::vector<double>& beta) : model_(model), beta_(beta) {
    for (int k = 0; k < static_cast<int>(beta.size()); ++k) {
      const Coordinate& h = penalties[k];
      const double b = beta[k], bend = model.curvature(k) + h.q, kink = h.a > 0 ? 0.0 : kInfinity;
      const Free free{k, b, h.slope_up(b), h.q, bend, b > 0 ? std::max(h.lower, -kink) : h.lower,
                      b < 0 ? std::min(h.upper, kink) : h.upper, 0.0, 0.0, 0.0};
      if ((b != 0 || h.a == 0) && !free.stops() && bend > 0) free_.push_back(free);
    }
  }

  // Steps until what is left is a small share of what there was, or less than `enough`; at most so
  // many. Returns twice what the objective fell by, as a sweep does.
  double minimise(double enough, int most) {
    std::vector<double> image(model_.rows());
    turn();
    const double goal = std::max(kAccuracy * energy_, enough);
    double gain = 0;
    for (int step = 0; step < most && energy_ > goal; ++step) {
      std::fill(image.begin(), image.end(), 0.0);
      double bend = 0;
      for (const Free& c : free_) {
        model_.spread(c.place, c.along, image.data());
        bend += c.q * c.along * c.along;
      }
      bend += model_.bend(image);
      if (!(bend > 0)) break;
      double won = walk(slope_ / bend, bend, image);
      if (!(won > 0)) won = walk(nearest(), bend, image);
      gain += won;
      turn();
    }
    for (const Free& c : free_) beta_[c.place] = c.b;
    return gain;
  }

 private:
  static constexpr double kAccuracy = 1e-2;  // of what is left, a square

  // A coefficient on the face, where its penalty has this slope at zero and the curvature q, with its
  // ends; what the objective falls by along it, and where it goes.
  struct Free {
    int place;
    double b, slope, q, bend, low, high, left, along, past;

    double within(double to) const { return std::clamp(to, low, high); }
    bool stops() const { return b <= low || b >= high; }
  };

  // How much the objective falls along each coefficient, and the direction that follows from it.
  void turn() {
    double energy = 0, kept = 0;
    for (Free& c : free_) {
      const double left = model_.correlation(c.place) - c.slope - c.q * c.b;
      energy += left * left / c.bend;
      kept += left * c.left / c.bend;
      c.left = left;
    }
    aim(energy_ > 0 ? std::max(0.0, (energy - kept) / energy_) : 0.0);
    if (!(slope_ > 0)) aim(0.0);
    energy_ = energy;
  }

  void aim(double share) {
    slope_ = 0;
    for (Free& c : free_) {
      c.along = c.left / c.bend + share * c.along;
      slope_ += c.left * c.along;
    }
  }

  // The share of the direction at which the first coefficient meets an end.
  double nearest() const {
    double share = kInfinity;
    for (const Free& c : free_)
      if (c.along != 0) share = std::min(share, ((c.along > 0 ? c.high : c.low) - c.b) / c.along);
    return share;
  }

  // Takes the step, or nothing of it where the objective would not fall; returns twice what it fell by.
  double walk(double share, double bend, const std::vector<double>& image) {
    double won = share * (2 * slope_ - share * bend);
    model_.follow(share, image);
    for (Free& c : free_) {
      const double to = c.b + share * c.along, end = c.within(to);
      c.past = to - end;
      if (c.past == 0) continue;
      won += c.past * (2 * (c.slope + c.q * end - model_.correlation(c.place)) + c.past * c.q) - c.past * c.past * model_.curvature(c.place);
      model_.move(c.place, -c.past);
    }
    const bool falls = won > 0;
    if (!falls) model_.follow(-share, image);
    bool stops = false;
    for (Free& c : free_) {
      if (!falls && c.past != 0) model_.move(c.place, c.past);
      if (!falls) continue;
      c.b = c.within(c.b + share * c.along);
      stops |= c.stops();
    }
    if (stops) leave();
    return falls ? won : 0.0;
  }

  // What has met an end is no longer free.
  void leave() {
    std::size_t kept = 0;
    for (const Free& c : free_) {
      if (c.stops()) beta_[c.place] = c.b;
      else free_[kept++] = c;
    }
    free_.resize(kept);
  }

  Model& model_;
  std::vector<double>& beta_;
  std::vector<Free> free_;
  double energy_ = 0, slope_ = 0;
};

}  // namespace taut
