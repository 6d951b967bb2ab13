// Losses by number.
#pragma once

#include "multinomial.hpp"

namespace taut {

// The numbers are those of taut.solvers.prox_newton; null where there is none for so many targets.
inline std::unique_ptr<Loss> make_loss(int code, double parameter, int targets) {
  if (code == 7 || code == 8) return std::make_unique<MultinomialLoss>(targets, code == 8);
  if (targets != 1) return nullptr;
  switch (code) {
    case 0: return std::make_unique<RowLoss<SquaredRow>>(SquaredRow{});
    case 1: return std::make_unique<LogisticLoss>();
    case 2: return std::make_unique<RowLoss<PoissonRow>>(PoissonRow{});
    case 3: return std::make_unique<RowLoss<GammaRow>>(GammaRow{});
    case 4: return std::make_unique<RowLoss<TweedieRow>>(TweedieRow{parameter});
    case 5: return std::make_unique<RowLoss<HuberRow<false>>>(HuberRow<false>{parameter});
    case 6: return std::make_unique<RowLoss<SquaredHingeRow>>(SquaredHingeRow{});
    case 9: return std::make_unique<RowLoss<HuberRow<true>>>(HuberRow<true>{parameter});
    default: return nullptr;
  }
}

}  // namespace taut
