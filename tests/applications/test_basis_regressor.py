"""Polynomials and splines: the size that held-out rows ask for, and curves that follow."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures, StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

import taut
from taut.applications import BasisRegressor


def cubic(n_samples=120, seed=0):
    random = np.random.default_rng(seed)
    x = random.uniform(-2, 2, size=(n_samples, 1))
    return x, x[:, 0] ** 3 - 2 * x[:, 0] + 0.5 * random.normal(size=n_samples)


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        pytest.param(estimator, check, id=f"{name}-{check.func.__name__}")
        for name, model in {
            "polynomial": BasisRegressor(taut.Ridge(), sizes=[1, 2]),
            "spline": BasisRegressor(taut.Lasso(0.01), basis="spline", size=2),
        }.items()
        for estimator, check in estimator_checks_generator(model)
    ],
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_the_degree_of_a_cubic_is_found():
    rule = taut.CV(rule="1se", random_state=0)
    model = BasisRegressor(taut.LinearRegression(), size=rule).fit(*cubic())
    assert model.size_ == 3
    assert_array_equal(model.sizes_, range(1, 11))
    assert model.errors_.shape == model.train_errors_.shape == (10, 5)
    least = BasisRegressor(taut.LinearRegression()).fit(*cubic())
    assert least.size_ == least.sizes_[np.argmin(least.errors_.mean(axis=1))] >= 3


def test_errors_are_those_of_cross_validation_of_the_pipeline():
    X, y = cubic()
    folds = KFold(4, shuffle=True, random_state=3)
    model = BasisRegressor(taut.Lasso(0.01), size=taut.CV(folds), sizes=[2, 5]).fit(X, y)
    for size, errors in zip(model.sizes_, model.errors_, strict=True):
        pipeline = make_pipeline(
            MinMaxScaler((-1, 1)),
            PolynomialFeatures(size, include_bias=False),
            StandardScaler(),
            taut.Lasso(0.01),
        )
        scores = cross_val_score(pipeline, X, y, cv=folds, scoring="neg_mean_squared_error")
        assert_allclose(errors, -scores)


@pytest.mark.parametrize("basis", ["polynomial", "spline"])
def test_a_penalty_forgives_a_basis_that_is_too_large(basis):
    fine = np.linspace(-1.8, 1.8, 200)[:, None]
    truth = fine[:, 0] ** 3 - 2 * fine[:, 0]
    models = (taut.LinearRegression(), taut.Ridge(taut.CV()))
    errors = np.empty((5, 2))
    for seed in range(5):
        for k, model in enumerate(models):
            curve = BasisRegressor(model, basis=basis, size=14).fit(*cubic(40, seed)).predict(fine)
            errors[seed, k] = np.mean((curve - truth) ** 2)
    free, held = errors.mean(axis=0)
    assert held < 0.7 * free


def test_splines_go_on_straight():
    model = BasisRegressor(taut.LinearRegression(), basis="spline", size=4).fit(*cubic())
    beyond = model.predict([[3.0], [4.0], [5.0]])
    assert_allclose(np.diff(beyond, 2), 0.0, atol=1e-8)


def test_a_size_that_is_given_is_taken_and_names_reach_the_terms():
    pandas = pytest.importorskip("pandas")
    X, y = cubic()
    frame = pandas.DataFrame({"age": X[:, 0], "dose": X[:, 0] ** 2})
    model = BasisRegressor(size=2).fit(frame, y)
    assert model.size_ == 2
    assert not hasattr(model, "errors_")
    names = ["age", "dose", "age^2", "age dose", "dose^2"]
    assert list(model.get_feature_names_out()) == names
    assert model.coef_.shape == (5,)
    with pytest.raises(AttributeError, match="no sizes were compared"):
        model.plot()


def test_a_refit_with_a_given_size_forgets_the_comparison():
    model = BasisRegressor(taut.Ridge(), sizes=[1, 2]).fit(*cubic())
    model.set_params(size=2).fit(*cubic())
    assert not hasattr(model, "errors_")


def test_sizes_stay_within_what_the_columns_can_bear():
    X = np.random.default_rng(0).normal(size=(60, 30))
    model = BasisRegressor(taut.Ridge()).fit(X, X[:, 0])
    assert_array_equal(model.sizes_, [1, 2])


@pytest.mark.parametrize(
    ("parameters", "error", "words"),
    [
        ({"basis": "splines"}, ValueError, "basis must be one of"),
        ({"size": 0}, ValueError, "size must be whole numbers from 1, got 0"),
        ({"size": True}, TypeError, r"size must be a whole number or taut.CV"),
        ({"size": taut.BIC()}, TypeError, r"size must be a whole number or taut.CV"),
        ({"sizes": []}, ValueError, "sizes must hold at least one"),
        ({"sizes": [1, 2.5]}, ValueError, r"sizes must be whole numbers from 1, got 2.5"),
        ({"model": taut.LogisticRegression()}, TypeError, "model must be a regressor"),
        ({"model": taut.Ridge}, TypeError, "model must be a regressor"),
    ],
)
def test_bad_parameters_are_named(parameters, error, words):
    with pytest.raises(error, match=words):
        BasisRegressor(**parameters).fit(*cubic(20))


def test_bad_data_are_named():
    X, y = cubic(20)
    X[3, 0] = np.nan
    with pytest.raises(ValueError, match="row 3, column 0 of X"):
        BasisRegressor(size=1).fit(X, y)
    X, y = cubic(20)
    with pytest.raises(ValueError, match="y must have one column, got 2"):
        BasisRegressor(size=1).fit(X, np.column_stack([y, y]))
    with pytest.raises(ValueError, match="folds must be between 2 and the number of rows"):
        BasisRegressor().fit(X[:3], y[:3])
    with pytest.raises(MemoryError, match='pass basis="spline"'):
        BasisRegressor(size=40).fit(np.random.default_rng(0).normal(size=(20, 60)), y)


def test_a_refused_fit_leaves_the_model_as_it_was():
    X, y = cubic(30)
    model = BasisRegressor(taut.Ridge(), size=2).fit(X, y)
    before = model.predict(X)
    with pytest.raises(ValueError, match="one column"):
        model.fit(X, np.column_stack([y, y]))
    assert_array_equal(model.predict(X), before)
    assert clone(model).size == 2


def test_the_picture():
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("Agg")
    model = BasisRegressor(taut.LinearRegression(), sizes=[1, 3, 5]).fit(*cubic())
    display = model.plot(label="none")
    assert_allclose(display.line_.get_ydata(), model.errors_.mean(axis=1))
    other = BasisRegressor(taut.Ridge(), sizes=[1, 3]).fit(*cubic())
    drawn = other.plot(display.ax_, label="ridge", training=False)
    assert drawn.line_.get_color() != display.line_.get_color()
    assert drawn.train_line_ is None
    assert "3 sizes on 5 folds" in repr(display)
    plt.close("all")
