"""fit_path and Path for losses other than least squares."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit, softmax

import taut
from taut.penalties import L1, MCP, GroupLasso, MultiTask, Nuclear

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 5))
ETA = X[:, 0] - X[:, 1]
LABELS = (ETA + RANDOM.logistic(size=60) > 0) * 1
CLASSES = np.digitize(ETA + RANDOM.normal(size=60), [-1, 1])
COUNTS = RANDOM.poisson(np.exp(0.3 * ETA))
TIMES = np.column_stack([RANDOM.exponential(size=60) * np.exp(-ETA), RANDOM.uniform(size=60) < 0.7])


def test_predictions_are_on_the_scale_of_the_response():
    path = taut.fit_path(X, LABELS, "logistic", n_alphas=5)
    eta = path.linear_predictor(X)
    assert_allclose(eta, X @ path.coefs + path.intercepts)
    assert_allclose(path.predict(X), expit(eta))
    path = taut.fit_path(X, COUNTS, "poisson", n_alphas=5)
    assert_allclose(path.predict(X), np.exp(path.linear_predictor(X)))
    assert_allclose(path.predict(X, path.alphas[2]), path.predict(X)[:, 2])


@pytest.mark.parametrize("penalty", [L1(), MultiTask(), Nuclear(), GroupLasso([[0, 1], [2, 3, 4]])])
def test_classes_have_coefficients_each(penalty):
    path = taut.fit_path(X, CLASSES, "multinomial", penalty, n_alphas=4)
    assert path.coefs.shape == (5, 3, 4)
    assert path.intercepts.shape == (3, 4)
    share = path.predict(X)
    assert share.shape == (60, 3, 4)
    assert_allclose(share.sum(axis=1), 1)
    assert_allclose(path.predict(X, path.alphas[3]), share[..., 3])
    assert_allclose(share[..., 3], softmax(path.linear_predictor(X)[..., 3], axis=1))
    assert_allclose(share[..., 0].mean(axis=0), np.bincount(CLASSES) / 60, atol=1e-6)


@pytest.mark.parametrize("penalty", [MultiTask(), Nuclear(), GroupLasso([[0, 1], [2, 3, 4]])])
def test_targets_are_tied_where_the_penalty_ties_them(penalty):
    Y = np.column_stack([ETA, -ETA, X[:, 2]]) + RANDOM.normal(size=(60, 3))
    path = taut.fit_path(X, Y, penalty=penalty, n_alphas=6)
    assert path.coefs.shape == (5, 3, 6)
    if isinstance(penalty, MultiTask):
        used = path.coefs != 0
        assert np.array_equal(used.any(axis=1), used.all(axis=1))
    alone = taut.fit_path(X, Y, n_alphas=6, tol=1e-10)
    first = taut.fit_path(X, Y[:, 0], alphas=alone.alphas, tol=1e-10)
    assert_allclose(alone.coefs[:, 0], first.coefs, atol=1e-5)


def test_cox_has_no_intercept():
    path = taut.fit_path(X + 3, TIMES, "cox", n_alphas=5)
    assert not path.intercepts.any()
    assert_allclose(path.predict(X), np.exp(X @ path.coefs))


def test_an_offset_enters_the_predictor():
    exposure = RANDOM.uniform(0.5, 2.0, 60)
    path = taut.fit_path(X, COUNTS, "poisson", alphas=[0.01], offset=np.log(exposure), tol=1e-9)
    rates = taut.fit_path(
        X,
        COUNTS / exposure,
        "poisson",
        alphas=[0.01 * 60 / exposure.sum()],
        sample_weight=exposure,
        tol=1e-9,
    )
    assert_allclose(path.coefs, rates.coefs, atol=1e-5)
    predicted = path.predict(X, 0.01, offset=np.log(exposure))
    assert_allclose(predicted, exposure * rates.predict(X)[:, 0], rtol=1e-4)
    same = taut.fit_path(X, COUNTS, "poisson", alphas=[0.01], exposure=exposure, tol=1e-9)
    assert_allclose(same.coefs, path.coefs)
    assert_allclose(same.predict(X, 0.01, exposure=exposure), predicted)
    shift = np.linspace(-1, 1, 60)
    both = taut.fit_path(X, COUNTS, "poisson", alphas=[0.01], exposure=exposure, offset=shift)
    alone = taut.fit_path(X, COUNTS, "poisson", alphas=[0.01], offset=shift + np.log(exposure))
    assert_allclose(both.coefs, alone.coefs)
    assert_allclose(
        both.predict(X, exposure=exposure, offset=shift),
        alone.predict(X, offset=shift + np.log(exposure)),
    )


@pytest.mark.parametrize(
    ("loss", "exposure", "words"),
    [
        ("poisson", np.arange(60.0), r"exposure must be > 0, got 0 at row 0.*leave out"),
        ("poisson", np.ones(5), r"exposure must have shape \(60,\), got \(5,\)"),
        ("squared", np.ones(60), r"exposure needs.*log link.*Squared.*offset"),
    ],
)
def test_bad_exposures(loss, exposure, words):
    with pytest.raises(ValueError, match=words):
        taut.fit_path(X, COUNTS, loss, exposure=exposure)


def test_a_path_without_gap_does_not_speak_of_one():
    assert "gap" not in repr(taut.fit_path(X, LABELS, "logistic", MCP(), n_alphas=5))


@pytest.mark.parametrize(
    ("response", "options", "words"),
    [
        (np.zeros(60), {"loss": "logistic"}, "both labels"),
        (LABELS + 1, {"loss": "logistic"}, "0"),
        (LABELS, {"loss": "logistic", "sample_weight": LABELS}, "positive weight"),
        (np.zeros(60), {"loss": "poisson"}, "zero"),
        (np.full(60, 2.0), {"loss": "poisson"}, "constant"),
        (np.full(60, 2.0), {"loss": "huber"}, "constant"),
        (-1.0 * COUNTS, {"loss": "poisson"}, "negative"),
        (LABELS[:50], {"loss": "logistic"}, "inconsistent numbers of samples"),
        (None, {"loss": "logistic"}, "target y is None"),
        (CLASSES, {"loss": "multinomial", "offset": np.ones(60)}, "row and class"),
        (LABELS, {"loss": "logistic", "offset": np.ones(50)}, "offset"),
    ],
)  # fmt: skip
def test_what_cannot_be_fitted_is_refused_with_the_reason(response, options, words):
    with pytest.raises(ValueError, match=words):
        taut.fit_path(X, response, **options)
