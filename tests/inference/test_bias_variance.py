"""The parts of an error add up, and are what theory says where it says something."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.testing import assert_allclose
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import taut
from taut.inference.bias_variance import decompose_squared, decompose_zero_one

LABELS = arrays.arrays(np.int64, (5, 7), elements=st.integers(0, 2))
NUMBERS = arrays.arrays(np.float64, (5, 7), elements=st.floats(-100, 100))


@given(predictions=NUMBERS)
def test_squared_loss_is_bias_and_variance(predictions):
    y = np.linspace(-1, 1, 7)
    error, bias, variance, effect = decompose_squared(y, predictions)
    assert_allclose(error, bias + variance, atol=1e-9 * (1 + error))
    assert effect == variance >= 0


@given(predictions=LABELS)
@settings(max_examples=50)
def test_zero_one_loss_is_bias_and_variance_effect_of_domingos(predictions):
    """His c at each row, summed: plus where the main prediction is right, minus where it is wrong
    and the prediction right."""
    y = np.array([0, 1, 2, 0, 1, 2, 0])
    error, bias, variance, effect = decompose_zero_one(y, predictions)
    main = np.array([np.bincount(column).argmax() for column in predictions.T])
    differs = predictions != main
    added = np.mean(differs & (main == y)) - np.mean(differs & (main != y) & (predictions == y))
    assert_allclose(effect, added, atol=1e-12)
    assert_allclose(error, bias + effect)
    assert_allclose(variance, np.mean(differs))


def test_the_mean_of_a_bootstrap_sample():
    """Its variance is that of the training rows over their number."""
    random = np.random.default_rng(0)
    y = random.normal(size=50)
    found = taut.bias_variance(
        DummyRegressor(), np.zeros((50, 1)), y, X_test=[[0.0]], y_test=[y.mean()], n_draws=1500
    )
    assert_allclose(found.variance, y.var() / 50, rtol=0.12)
    assert found.bias < 0.05 * found.variance


def test_ridge_along_its_strength_where_everything_is_known():
    """With fresh noise at fixed rows: bias and variance by the textbook (Hastie et al., 7.3)."""
    random = np.random.default_rng(1)
    X = random.normal(size=(40, 5))
    truth = X @ np.array([1.0, -2.0, 0.5, 0.0, 1.0])
    alphas = [0.1, 10.0, 100.0]

    def draw(random):
        return X, truth + random.normal(size=40)

    found = taut.bias_variance(
        taut.Ridge(fit_intercept=False),
        X,
        truth,
        X_test=X,
        y_test=truth,
        draw=draw,
        n_draws=200,
        parameter="alpha",
        values=alphas,
    )
    for k, alpha in enumerate(alphas):
        hat = X @ np.linalg.solve(X.T @ X + alpha * np.eye(5), X.T)
        assert_allclose(found.variance[k], np.trace(hat @ hat.T) / 40, rtol=0.15)
        exact = np.mean((truth - hat @ truth) ** 2)
        assert_allclose(found.bias[k], exact, rtol=0.1, atol=4e-3)
    assert np.all(np.diff(found.bias) > 0)
    assert np.all(np.diff(found.variance) < 0)


def test_deeper_trees_have_less_bias_and_more_variance():
    X, y = load_breast_cancer(return_X_y=True)
    found = taut.bias_variance(
        KNeighborsClassifier(), X, y, n_draws=20, parameter="n_neighbors", values=[1, 101]
    )
    assert found.loss == "zero_one"
    assert found.bias[0] < found.bias[1]
    assert found.variance[0] > found.variance[1]


def test_labels_may_be_text_and_parameters_nested():
    X, y = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0))
    found = taut.bias_variance(
        model,
        X,
        np.array(["bad", "good"])[y],
        n_draws=5,
        draw="half",
        parameter="decisiontreeclassifier__criterion",
        values=["gini", "entropy"],
    )
    assert_allclose(found.error, found.bias + found.variance_effect)
    assert "criterion: least" in repr(found)


def test_frames_and_single_settings():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    found = taut.bias_variance(taut.Lasso(1.0), X, y, n_draws=5)
    assert isinstance(found.error, float)
    assert found.values is None
    assert "squared loss" in repr(found)


def test_the_estimator_is_left_alone():
    model = taut.Ridge(alpha=3.0)
    X, y = load_diabetes(return_X_y=True)
    taut.bias_variance(model, X, y, n_draws=2, parameter="alpha", values=[1.0])
    assert model.alpha == 3.0
    assert not hasattr(model, "coef_")


def test_rare_classes_are_drawn_until_they_are_there():
    X = np.arange(24.0)[:, None]
    y = np.repeat([0, 1], [21, 3])
    model = taut.LogisticRegression()  # which a single class would stop
    found = taut.bias_variance(model, X, y, n_draws=60)
    assert 0 <= found.error <= 1


X, Y = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20.0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_draws": 1}, "n_draws must be at least 2"),
        ({"loss": "zero-one"}, "did you mean 'zero_one'"),
        ({"draw": "boot"}, "draw must be one of its names"),
        ({"parameter": "alpha"}, "parameter and values go together"),
        ({"parameter": "tol", "values": []}, "at least one value"),
        ({"parameter": "alfa", "values": [1]}, "choose from copy_X"),
        ({"X_test": X}, "y_test is None"),
    ],
)
def test_bad_options_are_named(options, words):
    with pytest.raises(ValueError, match=words):
        taut.bias_variance(LinearRegression(), X, Y, **options)


def test_bad_data_are_named():
    with pytest.raises(TypeError, match="must have fit and predict, got 3"):
        taut.bias_variance(3, X, Y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        taut.bias_variance(LinearRegression(), X, Y[:19])
    with pytest.raises(ValueError, match="at least 8 rows"):
        taut.bias_variance(LinearRegression(), X[:5], Y[:5])
    with pytest.raises(ValueError, match="y must hold numbers for squared loss"):
        taut.bias_variance(LinearRegression(), X, np.array(["a", "b"] * 10))
    with pytest.raises(ValueError, match="y must be given"):
        taut.bias_variance(LinearRegression(), X, None)
    holed = X.copy()
    holed[3, 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        taut.bias_variance(LinearRegression(), holed, Y)


def test_progress_changes_nothing(capsys):
    pytest.importorskip("rich")
    X, y = load_diabetes(return_X_y=True)
    quiet, loud = (
        taut.bias_variance(taut.Ridge(), X, y, n_draws=3, verbose=verbose)
        for verbose in (False, True)
    )
    assert quiet.error == loud.error
    with pytest.raises(TypeError, match="verbose must be True or False"):
        taut.bias_variance(taut.Ridge(), X, y, verbose=2)


def test_what_is_wrong_is_named_by_its_place_in_the_rows_as_given():
    """Training sets are drawn, and number their rows anew."""
    X, y = load_diabetes(return_X_y=True)
    X[300, 2] = np.nan
    with pytest.raises(ValueError, match="row 300, column 2 of X"):
        taut.bias_variance(taut.Ridge(), X, y, n_draws=2)
    y[20] = np.inf
    with pytest.raises(ValueError, match="y must be finite, got inf in row 20"):
        taut.bias_variance(taut.Ridge(), X, y, n_draws=2)


def test_a_training_set_that_cannot_be_fitted_is_told_from_rows_that_cannot():
    X, y = load_diabetes(return_X_y=True)
    with pytest.raises(ValueError, match="two classes") as caught:
        taut.bias_variance(
            taut.LogisticRegression(), X, y > 100, draw=lambda random: (X, 0 * y), n_draws=2
        )
    assert "training set that was drawn" in caught.value.__notes__[0]
    with pytest.raises(TypeError, match="draw must return X and y, got 3"):
        taut.bias_variance(taut.Ridge(), X, y, draw=lambda random: 3, n_draws=2)
    with pytest.raises(ValueError, match="X_test has 4 rows, y_test has 3"):
        taut.bias_variance(taut.Ridge(), X, y, X_test=X[:4], y_test=y[:3])
