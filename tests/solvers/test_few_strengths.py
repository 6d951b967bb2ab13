"""Strengths far apart: descent goes to them directly where it can; the rest is for others."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from taut.penalties import L1
from taut.solvers import Controls, Grid, path_engine
from taut.solvers.path_engine import PathEngine
from taut.solvers.products import row_moments

from .registry import ENGINES, PENALTIES, Case, judged, posed

TOL = 1e-10
SHAPES = [(620, 560), (400, 560), (200, 560)]  # more rows, about as many, and fewer


def made(n_samples, n_features, rho):
    """Neighbouring columns with a correlation of rho."""
    random = np.random.default_rng(4)
    X = random.normal(size=(n_samples, n_features))
    for j in range(1, n_features):
        X[:, j] = rho * X[:, j - 1] + np.sqrt(1 - rho**2) * X[:, j]
    coef = random.normal(size=n_features) * (np.arange(n_features) % 20 == 0)
    return Case(X, X @ coef + random.normal(size=n_samples) + 5.0)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("rho", [0.0, 0.95])
@pytest.mark.parametrize("shape", SHAPES)
def test_few_strengths_are_those_of_a_long_path(shape, rho, penalty):
    case = made(*shape, rho)
    penalty, terms = PENALTIES[penalty](shape[1])
    problem = posed(case, penalty)
    first = ENGINES["one by one"](problem, Grid(None, 1), Controls(TOL)).alphas[0]
    strengths = first * np.array([0.2, 0.02, 2e-4])
    exact = ENGINES["one by one"](problem, Grid(strengths), Controls(TOL))
    for count in (1, 3):
        few = PathEngine().path(problem, Grid(strengths[-count:]), Controls(TOL))
        assert all(c.solved for c in few.certificates)
        gaps, rounding = judged(case, few, **terms)
        assert np.all(gaps <= 1.1 * TOL + rounding)
        size = np.abs(exact.coefs).max()
        assert_allclose(few.coefs, exact.coefs[:, -count:], rtol=0, atol=1e-3 * size)


@pytest.mark.parametrize("count", [1, 10])
def test_few_strengths_above_most_correlations_need_no_products_of_pairs(count, monkeypatch):
    case = made(5200, 560, 0.0)
    gathered = []

    def counted(*task):
        gathered.append(task)
        return row_moments(*task)

    monkeypatch.setattr(path_engine, "row_moments", counted)
    first = ENGINES["one by one"](posed(case, L1()), Grid(None, 1), Controls(TOL)).alphas[0]
    for share, products in ((0.3, 0), (1e-3, 1)):
        strengths = first * np.geomspace(2 * share, share, count)
        few = PathEngine().path(posed(case, L1()), Grid(strengths), Controls(TOL))
        assert len(gathered) == products
        assert all(c.solved for c in few.certificates)
        gaps, rounding = judged(case, few)
        assert np.all(gaps <= 1.1 * TOL + rounding)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("offset", [0.0, 3.0])
def test_columns_that_are_swept_where_they_lie_give_what_copies_give(offset, fit_intercept):
    case = made(400, 560, 0.3)
    shifted = case.X + offset * np.random.default_rng(5).normal(size=560)
    paths = []
    for X in (np.asfortranarray(shifted), np.ascontiguousarray(shifted)):
        case = Case(X, case.y)
        problem = posed(case, L1(), fit_intercept=fit_intercept)
        first = ENGINES["one by one"](problem, Grid(None, 1), Controls(TOL)).alphas[0]
        paths.append(PathEngine().path(problem, Grid(first * np.array([0.3, 0.05])), Controls(TOL)))
        assert all(c.solved for c in paths[-1].certificates)
        gaps, rounding = judged(case, paths[-1], fit_intercept=fit_intercept)
        assert np.all(gaps <= 1.1 * TOL + rounding)
    assert_allclose(paths[0].coefs, paths[1].coefs, rtol=0, atol=1e-6)
