"""`taut fit` and `taut predict`: one technique, saved and used."""

from __future__ import annotations

import io
from pathlib import Path

import click
import numpy as np

from taut.cli.compare import checked_path, require_distinct
from taut.cli.model_file import SavedModel, load_model, save_model
from taut.cli.tables import Roles, Source, with_unused
from taut.cli.terminal import print_notes, progress_bar
from taut.compare.evaluate import fit_all, n_used
from taut.compare.journal import Journal
from taut.compare.neural import NEURAL
from taut.compare.study import prepare
from taut.compare.techniques import TECHNIQUES, Technique, choose
from taut.datasets import read_table
from taut.designs.from_frame import TableError
from taut.designs.kinds import Note, counted
from taut.report.files import replace_file

__all__ = ["model_path", "one_technique", "run_fit", "run_predict"]

_KNOWN = (*TECHNIQUES, *NEURAL)


def one_technique(name: str | None) -> Technique:
    """The technique of `taut fit`.

    Raises
    ------
    TableError
        None is named, or more than one.
    """
    names = ", ".join(technique.name for technique in _KNOWN)
    if not name:
        raise TableError(
            f"--technique is missing: choose one of {names}; `taut compare` says which suits the "
            "table"
        )
    try:
        chosen = choose(name, among=_KNOWN)
    except TableError as error:
        raise TableError(error.text, "--technique") from error
    if len(chosen) > 1:
        either = " or ".join(technique.name for technique in chosen)
        raise TableError(f"{name!r} is several techniques: choose {either}", "--technique")
    return chosen[0]


def _for_task(name: str, task: str) -> Technique:
    """The technique, as it is for the task that the table turned out to be."""
    suited = choose(None, task, among=_KNOWN)
    technique = next((technique for technique in suited if technique.name == name), None)
    if technique is None:
        names = ", ".join(technique.name for technique in suited)
        raise TableError(f"{name} is not for {task}: choose one of {names}", "--technique")
    return technique


def model_path(path: str | None) -> Path:
    """The file that `taut fit` saves to.

    Raises
    ------
    TableError
        None is named, or it cannot be written.
    """
    if path is None:
        raise TableError("--model is missing: name the file to save the model to, as model.skops")
    return checked_path(path, "--model")


def run_fit(source: Source, roles: Roles, name: str, seed: int, path: Path) -> None:
    """Fit one technique on the whole table and save it."""
    study = prepare(source.table, source.target, **roles.arguments())
    technique = _for_task(name, study.task)
    print_notes([note.as_dict() for note in (*study.leaks, *study.notes)])
    with progress_bar("fitting") as progress:
        journal = Journal(lambda text: progress and progress(0, 1, text))
        fitted = fit_all(study, [technique], seed, journal)
    pipeline = fitted[technique.name]
    save_model(path, pipeline, source.target, technique.name)
    click.echo(f"{technique.label} on {counted(study.n_rows, 'row')}: {_described(pipeline[-1])}")
    click.echo(f"Model: {path}")


def _described(model) -> str:
    """What was fitted, in a line: alpha, features used, certificate."""
    parts = [f"alpha {model.alpha_:.4g}"] if hasattr(model, "alpha_") else []
    parts.append(f"{n_used(model):,} of {counted(model.n_features_in_, 'feature')} used")
    certificate = getattr(model, "certificate_", None)
    return "; ".join([*parts, str(certificate)] if certificate else parts)


def run_predict(model: str, table: str, output: str | None) -> None:
    """Predict for every row of a table, and write the table with the predictions."""
    require_distinct({"MODEL": model, "TABLE": table, "--output": output})
    path = checked_path(output, "--output")
    if path is not None and path.suffix.lower() not in (".csv", ".parquet"):
        raise TableError(f"--output {output!r} must end in .csv or .parquet")
    saved = load_model(model)
    rows = read_table(table)
    known, notes = with_unused(rows.drop(saved.target, strict=False), saved.pipeline)
    predicted = _predictions(saved, known)
    absent = {name for note in notes for name in note.columns}
    surprises = saved.pipeline[0].surprises(known)
    notes += [note for note in surprises if absent.isdisjoint(note.columns)]
    for name in predicted:
        if name in rows.columns:
            notes.append(Note("warning", f"Column {name} of the table is replaced in the output."))
    print_notes([note.as_dict() for note in notes])
    _write(_with_columns(rows, predicted), path)


def _predictions(saved: SavedModel, rows) -> dict[str, np.ndarray]:
    """The columns to add: what is predicted, and the probability of every class."""
    # Of times until an event it is the risk that is predicted, the larger the earlier.
    survival = hasattr(saved.pipeline[-1], "predict_survival_function")
    name = f"{saved.target}_{'risk' if survival else 'predicted'}"
    if not hasattr(saved.pipeline, "predict_proba"):
        return {name: saved.pipeline.predict(rows)}
    probabilities = saved.pipeline.predict_proba(rows)
    classes = saved.pipeline.classes_
    columns = {name: classes[probabilities.argmax(axis=1)]}
    for label, values in zip(classes, probabilities.T, strict=True):
        columns[f"{saved.target}_probability_{label}"] = values
    return columns


def _with_columns(rows, columns: dict[str, np.ndarray]):
    import polars as pl

    return rows.with_columns(pl.Series(name, values) for name, values in columns.items())


def _write(rows, path: Path | None) -> None:
    if path is None:
        click.echo(rows.write_csv(), nl=False)
        return
    content = io.BytesIO()
    rows.write_parquet(content) if path.suffix.lower() == ".parquet" else rows.write_csv(content)
    replace_file(path, content.getvalue())
    click.echo(f"{counted(rows.height, 'prediction')}: {path}", err=True)
