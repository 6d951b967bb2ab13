"""Results of a choice say in a line what they hold."""

from sklearn.datasets import load_diabetes

import taut


def test_results_are_a_line():
    X, y = load_diabetes(return_X_y=True)
    chosen = taut.Lasso(alpha=taut.CV(folds=4)).fit(X, y).cv_results_
    assert repr(chosen).startswith("CVResults(100 alphas, 4 folds, alpha_min=")
    scored = taut.Lasso(alpha=taut.BIC()).fit(X, y).criterion_results_
    assert repr(scored).startswith("CriterionResults(100 alphas, least criterion at ")
