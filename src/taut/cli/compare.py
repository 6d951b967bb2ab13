"""`taut compare`: the comparison, on the terminal and in files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

import taut.compare as comparing
from taut import report as reporting
from taut.cli.model_file import save_model
from taut.cli.tables import Roles, Source
from taut.cli.terminal import print_summary, progress_bar
from taut.compare.code import with_source
from taut.designs.from_frame import TableError
from taut.report.files import replace_file

__all__ = ["Outputs", "checked_path", "require_distinct", "run_compare"]


@dataclass(frozen=True)
class Outputs:
    """Files to write, checked before the long work; None: not asked for."""

    json_file: Path | None
    report: Path | None
    model: Path | None

    @classmethod
    def checked(
        cls, table: str | None, json_file: str | None, report: str | None, model: str | None
    ) -> Outputs:
        """Make sure that every file can be written, and that none is the table or another.

        Raises
        ------
        TableError
            If one cannot.
        """
        require_distinct(
            {"TABLE": table, "--json": json_file, "--report": report, "--model": model}
        )
        return cls(
            checked_path(json_file, "--json"),
            checked_path(report, "--report"),
            checked_path(model, "--model"),
        )


def require_distinct(files: dict[str, str | None]) -> None:
    """Refuse to write one file over another of the same command.

    Parameters
    ----------
    files : dict of str to str or None
        What the command reads and writes, by argument.

    Raises
    ------
    TableError
        Two arguments name the same file.
    """
    seen: dict[Path, str] = {}
    for name, path in files.items():
        if not path:
            continue
        other = seen.setdefault(Path(path).resolve(), name)
        if other != name:
            raise TableError(
                f"{name} and {other} are the same file, {path!r}: give {name} another name, so "
                "that nothing is overwritten"
            )


def checked_path(path: str | None, option: str) -> Path | None:
    """The file to write, or an error that names the option."""
    if path is None:
        return None
    try:
        return reporting.check_writable(path, option)
    except (OSError, ValueError) as error:
        raise TableError(str(error)) from error


def run_compare(source: Source, roles: Roles, files: Outputs, **settings) -> None:
    """Compare, print, and write what was asked for."""
    with progress_bar("comparing") as progress:
        found = comparing.compare(
            source.table, source.target, progress=progress, **roles.arguments(), **settings
        )
    summary = found.summary
    summary["table"]["source"] = source.name
    summary["pick"]["code"] = with_source(summary["pick"]["code"], source.imports, source.code)
    print_summary(summary)
    text = json.dumps(summary, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    target, technique = summary["table"]["target"], found.pick["technique"]
    _write_all(
        {
            ("JSON", files.json_file): lambda path: replace_file(path, text),
            ("Model", files.model): lambda path: save_model(path, found.model, target, technique),
            ("Report", files.report): lambda path: reporting.write(summary, path),
        }
    )


def _write_all(files: dict[tuple[str, Path | None], Callable[[Path], None]]) -> None:
    """Write every file that was asked for; one that fails does not keep the others from it."""
    failed = []
    for (name, path), write in files.items():
        if path is None:
            continue
        try:
            write(path)
            click.echo(f"{name}: {path}")
        except OSError as error:
            failed.append(f"{name.lower()} not written to {str(path)!r}: {error.strerror or error}")
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt("what is named above was written, nothing else") from error
    if failed:
        raise TableError("; ".join(failed) + ". Free the place, or name other files, and run again")
