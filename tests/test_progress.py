"""Progress changes no result, and only True and False ask for it."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import taut
from taut.applications import CompressedSensing, SparseAnomalyDetector, recover
from taut.inference import debiased_lasso, lasso_selection
from taut.progress import watched

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((40, 12))
Y = X[:, 0] - 2.0 * X[:, 3] + 0.1 * RANDOM.standard_normal(40)

LONG = {
    "debiased lasso": lambda verbose: debiased_lasso(X, Y, verbose=verbose).coefs,
    "detector": lambda verbose: SparseAnomalyDetector(verbose=verbose).fit(X).score_samples(X),
    "knockoffs": lambda verbose: taut.knockoffs(X, Y, verbose=verbose).importances,
    "lasso selection": lambda verbose: lasso_selection(X, Y, verbose=verbose).stability,
    "sensing": lambda verbose: CompressedSensing(noise=1.0, verbose=verbose).fit(X, Y).coef_,
    "sensing, alpha": lambda verbose: recover(X, Y, alpha=0.1, verbose=verbose).x,
    "sensing, analysis": lambda verbose: (
        recover(X, Y, noise=3.0, analysis=np.eye(12), verbose=verbose).x
    ),
    "stability": lambda verbose: (
        taut.stability_selection(X, Y, n_pairs=12, verbose=verbose).probabilities
    ),
}


@pytest.mark.parametrize("long", LONG.values(), ids=LONG)
def test_progress_changes_nothing(long):
    pytest.importorskip("rich")
    assert_array_equal(long(True), long(False))
    with pytest.raises(TypeError, match="verbose must be True or False, got 'yes'"):
        long("yes")


def test_what_is_said_stands_beside_the_bar(monkeypatch):
    progress = pytest.importorskip("rich.progress")
    seen = []
    update = progress.Progress.update

    def spied(self, task, **fields):
        seen.append(fields["description"])
        return update(self, task, **fields)

    monkeypatch.setattr(progress.Progress, "update", spied)
    with watched(True, "work") as say:
        say("half done")
    assert seen == ["work: half done"]
    with watched(False, "work") as say:
        say("half done")
    assert len(seen) == 1
