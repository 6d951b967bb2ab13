"""Criteria against a computation by hand on submodels, and degrees of freedom as traces."""

from itertools import product
from math import comb, log

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import poisson
from sklearn.metrics import log_loss

import taut
from taut import penalties
from taut.penalties import L1, L2, ElasticNet
from taut.selection import AIC, BIC, EBIC
from taut.selection.information import degrees_of_freedom
from taut.solvers import Controls, Grid, solve_path

from .problems import posed, regression, weights_for

N, P = 60, 6
X, Y = regression(N, P)
CONTROLS = Controls(1e-12)
SUBSETS = [np.flatnonzero(bits) for bits in product([0, 1], repeat=P) if any(bits)]
PRICES = {
    AIC(): lambda k: 2 * k,
    BIC(): lambda k: log(N) * k,
    EBIC(): lambda k: log(N) * k + 2 * log(comb(P, k)),
    EBIC(gamma=0.5): lambda k: log(N) * k + log(comb(P, k)),
    EBIC(gamma=0.0): lambda k: log(N) * k,
}


@pytest.mark.parametrize("rule", PRICES, ids=repr)
@pytest.mark.parametrize("noise_variance", [None, 1.3])
def test_criteria_of_every_submodel(rule, noise_variance):
    price = PRICES[rule]
    rule = type(rule)(**{**vars(rule), "noise_variance": noise_variance})
    for subset in SUBSETS:
        weights = np.full(P, np.inf)
        weights[subset] = 0.0
        problem = posed(X, Y, L1(weights=weights))
        choice = rule.choose([problem], Grid(np.ones(1)), CONTROLS)
        Z = np.column_stack([np.ones(N), X[:, subset]])
        squares = np.sum((Y - Z @ np.linalg.lstsq(Z, Y, rcond=None)[0]) ** 2)
        misfit = N * log(squares / N) if noise_variance is None else squares / noise_variance
        expected = misfit + price(len(subset))
        assert choice.results.criterion[0] == pytest.approx(expected, rel=1e-10)
        assert choice.results.degrees_of_freedom[0] == len(subset)


@pytest.mark.parametrize("rule", PRICES, ids=repr)
def test_the_least_criterion_on_the_path_is_chosen(rule):
    problem = posed(X, Y)
    choice = rule.choose([problem], Grid(None, 40, 1e-3), CONTROLS)
    solved, results = choice.solved[0], choice.results
    used = np.count_nonzero(solved.coefs, axis=0)
    residual = np.mean((Y[:, None] - X @ solved.coefs - solved.intercepts) ** 2, axis=0)
    expected = N * np.log(residual) + np.array([PRICES[rule](int(k)) for k in used])
    assert_allclose(results.criterion, expected, rtol=1e-10)
    assert choice.index == np.argmin(expected)
    assert_allclose(results.alphas, solved.alphas)


def test_rows_without_weight_do_not_count():
    weights = (np.arange(N) % 3 > 0).astype(float)
    kept, grid = weights > 0, Grid(np.array([0.3, 0.1]))
    found = BIC().choose([posed(X, Y, sample_weight=weights)], grid, CONTROLS).results
    expected = BIC().choose([posed(X[kept], Y[kept])], grid, CONTROLS).results
    assert_allclose(found.criterion, expected.criterion, rtol=1e-10)


def test_models_that_use_up_the_rows_are_no_candidates():
    wide_X, wide_y = regression(20, 60)
    grid = Grid(None, 50, 1e-4)
    choice = AIC().choose([posed(wide_X, wide_y)], grid, CONTROLS)
    results = choice.results
    excluded = np.isinf(results.criterion)
    assert np.array_equal(excluded, results.degrees_of_freedom > 10)
    assert excluded.any()
    assert results.degrees_of_freedom[choice.index] <= 10
    known = AIC(noise_variance=1.0).choose([posed(wide_X, wide_y)], grid, CONTROLS).results
    assert np.isfinite(known.criterion).all()


@pytest.mark.parametrize("shape", [(60, 6), (15, 40)], ids=str)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_a_ridge_has_the_trace_of_its_hat_matrix(shape, weighted, standardize, fit_intercept):
    """The intercept, which every model has, is not counted."""
    rows, y = regression(*shape)
    weights = weights_for(len(y)) if weighted else np.ones(len(y))
    options = {"standardize": standardize, "fit_intercept": fit_intercept}
    problem = posed(rows, y, L2(), weights, **options)
    alphas = np.array([10.0, 1.0, 0.01])
    found = degrees_of_freedom(problem, solve_path(problem, Grid(alphas), CONTROLS))
    v = weights / weights.sum()
    spread = np.sqrt(v @ (rows - v @ rows) ** 2) if standardize else np.ones(shape[1])
    Z = np.sqrt(v)[:, None] * (rows - (v @ rows if fit_intercept else 0.0))
    for df, alpha in zip(found, alphas, strict=True):
        hat = Z @ np.linalg.solve(Z.T @ Z + alpha * np.diag(spread**2), Z.T)
        assert df == pytest.approx(np.trace(hat), rel=1e-8)


def test_an_elastic_net_has_the_trace_over_the_features_it_uses():
    problem = posed(X, Y, ElasticNet(l1_ratio=0.5))
    solved = solve_path(problem, Grid(np.array([1.0, 0.1])), CONTROLS)
    Z = X - X.mean(axis=0)
    for df, coef, alpha in zip(
        degrees_of_freedom(problem, solved), solved.coefs.T, solved.alphas, strict=True
    ):
        A = Z[:, coef != 0]
        penalty = N * 0.5 * alpha * np.eye(A.shape[1])
        assert df == pytest.approx(np.trace(A @ np.linalg.solve(A.T @ A + penalty, A.T)))


@pytest.mark.parametrize("gamma", [-0.1, 1.1, np.nan])
def test_gamma_out_of_range_is_named(gamma):
    with pytest.raises(ValueError, match="gamma must be between 0 and 1, got"):
        EBIC(gamma=gamma)


CLASSES = (X[:, 0] - X[:, 1] + np.random.default_rng(1).logistic(size=N) > 0).astype(int)
SEVERAL = CLASSES + (X[:, 2] > 0.5)
COUNTS = np.random.default_rng(2).poisson(np.exp(0.4 * X[:, 0]))


@pytest.mark.parametrize("y", [CLASSES, SEVERAL], ids=["two", "three"])
@pytest.mark.parametrize("rule", PRICES, ids=repr)
def test_criteria_of_classes_are_those_of_their_likelihood(y, rule):
    model = taut.PenalizedClassifier("logistic", L1(), alpha=rule, tol=1e-10).fit(X, y)
    results = model.criterion_results_
    k = int(np.flatnonzero(results.alphas == model.alpha_)[0])
    n_used, n_features = np.count_nonzero(model.coef_), model.coef_.size
    price = 2 * rule.gamma * log(comb(n_features, n_used)) if isinstance(rule, EBIC) else 0.0
    price += n_used * (2 if isinstance(rule, AIC) else log(N))
    likelihood = -N * log_loss(y, model.predict_proba(X))
    assert results.criterion[k] == pytest.approx(-2 * likelihood + price, rel=1e-8)
    assert results.criterion[k] == results.criterion.min()


def test_criteria_of_counts_differ_as_their_likelihoods_do():
    model = taut.PenalizedRegressor("poisson", L1(), alpha=AIC(), tol=1e-10).fit(X, COUNTS)
    means = model.path_.predict(X)
    likelihoods = poisson.logpmf(COUNTS[:, None], means).sum(axis=0)
    used = np.count_nonzero(model.path_.coefs, axis=0)
    expected = -2 * likelihoods + 2 * used
    found = model.criterion_results_.criterion
    assert_allclose(found - found[0], expected - expected[0], atol=1e-8)


def test_survival_counts_events():
    rng = np.random.default_rng(3)
    y = np.column_stack([rng.exponential(np.exp(-X[:, 0])), rng.random(N) < 0.6])
    model = taut.CoxRegression(alpha=BIC()).fit(X, y)
    aic = taut.CoxRegression(alpha=AIC()).fit(X, y).criterion_results_
    bic = model.criterion_results_
    expected = (log(y[:, 1].sum()) - 2) * bic.degrees_of_freedom
    assert_allclose(bic.criterion - aic.criterion, expected, atol=1e-8)


def test_a_ridge_of_classes_has_the_trace_under_its_curvatures():
    model = taut.PenalizedClassifier("logistic", L2(), alpha=AIC(), tol=1e-10).fit(X, CLASSES)
    results = model.criterion_results_
    for k in (0, 50, 99):
        p = model.path_.predict(X, results.alphas[k])
        h = p * (1 - p) / N
        Z = np.sqrt(h)[:, None] * (X - h @ X / h.sum())
        hat = Z @ np.linalg.solve(Z.T @ Z + results.alphas[k] * np.eye(P), Z.T)
        assert results.degrees_of_freedom[k] == pytest.approx(np.trace(hat), rel=1e-5)


@pytest.mark.parametrize(
    ("loss", "penalty", "y", "message"),
    [
        ("quantile", L1(), Y, "needs a likelihood, which the loss 'quantile' has not"),
        ("gamma", L1(), COUNTS + 1.0, r"noise_variance must be the dispersion.*got None"),
        ("squared", penalties.GroupLasso([0, 0, 0, 1, 1, 1]), Y, "known degrees of freedom"),
        ("squared", penalties.MCP(), Y, "known degrees of freedom"),
    ],
    ids=["quantile", "gamma", "group", "mcp"],
)
def test_what_has_no_criterion_is_refused(loss, penalty, y, message):
    model = taut.PenalizedRegressor(loss, penalty, alpha=BIC())
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)


def test_a_dispersion_serves_where_none_is_known():
    model = taut.PenalizedRegressor("gamma", L1(), alpha=BIC(noise_variance=0.5), tol=1e-10)
    model.fit(X, COUNTS + 1.0)
    mean = model.predict(X)
    deviance = 2 * np.sum((COUNTS + 1.0) / mean - 1 - np.log((COUNTS + 1.0) / mean))
    found = model.criterion_results_.criterion.min()
    assert found == pytest.approx(deviance / 0.5 + log(N) * np.count_nonzero(model.coef_))
