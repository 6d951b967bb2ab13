"""Both codings of several classes, through the path and the estimators."""

import numpy as np
import pytest
from sklearn.datasets import load_iris

import taut
from taut.losses import Logistic, Multinomial
from taut.penalties import L1, L2

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0) + 0.3 * np.random.default_rng(0).normal(size=X.shape)
LABELS = np.array(["setosa", "versicolor", "virginica"])[Y]


def test_without_penalty_both_codings_are_one_model():
    overlapping = X + 2.0 * np.random.default_rng(1).normal(size=X.shape)
    one, other = (
        taut.fit_path(overlapping, Y, Multinomial(coding), alphas=[0.0], tol=1e-9)
        for coding in ("symmetric", "reference")
    )
    assert one.coefs.shape == (4, 3, 1)
    assert other.coefs.shape == (4, 2, 1)
    np.testing.assert_allclose(one.predict(X), other.predict(X), atol=1e-5)


@pytest.mark.parametrize("penalty", [L1(), L2()], ids=repr)
def test_a_penalty_shrinks_towards_the_reference(penalty):
    options = {"n_alphas": 5, "alpha_min_ratio": 0.1, "tol": 1e-10}
    path = taut.fit_path(X, Y, Multinomial("reference"), penalty, **options)
    assert all(certificate.solved for certificate in path.certificates)
    p = path.predict(X, alpha=path.alphas[-1])
    assert p.shape == (150, 3)
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    # Stationary for the log-odds against the first class.
    y = np.equal.outer(Y, [1, 2])
    slopes = X.T @ (p[:, 1:] - y) / len(X)
    coef, alpha = path.coefs[..., -1], path.alphas[-1]
    pull = alpha * (np.sign(coef) if penalty == L1() else coef)
    np.testing.assert_allclose(slopes[coef != 0], -pull[coef != 0], atol=1e-4)
    if penalty == L1():
        assert np.all(np.abs(slopes) <= alpha * (1 + 1e-3))


def test_two_classes_in_reference_coding_are_logistic_regression():
    y = (Y == 1).astype(float)
    one = taut.fit_path(X, y, Logistic(), alphas=[0.05], tol=1e-10)
    two = taut.fit_path(X, y, Multinomial("reference"), alphas=[0.05], tol=1e-10)
    np.testing.assert_allclose(two.coefs[:, 0], one.coefs, atol=1e-6)
    np.testing.assert_allclose(two.intercepts[0], one.intercepts, atol=1e-6)


@pytest.mark.parametrize("standardize", [False, True])
def test_the_classifier_has_zeros_for_the_reference(standardize):
    model = taut.PenalizedClassifier(
        Multinomial("reference"), L1(), alpha=0.02, standardize=standardize
    ).fit(X, LABELS)
    assert model.coef_.shape == (3, 4)
    assert not model.coef_[0].any()
    assert model.intercept_[0] == 0
    assert model.score(X, LABELS) > 0.8
    path = taut.fit_path(X, Y, Multinomial("reference"), alphas=[0.02], standardize=standardize)
    np.testing.assert_allclose(model.predict_proba(X), path.predict(X, 0.02), atol=1e-9)


def test_cross_validation_stratifies_the_reference_as_well():
    rule = taut.CV(5, n_alphas=5, alpha_min_ratio=0.05)
    model = taut.PenalizedClassifier(Multinomial("reference"), alpha=rule).fit(X, LABELS)
    errors = model.cv_results_.errors
    assert np.isfinite(errors).all()
    # At the strongest penalty each fold is predicted by the shares: twice log(3).
    np.testing.assert_allclose(errors[0], 2 * np.log(3), rtol=0.02)
