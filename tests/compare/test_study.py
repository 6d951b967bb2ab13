"""What is refused before the long work, what is left out, and what is suspected."""

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from compare.tables import N_ROWS, made_table
from taut.compare import prepare
from taut.designs.from_frame import TableError


def changed(**columns):
    return {**made_table(), **columns}


def notes_of(study, level=None):
    return " ".join(n.text for n in (*study.leaks, *study.notes) if level in (None, n.level))


def cells(**values):
    y = made_table()["y"].astype(object)
    for row, value in values.items():
        y[int(row[1:])] = value
    return y


def names(values):
    return np.array(list(values), dtype=object)


WEIGHTS = np.ones(N_ROWS)
WEIGHTED = {"y": "y", "sample_weight": "w"}


@pytest.mark.parametrize(
    ("table", "arguments", "said"),
    [
        (changed(), {"y": "yy"}, "y: there is no column 'yy'; did you mean 'y'"),
        ({"y": made_table()["y"]}, {"y": "y"}, "no column beside 'y'"),
        (changed(y=np.full(N_ROWS, np.nan)), {"y": "y"}, "'y' has no value at all"),
        (changed(y=np.ones(N_ROWS)), {"y": "y"}, "'y' is 1 in every row"),
        (changed(y=np.arange(N_ROWS) % 2 + 1), {"y": "y"}, "only two values .1 and 2.*classif"),
        (changed(y=np.ones(N_ROWS, dtype=bool)), {"y": "y"}, "'y' is True in every row"),
        (changed(), {"y": "y", "event": "n9"}, "event: there is no column 'n9'"),
        (changed(), {"y": "n0", "event": "y"}, "'n0' must hold times, 0 or more"),
        (changed(e=np.ones(N_ROWS)), {"y": "n0", "event": "e"}, "'n0' must hold times, 0 or more"),
        (changed(), {"y": "y", "task": "survival"}, "event: missing for task 'survival'"),
        (
            changed(e=np.arange(N_ROWS) < 5, t=np.arange(N_ROWS) + 1.0),
            {"y": "t", "event": "e"},
            "event: column 'e' marks 5 events in the usable rows.*10 at the least",
        ),
        (
            changed(e=np.ones(N_ROWS)),
            {"y": "y", "event": "e", "task": "counts"},
            "event: given for task 'counts'",
        ),
        (changed(), {"y": "y", "event": "y"}, "event: column 'y' is the target already"),
        (changed(y=names(f"id {row}" for row in range(N_ROWS))), {"y": "y"}, "120 classes, of whi"),
        (changed(y=cells(r4="high")), {"y": "y"}, "'y' must be numeric, but row 5 says 'high'"),
        (changed(y=cells(r4=np.inf)), {"y": "y"}, "'y' holds infinite numbers: row 5"),
        (changed(), {"y": "y", "task": "classification"}, "'y' must hold whole numbers for task"),
        (changed(y=np.arange(N_ROWS) - 3), {"y": "y", "task": "counts"}, "from 0 .* row 1 has -3"),
        (changed(), {"y": "y", "task": "ranking"}, "task: 'ranking' is unknown: use one of regr"),
        (changed(), {"y": np.ones(7)}, "X has 120 rows, but y has 7"),
        (made_table(n_rows=12), {"y": "y"}, "only 12 rows.*needs 20"),
        (changed(w=-WEIGHTS), WEIGHTED, "sample_weight: column 'w' .* row 1 has -1 .120 such"),
        (changed(w=0 * WEIGHTS), WEIGHTED, "sample_weight: column 'w' is 0 in every row"),
        (changed(w=np.nan * WEIGHTS), WEIGHTED, "column 'w' has missing .* first in row 1:"),
        (changed(), {"y": "y", "sample_weight": "colour"}, "sample_weight: .*'colour' must be num"),
        (changed(), {"y": "y", "sample_weight": "y"}, "sample_weight: .*'y' is the target already"),
        (changed(), {"y": "y", "groups": "y"}, "groups: column 'y' is the target already"),
        (
            changed(),
            {"y": "y", "groups": "n0", "sample_weight": "n0"},
            "groups: column 'n0' is the column of weights already",
        ),
        (changed(), {"y": "y", "groups": "color"}, "groups: .*did you mean 'colour'"),
        (changed(), {"y": "y", "groups": "n2"}, "groups: column 'n2' has missing values"),
        (changed(), {"y": "y", "time": "n2"}, "'n2' has missing values"),
        (changed(), {"y": "y", "time": "colour"}, "'colour' must hold dates"),
        (changed(), {"y": "y", "groups": "colour", "time": "n0"}, "give one of them"),
        (sparse.eye_array(30).tocsr(), {"y": "y"}, "a sparse X has no names"),
    ],
)
def test_refused(table, arguments, said):
    with pytest.raises(TableError, match=said):
        prepare(table, **arguments)


def test_one_row_is_not_one_rows():
    with pytest.raises(TableError, match="only 1 row with a target:"):
        prepare(made_table(n_rows=1), "y")
    table = changed()
    table["y"][4] = np.nan
    assert "Left out: 1 row without a value of y." in notes_of(prepare(table, "y"))


def test_a_group_that_is_missing_in_an_unused_row_is_no_matter():
    groups = np.arange(N_ROWS) % 6 * 1.0
    groups[3] = np.nan
    table = changed(team=groups)
    table["y"][3] = np.nan
    assert prepare(table, "y", groups="team").n_rows == N_ROWS - 1


def test_two_values_are_compared_where_the_task_is_given():
    study = prepare(changed(y=np.arange(N_ROWS) % 2), "y", task="regression")
    assert study.n_rows == N_ROWS


def test_rows_without_a_target_or_weight_are_left_out_and_said():
    table = changed(w=np.where(np.arange(N_ROWS) < 5, 0.0, 2.0))
    table["y"][10:13] = np.nan
    study = prepare(table, "y", sample_weight="w")
    assert study.n_rows == N_ROWS - 8
    assert study.rearranged
    assert "w" not in study.X
    assert "Left out: 3 rows without a value of y." in notes_of(study)
    assert "Left out: 5 rows of weight 0." in notes_of(study)


def test_rows_follow_the_time_column_which_stays():
    table = changed(day=np.arange(N_ROWS)[::-1].astype("datetime64[D]"))
    study = prepare(table, "y", time="day")
    np.testing.assert_array_equal(study.y, table["y"][::-1])
    assert "day" in study.X
    assert study.ordered


def test_series_give_their_name_to_the_target():
    table = pl.DataFrame(made_table())
    assert prepare(table.drop("y"), table["y"]).target == "y"
    assert prepare(table.drop("y"), table["y"].alias("gain")).target == "gain"


def test_a_column_that_determines_the_target_is_suspected():
    y = made_table()["y"]
    for leak in (2.0 * y + 1.0, np.exp(y)):
        study = prepare(changed(leak=leak), "y")
        assert "Suspected leak: leak alone nearly determines y" in notes_of(study, "warning")
        assert "leak" in study.X


def test_a_category_that_determines_the_target_is_suspected():
    y = np.repeat([1.0, 2.0, 5.0, 9.0], 30)
    level = np.repeat(np.array(["a", "b", "c", "d"], dtype=object), 30)
    study = prepare(changed(y=y, level=level), "y")
    assert "Suspected leak: level" in notes_of(study, "warning")


@pytest.mark.parametrize(
    ("column", "target", "suspected"),
    [("log_wage", "wage", True), ("Wage.total", "wage", True), ("mileage", "age", False)],
)
def test_a_name_like_the_target_is_suspected(column, target, suspected):
    table = changed()
    table[target], table[column] = table.pop("y"), table.pop("n3")
    said = notes_of(prepare(table, target), "warning")
    assert (f"{column} is called like the target" in said) == suspected


def test_honest_columns_raise_no_suspicion():
    assert not notes_of(prepare(changed(), "y"), "warning")


@pytest.mark.parametrize(
    "values",
    [
        np.arange(N_ROWS) % 2,
        np.where(np.arange(N_ROWS) == 5, np.nan, np.arange(N_ROWS) % 2),
        names("NA" if row == 5 else str(row % 2) for row in range(N_ROWS)),
    ],
)
def test_a_target_of_0_and_1_is_taken_for_classes_and_said_to_be(values):
    study = prepare(changed(y=values), "y")
    assert study.task == "classification"
    assert set(study.y.tolist()) == {0, 1}
    assert "y is 0 or 1: its classes are predicted" in study.notes[0].text
    assert "--task regression" in study.notes[0].text
    assert prepare(changed(y=values), "y", task="regression").task == "regression"
