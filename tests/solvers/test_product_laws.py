"""What must not change a fit, or changes it in a known way: every loss with every penalty.

A law takes a sample to another one, whose objective at (b', b0') is that of the first at

    b = unit b',    b0 = b0' + shift'b' + level,

for every b', whatever the loss and the penalty. For a law says what becomes of predictors and
weights, which is all that a loss sees, and it leaves standardised coefficients as they are, which
is all that a penalty sees. Minima, gaps and stationary points are then the same. So

- where a gap certifies both fits, neither objective is above the other by more than the two gaps;
- coefficients agree where there is but one minimum: losses that curve everywhere have one on
  independent columns (absolute residuals, hinges and Huber's need not);
- where there is no gap (folded penalties, late entries), what is stationary on one sample is on the
  other. Several points may be, and rounding may choose among them, so no more than that is a law.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

import taut
from taut import losses, penalties
from taut.designs import as_design
from taut.problem import Problem
from taut.solvers.scaled_penalty import in_units_of

from .pairs import ALL_LOSSES, ALL_PENALTIES, N_FEATURES, N_SAMPLES, data, features

ALPHAS = np.array([0.2, 0.1])
FLAT = (losses.Quantile, losses.Huber, losses.SquaredHinge)  # in places
BOUNDED = ("l2 in a box",)


class Sample(NamedTuple):
    """What is fitted. Weights are whole numbers, some of them zero; some entries of X are, too."""

    X: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    offset: np.ndarray | None = None
    standardize: bool = True


class Changed(NamedTuple):
    """Another sample, and the way back to the coefficients and intercepts of the first."""

    sample: Sample
    unit: np.ndarray = np.ones(N_FEATURES)
    shift: np.ndarray = np.zeros(N_FEATURES)
    level: float = 0.0

    def back(self, path):
        moved = np.tensordot(self.shift, path.coefs, axes=1) + self.level
        return (path.coefs.T * self.unit).T, path.intercepts + moved


def sample(loss):
    random = np.random.default_rng(7)
    X = features() * (random.uniform(size=(N_SAMPLES, N_FEATURES)) < 0.7)
    weights = random.integers(1, 4, N_SAMPLES) * (np.arange(N_SAMPLES) % 8 > 0)
    return Sample(X, ALL_LOSSES[loss][1](), weights.astype(float))


def rows(sample, chosen):
    X, y, weights, *_ = sample
    return sample._replace(X=X[chosen], y=y[chosen], weights=weights[chosen])


def without_rows_of_weight_zero(sample):
    """``v_i loss_i`` is not in the sum; nor is the row in means, deviations and risk sets."""
    return Changed(rows(sample, sample.weights > 0))


def with_other_rows_of_weight_zero(sample):
    """For the same reason it does not matter what they hold."""
    X, gone = sample.X.copy(), sample.weights == 0
    X[gone] = 1e3 * X[gone] - 50.0
    return Changed(sample._replace(X=X))


def with_repeated_rows(sample):
    """w loss(y, eta) is w terms loss(y, eta)."""
    repeated = rows(sample, np.repeat(np.arange(N_SAMPLES), sample.weights.astype(int)))
    return Changed(repeated._replace(weights=np.ones(len(repeated.y))))


def with_weights_in_another_unit(sample):
    """They are divided by their sum."""
    return Changed(sample._replace(weights=0.37 * sample.weights))


def with_rows_in_another_order(sample):
    return Changed(rows(sample, np.random.default_rng(8).permutation(N_SAMPLES)))


def with_sparse_columns(sample):
    return Changed(sample._replace(X=sparse.csc_array(sample.X)))


def with_columns_in_memory(sample):
    return Changed(sample._replace(X=np.asfortranarray(sample.X)))


def with_columns_shifted(sample):
    """x + a has the predictor b0 + a'b + x'b, and the deviation of x."""
    shift = np.linspace(-3.0, 5.0, N_FEATURES)
    return Changed(sample._replace(X=sample.X + shift), shift=shift)


def with_a_constant_offset(sample):
    """It is an intercept, which no penalty sees."""
    return Changed(sample._replace(offset=np.full(N_SAMPLES, 0.7)), level=0.7)


def standardized_by_hand(sample):
    """x / s has the coefficient s b, which is what the penalty is to see."""
    v = sample.weights / sample.weights.sum()
    scale = np.sqrt(v @ (sample.X - v @ sample.X) ** 2)
    return Changed(sample._replace(X=sample.X / scale, standardize=False), unit=1 / scale)


LAWS = (
    without_rows_of_weight_zero,
    with_other_rows_of_weight_zero,
    with_repeated_rows,
    with_weights_in_another_unit,
    with_rows_in_another_order,
    with_sparse_columns,
    with_columns_in_memory,
    with_columns_shifted,
    with_a_constant_offset,
    standardized_by_hand,
)


def holds(law, loss, penalty):
    if not (ALL_LOSSES[loss][0].is_smooth or ALL_PENALTIES[penalty].is_convex):
        return False  # every solver refuses these
    if law is with_repeated_rows:
        # Efron takes tied deaths off the risk set one by one, and one of weight 2 at once.
        return loss != "efron"
    if law is standardized_by_hand:
        # Bounds are for the coefficients of columns as given.
        return penalty not in BOUNDED
    return True


def cases():
    """All laws of all pairs: slow, but for a diagonal on which every loss and penalty is met."""
    for i, law in enumerate(LAWS):
        for j, loss in enumerate(ALL_LOSSES):
            for k, penalty in enumerate(ALL_PENALTIES):
                if holds(law, loss, penalty):
                    on_diagonal = (i + j + k) % len(ALL_LOSSES) == 0
                    yield pytest.param(
                        *(law, loss, penalty),
                        marks=() if on_diagonal else pytest.mark.slow,
                        id=f"{law.__name__}-{loss}-{penalty}",
                    )


def problem_of(sample, loss, penalty):
    _, y, loss = data(loss)
    return Problem(
        design=as_design(sample.X),
        response=y,
        loss=loss,
        penalty=ALL_PENALTIES[penalty],
        weights=sample.weights / sample.weights.sum(),
        standardize=sample.standardize,
    )


def fitted(sample, loss, penalty):
    offset, outputs = sample.offset, data(loss).y.shape[1:]
    if isinstance(ALL_LOSSES[loss][0], losses.Multinomial) and offset is not None:
        offset = np.multiply.outer(offset, np.ones(outputs))
    path = taut.fit_path(
        *(sample.X, sample.y, ALL_LOSSES[loss][0], ALL_PENALTIES[penalty], ALPHAS),
        sample_weight=sample.weights,
        offset=offset,
        standardize=sample.standardize,
        tol=1e-8 if has_gap(loss, penalty) else 1e-7,
        max_iter=5000,
    )
    assert all(c.solved for c in path.certificates)
    return path


def has_gap(loss, penalty):
    _, y, loss = data(loss)
    return ALL_PENALTIES[penalty].is_convex and loss.has_conjugate(y)


@cache
def first(loss, penalty):
    """The sample itself: the fit, and the problem that it solves."""
    return fitted(sample(loss), loss, penalty), problem_of(sample(loss), loss, penalty)


@pytest.mark.parametrize(("law", "loss", "penalty"), list(cases()))
def test_law(law, loss, penalty):
    expected, problem = first(loss, penalty)
    changed = law(sample(loss))
    found = fitted(changed.sample, loss, penalty)
    coefs, intercepts = changed.back(found)
    for k, alpha in enumerate(ALPHAS):
        ours = coefs[..., k], intercepts[..., k]
        if has_gap(loss, penalty):
            gaps = found.certificates[k].gap + expected.certificates[k].gap
            others = expected.coefs[..., k], expected.intercepts[..., k]
            values = [problem.objective(*point, alpha) for point in (ours, others)]
            assert abs(values[0] - values[1]) <= gaps + 1e-12
        else:
            assert_stationary(problem, *ours, alpha)
    if has_gap(loss, penalty) and not isinstance(problem.loss, FLAT):
        assert_allclose(coefs, expected.coefs, rtol=0, atol=2e-4)


def assert_stationary(problem, coef, intercept, alpha):
    """The fixed point of a proximal step, in the units that the penalty sees."""
    scale = problem.scale.reshape(-1, *[1] * (coef.ndim - 1))
    eta = problem.design.product(coef) + intercept
    slope = problem.loss.slope(problem.response, eta, problem.weights)
    pull = -problem.design.cross(slope) / scale
    penalty = in_units_of(problem, problem.scale)
    fixed = penalty.scaled_prox(coef * scale + 0.1 * pull, 0.1, alpha)
    assert_allclose(fixed, coef * scale, rtol=0, atol=1e-6)


def classes(module):
    return {part for part in vars(module).values() if isinstance(part, type)}


def test_every_loss_and_penalty_takes_part():
    """Those of users, and what others are made of, have tests of their own."""
    fitted_losses = {type(loss) for loss, _ in ALL_LOSSES.values()}
    assert classes(losses) - fitted_losses == {losses.Loss, losses.NativeLoss}
    terms = {type(t) for p in ALL_PENALTIES.values() for t in (p, *getattr(p, "terms", ()))}
    assert classes(penalties) - terms == {
        penalties.Coordinates,
        penalties.NativePenalty,
        penalties.Penalty,
        penalties.Separable,
    }
