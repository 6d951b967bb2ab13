"""Percent, money, thousands and decimal commas: read where there is one way to, named otherwise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.compare.tables import made_table

import taut
from taut.designs.encoder import TableEncoder
from taut.designs.from_frame import TableError, columns_of
from taut.designs.kinds import infer_kinds
from taut.designs.notations import Notation, notation_of, readings

NUMBERS = 1000 + 317.25 * np.arange(60)
GERMAN = str.maketrans(",.", ".,")


def kind_of(values):
    kinds, notes = infer_kinds(columns_of({"column": np.array(values, dtype=object)}))
    return kinds["column"], " ".join(note.text for note in notes)


def german(numbers):
    return [f"{v:,.2f}".translate(GERMAN) for v in numbers]


WRITTEN = {
    "percent": ([f"{v:.1f}%" for v in NUMBERS], "number like 1,234.5 %", 1),
    "dollars": ([f"${v:,.2f}" for v in NUMBERS], "number like 1,234.5 $", 2),
    "euros": ([f"€ {v:.2f}" for v in NUMBERS], "number like 1,234.5 €", 2),
    "euros behind": ([f"{v} €" for v in german(NUMBERS)], "number like 1.234,5 €", 2),
    "a decimal comma": (german(NUMBERS), "number like 1.234,5", 2),
    "spaces": ([f"{v:,.2f}".replace(",", "\u202f") for v in NUMBERS], "number like 1 234.5", 2),
    "whole, with spaces": (
        [f"{v:,.0f}".replace(",", " ") for v in NUMBERS],
        "number like 1 234,5",
        0,
    ),
    "apostrophes": ([f"{v:,.2f}".replace(",", "'") for v in NUMBERS], "number like 1'234.5", 2),
    "losses": ([f"-${v:,.2f}" for v in NUMBERS], "number like 1,234.5 $", 2),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_a_notation_is_read_and_named(case):
    texts, expected, decimals = WRITTEN[case]
    kind, said = kind_of(texts)
    assert kind == expected
    assert f"Text read as numbers: column ({texts[-1]!r} is " in said
    encoded = TableEncoder().fit_transform({"column": np.array(texts, dtype=object)})
    sign = -1 if case == "losses" else 1
    np.testing.assert_allclose(
        encoded[:, 0], sign * NUMBERS.round(decimals), atol=0.51 * 10.0**-decimals
    )


def test_two_ways_to_read_are_not_guessed_between():
    kind, said = kind_of([f"{1 + k},{100 + k}" for k in range(60)])
    assert kind == "aside"
    assert "two ways (write them as 1234.5 to use them): column ('1,100': 1100 or 1.1?)" in said


def test_signs_are_not_mixed():
    kind, _ = kind_of([f"{k}%" if k % 2 else f"{k}.5" for k in range(60)])
    assert kind != "number"


@pytest.mark.parametrize(
    "text", ["192.168.1.1", "555-1234", "104 31", "1,2,3", "$5 €", "12.3.2024", "v1.2"]
)
def test_what_is_no_number_is_left_alone(text):
    assert not readings([text])


def test_a_slip_among_them_is_named():
    texts = [*german(NUMBERS), "viel"]
    with pytest.raises(TableError, match="'column' is numeric, but row 61 says 'viel'"):
        kind_of(texts)


def test_marks_of_missing_values_are_missing():
    kind, said = kind_of([*german(NUMBERS), "n/a", None])
    assert kind == "number like 1.234,5"
    assert "row 61 says 'n/a'; taken as missing" in said


def test_text_among_numbers_is_not_called_an_identifier():
    kind, said = kind_of([f"{v}" if k % 4 else "unknown" for k, v in enumerate(NUMBERS)])
    assert kind == "aside"
    assert "text among numbers" in said
    assert "say 'unknown'" in said


def test_plain_numbers_do_not_stand_for_what_they_may_not_mean():
    encoder = TableEncoder().fit({"x": np.array(german(NUMBERS), dtype=object)})
    np.testing.assert_array_equal(encoder.transform({"x": np.array([3.0, 12.0])})[:, 0], [3, 12])
    with pytest.raises(
        TableError, match=r"like '1.234,5', as in training, but row 2 holds .* 1.234"
    ):
        encoder.transform({"x": np.array([3.0, 1.234])})
    rates = TableEncoder().fit({"x": np.array(WRITTEN["percent"][0], dtype=object)})
    with pytest.raises(TableError, match=r"like '1,234.5 %', as in training, but row 1 holds"):
        rates.transform({"x": np.array([0.12])})


def test_a_kind_may_say_the_notation():
    texts = np.array(["1,100", "2,200", "3,300"], dtype=object)
    encoder = TableEncoder(kinds={"x": "number like 1.234,5"}).fit({"x": texts})
    np.testing.assert_allclose(encoder.transform({"x": texts})[:, 0], [1.1, 2.2, 3.3])
    with pytest.raises(TableError, match=r"number like 1.234,5 %"):
        TableEncoder(kinds={"x": "number like pi"}).fit({"x": texts})


@given(
    st.integers(-(10**12), 10**12), st.sampled_from(["1,234.5", "1.234,5", "1 234,5", "1'234.5"])
)
def test_what_is_written_is_read(hundredths, example):
    thousands, decimal = example[1], example[5]
    text = (
        f"{hundredths / 100:,.2f}".replace(".", "_").replace(",", thousands).replace("_", decimal)
    )
    assert Notation(example).read(text) == round(hundredths / 100, 2)
    notation = Notation(example, "%")
    assert notation_of(notation.kind) == notation


def with_target(texts):
    return {**made_table(60), "y": np.array(texts, dtype=object)}


def test_a_target_with_decimal_commas_is_read():
    found = taut.compare(with_target(german(NUMBERS)), "y", techniques="null", quick=True)
    assert found.summary["metric"]["name"] == "RMSE"
    said = [note["text"] for note in found.summary["table"]["notes"]]
    assert "y is text, read as numbers: '1.000,00' is 1000." in said


def test_a_target_of_two_ways_is_refused():
    with pytest.raises(TableError, match=r"can be read in two ways .'1,100': 1100 or 1.1"):
        taut.compare(with_target([f"{1 + k},{100 + k}" for k in range(60)]), "y", techniques="null")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"y": 1e200}, "y: column 'y' must be .*: divide the column by 1e2"),
        ({"y": 1e-200}, "y: column 'y' must be .*: multiply the column by 1e"),
        ({"n1": 1e160}, "column 'n1' must be .*: divide the column by 1e160, or leave it out"),
        ({"n1": 1e-310}, "column 'n1' must be .*: multiply the column by 1e300"),
    ],
)
def test_numbers_that_cannot_be_squared_are_refused(change, said):
    table = made_table(60)
    table |= {name: table[name] * scale for name, scale in change.items()}
    with pytest.raises(TableError, match=said):
        taut.compare(table, "y", techniques="null", quick=True)


def test_weights_without_a_usable_sum_are_refused():
    with pytest.raises(TableError, match="must have a sum between 1e-75 and"):
        taut.compare(made_table(60), "y", sample_weight=np.full(60, 1e-300), techniques="null")


def test_one_group_is_named_and_not_the_folds():
    with pytest.raises(TableError, match=r"^groups: all rows are of the one group a"):
        taut.compare(made_table(60), "y", groups=["a"] * 60, techniques="null")


def test_blanks_around_a_name_are_seen():
    table = {f" {name} ": values for name, values in made_table(60).items()}
    with pytest.raises(TableError, match="there is no column 'y'; did you mean ' y '"):
        taut.compare(table, "y", techniques="null")


def test_dates_with_a_zone_are_dates():
    texts = [
        f"2024-01-{1 + k % 28:02d}T{k % 24:02d}:30:00{'Z' if k % 2 else '+02:00'}"
        for k in range(60)
    ]
    assert kind_of(texts)[0] == "date"
    hours = TableEncoder().fit({"x": np.array(texts, dtype=object)})
    found = hours.transform({"x": np.array(["2024-01-05T13:00+02:00"], dtype=object)})
    assert found[0, list(hours.feature_names_out_).index("x hour")] == 13


def test_a_date_that_no_calendar_has_is_named():
    with pytest.raises(TableError, match="'x' holds a date that no calendar has"):
        TableEncoder().fit({"x": np.array(["2024-01-31", "2024-02-31"], dtype=object)})
