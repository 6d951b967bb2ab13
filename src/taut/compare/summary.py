"""The summary dict of a comparison: what the terminal, the JSON file and the report all print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sklearn.pipeline import Pipeline

from taut import __version__
from taut.compare import fitted as shown
from taut.compare.code import reproducing_code
from taut.compare.evaluate import Record
from taut.compare.folds import INNER_FOLDS, Folds
from taut.compare.leaderboard import ranked
from taut.compare.measure import MEASURES
from taut.compare.study import Study
from taut.compare.technique import Technique
from taut.compare.verdict import verdict
from taut.designs.kinds import Note

__all__ = ["Findings", "summarise"]

_CONFIDENCE = 0.95
# Real tables do not fit this well; a sum of columns that makes up the target does.
_TOO_GOOD = 0.9999


@dataclass(frozen=True)
class Findings:
    """Everything that a comparison did.

    Attributes
    ----------
    study : Study
    techniques : sequence of Technique
    folds : Folds
        The outer ones.
    records : mapping of str to Record
        What each technique did on them.
    fitted : mapping of str to Pipeline
        Each technique on the whole table.
    asked : mapping of str to object
        The arguments of `compare`, as they came.
    """

    study: Study
    techniques: Sequence[Technique]
    folds: Folds
    records: Mapping[str, Record]
    fitted: Mapping[str, Pipeline]
    asked: Mapping[str, object]


def summarise(found: Findings) -> dict:
    """Put everything found into one dict of plain JSON types.

    Parameters
    ----------
    found : Findings

    Returns
    -------
    dict
    """
    study, any_model = found.study, next(iter(found.fitted.values()))
    names = shown.feature_names(any_model, study)
    spread = shown.feature_spread(any_model, study)
    leaderboard = ranked(
        found.techniques,
        found.records,
        found.folds.test_to_train,
        len(names),
        float(study.y.std()) if study.task == "regression" else 1.0,
        _CONFIDENCE,
        MEASURES[study.task].also,
    )
    picked = next(row["technique"] for row in leaderboard if row["picked"])
    technique = next(t for t in found.techniques if t.name == picked)
    model = found.fitted[picked]
    leaks = [*_too_good(study, leaderboard), *study.leaks]
    notes = [*leaks, *_unsolved(leaderboard, found.records), *study.notes]
    phrases = {t.name: t.phrase for t in found.techniques}
    measure = MEASURES[study.task]
    used = shown.columns_used(model, study)
    told = verdict(leaderboard, phrases, used, study.target, measure)
    if leaks:
        told["detail"] += " But a leak is suspected (see the notes): if there is one, this is void."
    code = reproducing_code(study, model[-1], found.asked)
    return {
        "taut_version": __version__,
        "created": datetime.now().isoformat(timespec="seconds"),
        "table": {
            "source": "a table in memory",
            "rows": study.n_rows,
            "columns": study.n_columns,
            "target": study.target,
            "features": len(names),
            "notes": [n.as_dict() for n in sorted(notes, key=lambda n: n.level != "warning")],
        },
        "task": study.task,
        "metric": {
            "name": measure.name,
            "long_name": measure.long_name,
            "unit": study.target if measure.in_unit else "",
            "lower_is_better": True,
            "also": measure.also,
        },
        "settings": _settings(found),
        "verdict": told,
        "leaderboard": leaderboard,
        "pick": shown.pick_of(technique, model, names, spread, study, code),
        "paths": shown.paths(found.techniques, found.fitted, names, spread, study.task),
        "certificates": shown.certificates(found.techniques, found.fitted),
    }


def _settings(found: Findings) -> dict:
    return {
        "seed": found.asked["seed"],
        "outer_folds": len(found.folds.splits) // found.folds.repeats,
        "outer_repeats": found.folds.repeats,
        "inner_folds": INNER_FOLDS,
        "fold_kind": found.folds.kind,
        "confidence": _CONFIDENCE,
        "quick": found.asked["quick"],
    }


def _too_good(study: Study, leaderboard: Sequence[dict]) -> list[Note]:
    r2 = leaderboard[0]["r2"]
    if r2 <= _TOO_GOOD:
        return []
    text = (
        f"Suspected leak: the columns together determine {study.target} almost perfectly (R2 "
        f"{r2:.5f}). Does one hold a part of it, or is it a sum of others?"
    )
    return [Note("warning", text)]


def _unsolved(leaderboard: Sequence[dict], records: Mapping[str, Record]) -> list[Note]:
    notes = []
    for row in leaderboard:
        unsolved = records[row["technique"]].unsolved
        if unsolved:
            text = (
                f"{row['label']}: {unsolved} of {len(row['fold_scores'])} fits ended before their "
                "tolerance; the certificates say how far."
            )
            notes.append(Note("warning", text))
    return notes
