"""Numbers as text."""

from __future__ import annotations

import copy

import pytest

from taut.report.leaderboard import table_rows
from taut.report.numbers import aligned, number, rounded, share


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (54.321, "54.32"),
        (-54.3, "−54.3"),
        (54320.9, "54,321"),
        (3000, "3,000"),
        (0.00123, "0.00123"),
        (1.2e-12, "1.20 × 10⁻¹²"),
        (-3e9, "−3.00 × 10⁹"),
        (None, "–"),
        (float("nan"), "–"),
        (float("inf"), "–"),
    ],
)
def test_number(value, text):
    assert number(value) == text


def test_aligned_gives_a_column_the_decimals_of_its_largest():
    assert aligned([54.3, -0.004, None]) == ["54.30", "0.00", "–"]
    assert aligned([0.5], scale=54.3) == ["0.50"]
    assert aligned([1e-9, 2e-12]) == ["1.00 × 10⁻⁹", "2.00 × 10⁻¹²"]
    assert aligned([0.0, 0.0]) == ["0", "0"]


def test_rounded_keeps_five_digits_and_drops_what_json_cannot_hold():
    assert rounded(123456.7) == 123460.0
    assert rounded(float("nan")) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.5, "0.5"), (0.98717, "0.9872"), (0.9999874802906, "0.9999875"), (1.0, "1")],
)
def test_a_share_just_below_one_is_not_one(value, text):
    assert share(value) == text


def test_scores_a_thousand_times_apart_all_keep_their_digits(summary):
    rows = copy.deepcopy(summary["leaderboard"])
    rows[0]["score"], rows[1]["score"] = 1.4e-12, 0.0241
    shown = table_rows(rows)
    assert [row["score"] for row in shown[:2]] == ["1.40 × 10⁻¹²", "0.0241"]
