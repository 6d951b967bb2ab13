"""Columns far from zero: the certificate is that of the model handed back, intercept included."""

import numpy as np
import pytest
from scipy import sparse

import taut


def _exact_gap(X, y, alpha, coef, intercept):
    """Primal less dual objective of the lasso in extended precision, relative to the null model."""
    X, y, coef = (np.asarray(part, dtype=np.longdouble) for part in (X, y, coef))
    n_samples = len(y)
    residual = y - X @ coef - np.longdouble(intercept)
    primal = residual @ residual / (2 * n_samples) + alpha * np.abs(coef).sum()
    centred, dual = y - y.mean(), (residual - residual.mean()) / n_samples
    steepest = np.abs((X - X.mean(axis=0)).T @ dual).max()
    dual *= min(1, alpha / steepest)
    gap = primal - (centred @ dual - n_samples * (dual @ dual) / 2)
    return float(gap / (centred @ centred / (2 * n_samples)))


def _problem(offset):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((100, 5)) + offset
    return X, (X - offset) @ [1, 2, 0, 0, 0.5] + 0.5 * rng.standard_normal(100)


@pytest.mark.filterwarnings("ignore::taut.ConvergenceWarning")
@pytest.mark.parametrize("offset", [0.0, 1e6, 1e10, 1e11, 1e12, 1e13])
@pytest.mark.parametrize("kind", [np.asarray, np.asfortranarray, sparse.csc_array])
def test_the_certificate_holds_for_the_intercept_that_is_returned(offset, kind):
    X, y = _problem(offset)
    path = taut.fit_path(kind(X), y, alphas=[0.1])
    certificate = path.certificates[0]
    exact = _exact_gap(X, y, 0.1, path.coefs[:, 0], path.intercepts[0])
    # The dual point of the last solution is float64, too: digits of the gap, not of the solution.
    assert exact <= certificate.relative_gap * (1 + 1e-6) + 1e-11 or not np.isfinite(exact)
    assert certificate.solved == (certificate.relative_gap <= certificate.tol)


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="no extended precision here")
def test_what_rounding_costs_is_never_hidden():
    X, y = _problem(1e13)
    with pytest.warns(taut.ConvergenceWarning, match="far from zero"):
        path = taut.fit_path(X, y, alphas=[0.1])
    assert path.certificates[0].relative_gap > 1e-6


@pytest.mark.parametrize("loss", ["logistic", "poisson", "quantile", "squared"])
def test_ordinary_columns_cost_nothing(loss):
    X, y = _problem(0.0)
    X[:, 1] = X[:, 1] > 0
    y = (y > np.median(y)).astype(float)
    path = taut.fit_path(X, y, loss=loss, alphas=[0.05])
    assert path.certificates[0].relative_gap < 1e-6


@pytest.mark.filterwarnings("ignore::taut.ConvergenceWarning")
@pytest.mark.parametrize("loss", ["logistic", "poisson", "quantile"])
def test_other_losses_count_it_as_well(loss):
    X, y = _problem(1e13)
    y = (y > np.median(y)).astype(float)
    certificate = taut.fit_path(X, y, loss=loss, alphas=[0.05]).certificates[0]
    assert certificate.relative_gap > 1e-9
