"""The verdict: a sentence for everybody, and what stands behind it."""

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
    if len(leaderboard) == 1 and pick["technique"] == "null":
        sentence = f"Only {measure.guess} was tried: add a technique."
        detail = f"Whether the columns tell anything about {target} stays open."
    elif pick["technique"] == "null":
        better = "better" if pick is best else "detectably better"
        sentence = f"Nothing tried predicts {target} {better} than always {measure.guess}."
        detail = _nothing_found(pick, best, phrases)
    else:
        sentence = f"Take {pick['label']}: {_why(leaderboard, pick)}."
        detail = _described(leaderboard, pick, phrases, columns)
    return {
        "technique": pick["technique"],
        "label": pick["label"],
        "sentence": sentence,
        "detail": f"{detail} {_figures(leaderboard, pick, target, measure)}",
    }


def _nothing_found(pick: dict, best: dict, phrases: dict[str, str]) -> str:
    if pick is best:
        return "With these techniques, the columns tell nothing about it."
    name = phrases[best["technique"]]
    return (
        f"{name[:1].upper()}{name[1:]} came out ahead, but not by more than chance may "
        "do. More rows, more folds or other columns may change that."
    )


def _why(leaderboard: Sequence[dict], pick: dict) -> str:
    """The reason in words for everybody."""
    if len(leaderboard) == 1:
        return "it is the only technique that was tried"
    if pick is not leaderboard[0]:
        return "nothing predicts clearly better, and it is simpler than the best"
    if all(simplicity(row) >= simplicity(pick) for row in leaderboard):
        return "it predicts best, and is the simplest of all"
    return "it predicts best, and everything simpler predicts worse"


def _described(
    leaderboard: Sequence[dict], pick: dict, phrases: dict[str, str], columns: tuple[int, int]
) -> str:
    """What the pick is, how it stands to the others, and what it needs."""
    best, text = leaderboard[0], f"That is {phrases[pick['technique']]}"
    if pick is not best:
        text += f"; it shows no detectable difference from the best, {phrases[best['technique']]}"
    elif any(simplicity(row) < simplicity(pick) for row in leaderboard):
        text += "; everything simpler is detectably worse"
    text += f". Fitted on all rows, it {_needs(columns)}"
    counts = round(pick["features_used"]), round(best["features_used"])
    if columns[0] == columns[1] and counts[0] < counts[1]:
        text += (
            f", but {counts[0]:,} features in the average fold, where the best used {counts[1]:,}"
        )
    return f"{text}."


def _needs(columns: tuple[int, int]) -> str:
    used, total = columns
    if used < total:
        verb = "needs only" if 2 * used <= total else "uses"
        return f"{verb} {used:,} of the {total:,} usable columns"
    return f"uses all {total:,} usable columns" if total > 1 else "uses the one usable column"


def _figures(leaderboard: Sequence[dict], pick: dict, target: str, measure: Measure) -> str:
    best = leaderboard[0]

    def shown(value: float) -> str:
        return rounded(value, best["score"]).replace("-", "−")

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
    if not _is_plain(like) or abs(value) >= 1e9:
        return rounded(value, value) if _is_plain(value) else f"{value:.3g}"
    decimals = max(0, 3 - math.floor(math.log10(abs(like))))
    text = f"{value:,.{decimals}f}"
    return text.lstrip("-") if not text.strip("-0.,") else text


def _is_plain(value: float) -> bool:
    """Whether it reads well without a power of ten."""
    return 1e-4 <= abs(value) < 1e9
