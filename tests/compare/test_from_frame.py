"""Every kind of table is read into the same plain columns."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

from taut.designs.from_frame import TableError, columns_of, did_you_mean, values_of

DAY = datetime.datetime(2024, 2, 29, 13, 0)
CONTENT = {
    "number": [1.5, None, 3.0],
    "whole": [1, 2, None],
    "flag": [True, False, True],
    "flag gap": [True, None, False],
    "text": ["a", None, "c"],
    "when": [DAY, None, DAY],
}


def pandas_of(content):
    return pd.DataFrame({name: pd.Series(values) for name, values in content.items()})


def pandas_nullable(content):
    return pandas_of(content).convert_dtypes()


@pytest.mark.parametrize("make", [pl.DataFrame, pa.table, pandas_of, pandas_nullable])
def test_frames_of_all_libraries_give_the_same_columns(make):
    columns = columns_of(make(CONTENT))
    np.testing.assert_array_equal(columns["number"], [1.5, np.nan, 3.0])
    np.testing.assert_array_equal(columns["whole"], [1.0, 2.0, np.nan])
    assert columns["flag"].dtype == bool
    assert columns["flag gap"].tolist() == ["True", None, "False"]
    assert columns["text"].tolist() == ["a", None, "c"]
    np.testing.assert_array_equal(
        columns["when"], np.array([DAY, "NaT", DAY], dtype="datetime64[s]")
    )


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_time_zones_keep_the_clock_on_the_wall(zone):
    frame = pl.DataFrame({"t": [DAY]}).with_columns(pl.col("t").dt.replace_time_zone(zone))
    assert columns_of(frame)["t"][0] == np.datetime64(DAY, "s")


def test_categoricals_and_mixed_objects_are_text():
    frame = pd.DataFrame({"c": pd.Categorical(["x", None]), "o": [1, "b"]})
    columns = columns_of(frame)
    assert columns["c"].tolist() == ["x", None]
    assert columns["o"].tolist() == ["1", "b"]


def test_nested_values_are_unusable_not_an_error():
    assert columns_of(pl.DataFrame({"l": [[1], [2]]}))["l"].dtype.kind == "V"


def test_arrays_get_names():
    columns = columns_of(np.arange(6).reshape(3, 2))
    assert list(columns) == ["x0", "x1"]
    np.testing.assert_array_equal(columns["x1"], [1.0, 3.0, 5.0])


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "repeat.*'a' 2 times"),
        (pl.DataFrame({"a": [1]}).lazy(), "collect"),
        (np.arange(3), "reshape"),
        ({}, "no columns"),
        ({"a": [1], "b": [1, 2]}, "'a' has 1 rows, 'b' has 2"),
        (sparse.eye_array(3), "sparse"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(table, said):
    with pytest.raises(TableError, match=said):
        columns_of(table)


def test_series_are_read_like_columns():
    assert values_of(pl.Series(["a", None])).tolist() == ["a", None]
    np.testing.assert_array_equal(values_of(pd.Series([1, None])), [1.0, np.nan])


@pytest.mark.parametrize(
    ("name", "said"),
    [("salary", "did you mean 'Salary'?"), ("Slary", "'Salary'"), ("zzz", "the columns are: Hits")],
)
def test_near_names_are_suggested(name, said):
    assert said in did_you_mean(name, ["Hits", "Salary"])
