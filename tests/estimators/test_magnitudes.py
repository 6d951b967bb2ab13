"""Numbers whose squares leave float64 are refused with the fix; all others are scaled alike."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from tests.estimators.samples import regression

import taut
from taut.validation.magnitudes import extreme_of

X, y = regression(60, 4)
LABELS = (y > np.median(y)).astype(int)
COLUMN = np.array([1.0, 1.0, 1e-200, 1.0])
FITS = {
    "LinearRegression": lambda X, y: taut.LinearRegression().fit(X, y),
    "Ridge": lambda X, y: taut.Ridge().fit(X, y),
    "Lasso": lambda X, y: taut.Lasso().fit(X, y),
    "LassoCV": lambda X, y: taut.LassoCV().fit(X, y),
    "HuberRegressor": lambda X, y: taut.HuberRegressor().fit(X, y),
    "fit_path": taut.fit_path,
}


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize(
    ("scale_x", "scale_y", "said"),
    [
        (1, 1e-200, r"^y must be .* at row \d+ of y .*: multiply y by 1e\d+, and read"),
        (1, 1e200, r"^y must be .*: divide y by 1e20\d, and read its predictions"),
        (1, 5e-324, r"^y must be .*: multiply y by 1e300"),
        (1e160, 1, r"^X must be .* at row \d+, column 0 of X .*: divide the column by 1e160"),
        (np.array([1, 1e150, 1, 1]), 1, r"column 1 of X .*: divide the column by 1e150"),
        (np.array([1, 1, 1, 1e-310]), 1, r"column 3 of X .*: multiply the column by 1e300"),
    ],
)
def test_what_cannot_be_squared_is_refused(fit, scale_x, scale_y, said):
    with pytest.raises(ValueError, match=said):
        FITS[fit](X * scale_x, y * scale_y)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (sparse.csr_array(X * COLUMN), "column 2 of X"),
        (sparse.csc_array(X / COLUMN), "column 2 of X"),
        (pd.DataFrame(X * COLUMN, columns=list("abcd")), "column 'c' of X"),
    ],
    ids=["CSR", "CSC", "frame"],
)
def test_the_column_is_named(data, place):
    with pytest.raises(ValueError, match=place):
        taut.LogisticRegression().fit(data, LABELS)


def test_a_small_number_among_ordinary_ones_and_a_column_of_zeros_are_fine():
    special = np.c_[X, np.zeros(60)]
    special[:59, 0] *= 1e-200
    assert taut.Lasso(alpha=1e-3).fit(special, y).certificate_.solved


def test_only_the_largest_entries_count_in_many_rows():
    column = np.full(1000, 1e-90)
    assert extreme_of(column).factor == "1e90"
    column[-1] = 1.0
    assert extreme_of(column) is None
    assert taut.Lasso().fit(column[:, None], np.arange(1000.0)).certificate_.solved


@pytest.mark.parametrize("scale_y", [1e-60, 1e-20, 1e60])
@pytest.mark.parametrize("scale_x", [1e-60, 1e-20, 1e60])
@pytest.mark.parametrize("model", [taut.LassoCV(), taut.Ridge(taut.CV(3))], ids=["lasso", "ridge"])
def test_a_chosen_model_does_not_depend_on_the_units(model, scale_x, scale_y):
    plain = model.fit(X, y).coef_.copy()
    scaled = model.fit(X * scale_x, y * scale_y).coef_ * (scale_x / scale_y)
    np.testing.assert_allclose(scaled, plain, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("weight", [5e-324, 1e-300, 1e300])
def test_weights_count_by_their_ratios(weight):
    weights = np.full(60, weight)
    plain = taut.Lasso(alpha=0.1).fit(X, y)
    np.testing.assert_allclose(
        taut.Lasso(alpha=0.1).fit(X, y, sample_weight=weights).coef_, plain.coef_, rtol=1e-9
    )


@pytest.mark.parametrize("weight", [5e-324, 1e-300, 1e300])
@pytest.mark.parametrize("model", [taut.Ridge(), taut.RidgeCV(), taut.LogisticRegression()])
def test_where_their_sum_counts_it_must_be_usable(model, weight):
    target = LABELS if hasattr(model, "C") else y
    with pytest.raises(ValueError, match=r"sample_weight must have a sum between 1e-75 and"):
        model.fit(X, target, sample_weight=np.full(60, weight))
