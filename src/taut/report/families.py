"""The paths of the penalised techniques, cut down to what a page can show and a reader can read."""

from __future__ import annotations

import math
from collections.abc import Callable

from taut.report.numbers import rounded, share

__all__ = ["HIGHLIGHTS", "families"]

MOST_PATHS = 60
MOST_ALPHAS = 120
# Coefficients in the page, over all families: about half a megabyte.
MOST_COEFFICIENTS = 60_000
HIGHLIGHTS = 8
# Label height over chart height: closer names than this would overlap.
_LABEL_GAP = 0.05
_END_GAP = 0.075


def families(summary: dict) -> list[dict]:
    """One dict a family for the explorer's charts, numbers rounded, rows short.

    The coloured features are the same in every family, so that a colour means one feature. Errors
    are in the unit of the leaderboard.
    """
    paths, pick = summary["paths"], summary["pick"]
    slots = {feature: slot for slot, feature in enumerate(_highlights(paths))}
    most_paths = min(MOST_PATHS, MOST_COEFFICIENTS // (MOST_ALPHAS * max(len(paths), 1)))
    root = math.sqrt if summary["metric"]["name"] == "RMSE" else float
    return [
        {
            **_lines(path, slots, most_paths),
            **_curve(path, root),
            **_marks(path, pick),
            "total": summary["table"]["features"],
        }
        for path in paths
    ]


def _highlights(paths: list[dict]) -> list[str]:
    """The features with the largest coefficients, each family weighing the same."""
    totals: dict[str, float] = {}
    for path in paths:
        sizes = _sizes(path)
        largest = max(sizes, default=0.0) or 1.0
        for feature, size in zip(path["features"], sizes, strict=True):
            totals[feature] = totals.get(feature, 0.0) + size / largest
    ranked = sorted((f for f in totals if totals[f] > 0), key=totals.__getitem__, reverse=True)
    return ranked[:HIGHLIGHTS]


def _sizes(path: dict) -> list[float]:
    return [max((abs(c) for c in coefs), default=0.0) for coefs in path["coefs"]]


def _lines(path: dict, slots: dict[str, int], most_paths: int) -> dict:
    kept = _kept_alphas(path)
    sizes = _sizes(path)
    largest_first = sorted(range(len(sizes)), key=sizes.__getitem__, reverse=True)
    drawn = [j for j in largest_first if sizes[j] > 0][:most_paths]
    coefs = [[rounded(path["coefs"][j][i]) for i in kept] for j in drawn]
    names = [path["features"][j] for j in drawn]
    return {
        "label": path["label"],
        "l1Ratio": None if path["l1_ratio"] is None else share(path["l1_ratio"]),
        "remark": path["remark"],
        "alphas": [rounded(path["alphas"][i]) for i in kept],
        "features": names,
        "slots": [slots.get(name, -1) for name in names],
        "coefs": coefs,
        "largest": rounded(max(sizes, default=0.0)),
        "nonzero": [path["n_nonzero"][i] for i in kept],
        "labels": _labels(names, coefs, slots),
    }


def _marks(path: dict, pick: dict) -> dict:
    """Where the two rules stand, and where the slider starts: at the pick, where it can."""
    alphas = [path["alphas"][i] for i in _kept_alphas(path)]
    minimum, one_se = (_nearest(alphas, path[rule]) for rule in _RULES)
    picked = pick["alpha"] is not None and pick["technique"].rpartition("-")[0] == path["technique"]
    start = _nearest(alphas, pick["alpha"]) if picked else one_se
    return {"minimum": minimum, "oneSe": one_se, "start": start, "picked": picked}


def _kept_alphas(path: dict) -> list[int]:
    """Indices of the alphas to draw: positive (the axis is a logarithm), not more than needed."""
    alphas = path["alphas"]
    positive = [i for i, alpha in enumerate(alphas) if alpha > 0]
    step = math.ceil(len(positive) / MOST_ALPHAS)
    marked = {positive[_nearest([alphas[i] for i in positive], path[rule])] for rule in _RULES}
    return sorted({*positive[::step], *positive[-1:], *marked})


_RULES = ("alpha_min", "alpha_1se")


def _nearest(alphas: list[float], alpha: float) -> int:
    if alpha <= 0:
        return len(alphas) - 1
    return min(range(len(alphas)), key=lambda i: abs(math.log(alphas[i] / alpha)))


def _curve(path: dict, root: Callable[[float], float]) -> dict:
    """Errors along alpha, and the range to draw: one that explodes must not flatten the rest.

    The band is the root of the mean squared error plus and minus its standard error: what the
    rule 1-SE looks at.
    """
    kept = _kept_alphas(path)
    train = [root(path["train_error"][i]) for i in kept]
    squares = [(path["validation_error"][i], path["validation_se"][i]) for i in kept]
    validation = [root(error) for error, _ in squares]
    lower = [root(max(error - se, 0.0)) for error, se in squares]
    upper = [root(error + se) for error, se in squares]
    low, high = min(*train, *lower), max(upper)
    ceiling = low + 2.5 * (upper[0] - low)
    top = min(high, ceiling) if ceiling > low else high
    margin = 0.04 * (top - low) or 1.0
    ends = _spread(
        [("train", train[-1]), ("validation", min(validation[-1], top))], _END_GAP * (top - low)
    )
    return {
        "train": [rounded(v) for v in train],
        "validation": [rounded(v) for v in validation],
        "lower": [rounded(v) for v in lower],
        "upper": [rounded(v) for v in upper],
        "low": rounded(max(low - margin, 0.0)),
        "high": rounded(top + margin),
        "cut": high > top,
        "ends": [{"name": name, "y": rounded(y)} for name, y in ends],
    }


def _labels(names: list[str], coefs: list[list[float]], slots: dict[str, int]) -> list[dict]:
    """Names at the weak end of the coloured paths, moved apart where they would overlap."""
    ends = [(name, values[-1]) for name, values in zip(names, coefs, strict=True) if name in slots]
    extremes = [value for values in coefs for value in values]
    gap = _LABEL_GAP * (max(extremes, default=0.0) - min(extremes, default=0.0))
    return [{"name": name, "slot": slots[name], "y": rounded(y)} for name, y in _spread(ends, gap)]


def _spread(ends: list[tuple[str, float]], gap: float) -> list[tuple[str, float]]:
    """Positions at least `gap` apart, in the order of the values, as near to them as that allows.

    Pool adjacent labels: labels that touch form a block centred on the mean of their values.
    """
    ordered = sorted(ends, key=lambda end: end[1])
    blocks: list[list[float]] = []
    for _, value in ordered:
        blocks.append([value])
        while len(blocks) > 1 and _bottom(blocks[-1], gap) < _top(blocks[-2], gap) + gap:
            last = blocks.pop()
            blocks[-1].extend(last)
    positions = [_bottom(block, gap) + k * gap for block in blocks for k in range(len(block))]
    return [(name, y) for (name, _), y in zip(ordered, positions, strict=True)]


def _bottom(block: list[float], gap: float) -> float:
    return sum(block) / len(block) - gap * (len(block) - 1) / 2


def _top(block: list[float], gap: float) -> float:
    return sum(block) / len(block) + gap * (len(block) - 1) / 2
