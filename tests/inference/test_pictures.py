"""Every result draws itself, on given axes too."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import taut
from taut.inference import debiased_lasso, lasso_selection

from .samples import sparse_regression

plt = pytest.importorskip("matplotlib.pyplot")
plt.switch_backend("Agg")


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def problem():
    return sparse_regression(120, 15, 4)


@pytest.fixture(scope="module")
def lasso(problem):
    return lasso_selection(*problem[:2], n_pairs=5)


@pytest.fixture(scope="module")
def stable(problem):
    return taut.stability_selection(*problem[:2], n_pairs=5)


@pytest.fixture(scope="module")
def knocked(problem):
    return taut.knockoffs(*problem[:2], fdr=0.4)


@pytest.fixture(scope="module")
def debiased(problem):
    return debiased_lasso(*problem[:2])


def bars_of(container):
    return np.array([bar.get_width() for bar in container])


def test_importances_come_with_their_stability(lasso):
    display = lasso.plot_importances(top=6)
    assert_allclose(bars_of(display.bars_), lasso.importances[display.features_])
    written = [text.get_text() for text in display.ax_.texts]
    share = f"{100 * lasso.stability[display.features_[0]]:.0f} %"
    assert share in written
    assert "6 shown" in display.ax_.get_xlabel()


def test_selected_features_come_first_and_in_colour(lasso):
    display = lasso.plot_importances()
    n_selected = len(lasso.selected)
    assert_array_equal(display.features_[:n_selected], lasso.selected)
    colours = [bar.get_facecolor() for bar in display.bars_]
    assert len(set(colours[:n_selected])) == 1
    assert colours[0] != colours[-1]


def test_stability_paths(stable):
    display = stable.plot(top=2)
    used = np.flatnonzero(stable.path_probabilities.any(axis=1))
    assert len(display.lines_) == len(used)
    assert_allclose(display.lines_[0].get_ydata(), stable.path_probabilities[used[0]])


def test_knockoffs_are_drawn_to_both_sides(knocked):
    display = knocked.plot()
    assert_allclose(bars_of(display.bars_), knocked.statistics[display.features_])
    sizes = np.abs(bars_of(display.bars_))
    assert np.all(np.diff(sizes) <= 0)


def test_intervals(debiased):
    display = debiased.plot(top=5)
    drawn = np.array([segment[:, 0] for segment in display.bars_.get_segments()])
    assert_allclose(drawn, debiased.intervals()[display.features_])
    assert np.all(np.diff(debiased.p_values[display.features_]) >= 0)


@pytest.mark.parametrize("values", [[0.1, 1.0, 100.0], ["a", "b"], None], ids=str)
def test_bias_and_variance(values):
    parts = (
        (0.5, 0.3, 0.2, 0.2) if values is None else [np.array([0.5, 0.4, 0.6])[: len(values)]] * 4
    )
    named = {} if values is None else {"parameter": "alpha", "values": np.array(values)}
    found = taut.inference.BiasVariance(*parts, "squared", **named)
    display = found.plot()
    if values is None:
        assert len(display.ax_.patches) == 3
    else:
        assert_allclose(display.lines_[-1].get_ydata(), found.error)
        assert (display.ax_.get_xscale() == "log") == (len(values) == 3)


def test_all_take_axes(lasso, stable, knocked, debiased):
    figure, axes = plt.subplots(1, 4)
    displays = [
        lasso.plot_importances(axes[0]),
        stable.plot(axes[1]),
        knocked.plot(axes[2]),
        debiased.plot(axes[3]),
    ]
    assert [display.ax_ for display in displays] == list(axes)
    assert all(display.figure_ is figure for display in displays)
    assert plt.get_fignums() == [figure.number]
    assert all(repr(display).startswith("<") for display in displays)


def test_the_selector_draws_its_selection(problem):
    selector = taut.Selector("stability").fit(*problem[:2])
    display = taut.plots.ImportanceDisplay.from_estimator(selector)
    assert_allclose(bars_of(display.bars_), selector.importances_[display.features_])


def test_nothing_selected_can_be_drawn():
    X, _, _ = sparse_regression(100, 6, 2)
    y = np.random.default_rng(3).normal(size=100)
    found = taut.knockoffs(X, y)
    assert found.plot().ax_ is not None
    assert found.plot_importances().ax_ is not None
