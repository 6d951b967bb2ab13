"""Sharing a path between the rules of a family changes nothing."""

import dataclasses
from dataclasses import replace

import numpy as np
import pytest
from sklearn.model_selection import KFold

import taut
from taut.compare import TECHNIQUES, choose
from taut.compare.fitting import fit_techniques
from taut.compare.journal import Journal
from taut.compare.technique import Training

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(80, 12)) * np.geomspace(0.1, 10.0, 12)
Y = X[:, 3] - 0.1 * X[:, 9] + RANDOM.normal(size=80)
GROUPS = [j // 3 for j in range(12)]
SILENT = Journal(lambda text: None)
FOLDS = KFold(4, shuffle=True, random_state=1)


@pytest.mark.parametrize("weights", [None, RANDOM.integers(0, 3, 80).astype(float)])
def test_every_technique_is_as_fitted_on_its_own(weights):
    centred = Y - np.average(Y, weights=weights)
    spread = np.sqrt(np.average(centred**2, weights=weights))
    for fit in fit_techniques(TECHNIQUES, FOLDS, (X, Y, weights), SILENT, GROUPS):
        alone = fit.technique.make(Training(FOLDS, spread, GROUPS)).fit(X, Y, sample_weight=weights)
        np.testing.assert_allclose(fit.model.predict(X), alone.predict(X), rtol=1e-12)
        assert vars(fit.model).keys() == vars(alone).keys()
        if hasattr(alone, "alpha_"):
            assert fit.model.alpha == alone.alpha
            assert fit.model.alpha_ == alone.alpha_
            np.testing.assert_equal(
                dataclasses.astuple(fit.model.certificate_), dataclasses.astuple(alone.certificate_)
            )
            assert fit.model.n_iter_ == alone.n_iter_
            assert np.shape(fit.model.n_iter_) == np.shape(alone.n_iter_)
            np.testing.assert_equal(fit.model.dual_gap_, alone.dual_gap_)  # nan where not convex


def test_a_family_is_fitted_once(monkeypatch):
    fitted = []
    plain = taut.Lasso.fit

    def counted(self, *arguments, **named):
        fitted.append(self.alpha.rule)
        return plain(self, *arguments, **named)

    monkeypatch.setattr(taut.Lasso, "fit", counted)
    rules = [
        fit.model.alpha.rule for fit in fit_techniques(choose("lasso"), FOLDS, (X, Y, None), SILENT)
    ]
    assert rules == ["1se", "min"]
    assert fitted == ["1se"]


def test_a_fit_that_falls_short_is_told(recwarn):
    def make(training):
        return taut.Lasso(alpha=1e-3, tol=1e-15, max_iter=1)

    technique = choose("lasso-min")[0]
    short = replace(technique, make=make)
    (fit,) = fit_techniques([short], FOLDS, (X, Y, None), SILENT)
    assert fit.solved == fit.model.certificate_.solved
    assert not fit.solved
    assert not recwarn.list


@pytest.mark.parametrize("family", ["lasso", "elastic-net", "least-squares"])
@pytest.mark.parametrize("unit", [1e-3, 1e5])
def test_the_unit_of_the_target_changes_nothing(family, unit):
    def predicted(y):
        fits = fit_techniques(choose(family), FOLDS, (X, y, None), SILENT)
        return [fit.model.predict(X) for fit in fits]

    for scaled, plain in zip(predicted(unit * Y), predicted(Y), strict=True):
        np.testing.assert_allclose(scaled / unit, plain, rtol=1e-6, atol=1e-8)


def failing(technique, error):
    class Failing(taut.Lasso):
        def fit(self, X, y):
            raise error

    return replace(technique, make=lambda training: Failing())


@pytest.mark.parametrize("error", [np.linalg.LinAlgError("singular"), MemoryError("8 GiB")])
def test_a_technique_that_fails_does_not_stop_the_others(error):
    journal = Journal(lambda text: None).at("fold 3")
    techniques = [failing(choose("ridge-min")[0], error), *choose("null,least-squares")]
    fits = list(fit_techniques(techniques, FOLDS, (X, Y, None), journal))
    assert [fit.technique.name for fit in fits] == ["null", "least-squares"]
    said = journal.failed["ridge-min"]
    assert said.startswith("Ridge (min) is left out: it failed on fold 3")
    assert f"{type(error).__name__}: {error}" in said
    again = list(fit_techniques(techniques, FOLDS, (X, Y, None), journal))
    assert len(again) == 2


def test_ctrl_c_is_no_failure_of_a_technique():
    technique = failing(choose("lasso-min")[0], KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        list(fit_techniques([technique], FOLDS, (X, Y, None), Journal(lambda text: None)))


def test_a_strength_that_was_not_chosen_does_not_count_against_the_model():
    """At the weak end of its path MCP lets coefficients run away; elsewhere it is solved."""
    noise = np.random.default_rng(1).normal(size=80)
    labels = (X[:, 3] / X[:, 3].std() + 0.3 * noise > 0).astype(int)

    def classifier(training):
        rule = taut.CV(training.folds, rule="1se", n_alphas=10, alpha_min_ratio=1e-3)
        penalty = taut.penalties.MCP()
        return taut.PenalizedClassifier("logistic", penalty, alpha=rule, standardize=True)

    technique = replace(choose(["mcp-1se"])[0], make=classifier)
    (fit,) = fit_techniques([technique], FOLDS, (X, labels, None), SILENT)
    assert not all(c.solved for c in fit.model.path_.certificates)
    assert fit.model.certificate_.solved
    assert fit.solved
