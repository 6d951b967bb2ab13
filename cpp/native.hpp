// Functions that users compiled, by their addresses: a loss of one row, the prox of one coefficient.
//
// What they return is checked where it is used, since a NaN would spoil everything after it.
#pragma once

#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>

#include "loss.hpp"

namespace taut {

using OfTwo = double (*)(double, double);
using OfThree = double (*)(double, double, double);

// nanobind makes it a ValueError.
[[noreturn]] inline void refuse_returned(const std::string& call, double returned, const char* must) {
  std::ostringstream text;
  text.precision(17);
  text << call << " returned " << returned << ": it must " << must;
  throw std::domain_error(text.str());
}

inline std::string named_call(const char* name, const char* first, double a, const char* second, double b) {
  std::ostringstream text;
  text.precision(17);
  text << name << "(" << first << "=" << a << ", " << second << "=" << b << ")";
  return text.str();
}

// The conjugate may be null.
struct NativeRow {
  static constexpr bool kCurved = false;  // what stands for the curvature may be more than that
  OfTwo value, gradient, hessian, conjugate_;

  At at(double y, double eta) const {
    const At at{value(y, eta), gradient(y, eta), hessian(y, eta)};
    if (std::isnan(at.value)) refuse("value", y, eta, at.value, "be a number, or inf, at every eta");
    // Where the value overflows no step ends.
    if (std::isinf(at.value)) return at;
    if (!std::isfinite(at.slope)) refuse("gradient", y, eta, at.slope, "be finite wherever value is");
    if (!(std::isfinite(at.curvature) && at.curvature >= 0))
      refuse("hessian", y, eta, at.curvature, "be finite and >= 0: the loss has to be convex in eta");
    return {at.value, at.slope, at.curvature > 0 ? at.curvature : kFlat};
  }

  double conjugate(double y, double u) const {
    if (!conjugate_) return std::numeric_limits<double>::quiet_NaN();
    const double found = conjugate_(y, u);
    if (std::isnan(found))
      refuse_returned(named_call("conjugate", "y", y, "theta", u), found, "be a number, or inf outside its domain");
    return found;
  }

  double lowest(double y) const { return -conjugate(y, 0); }

 private:
  [[noreturn]] static void refuse(const char* name, double y, double eta, double returned, const char* must) {
    refuse_returned(named_call(name, "y", y, "eta", eta), returned, must);
  }
};

class NativeLoss final : public RowLoss<NativeRow> {
 public:
  explicit NativeLoss(NativeRow row) : RowLoss(row), has_conjugate_(row.conjugate_ != nullptr) {}
  bool has_conjugate() const override { return has_conjugate_; }

 private:
  bool has_conjugate_;
};

// One coefficient's prox and value at a strength.
struct NativePenalty {
  OfThree prox_;
  OfTwo value_;

  // Without strength there is no penalty, with infinite strength no coefficient.
  double prox(double b, double step, double strength) const {
    if (strength == 0) return b;
    if (std::isinf(strength)) return 0;
    const double found = prox_(b, step, strength);
    if (!std::isfinite(found)) {
      std::ostringstream text;
      text.precision(17);
      text << "prox(b=" << b << ", step=" << step << ", strength=" << strength << ")";
      refuse_returned(text.str(), found, "be finite");
    }
    return found;
  }

  double value(double b, double strength) const {
    if (strength == 0 || std::isinf(strength)) return 0;
    const double found = value_(b, strength);
    if (std::isnan(found)) refuse_returned(named_call("value", "b", b, "strength", strength), found, "be a number, or inf");
    return found;
  }
};

}  // namespace taut
