"""The displays draw what they are given, take axes, and say what they cannot draw."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_diabetes

import taut
from taut.selection import CVResults

plt = pytest.importorskip("matplotlib.pyplot")
plt.switch_backend("Agg")
Text = pytest.importorskip("matplotlib.text").Text
plots = pytest.importorskip("taut.plots")
style = plots.style


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def path():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    return taut.fit_path(X, y, n_alphas=30)


@pytest.fixture
def results():
    """Five folds; the minimum at 0.1, and 1 within one standard error of it."""
    alphas = np.array([10.0, 1.0, 0.1, 0.01])
    folds = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    return CVResults(
        alphas,
        errors=np.array([9.0, 4.2, 4.0, 4.5])[:, None] + folds,
        train_errors=np.array([8.0, 3.5, 3.0, 2.5])[:, None] + 0.1 * folds,
    )


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_a_path_is_one_line_per_feature_that_is_used(path):
    display = plots.PathDisplay(path).plot(top=3)
    used = np.flatnonzero(path.coefs.any(axis=1))
    assert len(display.lines_) == len(used)
    for line, j in zip(display.lines_, used, strict=True):
        assert_allclose(line.get_xdata(), path.alphas)
        assert_allclose(line.get_ydata(), path.coefs[j])


def test_the_strongest_features_are_named_at_the_ends(path):
    ax = plots.PathDisplay(path).plot(top=3).ax_
    strongest = np.argsort(-np.abs(path.coefs).max(axis=1))[:3]
    assert set(texts(ax)) == set(path.feature_names[strongest])


def test_strong_penalties_are_on_the_left(path):
    left, right = plots.PathDisplay(path).plot().ax_.get_xlim()
    assert (left, right) == (path.alphas.max(), path.alphas.min())


def test_the_chosen_alpha_is_marked(path):
    marked = plots.PathDisplay(path, alpha=0.3).plot().ax_
    plain = plots.PathDisplay(path).plot().ax_
    assert len(marked.lines) == len(plain.lines) + 1
    assert any(np.all(np.asarray(line.get_xdata()) == 0.3) for line in marked.lines)


def test_all_displays_draw_on_given_axes(path, results):
    figure, axes = plt.subplots(1, 3)
    shown = [
        plots.PathDisplay(path).plot(axes[0]),
        plots.CVDisplay(results).plot(axes[1]),
        plots.CoefficientDisplay(path.coefs[:, -1]).plot(axes[2]),
    ]
    assert [display.ax_ for display in shown] == list(axes)
    assert all(display.figure_ is figure for display in shown)
    assert plt.get_fignums() == [figure.number]


def test_what_is_no_axes_is_refused(path):
    with pytest.raises(TypeError, match="ax must be matplotlib axes, got 3 of type int"):
        path.plot(ax=3)


def test_path_plot_is_its_display(path):
    _, ax = plt.subplots()
    display = path.plot(ax, top=2)
    assert isinstance(display, plots.PathDisplay)
    assert display.ax_ is ax
    assert len(texts(ax)) == 2


def test_alpha_zero_has_no_place_on_a_logarithmic_axis():
    X, y = load_diabetes(return_X_y=True)
    path = taut.fit_path(X, y, alphas=[1.0, 0.1, 0.0])
    assert_allclose(plots.PathDisplay(path).plot().lines_[0].get_xdata(), [1.0, 0.1])
    with pytest.raises(ValueError, match="alpha above 0"):
        plots.PathDisplay(taut.fit_path(X, y, alphas=[0.0])).plot()


def test_one_alpha_is_a_dot_and_an_empty_path_is_empty(path):
    X, y = load_diabetes(return_X_y=True)
    one = taut.fit_path(X, y, alphas=[0.1])
    assert plots.PathDisplay(one).plot().lines_[0].get_marker() == "o"
    nothing = taut.fit_path(X, y, alphas=[1e6, 1e5])
    assert plots.PathDisplay(nothing).plot().lines_ == []


def test_several_targets_are_drawn_one_at_a_time():
    X, y = load_diabetes(return_X_y=True)
    path = taut.fit_path(X, np.column_stack([y, y**2]), n_alphas=5)
    line = plots.PathDisplay(path).plot(target=1).lines_[0]
    assert_allclose(line.get_ydata(), path.coefs[path.coefs[:, 1].any(axis=1)][0, 1])
    with pytest.raises(ValueError, match=r"target must say which of the 2 targets.*None"):
        plots.PathDisplay(path).plot()


def test_cv_curves_and_band(results):
    display = plots.CVDisplay(results).plot()
    assert_allclose(display.line_.get_ydata(), [9.0, 4.2, 4.0, 4.5])
    assert_allclose(display.train_line_.get_ydata(), [8.0, 3.5, 3.0, 2.5])
    corners = display.band_.get_paths()[0].vertices[:, 1]
    width = np.sqrt(0.5 / 4)  # variance 0.5 over five folds
    assert corners.min() == pytest.approx(4.0 - width)
    assert corners.max() == pytest.approx(9.0 + width)


def test_cv_choices_are_marked(results):
    display = plots.CVDisplay(results).plot()
    assert {"min", "1 SE"} <= set(texts(display.ax_))
    dots = {line.get_xdata()[0] for line in display.ax_.lines if line.get_marker() == "o"}
    assert dots == {results.alpha_min, results.alpha_1se} == {0.1, 1.0}


def test_cv_choices_that_agree_are_marked_once(results):
    alone = CVResults(results.alphas, results.errors[:, [2]], results.train_errors[:, [2]])
    assert "min and 1 SE" in texts(plots.CVDisplay(alone).plot().ax_)


def test_cv_without_an_alpha_above_zero_is_refused():
    with pytest.raises(ValueError, match="alpha above 0"):
        plots.CVDisplay(CVResults(np.zeros(1), np.ones((1, 2)), np.ones((1, 2)))).plot()


def test_coefficients_are_sorted_by_size_and_zeros_left_out():
    display = plots.CoefficientDisplay([0.5, 0.0, -3.0, 1.0], list("abcd")).plot()
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == ["c", "d", "a"]
    assert_allclose(display.heads_.get_offsets()[:, 0], [-3.0, 1.0, 0.5])
    assert "3 of 4" in display.ax_.get_xlabel()


def test_only_the_top_coefficients_are_drawn_and_the_axis_says_so():
    display = plots.CoefficientDisplay(np.arange(50.0)).plot(top=7)
    assert len(display.heads_.get_offsets()) == 7
    assert "7 largest of 49" in display.ax_.get_xlabel()


def test_coefficients_of_an_estimator():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    model = taut.Lasso(alpha=1.0).fit(X, y)
    display = plots.CoefficientDisplay.from_estimator(model)
    assert display.names == list(X.columns)
    assert_allclose(display.coef, model.coef_)
    assert "of 10 not zero" in display.plot().ax_.get_xlabel()


@pytest.fixture(scope="module")
def chosen():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    return taut.Lasso(alpha=taut.CV(rule="1se")).fit(X, y)


def test_the_path_of_an_estimator_is_drawn_with_its_choice(chosen):
    _, ax = plt.subplots()
    display = plots.PathDisplay.from_estimator(chosen, ax=ax, top=3)
    assert display.ax_ is ax
    assert display.path is chosen.path_
    assert texts(ax)[0] == f"alpha = {chosen.alpha_:.3g}"
    assert len(texts(ax)) == 4
    assert any(np.all(np.asarray(line.get_xdata()) == chosen.alpha_) for line in ax.lines)


@pytest.mark.parametrize("estimator", [taut.Lasso(alpha=taut.CV(rule="1se")), taut.LassoCV()])
def test_the_errors_of_an_estimator_are_drawn(estimator):
    estimator.fit(*load_diabetes(return_X_y=True))
    display = plots.CVDisplay.from_estimator(estimator)
    assert_allclose(display.line_.get_ydata(), estimator.cv_results_.mean)


@pytest.mark.parametrize(
    ("display", "estimator"),
    [
        (plots.PathDisplay, taut.Lasso()),
        (plots.CVDisplay, taut.Lasso()),
        (plots.CVDisplay, taut.RidgeCV(store_cv_results=True)),
    ],
)
def test_an_estimator_without_what_is_drawn_is_refused(display, estimator):
    estimator.fit(*load_diabetes(return_X_y=True))
    with pytest.raises(AttributeError, match=r"estimator must have chosen.*alpha=taut\.CV"):
        display.from_estimator(estimator)


def test_displays_say_what_they_show(chosen, results):
    shown = repr(plots.PathDisplay(chosen.path_, 0.25))
    assert shown.startswith("<PathDisplay of 10 features along 100 alphas, ")
    assert shown.endswith(", 0.25 marked>")
    shown = repr(plots.CVDisplay(results))
    assert shown == "<CVDisplay of 4 alphas on 5 folds: min at 0.1, 1 SE at 1>"
    shown = repr(plots.CoefficientDisplay([0.0, 2.0, -1.0]))
    assert shown == "<CoefficientDisplay: 2 of 3 coefficients are not zero>"


def test_an_estimator_that_was_not_fitted_is_refused():
    with pytest.raises(AttributeError, match="estimator must be a fitted linear model"):
        plots.CoefficientDisplay.from_estimator(taut.Lasso())


def test_no_coefficient_at_all_is_an_empty_chart():
    assert len(plots.CoefficientDisplay(np.zeros(3)).plot().heads_.get_offsets()) == 0


@pytest.mark.parametrize(
    ("coef", "names", "message"),
    [(np.ones((2, 2)), None, "one-dimensional"), (np.ones(3), ["a"], "as many as the 3")],
)
def test_bad_coefficients_are_refused(coef, names, message):
    with pytest.raises(ValueError, match=message):
        plots.CoefficientDisplay(coef, names)


def test_labels_never_overlap(path):
    figure = path.plot(top=10).figure_
    figure.draw_without_rendering()
    # Of the words alone: an annotation's own extent has its leader in it.
    boxes = [Text.get_window_extent(text) for text in figure.axes[0].texts]
    for lower, upper in pairwise(sorted(boxes, key=lambda box: box.y0)):
        assert lower.y1 <= upper.y0 + 1.0


def test_without_matplotlib_the_error_names_the_extra(tmp_path):
    script = """
import sys
sys.modules["matplotlib"] = None
import numpy, taut
path = taut.fit_path(numpy.eye(4), [1.0, 2.0, 4.0, 3.0])
try:
    path.plot()
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert 'pip install "taut[plot]"' in done.stdout, done.stderr


def test_labels_stay_beside_the_axes_and_the_first_of_equals_is_uppermost():
    placed = style.spread(np.ones(5), 0.1)
    assert_allclose(placed, [1.0, 0.9, 0.8, 0.7, 0.6])
    assert_allclose(style.spread([0.0, 0.02, 0.9], 0.1), [0.0, 0.1, 0.9])
    crowded = style.spread(np.full(4, 0.5), 0.5)
    assert_allclose(crowded, [1.25, 0.75, 0.25, -0.25])


def test_features_that_are_asked_for_have_the_same_colours_in_every_path(path):
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    other = taut.fit_path(X, y, penalty=taut.penalties.L2(), n_alphas=30)
    for drawn in (path, other):
        ax = plots.PathDisplay(drawn).plot(features=[4, 2]).ax_
        assert [(t.get_text(), t.get_color()) for t in ax.texts] == [
            ("s1", style.COLOURS[0]),
            ("bmi", style.COLOURS[1]),
        ]
    for wrong in ([10], [-1], ["bmi"]):
        with pytest.raises(ValueError, match="features must be numbers of features, from 0 to 9"):
            plots.PathDisplay(path).plot(features=wrong)


def test_errors_of_other_losses_are_called_deviances():
    X, y = load_diabetes(return_X_y=True)
    model = taut.PoissonRegressor(alpha=taut.CV()).fit(X, y)
    assert plots.CVDisplay.from_estimator(model).ax_.get_ylabel() == "mean deviance (poisson loss)"


def test_logarithmic_axes_have_plain_numbers():
    _, ax = plt.subplots()
    for alphas, labels in ((np.geomspace(60, 0.9, 9), {"50", "10", "1"}), ([1e3, 1e-7], {"1e-7"})):
        style.strength_axis(ax, np.asarray(alphas))
        ax.figure.draw_without_rendering()
        assert labels <= {label.get_text() for label in ax.get_xticklabels()}


def test_places_are_marked_on_axes_of_dates_and_titles_stand_above():
    days = np.arange("2024-01-01", "2024-02-10", dtype="datetime64[D]")
    values = np.arange(40.0)
    display = plots.ForecastDisplay(days, values, values[-10:], np.ones(10), 0.9, "riders").plot()
    style.title(display.ax_, "a month")
    display.figure_.draw_without_rendering()
    mark, title = display.ax_.texts[0], display.ax_._left_title
    assert mark.get_text() == "last value known"
    assert mark.get_window_extent().y1 <= title.get_window_extent().y0


def test_change_points_are_named_where_they_are_few():
    days = np.arange("2024-01-01", "2024-01-09", dtype="datetime64[D]")
    few = plots.TrendDisplay(days, np.zeros(8), [2]).plot().ax_
    assert few.get_title(loc="left") == "1 change point at 2024-01-03"
    many = plots.TrendDisplay(np.arange(8), np.zeros(8), range(1, 8)).plot().ax_
    assert many.get_title(loc="left") == "7 change points"
    assert (
        plots.TrendDisplay(days, np.zeros(8), []).plot().ax_.get_title(loc="left").startswith("no")
    )


def test_labels_of_what_leaves_the_axes_stay_beside_them():
    _, ax = plt.subplots()
    ax.set(yscale="log", ylim=(1.0, 100.0))
    heights = [text.xy[1] for text in style.label_ends(ax, [10.0, 1e6], "ab", ["k", "k"])]
    assert_allclose(heights, [0.5, 1.0])


@pytest.mark.parametrize(("top", "error"), [("a", TypeError), (True, TypeError), (-1, ValueError)])
def test_how_many_to_draw_is_a_number(path, top, error):
    with pytest.raises(error, match="top must"):
        plots.CoefficientDisplay(path.coefs[:, -1]).plot(top=top)
