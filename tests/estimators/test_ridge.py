"""What `Ridge` says about how it was solved."""

import numpy as np
import pytest
from scipy import sparse
from tests.estimators.samples import regression

import taut

X, y = regression(60, 40)
BOTH = np.c_[y, X[:, 1]]


@pytest.mark.parametrize(
    ("model", "method"),
    [
        (taut.Ridge(), "eigen"),
        (taut.Ridge(alpha=taut.CV()), "eigen"),
        (taut.Ridge(positive=True), "active_set"),
        (taut.Ridge(lower=-1.0), "active_set"),
        (taut.Ridge(alpha=0.0), "svd"),
    ],
    ids=repr,
)
def test_ridge_says_how_it_was_solved(model, method):
    assert model.fit(X, y).solver_ == method
    assert model.n_iter_.shape == (1,)
    assert model.fit(X, BOTH).n_iter_.shape == (2,)


def test_ridge_by_iteration():
    columns = sparse.csc_array(np.where(np.abs(X) > 1.5, X, 0.0))
    model = taut.Ridge(alpha=0.0).fit(columns, y)
    assert model.solver_ == "lsqr"
    assert model.n_iter_[0] > 1
