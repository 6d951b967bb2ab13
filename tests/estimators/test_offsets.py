"""Offsets of the estimators of classes, quantiles and robust fits: what is known is not fitted."""

import numpy as np
import pytest
import sklearn
from sklearn import datasets
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from tests.estimators.messages import refused
from tests.estimators.samples import weights

import taut
from taut import losses

CANCER = scale(datasets.load_breast_cancer().data), datasets.load_breast_cancer().target
WINE = scale(datasets.load_wine().data), datasets.load_wine().target
DIABETES = scale(datasets.load_diabetes().data), scale(datasets.load_diabetes().target)
RNG = np.random.default_rng(0)
KNOWN = {  # by the data: a number for each row, or for each row and class
    "cancer": RNG.normal(size=len(CANCER[1])),
    "wine": RNG.normal(size=(len(WINE[1]), 3)),
    "diabetes": RNG.normal(size=len(DIABETES[1])),
}
DATA = {"cancer": CANCER, "wine": WINE, "diabetes": DIABETES}
MODELS = [
    (taut.LogisticRegression(C=0.1), "cancer"),
    (taut.LogisticRegression(C=0.1, l1_ratio=1.0, class_weight="balanced"), "cancer"),
    (taut.LogisticRegression(C=0.1), "wine"),
    (taut.LogisticRegressionCV(Cs=[0.1, 1.0], cv=3, scoring="neg_log_loss"), "cancer"),
    (taut.LogisticRegressionCV(Cs=[0.1, 1.0], cv=3), "wine"),
    (taut.PenalizedClassifier("squared_hinge", alpha=0.1), "cancer"),
    (taut.PenalizedClassifier("squared_hinge", alpha=0.1), "wine"),
    (taut.PenalizedClassifier(losses.Multinomial("reference"), alpha=0.05), "wine"),
    (taut.HuberRegressor(alpha=1.0), "diabetes"),
    (taut.QuantileRegressor(quantile=0.3, alpha=0.02), "diabetes"),
    (taut.PenalizedRegressor(losses.Huber(0.5), alpha=0.02), "diabetes"),
    (taut.PenalizedRegressor("quantile", alpha=0.02), "diabetes"),
]
EACH = pytest.mark.parametrize(("model", "data"), MODELS, ids=lambda value: repr(value)[:40])


def deciding(model):
    return getattr(model, "decision_function", model.predict)


@EACH
def test_a_constant_is_a_matter_of_the_intercept(model, data):
    X, y = DATA[data]
    constant = np.ones_like(KNOWN[data]) * ([0.5, 1.0, -1.5] if data == "wine" else 0.7)
    plain = clone(model).set_params(tol=1e-10).fit(X, y)
    moved = clone(model).set_params(tol=1e-10).fit(X, y, offset=constant)
    np.testing.assert_allclose(moved.coef_, plain.coef_, atol=1e-6)
    shift = np.asarray(plain.intercept_ - moved.intercept_)
    centre = shift[0] - constant[0, 0] if data == "wine" else 0.0  # one for all classes is nothing
    np.testing.assert_allclose(shift - centre, constant[0], atol=1e-6)
    np.testing.assert_allclose(moved.predict(X, offset=constant), plain.predict(X), atol=1e-6)
    assert moved.score(X, y, offset=constant) == pytest.approx(plain.score(X, y), abs=1e-6)


@EACH
def test_predictions_move_by_the_offset(model, data):
    X, y = DATA[data]
    known = KNOWN[data]
    fitted = clone(model).fit(X, y, weights(len(y)), offset=known)
    np.testing.assert_allclose(
        deciding(fitted)(X, offset=known), deciding(fitted)(X) + known, atol=1e-12
    )
    assert fitted.score(X, y, offset=-10 * known) < fitted.score(X, y, offset=known)
    if hasattr(fitted, "predict_proba"):
        share = fitted.predict_proba(X, offset=known)
        np.testing.assert_allclose(share.sum(axis=1), 1.0)
        np.testing.assert_allclose(share, np.exp(fitted.predict_log_proba(X, offset=known)))
        labels = fitted.classes_[share.argmax(axis=1)]
        np.testing.assert_array_equal(fitted.predict(X, offset=known), labels)


@pytest.mark.parametrize("data", ["cancer", "wine"])
def test_the_path_has_the_same_offsets(data):
    X, y = DATA[data]
    loss = "logistic" if data == "cancer" else "multinomial"
    model = taut.LogisticRegression(C=0.1, l1_ratio=1.0, tol=1e-10).fit(X, y, offset=KNOWN[data])
    alphas = [model.alpha_]
    path = taut.fit_path(X, y, loss, alphas=alphas, offset=KNOWN[data], tol=1e-10)
    np.testing.assert_allclose(model.coef_.T.ravel(), path.coefs[..., 0].ravel(), atol=1e-7)


def test_codings_of_classes_agree_where_there_is_no_penalty():
    X, y = WINE[0][:, :2], WINE[1]
    full, reference = (
        taut.PenalizedClassifier(loss, alpha=0.0, tol=1e-12).fit(X, y, offset=KNOWN["wine"])
        for loss in ("logistic", losses.Multinomial("reference"))
    )
    shares = [model.predict_proba(X, offset=KNOWN["wine"]) for model in (full, reference)]
    np.testing.assert_allclose(*shares, atol=1e-5)


def test_margins_class_by_class_see_their_own_column():
    X, y = WINE
    joint = taut.PenalizedClassifier("squared_hinge", alpha=0.1, tol=1e-10)
    joint.fit(X, y, offset=KNOWN["wine"])
    for label in range(3):
        alone = clone(joint).fit(X, y == label, offset=KNOWN["wine"][:, label])
        np.testing.assert_allclose(alone.coef_[0], joint.coef_[label], atol=1e-6)


@pytest.mark.parametrize("model", [m for m, data in MODELS if data == "diabetes"])
def test_residuals_know_differences_only(model):
    X, y = DIABETES
    known = KNOWN["diabetes"]
    taken_off = clone(model).fit(X, y - known)
    given = clone(model).fit(X, y, offset=known)
    np.testing.assert_allclose(given.coef_, taken_off.coef_, atol=1e-6)
    if hasattr(given, "outliers_"):
        np.testing.assert_array_equal(given.outliers_, taken_off.outliers_)
        assert given.scale_ == pytest.approx(taken_off.scale_)


def test_the_held_out_rows_of_cross_validation_have_theirs():
    X, y = CANCER
    known = 3 * KNOWN["cancer"]
    model = taut.LogisticRegressionCV(
        Cs=[0.3], cv=3, scoring="neg_log_loss", use_legacy_attributes=False
    )
    scores = model.fit(X, y, offset=known).scores_[:, 0, 0]
    for score, (train, test) in zip(scores, StratifiedKFold(3).split(X, y), strict=True):
        part = taut.LogisticRegression(C=0.3).fit(X[train], y[train], offset=known[train])
        expected = -log_loss(y[test], part.predict_proba(X[test], offset=known[test]))
        assert score == pytest.approx(expected, abs=1e-6)
    # And so have those of a rule.
    chosen = taut.LogisticRegression(C=taut.CV(3, n_alphas=10)).fit(X, y, offset=known)
    blind = taut.LogisticRegression(C=taut.CV(3, n_alphas=10)).fit(X, y)
    assert chosen.cv_results_.mean.min() != blind.cv_results_.mean.min()


@pytest.mark.parametrize(
    "model", [taut.LogisticRegression(), taut.LogisticRegressionCV(Cs=[0.1, 1.0], cv=3)]
)
def test_metadata_routing(model):
    X, y = CANCER
    known = 3 * KNOWN["cancer"]
    with sklearn.config_context(enable_metadata_routing=True):
        routed = clone(model).set_fit_request(offset=True).set_score_request(offset=True)
        pipe = make_pipeline(StandardScaler(), routed)
        found = cross_validate(pipe, X, y, cv=3, params={"offset": known}, return_estimator=True)
    first = found["estimator"][0][-1]
    train, test = next(StratifiedKFold(3).split(X, y))
    scaler = StandardScaler().fit(X[train])
    alone = clone(model).fit(scaler.transform(X[train]), y[train], offset=known[train])
    np.testing.assert_allclose(first.coef_, alone.coef_)
    score = alone.score(scaler.transform(X[test]), y[test], offset=known[test])
    assert found["test_score"][0] == score


def test_bad_offsets():
    X, y = CANCER
    features, several = WINE
    for model in (taut.LogisticRegression(), taut.LogisticRegressionCV(), taut.HuberRegressor()):
        refused(lambda m=model: m.fit(X, y, offset=[1.0]), "offset must have shape (569,)", "(1,)")
        refused(lambda m=model: m.fit(X, y, offset="a"), "offset must have shape", "'a'")
    gap = np.where(np.arange(569) == 5, np.nan, 1.0)
    for model in (taut.PenalizedClassifier(), taut.QuantileRegressor()):
        refused(lambda m=model: m.fit(X, y, offset=gap), "row 5 of offset", "nan")
    model = taut.LogisticRegression()
    shape = "offset must have shape (178, 3)", "one number for each row and class"
    refused(lambda: model.fit(features, several, offset=np.ones(178)), *shape, "(178,)")
    model.fit(features, several)
    refused(lambda: model.predict_proba(features, offset=np.ones((5, 3))), *shape, "(5, 3)")
    refused(lambda: model.score(features, several, offset=np.ones((178, 2))), *shape, "(178, 2)")
