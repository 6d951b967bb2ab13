"""The ranking, the pick and the verdict from made-up scores."""

import numpy as np
import pytest

from taut.compare import TECHNIQUES, choose
from taut.compare.evaluate import Record
from taut.compare.leaderboard import ranked
from taut.compare.verdict import rounded, verdict

PHRASES = {technique.name: technique.phrase for technique in TECHNIQUES}
NOISE = np.array([0.3, -0.2, 0.1, -0.1, -0.1])


def board(**means):
    """A leaderboard of five folds; ``name=(mean, noise)`` is one technique's score."""
    techniques = choose([name.replace("_", "-") for name in means])
    records = {}
    for name, (mean, noise) in means.items():
        scores = (mean + noise * NOISE).tolist()
        records[name.replace("_", "-")] = Record(scores, [0.5] * 5, [3] * 5, [0.1] * 5)
    return ranked(techniques, records, 0.25, 10, 5.0, 0.95)


def marked(rows, mark):
    return next(row["technique"] for row in rows if row[mark])


def told(rows, columns=(3, 10)):
    return verdict(rows, PHRASES, columns, "price")


def test_a_clear_winner_is_picked():
    rows = board(null=(9.0, 0.1), lasso_1se=(6.0, 0.1), ridge_min=(4.0, 0.0))
    assert marked(rows, "best") == marked(rows, "picked") == "ridge-min"
    said = told(rows)
    assert said["sentence"] == (
        "Take Ridge (min): it predicts best, and everything simpler predicts worse."
    )
    assert "everything simpler is detectably worse" in said["detail"]


def test_the_simplest_of_the_undistinguished_is_picked():
    rows = board(null=(9.0, 0.1), lasso_1se=(4.1, 1.0), lasso_min=(4.05, 1.0), ridge_min=(4.0, 0.0))
    assert marked(rows, "best") == "ridge-min"
    assert marked(rows, "picked") == "lasso-1se"
    said = told(rows)
    assert said["sentence"].startswith("Take Lasso (1-SE): nothing predicts clearly better")
    assert "no detectable difference from the best, ridge" in said["detail"]
    assert "Fitted on all rows, it needs only 3 of the 10 usable columns" in said["detail"]


def test_the_plain_average_may_win_and_the_verdict_says_so():
    rows = board(null=(4.1, 1.0), ridge_min=(4.0, 0.0))
    assert marked(rows, "picked") == "null"
    assert "not by more than chance" in told(rows)["detail"]
    assert "detectably better than always guessing the average" in told(rows)["sentence"]
    rows = board(null=(4.0, 0.1), ridge_min=(5.0, 0.0))
    assert "Nothing tried predicts price better" in told(rows)["sentence"]


def test_where_nothing_but_the_average_was_tried_the_columns_are_not_judged():
    said = told(board(null=(4.0, 0.1)))
    assert said["sentence"] == "Only guessing the average was tried: add a technique."
    assert "tell nothing" not in said["detail"]


def test_of_equal_scores_the_simpler_is_the_best():
    rows = board(null=(9.0, 0.0), lasso_min=(4.0 + 1e-9, 0.0), ridge_min=(4.0, 0.0))
    assert marked(rows, "best") == marked(rows, "picked") == "lasso-min"
    assert not any(row["detectably_worse"] for row in rows[:2])


def test_a_technique_that_fails_wildly_does_not_blur_the_others():
    rows = board(null=(9.0, 0.1), lasso_1se=(4.0, 0.0), least_squares=(1e12, 1e12))
    assert [row["technique"] for row in rows] == ["lasso-1se", "null", "least-squares"]
    assert marked(rows, "picked") == "lasso-1se"


@pytest.mark.parametrize(
    ("value", "like", "text"),
    [
        (1.87432, 54.46, "1.87"),
        (-0.000012, 54.46, "0.00"),
        (-2180.4, 28495.0, "-2,180"),
        (0.0004, 0.1357, "0.0004"),
        (1.07e-13, 1.07e-13, "1.07e-13"),
        (2.5e13, 54.46, "2.5e+13"),
        (2360.2, 1.07e-13, "2,360"),
        (0.0, 0.0, "0"),
    ],
)
def test_figures_are_readable_and_comparable(value, like, text):
    assert rounded(value, like) == text


def test_no_headline_is_long():
    for means in (
        {"null": (9.0, 0.1), "lasso_1se": (6.0, 0.1), "ridge_min": (4.0, 0.0)},
        {"null": (9.0, 0.1), "adaptive_lasso_1se": (4.1, 1.0), "ridge_min": (4.0, 0.0)},
        {"null": (4.1, 1.0), "ridge_min": (4.0, 0.0)},
        {"lasso_1se": (4.1, 1.0)},
    ):
        assert len(told(board(**means))["sentence"]) < 100


def test_folds_of_other_scales_do_not_hide_who_loses_all_of_them():
    # The errors of hourly air measurements, in time order: quiet and wild quarters of a year.
    scores = {
        "null": [15.1, 11.9, 77.7, 61.6, 11.4],
        "least-squares": [1.64, 1.87, 1.47, 1.58, 1.17],
        "lasso-1se": [1.70, 1.80, 1.60, 1.55, 1.30],
    }
    records = {
        name: Record(errors, [0.5] * 5, [{"null": 0, "lasso-1se": 2}.get(name, 9)] * 5, [0.1] * 5)
        for name, errors in scores.items()
    }
    rows = ranked(choose(list(scores)), records, 0.15, 9, 10.0, 0.95)
    null = next(row for row in rows if row["technique"] == "null")
    assert null["detectably_worse"]
    assert null["difference_low"] > 0
    assert null["difference"] == pytest.approx(35.54 - 1.546)
    assert marked(rows, "picked") == "lasso-1se"


def by_folds(used, **scores):
    """A leaderboard of five folds from its scores, and from the features that are used."""
    names = [name.replace("_", "-") for name in scores]
    records = {
        name: Record(list(errors), [0.5] * 5, [n] * 5, [0.1] * 5)
        for name, errors, n in zip(names, scores.values(), used, strict=True)
    }
    return ranked(choose(names), records, 0.25, 12, 2000.0, 0.95)


def test_errors_that_are_rounding_differ_by_nothing():
    rows = by_folds(
        (0, 16, 2),
        null=np.full(5, 2360.0),
        least_squares=4.9e-12 * (1 + NOISE),
        mcp_1se=1.4e-12 * (1 + NOISE),
    )
    assert marked(rows, "best") == marked(rows, "picked") == "mcp-1se"
    assert [row["difference"] for row in rows] == [0.0, 0.0, pytest.approx(2360.0)]
    assert (rows[1]["difference_low"], rows[1]["difference_high"]) == (0.0, 0.0)
    assert "could be chance" not in told(rows)["detail"]


def test_what_makes_the_pick_simpler_is_said_where_it_needs_all_columns():
    rows = by_folds((12, 11), least_squares=4.0 + 0.1 * NOISE, lasso_min=4.01 + 0.1 * NOISE[::-1])
    assert (marked(rows, "best"), marked(rows, "picked")) == ("least-squares", "lasso-min")
    said = told(rows, columns=(12, 12))["detail"]
    assert "all 12 usable columns, but 11 features in the average fold, where the best used" in said
    assert "average fold" not in told(rows, columns=(11, 12))["detail"]
