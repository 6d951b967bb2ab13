"""Numbers that may stand for missing values: what is named, and what is not."""

import numpy as np
import pytest

from compare.tables import N_ROWS, made_table, real_table
from taut.compare import compare, prepare
from taut.compare.sentinels import suspected_sentinels

RANDOM = np.random.default_rng(0)
ROWS = np.arange(N_ROWS)


def said_of(values, rows=ROWS[::10], value=-200.0):
    values = np.array(values, dtype=float)
    values[rows] = value
    (notes,) = [suspected_sentinels({"x": values}, {"x": "number"}, "y", np.empty(0))]
    return " ".join(note.text for note in notes)


@pytest.mark.parametrize(
    ("values", "value"),
    [
        (RANDOM.uniform(2, 1500, N_ROWS), -200.0),
        (RANDOM.normal(size=N_ROWS), -9999.0),
        (RANDOM.normal(size=N_ROWS), 999.0),
        (RANDOM.integers(0, 40, N_ROWS), -1.0),
        (RANDOM.uniform(1900, 2000, N_ROWS), 0.0),
    ],
)
def test_a_repeated_far_value_is_named_with_its_count(values, value):
    assert f"x ({value:g} in 12 rows, all others " in said_of(values, value=value)


@pytest.mark.parametrize(
    ("values", "rows", "value"),
    [
        (RANDOM.normal(size=N_ROWS), ROWS[:1], -200.0),  # an outlier, once
        (RANDOM.uniform(0, 100, N_ROWS), ROWS[::3], 0.0),  # many zeros of an amount
        (RANDOM.integers(0, 2, N_ROWS), ROWS[::10], -1.0),  # a code
        (RANDOM.normal(size=N_ROWS), ROWS[::10], -3.0),  # within reach of the others
    ],
)
def test_what_is_ordinary_is_not(values, rows, value):
    assert said_of(values, rows, value) == ""


def test_the_target_is_looked_at_and_nothing_is_changed():
    table = made_table()
    table["y"] = np.abs(table["y"])
    table["y"][::10] = -200.0
    study = prepare(table, "y")
    (note,) = [note for note in study.notes if note.level == "warning"]
    assert note.columns == ("y",)
    assert "y (-200 in 12 rows" in note.text
    assert "Rows without a value of y are left out then" in note.text
    np.testing.assert_array_equal(study.y, table["y"])


def test_classes_and_numbers_in_order_have_none():
    assert not [note for note in prepare(made_table(), "y").notes if note.level == "warning"]


def test_air_quality_is_judged_by_every_fold_and_its_gaps_are_named(data_folder):
    table = real_table(data_folder, "air_quality/air_quality_uci")
    found = compare(
        table, "C6H6(GT)", time="Date", techniques="null,least-squares,lasso", quick=True
    )
    null = next(row for row in found.leaderboard if row["technique"] == "null")
    assert min(np.divide(null["fold_scores"], found.best["fold_scores"])) > 5
    assert null["detectably_worse"]
    assert found.pick["technique"] != "null"
    notes = " ".join(note["text"] for note in found.summary["table"]["notes"])
    assert "C6H6(GT) (-200 in 366 rows" in notes
    assert "CO(GT) (-200 in 1,683 rows" in notes
    assert "Text read as dates: Date ('3/10/2004' is 2004-03-10)" in notes
    assert "Date month" in {c["feature"] for c in found.pick["coefficients"]}
