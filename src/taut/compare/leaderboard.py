"""From scores to the leaderboard, and from the leaderboard to the pick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from taut.compare.evaluate import Record
from taut.compare.interval import Interval, corrected_interval
from taut.compare.technique import Technique

__all__ = ["ranked", "simplicity"]

# Two techniques can give one solution; a difference in the last digits is none. Next to nothing
# of the least score, and of the target's spread where that score is itself rounding.
_ROUNDING = 1e-6, 1e-9


def ranked(
    techniques: Sequence[Technique],
    records: Mapping[str, Record],
    test_to_train: float,
    n_features: int,
    spread: float,
    confidence: float,
    also: str = "",
) -> list[dict]:
    """Rank techniques by mean score, and mark the best and the pick.

    The pick is the simplest technique that is not detectably worse than the best: the interval of
    its difference to the best reaches down to 0. Differences that rounding makes are 0.

    Parameters
    ----------
    techniques : sequence of Technique
    records : mapping of str to Record
    test_to_train : float
        Test rows over training rows, for the corrected interval.
    n_features : int
    spread : float
        Standard deviation of the target, or 1 where scores have a scale of their own.
    confidence : float
    also : str
        What the second figure is called.

    Returns
    -------
    list of dict
        The rows of the leaderboard, best first, as in the summary.
    """
    means = {technique.name: np.mean(records[technique.name].scores) for technique in techniques}
    used = {t.name: float(np.mean(records[t.name].features_used)) for t in techniques}
    least = min(means.values())
    floor = max(_ROUNDING[0] * least, _ROUNDING[1] * spread)

    def place(technique: Technique) -> tuple:
        """Of equals, the simpler is the best: the pick is chosen by the same order."""
        behind = means[technique.name] > least + floor and means[technique.name]
        return behind, *_plainness(used[technique.name], technique.complexity)

    order = sorted(techniques, key=place)
    best = records[order[0].name]
    rows = []
    for technique in order:
        record = records[technique.name]
        limits = corrected_interval(record.scores, best.scores, test_to_train, confidence)
        interval = Interval(*(0.0 if abs(limit) <= floor else limit for limit in limits))
        rows.append(
            {
                "technique": technique.name,
                "label": technique.label,
                "complexity": technique.complexity,
                "score": float(means[technique.name]),
                "score_std": float(np.std(record.scores, ddof=1)),
                "fold_scores": record.scores,
                "r2": float(np.mean(record.r2)),
                **({also: float(np.mean(record.also))} if also else {}),
                "difference": interval.mean,
                "difference_low": interval.low,
                "difference_high": interval.high,
                "detectably_worse": bool(interval.low > floor),
                "features_used": used[technique.name],
                "features_total": n_features,
                "fit_seconds": float(np.mean(record.fit_seconds)),
                "best": technique is order[0],
                "picked": False,
            }
        )
    pick = min((row for row in rows if not row["detectably_worse"]), key=simplicity)
    pick["picked"] = True
    return rows


def simplicity(row: Mapping) -> tuple[int, int]:
    """Sorts rows of the leaderboard: fewer features first, then the plainer technique."""
    return _plainness(row["features_used"], row["complexity"])


def _plainness(features_used: float, complexity: int) -> tuple[int, int]:
    return round(features_used), complexity
