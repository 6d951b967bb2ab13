"""The leaderboard as the page shows it: numbers as text, and the rows of the interval plot."""

from __future__ import annotations

from statistics import median

from taut.report.numbers import aligned, number, rounded

__all__ = ["SHARES", "improvement", "interval_rows", "table_rows"]

# Second figures beside the score.
SHARES = ("accuracy", "concordance")
_DIFFERENCES = ("difference", "difference_low", "difference_high")


def table_rows(leaderboard: list[dict]) -> list[dict]:
    """The leaderboard with its numbers as text, the decimals of every score alike.

    Those that suit the largest would leave nothing of scores a thousand times smaller: there, every
    number stands for itself.
    """
    sizes = [abs(row["score"]) for row in leaderboard]
    scale = max(sizes)

    def written(values: list[float]) -> list[str]:
        alike = min(sizes) >= 1e-3 * scale
        return aligned(values, scale) if alike else [number(value) for value in values]

    keys = ("score", "score_std", *_DIFFERENCES)
    columns = {key: written([row[key] for row in leaderboard]) for key in keys}
    return [
        {
            **row,
            **{key: texts[i] for key, texts in columns.items()},
            **{name: f"{100 * row[name]:.1f} %" for name in SHARES if name in row},
            "features_used": number(row["features_used"], 3),
            "fit_seconds": _seconds(row["fit_seconds"]),
            "fold_scores": written(row["fold_scores"]),
        }
        for i, row in enumerate(leaderboard)
    ]


def _seconds(seconds: float) -> str:
    return "< 0.001" if seconds < 0.001 else number(seconds, 2)


def interval_rows(leaderboard: list[dict]) -> list[dict]:
    """Rows of the interval plot, cut at a limit beyond which one row would squeeze the others."""
    limit = _limit(leaderboard)
    texts = table_rows(leaderboard)
    return [_interval(row, text, limit) for row, text in zip(leaderboard, texts, strict=True)]


def improvement(leaderboard: list[dict], metric: dict) -> float | None:
    """By which share the pick's error is smaller than the null model's; None where meaningless."""
    null = next((row for row in leaderboard if row["complexity"] == 0), None)
    picked = next(row for row in leaderboard if row["picked"])
    if null is None or null is picked or not metric["lower_is_better"] or null["score"] <= 0:
        return None
    return 1 - picked["score"] / null["score"]


def _limit(leaderboard: list[dict]) -> float:
    """Room for every technique level with the best, but for those that are wild even among them."""
    level = [_reach(row) for row in leaderboard if not row["detectably_worse"]]
    level = [reach for reach in level if reach > 0]
    if not level:
        return max(_reach(row) for row in leaderboard)
    return 1.6 * max(reach for reach in level if reach <= 8 * median(level))


def _reach(row: dict) -> float:
    return max(abs(row[key]) for key in _DIFFERENCES)


def _interval(row: dict, text: dict, limit: float) -> dict:
    difference, low, high = (max(-limit, min(row[key], limit)) for key in _DIFFERENCES)
    return {
        "label": row["label"],
        "difference": rounded(difference),
        "low": rounded(low),
        "high": rounded(high),
        "cutLow": row["difference_low"] < -limit,
        "cutHigh": row["difference_high"] > limit,
        "beyond": abs(row["difference"]) > limit,
        "value": text["difference"],
        "text": f"{text['difference']} [{text['difference_low']}, {text['difference_high']}]",
        "role": _role(row),
    }


def _role(row: dict) -> str:
    if row["picked"]:
        return "pick"
    return "worse" if row["detectably_worse"] else "level"
