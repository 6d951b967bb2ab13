"""Trends: the fused lasso, broken lines and splines, with their change points."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

import taut
from taut.applications import TrendFilter
from taut.applications.trends.bending import Bending
from taut.applications.trends.paths import trends
from taut.applications.trends.pieces import _Bends, refitted


def steps(noise=0.3, seed=0):
    levels = np.repeat([0.0, 3.0, 1.0, 2.0], 50)
    return levels, levels + noise * np.random.default_rng(seed).standard_normal(200)


@pytest.mark.parametrize("alpha", [taut.BIC(), taut.EBIC(), taut.CV(rule="1se"), 0.05])
@pytest.mark.parametrize("seed", range(5))
def test_change_points_of_steps_are_found(alpha, seed):
    _, y = steps(seed=seed)
    model = TrendFilter(alpha=alpha).fit(y)
    found = model.change_points_
    assert all(np.min(abs(found - true)) <= 1 for true in (50, 100, 150))
    # A few samples of noise that lean one way may count as a piece.
    assert model.n_pieces_ == len(found) + 1 <= 5
    assert_allclose(model.trend_[: found[0]], y[: found[0]].mean())


def test_without_refit_it_is_the_prox_of_total_variation():
    _, y = steps()
    model = TrendFilter(alpha=0.05, refit=False).fit(y)
    assert_allclose(model.trend_, taut.penalties.TotalVariation().prox(y, 0.05 * len(y)))
    assert model.relative_gap_ == 0


@pytest.mark.parametrize("order", [1, 2, 3])
def test_higher_orders_agree_with_cvxpy(order):
    cvxpy = pytest.importorskip("cvxpy")
    n = 40
    y = np.random.default_rng(0).standard_normal(n) + np.sin(np.arange(n) / 4)
    alpha = 0.3 * trends(np.arange(n) * 1.0, y, order).alphas[0]
    model = TrendFilter(order, alpha=alpha, refit=False).fit(y)
    f = cvxpy.Variable(n)
    knots = np.maximum(np.subtract.outer(np.arange(n), np.arange(order, n - 1)), 0.0) ** order
    basis = np.hstack([np.vander(np.arange(n) / n, order + 1), knots / [1, 1, 2, 6][order]])
    coef = cvxpy.Variable(basis.shape[1])
    f = basis @ coef
    objective = cvxpy.sum_squares(y - f) / (2 * n) + alpha * cvxpy.norm1(coef[order + 1 :])
    cvxpy.Problem(cvxpy.Minimize(objective)).solve(solver="CLARABEL")
    assert_allclose(model.trend_, f.value, atol=1e-4)
    assert model.relative_gap_ <= 1e-8


def test_order_zero_agrees_with_the_lasso_on_steps():
    _, y = steps()
    basis = np.tril(np.ones((200, 200)))[:, 1:]
    path = taut.fit_path(basis, y, alphas=[0.02], tol=1e-10)
    expected = path.intercepts[0] + basis @ path.coefs[:, 0]
    assert_allclose(TrendFilter(alpha=0.02, refit=False).fit(y).trend_, expected, atol=1e-6)


@pytest.mark.parametrize("alpha", [taut.BIC(), taut.CV()])
def test_a_broken_line_is_recovered(alpha):
    t = np.linspace(0, 1, 300)
    truth = np.interp(t, [0, 0.3, 0.6, 1], [0, 2, -1, 1])
    y = truth + 0.2 * np.random.default_rng(0).standard_normal(300)
    model = TrendFilter(1, alpha=alpha).fit(y, t)
    assert np.sqrt(np.mean((model.trend_ - truth) ** 2)) < 0.05
    assert np.min(abs(model.change_positions_ - 0.3)) < 0.03
    assert np.min(abs(model.change_positions_ - 0.6)) < 0.03


@pytest.mark.parametrize("order", [0, 1, 2])
def test_polynomials_of_the_order_are_free(order):
    y = np.arange(30.0) ** order
    assert_allclose(TrendFilter(order, alpha=100.0, refit=False).fit(y).trend_, y, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(shift=st.floats(-100, 100), scale=st.floats(0.1, 10), order=st.sampled_from([0, 1]))
def test_units_do_not_move_change_points(shift, scale, order):
    _, y = steps()
    plain = TrendFilter(order).fit(y)
    moved = TrendFilter(order).fit(scale * y + shift)
    assert_array_equal(moved.change_points_, plain.change_points_)
    assert_allclose(moved.trend_, scale * plain.trend_ + shift, atol=1e-6 * (1 + abs(shift)))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000))
def test_backwards_is_the_same_trend(seed):
    y = np.random.default_rng(seed).standard_normal(60).cumsum()
    forwards = TrendFilter(alpha=0.1, refit=False).fit(y).trend_
    assert_allclose(TrendFilter(alpha=0.1, refit=False).fit(y[::-1]).trend_[::-1], forwards)


def test_it_is_a_scikit_learn_object():
    model = TrendFilter(1, alpha=taut.CV(folds=3), refit=False)
    copy = clone(model)
    assert repr(copy.get_params()) == repr(model.get_params())
    _, y = steps()
    fitted = copy.fit(y)
    assert fitted is copy
    assert len(fitted.alphas_) == len(fitted.scores_)
    assert_allclose(fitted.predict([3.0, 3.5]), [fitted.trend_[3], fitted.trend_[3:5].mean()])


def test_a_constant_series_has_one_piece():
    model = TrendFilter().fit(np.full(20, 3.0))
    assert model.n_pieces_ == 1
    assert_array_equal(model.trend_, 3.0)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([1.0, np.nan, 2.0, 3.0, 1.0],), {}, "row 1 of y"),
        ((np.ones((5, 2)),), {}, "one series of shape"),
        (([1.0, 2.0, 3.0],), {"order": 1}, "at least 6 samples for order=1"),
        ((np.arange(9.0) % 4, np.r_[0, 2, 1, 3:9.0]), {}, "t must rise, got 1 after 2 at sample 2"),
        (
            (np.arange(12.0) % 4, 1e-150 * np.arange(12)),
            {"order": 3},
            "t must have steps whose powers",
        ),
        ((np.arange(9.0), np.arange(8.0)), {}, "t must have shape"),
        ((np.arange(9.0),), {"order": 4}, "order must be at most 3"),
        ((np.arange(9.0),), {"order": 0.5}, "order must be a whole number"),
        ((np.arange(9.0),), {"alpha": 0.0}, "alpha must be finite and > 0"),
        ((np.arange(9.0),), {"alpha": "BIC"}, "or a rule"),
        ((np.arange(9.0),), {"refit": 1}, "refit must be True or False"),
        ((np.arange(9.0),), {"verbose": 1}, "verbose must be True or False"),
        ((np.arange(9.0),), {"alpha": taut.CV([([0], [1])])}, "a number of folds"),
    ],
)
def test_bad_input_is_named(arguments, options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        TrendFilter(**options).fit(*arguments)


def test_the_plot_shows_the_changes():
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("Agg")
    _, y = steps()
    model = TrendFilter().fit(y)
    display = model.plot(y)
    assert len(display.changes_) == len(model.change_points_) > 0
    plt.close("all")


def test_criteria_are_finite_where_models_are_candidates():
    """EBIC counts models, of which there are none with more change points than samples."""
    _, y = steps()
    with np.errstate(invalid="raise"):
        scores = TrendFilter(alpha=taut.EBIC()).fit(y).scores_
    assert not np.isnan(scores).any()
    assert np.isinf(scores[-1])
    assert np.isfinite(scores[0])


def test_births_rose_once(data_folder):
    pd = pytest.importorskip("pandas")
    table = pd.read_csv(data_folder / "time_series/daily_total_female_births.csv.gz")
    births = table.iloc[:, -1].to_numpy(float)
    for alpha in (taut.BIC(), taut.EBIC()):
        assert TrendFilter(alpha=alpha).fit(births).change_points_.tolist() == [180]


def long_series(n, seed=0):
    rng = np.random.default_rng(seed)
    bends = np.sort(rng.uniform(0, n, 20))
    truth = np.interp(np.arange(n), np.r_[0, bends, n], 2 * rng.standard_normal(22))
    return truth, truth + 0.3 * rng.standard_normal(n)


@pytest.mark.parametrize("order", [1, 2])
def test_memory_is_linear_and_the_certificate_holds(order):
    """A basis of knots would be n by n: 3 GB."""
    truth, y = long_series(20_000)
    tracemalloc.start()
    model = TrendFilter(order, alpha=0.05 * 100 ** (order - 1), refit=False).fit(y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 120 * y.nbytes
    assert model.relative_gap_ <= 1e-8
    assert np.sqrt(np.mean((model.trend_ - truth) ** 2)) < 0.2


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("share", [0.7, 0.1, 1e-3, 1e-5])
def test_long_series_reach_their_certificate_at_all_strengths(order, share):
    """Where knots are few on many samples, differences are too close to singular."""
    _, y = long_series(5_000)
    found = trends(np.arange(5_000.0), y, order)
    trend = found.at(share ** (order / 2 + 0.5) * found.alphas[0])
    assert trend.relative_gap <= 1e-8
    # A second opinion: the residual pulls at no knot by more than the strength.
    residual = (y - trend.fit)[::-1] / len(y)
    for _ in range(order + 1):
        residual = np.cumsum(residual)
    if order == 1:
        pulls = residual[::-1][2:]
        assert np.abs(pulls).max() <= trend.alpha * (1 + 1e-3)


@pytest.mark.parametrize(("order", "strength"), [(2, 3e-6), (3, 3e-4), (3, 3e-6), (3, 3e-7)])
def test_weak_strengths_of_long_series_reach_their_certificate(order, strength):
    """Kinks are told from zeros by no scale of the series: noise has many small ones."""
    rng, t = np.random.default_rng(0), np.linspace(0, 1, 20_000)
    y = 0.2 * rng.normal(size=20_000) + np.sin(6 * t) * (order == 2)
    found = trends(np.arange(20_000.0), y, order)
    assert found.at(strength * found.alphas[0]).relative_gap <= 1e-8


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("unit", [1e200, 1e-200])
def test_units_may_be_extreme(order, unit):
    _, y = steps()
    plain, moved = TrendFilter(order).fit(y), TrendFilter(order).fit(unit * y)
    assert_array_equal(moved.change_points_, plain.change_points_)
    assert_allclose(moved.trend_ / unit, plain.trend_, atol=1e-9)
    assert_allclose(moved.alpha_ / unit, plain.alpha_, rtol=1e-9)


@pytest.mark.parametrize("order", [1, 2])
def test_units_of_positions_do_not_matter(order):
    _, y = steps()
    t = np.cumsum(np.random.default_rng(0).exponential(size=200))
    plain, moved = TrendFilter(order).fit(y, t), TrendFilter(order).fit(y, 1e-6 * t + 3)
    assert_array_equal(moved.change_points_, plain.change_points_)
    assert plain.relative_gap_ <= 1e-8


def test_a_trend_beyond_its_tolerance_is_said(monkeypatch):
    _, y = steps()
    solved = Bending.at
    monkeypatch.setattr(Bending, "at", lambda self, s: solved(self, s)._replace(gap=1e-3))
    with pytest.warns(taut.ConvergenceWarning, match="gap of 1.0e-03, not 1e-08"):
        TrendFilter(1, alpha=0.05).fit(y)


def test_dropping_knots_by_sweeps_is_fitting_anew():
    _, y = steps()
    t, knots = np.arange(200.0), np.array([20, 55, 60, 110, 160])
    bends = _Bends(t, y, 1, knots)
    for _ in range(3):
        before = np.square(y - refitted(t, y, 1, bends.knots)).sum()
        costs, left = bends.costs(), bends.knots
        for place, cost in enumerate(costs):
            without = refitted(t, y, 1, np.delete(left, place))
            assert_allclose(cost, np.square(y - without).sum() - before, rtol=1e-6, atol=1e-9)
        bends.drop(1)


def test_a_polynomial_to_the_last_digit_has_no_bends():
    solver = trends(np.arange(10.0), np.zeros(10), 1)
    assert solver.at(1.0).knots.size == 0
