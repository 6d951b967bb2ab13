"""Whatever is wrong with data, the message names the argument, the value, its place and the fix."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from tests.estimators.messages import refused
from tests.estimators.samples import regression

import taut

X, y = regression(20, 4)
NAMES = ["age", "height", "income", "rooms"]
FITTED, PATH = taut.Lasso().fit(X, y), taut.fit_path(X, y, n_alphas=5)

FIT = {
    "LinearRegression.fit": lambda X, y: taut.LinearRegression().fit(X, y),
    "Lasso.fit": lambda X, y: taut.Lasso(alpha=taut.CV(3)).fit(X, y),
    "RidgeCV.fit": lambda X, y: taut.RidgeCV().fit(X, y),
    "fit_path": taut.fit_path,
    "score": FITTED.score,
}
PREDICT = {
    "predict": lambda X, y: FITTED.predict(X),
    "Path.predict": lambda X, y: PATH.predict(X),
}


def spoilt(value, make=np.asarray, dtype=float):
    matrix = X.astype(dtype)
    matrix[3, 1] = value
    return make(matrix)


def frame(library, values):
    columns = dict(zip(NAMES, X.T, strict=True)) | {"height": values}
    return library.DataFrame(columns)


def nullable(dtype, missing):
    values = [True, False] * 10
    values[3] = None if missing else True
    return frame(pd, pd.array(values, dtype=dtype))


def dates(library):
    return frame(library, [datetime.datetime(2024, 2, 29)] * 20)


CELL, IMPUTE = (
    "row 3, column 1 of X (counting from 0)",
    "drop the row, correct the value, or impute",
)
COLUMN, ENCODE = "row 3, column 'height' of X", "encode the column as numbers"
FIRST = "row 0, column 'height' of X"
SHAPE = "X must have shape (n_samples, n_features), got"

BAD_X = {
    "NaN": (spoilt(np.nan), "Input X contains NaN", f"{CELL}, which is nan", IMPUTE),
    "inf": (spoilt(-np.inf), "Input X contains infinity", f"{CELL}, which is -inf", IMPUTE),
    "float32": (spoilt(np.nan, dtype=np.float32), "X", f"{CELL}, which is nan", IMPUTE),
    "CSR": (spoilt(np.nan, sparse.csr_array), "X", f"{CELL}, which is nan", IMPUTE),
    "CSC": (spoilt(np.inf, sparse.csc_matrix), "X", f"{CELL}, which is inf", IMPUTE),
    "COO": (spoilt(np.nan, sparse.coo_array), "X", f"{CELL}, which is nan", IMPUTE),
    "None among numbers": (spoilt(None, dtype=object), "X", f"{CELL}, which is None", IMPUTE),
    "text among numbers": (spoilt("tall", dtype=object), "X", f"{CELL}, which is 'tall'", ENCODE),
    "a dict among numbers": (spoilt({}, dtype=object), "X", f"{CELL}, which is {{}}", ENCODE),
    "an array of text": (np.full((20, 4), "tall"), "X", "row 0, column 0 of X", ENCODE),
    "a list of text": ([["tall", 1.0]] * 20, "X", "column 0 of X (counting from 0)", ENCODE),
    "complex": (X + 1j, "Complex data not supported", "row 0, column 0 of X", ENCODE),
    "NaN in pandas": (frame(pd, spoilt(np.nan)[:, 1]), "X", f"{COLUMN} (counting", IMPUTE),
    "NaN in polars": (frame(pl, spoilt(np.nan)[:, 1]), "X", f"{COLUMN} (counting", IMPUTE),
    "null in polars": (frame(pl, [1.0] * 3 + [None] * 17), "X", COLUMN, IMPUTE),
    "Int64 with NA": (
        nullable("Int64", True),
        "X",
        f"{COLUMN} (counting from 0), which is <NA>",
        IMPUTE,
    ),
    "Float64 with NA": (nullable("Float64", True), "X", COLUMN, IMPUTE),
    "boolean with NA": (nullable("boolean", True), "X", COLUMN, IMPUTE),
    "text in pandas": (frame(pd, ["tall"] * 20), f"{FIRST} (counting from 0)", "'tall'", ENCODE),
    "text in polars": (frame(pl, ["tall"] * 20), f"{FIRST} (counting from 0)", "'tall'", ENCODE),
    "a categorical": (frame(pd, pd.Categorical(["tall"] * 20)), FIRST, "'tall'", ENCODE),
    "dates in pandas": (dates(pd), "X", "dates in column 'height', such as 2024", "or drop it"),
    "dates in polars": (dates(pl), "X", "dates in column 'height', such as 2024", "or drop it"),
    "repeated names": (
        pd.DataFrame(X, columns=["a", "b", "b", "c"]),
        "X",
        "'b' 2 times",
        "Rename or",
    ),
    "a lazy frame": (frame(pl, X[:, 1]).lazy(), SHAPE, "LazyFrame", "call .collect()"),
    "None": (None, SHAPE, "None of type NoneType", "pass an array"),
    "a path": ("houses.csv", SHAPE, "'houses.csv' of type str", "pass an array"),
    "a dict": ({"age": [1.0]}, SHAPE, "{'age': [1.0]} of type dict", "pass an array"),
    "one dimension": (y, SHAPE, "shape (20,)", "Reshape your data"),
    "a series": (pd.Series(y), SHAPE, "shape (20,)", "Reshape your data"),
    "three dimensions": (X[None], SHAPE, "shape (1, 20, 4)", "pass an array"),
    "ragged rows": ([[1.0, 2.0], [3.0]] * 10, SHAPE, "shape (20,)", "rows of one length"),
    "ragged blocks": ([np.ones((2, 3)), np.ones((2, 2))], SHAPE, "of type list", "pass an array"),
    "a number too large": ([[10**400, 1.0]] * 20, "X", "row 0, column 0", IMPUTE),
    "no columns": (X[:, :0], SHAPE, "shape (20, 0)", "enough rows and columns"),
}


def gap(values, value=np.nan):
    values = list(values)
    values[5] = value
    return values


MEND, PLACE = "correct the value, or drop the row", "row 5 of y (counting from 0), which is "
SHAPE_OF_Y = "y must have shape (n_samples,) or (n_samples, n_targets), got"
BAD_Y = {
    "NaN": (np.array(gap(y)), "Input y contains NaN", f"{PLACE}nan", MEND),
    "inf": (np.array(gap(y, np.inf)), "Input y contains infinity", f"{PLACE}inf", MEND),
    "NaN in a list": (gap(y), "y", f"{PLACE}nan", MEND),
    "NaN in a series": (pd.Series(gap(y)), "y", f"{PLACE}nan", MEND),
    "NA in a series": (
        pd.Series(pd.array(gap([1] * 20, None), dtype="Int64")),
        "y",
        f"{PLACE}<NA>",
        MEND,
    ),
    "null in polars": (pl.Series(gap(y, None)), "y", "row 5 of y", MEND),
    "the second target": (np.c_[y, gap(y)], "y", "row 5, column 1 of y", MEND),
    "text": (gap(y, "dear"), "y", f"{PLACE}'dear'", MEND),
    "None": (None, "requires y to be passed", "y is None", "pass one number for each row of X"),
    "a name": ("price", SHAPE_OF_Y, "'price' of type str", "pass an array"),
    "a number": (1.0, SHAPE_OF_Y, "1.0 of type float", "pass an array"),
    "three dimensions": (y[:, None, None], SHAPE_OF_Y, "shape (20, 1, 1)", "pass an array"),
    "a lazy frame": (pl.DataFrame({"y": y}).lazy(), SHAPE_OF_Y, "LazyFrame", "call .collect()"),
    "too short": (y[:-1], "X and y", "X has 20 rows, y has 19", "give y one entry for each row"),
}

WEIGHED = {
    "Ridge.fit": lambda w: taut.Ridge().fit(X, y, sample_weight=w),
    "LassoCV.fit": lambda w: taut.LassoCV().fit(X, y, sample_weight=w),
    "fit_path": lambda w: taut.fit_path(X, y, sample_weight=w),
    "score": lambda w: FITTED.score(X, y, sample_weight=w),
}
BAD_WEIGHTS = {
    "NaN": (gap([1.0] * 20), "row 5 of sample_weight", "nan", "use 0 to leave the row out"),
    "text": (gap([1.0] * 20, "x"), "row 5 of sample_weight", "'x'", "use 0 to leave the row out"),
    "negative": (gap([1.0] * 20, -2.0), "sample_weight", "-2 for row 5", "use 0"),
    "a word": ("balanced", "sample_weight", "'balanced' of type str", "pass an array"),
    "too few": ([1.0, 2.0], "sample_weight must have shape (20,)", "(2,)", "for each row of X"),
    "a frame": (
        np.ones((20, 2)),
        "sample_weight must have shape (20,)",
        "(20, 2)",
        "each row of X",
    ),
    "zeros": (np.zeros(20), "sample_weight", "all zeros", "use 1 for an ordinary row"),
    "too large": (np.full(20, 1e308), "sample_weight", "weights up to 1e+308", "use 1"),
}

OFFSET = {
    "fit_path": lambda offset: taut.fit_path(X, y, offset=offset),
    "Path.predict": lambda offset: PATH.predict(X, offset=offset),
}
BAD_OFFSETS = {
    "too short": ([1.0, 2.0], "offset must have shape (20,)", "(2,)", "one number for each row"),
    "two columns": (
        np.ones((20, 2)),
        "offset must have shape",
        "(20, 2)",
        "one number for each row",
    ),
    "NaN": (gap(y), "row 5 of offset", "nan", MEND),
    "a number": (1.0, "offset must have shape", "1.0 of type float", "pass an array"),
    "text": ("none", "offset must have shape", "'none' of type str", "pass an array"),
}


@pytest.mark.parametrize("case", BAD_X)
@pytest.mark.parametrize("entry", [*FIT, *PREDICT])
def test_bad_X(entry, case):
    bad, *parts = BAD_X[case]
    refused(lambda: (FIT | PREDICT)[entry](bad, y), *parts)


@pytest.mark.parametrize("case", BAD_Y)
@pytest.mark.parametrize("entry", FIT)
def test_bad_y(entry, case):
    bad, *parts = BAD_Y[case]
    refused(lambda: FIT[entry](X, bad), *parts)


@pytest.mark.parametrize("case", BAD_WEIGHTS)
@pytest.mark.parametrize("entry", WEIGHED)
def test_bad_weights(entry, case):
    bad, *parts = BAD_WEIGHTS[case]
    refused(lambda: WEIGHED[entry](bad), *parts)


@pytest.mark.parametrize("case", BAD_OFFSETS)
@pytest.mark.parametrize("entry", OFFSET)
def test_bad_offset(entry, case):
    bad, *parts = BAD_OFFSETS[case]
    refused(lambda: OFFSET[entry](bad), *parts)


@pytest.mark.parametrize("rows", [1, 0])
def test_too_few_rows(rows):
    for name in ("LinearRegression.fit", "fit_path"):
        parts = "X", f"shape ({rows}, 4)", "with enough rows"
        refused(lambda entry=FIT[name]: entry(X[:rows], y[:rows]), *parts)


def test_the_first_wrong_entry_of_a_long_matrix_is_found():
    long = np.ones((2**19, 3))
    long[[400_000, 500_000], [2, 0]] = np.nan
    refused(lambda: taut.fit_path(long, long[:, 0]), "X", "row 400000, column 2", IMPUTE)


def test_columns_in_another_order_are_refused():
    table = pd.DataFrame(X, columns=NAMES)
    turned = table[["height", "age", "income", "rooms"]]
    path, model = taut.fit_path(table, y, n_alphas=5), taut.Lasso().fit(table, y)
    refused(lambda: path.predict(turned), "X", "'height' in place of 'age'", "in their order")
    refused(lambda: model.predict(turned), "feature names", "same order", "in their order")
    np.testing.assert_allclose(path.predict(table), path.predict(X))


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "boolean"])
def test_nullable_columns_without_gaps_are_numbers(dtype):
    table = nullable(dtype, missing=False)
    plain = table.astype(float)
    model, path = taut.Lasso(0.01).fit(table, y), taut.fit_path(table, y, n_alphas=5)
    np.testing.assert_array_equal(model.coef_, taut.Lasso(0.01).fit(plain, y).coef_)
    np.testing.assert_array_equal(model.predict(table), model.predict(plain))
    np.testing.assert_array_equal(path.coefs, taut.fit_path(plain, y, n_alphas=5).coefs)
    target = table["height"]
    np.testing.assert_array_equal(
        taut.Ridge().fit(X, target).coef_, taut.Ridge().fit(X, target.astype(float)).coef_
    )
