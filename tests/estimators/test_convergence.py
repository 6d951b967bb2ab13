"""What ended before its tolerance is said once, with how much of it and what to do."""

import warnings

import numpy as np
import pytest
from tests.estimators.samples import regression

import taut

X, y = regression(60, 40)
BOTH = np.c_[y, X[:, 1]]
FITS = {
    "fit_path": lambda **options: taut.fit_path(X, y, **options),
    "fit_path ": lambda **options: taut.fit_path(X, BOTH, **options),
    "fit_path  ": lambda **options: taut.ElasticNet.path(X, y, **options),
    "LassoCV": lambda **options: taut.LassoCV(**options).fit(X, y),
    "ElasticNetCV": lambda **options: taut.ElasticNetCV(**options).fit(X, y),
    "Lasso": lambda **options: taut.Lasso(alpha=taut.BIC(), **options).fit(X, y),
    "ElasticNet": lambda **options: taut.ElasticNet(alpha=taut.CV(), **options).fit(X, BOTH),
}


def _caught(fit, **options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = fit(**options)
    return found, caught


@pytest.mark.parametrize("name", FITS)
def test_paths_say_how_many_alphas_were_not_solved(name):
    _, [caught] = _caught(FITS[name], max_iter=1)
    assert caught.category is taut.ConvergenceWarning
    assert caught.filename == __file__
    assert str(caught.message).startswith(f"{name.strip()}: ")
    assert "of 100 alphas were not solved." in str(caught.message)
    assert "raise max_iter, or loosen tol" in str(caught.message)


def test_the_number_is_that_of_the_certificates():
    path, [caught] = _caught(FITS["fit_path "], max_iter=2)
    unsolved = [c for c in path.certificates if not c.solved]
    worst = max(c.relative_gap for c in unsolved)
    assert f"fit_path: {len(unsolved)} of 100 alphas" in str(caught.message)
    assert f"(the worst: max iter: relative gap {worst:.1e}" in str(caught.message)
    model, [caught] = _caught(FITS["LassoCV"], max_iter=2)
    count = sum(not c.solved for c in model.path_.certificates)
    assert f"LassoCV: {count} of 100 alphas" in str(caught.message)


def test_one_alpha_has_its_own_sentence():
    _, [caught] = _caught(taut.Lasso(alpha=1e-3, max_iter=1).fit, X=X, y=y)
    assert str(caught.message).startswith("Lasso: The iterations ran out")
    assert caught.filename == __file__


@pytest.mark.parametrize("name", FITS)
def test_what_is_solved_is_not_spoken_of(name):
    assert _caught(FITS[name])[1] == []
