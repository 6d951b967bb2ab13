"""`taut fit` and `taut predict`: one technique, saved and used."""

from __future__ import annotations

from pathlib import Path

import click

from taut.cli.compare import checked_path, require_distinct
from taut.cli.model_file import load_model, save_model
from taut.cli.tables import Roles, Source
from taut.cli.terminal import print_notes, progress_bar
from taut.compare.evaluate import fit_all
from taut.compare.study import prepare
from taut.compare.techniques import choose
from taut.datasets import read_table
from taut.designs.from_frame import TableError

__all__ = ["run_fit", "run_predict"]


def run_fit(source: Source, roles: Roles, technique: str, seed: int, model: str) -> None:
    """Fit one technique on the whole table and save it."""
    path = checked_path(model, "--model")
    chosen = choose(technique)
    if len(chosen) > 1:
        names = " or ".join(item.name for item in chosen)
        raise TableError(f"--technique {technique} is several techniques: choose {names}")
    study = prepare(source.table, source.target, **roles.arguments())
    print_notes([note.as_dict() for note in (*study.leaks, *study.notes)])
    with progress_bar("fitting") as progress:
        fitted = fit_all(study, chosen, seed, lambda text: progress and progress(0, 1, text))
    pipeline = fitted[chosen[0].name]
    save_model(path, pipeline, source.target, chosen[0].name)
    certificate = getattr(pipeline[-1], "certificate_", None)
    click.echo(
        f"{chosen[0].label} on {study.n_rows:,} rows" + (f": {certificate}" if certificate else "")
    )
    click.echo(f"Model: {path}")


def run_predict(model: str, table: str, output: str | None) -> None:
    """Predict for every row of a table, and write the table with the predictions."""
    require_distinct({"MODEL": model, "TABLE": table, "--output": output})
    path = checked_path(output, "--output")
    if path is not None and path.suffix.lower() not in (".csv", ".parquet"):
        raise TableError(f"--output {output!r} must end in .csv or .parquet")
    saved = load_model(model)
    rows = read_table(table)
    known = rows.drop(saved.target, strict=False)
    encoder = saved.pipeline[0]
    print_notes([note.as_dict() for note in encoder.surprises(known)])
    predicted = saved.pipeline.predict(known)
    _write(_with_column(rows, f"{saved.target}_predicted", predicted), path)


def _with_column(rows, name: str, values):
    import polars as pl

    return rows.with_columns(pl.Series(name, values))


def _write(rows, path: Path | None) -> None:
    if path is None:
        click.echo(rows.write_csv(), nl=False)
        return
    rows.write_parquet(path) if path.suffix.lower() == ".parquet" else rows.write_csv(path)
    click.echo(f"{rows.height:,} predictions: {path}", err=True)
