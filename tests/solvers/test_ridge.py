"""Three ways to a ridge, each against the closed form."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from taut.penalties import L2
from taut.solvers import Controls, Grid, ridge, solve_path
from taut.solvers.products import gram_matrix

from .registry import Case, judged, posed

ALPHAS = np.array([30.0, 1.0, 0.1, 1e-3])
SIDES = {
    "features": lambda problem: ridge._FeatureSpectrum(problem, *gram_matrix(problem)),
    "rows": ridge._RowSpectrum,
    "conjugate gradients": ridge._NoSpectrum,
}
SHAPES = [(40, 12), (12, 40), (25, 25), (25, 24)]
FREE = {"all penalised": [], "one free": [2], "three free": [0, 5, 7]}
FORMS = {"dense": np.asarray, "sparse": sparse.csc_array}


def linear(n_samples, n_features, form="dense"):
    random = np.random.default_rng(n_samples)
    X = random.normal(size=(n_samples, n_features)) + random.normal(size=n_features)
    X *= random.uniform(size=X.shape) < (0.4 if form == "sparse" else 1.0)
    y = X[:, :3] @ [1.0, -2.0, 3.0] + random.normal(size=n_samples) + 4.0
    weights = random.uniform(0.2, 2.0, n_samples)
    weights[3] = 0.0
    return Case(FORMS[form](X), y, weights)


def factors(n_features, free):
    weights = np.linspace(0.5, 2.0, n_features)
    weights[free], weights[-1] = 0.0, np.inf
    return weights


def closed_form(case, alpha, l2, fit_intercept, standardize):
    """The stacked least-squares problem [sqrt(v) X; sqrt(alpha D)] b = [sqrt(v) y; 0]."""
    X, v, live = case.dense, case.shares, np.isfinite(l2)
    spread = np.sqrt(v @ (X - v @ X) ** 2) if standardize else np.ones(len(l2))
    columns = np.column_stack([np.ones((len(X), int(fit_intercept))), X[:, live]])
    penalty = np.append(np.zeros(int(fit_intercept)), np.sqrt(alpha * l2[live]) * spread[live])
    system = np.vstack([np.sqrt(v)[:, None] * columns, np.diag(penalty)])
    target = np.append(np.sqrt(v) * case.y, np.zeros(len(penalty)))
    solution = np.linalg.lstsq(system, target, rcond=None)[0]
    coef = np.zeros(len(l2))
    coef[live] = solution[int(fit_intercept) :]
    return coef, solution[0] if fit_intercept else 0.0


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("free", FREE)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("option", ["plain", "standardize", "no intercept"])
def test_every_side_is_the_closed_form(side, shape, free, form, option):
    case, l2 = linear(*shape, form), factors(shape[1], FREE[free])
    options = {"standardize": option == "standardize", "fit_intercept": option != "no intercept"}
    problem = posed(case, L2(weights=l2), **options)
    problem.shared["spectrum"] = (problem.penalty, SIDES[side](problem))
    solved = solve_path(problem, Grid(ALPHAS), Controls(1e-12))
    for k, alpha in enumerate(ALPHAS):
        coef, intercept = closed_form(case, alpha, l2, **options)
        assert_allclose(solved.coefs[:, k], coef, atol=1e-8)
        assert solved.intercepts[k] == pytest.approx(intercept, abs=1e-8)
    assert all(c.solved for c in solved.certificates)
    # A decomposition is right by itself: nothing was left for conjugate gradients to repair.
    assert side == "conjugate gradients" or {c.n_iter for c in solved.certificates} == {1}
    gaps, rounding = judged(case, solved, l1=np.where(np.isinf(l2), np.inf, 0.0), l2=l2, **options)
    assert np.all(gaps <= 1.1e-12 + rounding)


@pytest.mark.parametrize(
    ("shape", "largest", "kind"),
    [
        ((40, 12), 12, ridge._FeatureSpectrum),
        ((12, 40), 12, ridge._RowSpectrum),
        ((40, 12), 11, ridge._NoSpectrum),
        ((12, 40), 11, ridge._NoSpectrum),
    ],
)
def test_the_smaller_side_is_decomposed_if_it_is_small_enough(shape, largest, kind, monkeypatch):
    monkeypatch.setattr(ridge, "_LARGEST", largest)
    problem = posed(linear(*shape), L2())
    solve_path(problem, Grid(ALPHAS), Controls(1e-12))
    assert type(problem.shared["spectrum"][1]) is kind


def test_targets_share_one_decomposition():
    problem = posed(linear(40, 12), L2())
    solve_path(problem, Grid(ALPHAS), Controls())
    other = problem.for_response(problem.response[::-1])
    solved = solve_path(other, Grid(ALPHAS), Controls())
    assert other.shared["spectrum"][1] is problem.shared["spectrum"][1]
    alone = solve_path(
        posed(linear(40, 12)._replace(y=other.response), L2()), Grid(ALPHAS), Controls()
    )
    assert_allclose(solved.coefs, alone.coefs, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_default_grid_is_the_same_in_any_units(shape):
    case = linear(*shape)
    path = solve_path(posed(case, L2()), Grid(None, 10), Controls(1e-8))
    scaled = solve_path(posed(case._replace(X=1e3 * case.X), L2()), Grid(None, 10), Controls(1e-8))
    assert_allclose(scaled.alphas, 1e6 * path.alphas, rtol=1e-9)
    assert_allclose(scaled.coefs * 1e3, path.coefs, atol=1e-6)
