"""What columns are taken for, and what is said about it."""

import numpy as np
import pytest

from taut.designs.from_frame import TableError, columns_of
from taut.designs.kinds import infer_kinds

N = 60
RANDOM = np.random.default_rng(0)
NORMAL = RANDOM.normal(size=N)
FEW = np.array(["a", "b", "c"], dtype=object)[np.arange(N) % 3]


def kind_of(values, name="column"):
    kinds, notes = infer_kinds(columns_of({name: values}))
    return kinds[name], " ".join(note.text for note in notes)


def with_cells(values, **cells):
    changed = np.array(values, dtype=object)
    for row, value in cells.items():
        changed[int(row[1:])] = value
    return changed


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (NORMAL, "number"),
        (np.arange(N) % 4, "number"),
        (np.arange(N) % 2 == 0, "boolean"),
        (FEW, "category"),
        (np.where(np.arange(N) % 9 == 0, None, FEW), "category"),
        (np.arange(N).astype("datetime64[D]"), "date"),
        ([f"2024-01-{1 + i % 28:02d}" for i in range(N)], "date"),
        ([f"2024-01-01T{i % 24:02d}:30" for i in range(N)], "date"),
        ([f"{1 + i % 12}/{1 + i % 28}/2024" for i in range(N)], "date like %m/%d/%Y"),
        ([f"{1 + i % 28}.{1 + i % 12}.2024" for i in range(N)], "date like %d.%m.%Y"),
        ([f"{1 + i % 28} May 2024 10:30" for i in range(N)], "date like %d %b %Y %H:%M"),
        ([str(value) for value in NORMAL], "number"),
        (np.arange(1950, 1950 + N), "number"),
    ],
)
def test_kinds(values, kind):
    assert kind_of(values)[0] == kind


@pytest.mark.parametrize(
    ("values", "name", "reason"),
    [
        (np.full(N, 7.0), "seven", "constant: seven (always 7)"),
        (["x"] * N, "x", "constant: x (always 'x')"),
        (np.full(N, np.nan), "gap", "no value at all: gap"),
        ([f"name {i}" for i in range(N)], "who", "identifier-like: who (60 different texts"),
        (np.arange(1, N + 1), "n", "identifier-like: n (counts the rows: 1, 2, ...)"),
        (RANDOM.permutation(N) + 900, "user_id", "a different whole number in every row"),
        (RANDOM.permutation(N) + 900, "PID", "a different whole number in every row"),
        (
            [f"{1 + i % 12}/{1 + i % 12}/20{i:02d}" for i in range(N - 1)] + ["31.1.2011"],
            "day",
            "dates of no one form (write them as 2024-01-31",
        ),
        (
            [f"{1 + i % 12}/{1 + i % 5}/2024" for i in range(N)],
            "day",
            "in two ways (write them as 2024-01-31 to use them): day ('6/1/2024': 2024-01-06",
        ),
        (np.empty(N, dtype="V1"), "nested", "neither numbers, text nor dates: nested"),
    ],
)
def test_what_is_set_aside_and_why(values, name, reason):
    kind, said = kind_of(values, name)
    assert kind == "aside"
    assert reason in said


def test_whole_numbers_that_merely_differ_are_kept():
    assert kind_of(RANDOM.permutation(N) + 900, "weight")[0] == "number"


@pytest.mark.parametrize("mark", ["n/a", "?", "NA", " - ", "null"])
def test_marks_of_missing_values_are_named(mark):
    kind, said = kind_of(with_cells([f"{v:.3f}" for v in NORMAL], r3=mark, r40=mark), "dose")
    assert kind == "number"
    assert f"Column dose: rows 4, 41 say {mark!r}; taken as missing." in said


def test_other_text_among_numbers_is_an_error_with_row_and_fix():
    cells = with_cells([f"{v:.3f}" for v in NORMAL], r16="abc")
    with pytest.raises(TableError, match=r"'dose' is numeric, but row 17 says 'abc'.*--drop dose"):
        kind_of(cells, "dose")


def test_infinite_numbers_are_an_error():
    with pytest.raises(TableError, match=r"'dose' holds infinite numbers: row 6"):
        kind_of(np.where(np.arange(N) == 5, np.inf, NORMAL), "dose")


def test_given_kinds_are_not_second_guessed():
    kinds, notes = infer_kinds(columns_of({"id": np.arange(N)}), {"id": "category"})
    assert kinds == {"id": "category"}
    assert not notes
