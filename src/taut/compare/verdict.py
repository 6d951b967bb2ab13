"""The verdict in two sentences: one for everybody, one with figures."""

from __future__ import annotations

import math
from collections.abc import Sequence

from taut.compare.leaderboard import simplicity
from taut.compare.measure import MEASURES, Measure

__all__ = ["rounded", "verdict"]


def verdict(
    leaderboard: Sequence[dict],
    phrases: dict[str, str],
    columns: tuple[int, int],
    target: str,
    measure: Measure = MEASURES["regression"],
) -> dict:
    """Say what to take, and how sure that is.

    Parameters
    ----------
    leaderboard : sequence of dict
        As `ranked` gives it.
    phrases : dict of str to str
        What each technique is called in a sentence.
    columns : (int, int)
        How many columns the pick needs, and how many are usable.
    target : str
    measure : Measure
        What the leaderboard is in.

    Returns
    -------
    dict
        ``technique``, ``label``, ``sentence``, ``detail``.
    """
    pick = next(row for row in leaderboard if row["picked"])
    best = leaderboard[0]
    name = phrases[pick["technique"]]
    if pick["technique"] == "null":
        sentence = _nothing_found(pick, best, phrases, target, measure)
    elif pick is best:
        sentence = f"Take {name}: {_why_best(leaderboard, pick)}; {_needs(columns)}."
    else:
        sentence = (
            f"Take {name}: its predictions show no detectable difference from the best, "
            f"{phrases[best['technique']]}, and {_needs(columns)}."
        )
    return {
        "technique": pick["technique"],
        "label": pick["label"],
        "sentence": sentence,
        "detail": _detail(leaderboard, pick, target, measure),
    }


def _nothing_found(
    pick: dict, best: dict, phrases: dict[str, str], target: str, measure: Measure
) -> str:
    guess = f"always {measure.guess}"
    if pick is best:
        return (
            f"Nothing tried predicts {target} better than {guess}: with these "
            "techniques, the columns tell nothing about it."
        )
    return (
        f"Nothing tried predicts {target} detectably better than {guess}: "
        f"{phrases[best['technique']]} came out ahead, but not by more than chance may do. "
        "More rows, more folds or other columns may change that."
    )


def _why_best(leaderboard: Sequence[dict], pick: dict) -> str:
    if len(leaderboard) == 1:
        return "it is the only technique that was tried"
    simpler = [row for row in leaderboard if simplicity(row) < simplicity(pick)]
    if not simpler:
        return "nothing tried predicts better, and it is the simplest of all"
    return "it predicts best, and everything simpler is detectably worse"


def _needs(columns: tuple[int, int]) -> str:
    used, total = columns
    if used < total:
        return f"it needs only {used:,} of the {total:,} usable columns"
    return f"it uses all {total:,} usable columns" if total > 1 else "it uses the one usable column"


def _detail(leaderboard: Sequence[dict], pick: dict, target: str, measure: Measure) -> str:
    best = leaderboard[0]

    def shown(value: float) -> str:
        return rounded(value, best["score"])

    claim = measure.claim.format(target=target, score=shown(pick["score"]))
    text = f"On rows that it had not seen, {claim}"
    null = next((row for row in leaderboard if row["technique"] == "null"), None)
    if null and null is not pick:
        saved = 1.0 - pick["score"] / null["score"]
        text += f", {100 * saved:.0f} % less than always {measure.guess} ({shown(null['score'])})"
    if pick is not best:
        told = measure.best.format(label=best["label"], score=shown(best["score"]))
        text += (
            f"; {told}. The difference of "
            f"{shown(pick['difference'])} could be chance: the 95 % interval is "
            f"{shown(pick['difference_low'])} to {shown(pick['difference_high'])}"
        )
    if measure.also:
        share = f"{100 * pick[measure.also]:.0f} %"
        text += f". {measure.meaning.format(share=share)}"
    return text + "."


def rounded(value: float, like: float) -> str:
    """A figure with the decimals that give ``like`` four digits, so that figures compare."""
    if like == 0 or not 1e-4 <= abs(like) < 1e9 or abs(value) >= 1e9:
        return f"{value:.3g}"
    decimals = max(0, 3 - math.floor(math.log10(abs(like))))
    text = f"{value:,.{decimals}f}"
    return text.lstrip("-") if not text.strip("-0.,") else text
