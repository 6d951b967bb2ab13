"""Penalties, bounds, weights and awkward columns, each judged from outside by its duality gap."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import taut
from certifier import judge, judge_path
from taut.penalties import L1, Box, ElasticNet, NonNegative

from .fits import ENGINES, fit, made, relative_gaps

TOL = 1e-10
engines = pytest.mark.parametrize("engine", ENGINES)
shapes = pytest.mark.parametrize(
    "shape", [(80, 12), (20, 20), (30, 70), (2, 5)], ids=["tall", "square", "wide", "two rows"]
)


def factors(n_features):
    """Unpenalised, excluded and ordinary features, in turn."""
    return np.resize([0.0, 1.0, np.inf, 3.0, 0.2], n_features)


def some_free(n_features):
    """Like ``factors``, but with a single unpenalised feature: two rows cannot bear more."""
    weights = np.where(factors(n_features) == 0.0, 0.5, factors(n_features))
    weights[0] = 0.0
    return weights


# name: (penalty for p features, the same in the judge's terms)
PENALTIES = {
    "l1": lambda p: (L1(), {}),
    "weights": lambda p: (L1(weights=some_free(p)), {"l1": some_free(p)}),
    "elastic net": lambda p: (ElasticNet(l1_ratio=0.4), {"l1": 0.4, "l2": 0.6}),
    "elastic net, weights": lambda p: (
        ElasticNet(l1_ratio=0.4, weights=some_free(p)),
        {"l1": 0.4 * some_free(p), "l2": 0.6 * some_free(p)},
    ),
    "non-negative": lambda p: (L1() + NonNegative(), {"lower": 0.0}),
    "box": lambda p: (L1() + Box(-0.2, 0.4), {"lower": -0.2, "upper": 0.4}),
    "box without zero": lambda p: (L1() + Box(0.1, 0.4), {"lower": 0.1, "upper": 0.4}),
    "bounded elastic net": lambda p: (
        ElasticNet(l1_ratio=0.9) + Box(-0.3, np.inf),
        {"l1": 0.9, "l2": 0.1, "lower": -0.3},
    ),
}
OPTIONS = {
    "plain": {},
    "no intercept": {"fit_intercept": False},
    "standardised": {"standardize": True},
}


@engines
@shapes
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("options", OPTIONS)
def test_every_penalty_is_solved_to_its_tolerance(engine, shape, penalty, options):
    data, options = made(*shape), OPTIONS[options]
    penalty, terms = PENALTIES[penalty](shape[1])
    path = fit(data, engine, penalty, **options)
    assert all(c.solved for c in path.certificates)
    assert judge_path(*data, path, **terms, **options).max() < 1.1 * TOL


@engines
@shapes
def test_the_certificate_bounds_what_the_judge_finds(engine, shape):
    data = made(*shape)
    path = fit(data, engine, tol=1e-4)
    assert np.all(judge_path(*data, path) <= relative_gaps(path) + 1e-13)


@engines
@shapes
def test_weights_of_zero_delete_rows(engine, shape):
    n_samples = shape[0] + 3
    data = made(n_samples, shape[1])
    weights = np.random.default_rng(5).exponential(size=n_samples)
    weights[[0, n_samples // 2, -1]] = 0.0
    kept = weights > 0
    # Whatever stands in a deleted row, it has no influence.
    wild = data.X.copy(), data.y.copy()
    wild[0][~kept] *= 1e3
    wild[1][~kept] = -1e4
    path = fit(wild, engine, weights=weights)
    short = fit((data.X[kept], data.y[kept]), engine, weights=weights[kept])
    assert_allclose(path.alphas, short.alphas, rtol=1e-12)
    assert_allclose(path.coefs, short.coefs, atol=1e-5)
    assert_allclose(path.intercepts, short.intercepts, atol=1e-4)
    assert judge_path(*wild, path, sample_weight=weights).max() < 1.1 * TOL


@engines
def test_whole_weights_repeat_rows(engine):
    X, y = made(30, 12)
    counts = np.arange(30) % 3
    path = fit((X, y), engine, weights=counts)
    repeated = fit((np.repeat(X, counts, axis=0), np.repeat(y, counts)), engine)
    assert_allclose(path.coefs, repeated.coefs, atol=1e-5)


@engines
@pytest.mark.parametrize("shape", [(40, 10), (15, 40)], ids=["tall", "wide"])
def test_columns_that_carry_nothing_stay_out(engine, shape):
    X, y = made(*shape)
    X[:, 1], X[:, 4], X[:, 7] = 0.0, 3.7, -1e9
    path = fit((X, y), engine)
    assert_array_equal(path.coefs[[1, 4, 7]], 0.0)
    assert all(c.solved for c in path.certificates)
    alive = np.delete(np.arange(shape[1]), [1, 4, 7])
    without = taut.Path(path.alphas, path.coefs[alive], path.intercepts, path.certificates)
    assert judge_path(X[:, alive], y, without).max() < 1.1 * TOL


@engines
@pytest.mark.parametrize("shape", [(40, 10), (15, 40)], ids=["tall", "wide"])
@pytest.mark.parametrize("twin", [1.0, -1.0, 2.5])
def test_copies_of_a_column_are_solved(engine, shape, twin):
    X, y = made(*shape)
    X[:, 3], X[:, 9] = X[:, 0], twin * X[:, 6]
    path = fit((X, y), engine)
    assert all(c.solved for c in path.certificates)
    assert judge_path(X, y, path).max() < 1.1 * TOL


@engines
@pytest.mark.parametrize("shape", [(60, 20), (30, 60)], ids=["tall", "wide"])
def test_nearly_collinear_columns_are_solved(engine, shape):
    random = np.random.default_rng(6)
    common = random.normal(size=(shape[0], 1))
    X = np.sqrt(0.99) * common + np.sqrt(0.01) * random.normal(size=shape)
    y = X[:, :5] @ [3.0, -2.0, 1.0, -1.0, 2.0] + 0.1 * random.normal(size=shape[0])
    path = fit((X, y), engine)
    assert all(c.solved for c in path.certificates)
    assert judge_path(X, y, path).max() < 1.1 * TOL


@engines
@pytest.mark.parametrize("size", [1e-12, 1e12])
@pytest.mark.parametrize("shape", [(40, 10), (15, 40)], ids=["tall", "wide"])
def test_units_do_not_matter_where_the_penalty_knows_them(engine, shape, size):
    data = made(*shape)
    scale = np.where(np.arange(shape[1]) % 2, size, 1.0)
    scaled = data.X * scale, data.y
    by_weights = fit(scaled, engine, L1(weights=scale))
    assert_allclose(by_weights.coefs * scale[:, None], fit(data, engine).coefs, atol=1e-5)
    assert judge_path(*scaled, by_weights, l1=scale).max() < 1.1 * TOL
    standardised = fit(scaled, engine, standardize=True)
    expected = fit(data, engine, standardize=True).coefs
    assert_allclose(standardised.coefs * scale[:, None], expected, atol=1e-5)


@engines
@pytest.mark.parametrize("size", [1e-12, 1e12])
def test_units_that_the_penalty_does_not_know_end_honestly(engine, size):
    X, y = made(40, 10)
    X[:, ::2] *= size
    path = fit((X, y), engine, alphas=[1.0, 0.1, 0.01], tol=1e-8)
    gaps = judge_path(X, y, path)
    solved = np.array([c.solved for c in path.certificates])
    assert np.all(np.isfinite(path.coefs))
    # A column of 1e12 loses twelve digits of its correlation, in the judge as in the core.
    assert np.all(gaps[solved] < 1e-3)


@engines
@pytest.mark.parametrize("size", [1e-150, 1e-8, 1e8, 1e100])
def test_the_unit_of_y_does_not_matter(engine, size):
    X, y = made(40, 10)
    path = fit((X, size * y), engine)
    assert_allclose(path.coefs / size, fit((X, y), engine).coefs, atol=1e-5)


@engines
def test_far_from_the_origin_the_intercept_takes_the_mean(engine):
    X, y = made(50, 8)
    shifted = fit((X + 1e6, y - 1e7), engine, tol=1e-9)
    assert_allclose(shifted.coefs, fit((X, y), engine).coefs, atol=1e-4)
    assert all(c.solved for c in shifted.certificates)


@engines
def test_a_constant_response_leaves_nothing_to_explain(engine):
    X, _ = made(30, 6)
    path = fit((X, np.full(30, 2.5)), engine, alphas=[1.0, 0.1])
    assert_array_equal(path.coefs, 0.0)
    assert_allclose(path.intercepts, 2.5, rtol=1e-15)
    assert all(c.solved for c in path.certificates)


@engines
def test_one_column_is_a_soft_threshold(engine):
    X, y = made(25, 1)
    path = fit((X, y), engine)
    x, r = X[:, 0] - X.mean(), y - y.mean()
    pull = x @ r / 25
    exact = np.sign(pull) * np.maximum(abs(pull) - path.alphas, 0.0) / (x @ x / 25)
    assert_allclose(path.coefs[0], exact, atol=1e-8)


@engines
def test_one_alpha_is_the_smallest_that_keeps_everything_out(engine):
    data = made(40, 10)
    path = fit(data, engine, n_alphas=1)
    assert len(path) == 1
    assert_array_equal(path.coefs, 0.0)
    below = fit(data, engine, alphas=[0.999 * path.alphas[0]])
    assert np.count_nonzero(below.coefs) == 1


@engines
def test_the_grid_starts_at_the_null_model_with_unpenalised_features(engine):
    data = made(40, 10)
    path = fit(data, engine, L1(weights=factors(10)))
    free = factors(10) == 0
    assert np.all(path.coefs[free, 0] != 0)
    assert_array_equal(path.coefs[~free, 0], 0.0)
    verdict = judge(*data, path.coefs[:, 0], path.intercepts[0], path.alphas[0], l1=factors(10))
    assert verdict.relative_gap < 1.1 * TOL
    assert np.any(path.coefs[~free, 1] != 0)


@engines
def test_alphas_in_any_order_are_solved(engine):
    data = made(40, 60)
    path = fit(data, engine, alphas=[0.01, 1.0, 0.1, 0.1, 0.03])
    assert judge_path(*data, path).max() < 1.1 * TOL


@engines
def test_few_iterations_end_with_a_status(engine):
    X, y = made(60, 50)
    path = fit((X, y), engine, alphas=[1e-3], tol=1e-14)
    with pytest.warns(taut.ConvergenceWarning, match=r"fit_path: .*raise max_iter.*\(max iter:"):
        again = taut.fit_path(X, y, alphas=[1e-3], tol=1e-14, max_iter=1)
    assert path.certificates[0].n_iter > 1
    assert again.certificates[0].n_iter <= 1
    assert again.certificates[0].status is taut.Status.MAX_ITER
    assert again.certificates[0].relative_gap > 1e-14
