"""The table of a command: read, with its target and the roles of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sklearn.pipeline import Pipeline

from taut.compare.fitted import columns_needed
from taut.datasets import load_diabetes, read_table
from taut.designs.from_frame import TableError, columns_named, did_you_mean
from taut.designs.kinds import Note, names_listed

__all__ = ["Roles", "Source", "open_table", "with_unused"]


class Source(NamedTuple):
    """A table as a command got it.

    Attributes
    ----------
    table : polars.DataFrame or dict
    target : str
    name : str
        For people.
    imports : tuple of str
        What the code needs.
    code : str
        Python that reads it as ``X``.
    """

    table: Any
    target: str
    name: str
    imports: tuple[str, ...]
    code: str


@dataclass(frozen=True)
class Roles:
    """What columns are for, by name; None where there is no such column."""

    task: str | None
    weights: str | None
    groups: str | None
    time: str | None
    event: str | None = None

    def columns(self) -> dict[str, str | None]:
        """The columns, by what they hold; none of them is a feature but for the times."""
        return {
            "weights": self.weights,
            "groups": self.groups,
            "times": self.time,
            "events": self.event,
        }

    def arguments(self) -> dict[str, str | None]:
        """As `taut.compare` and `prepare` call them."""
        given = asdict(self)
        return {"sample_weight": given.pop("weights"), **given}


def open_table(path: str | None, target: str | None, drop: Sequence[str], roles: Roles) -> Source:
    """Read a table, or take the bundled one, and leave out columns.

    Raises
    ------
    TableError
        If the file or a column is not there.
    """
    if path is None:
        import polars as pl

        table, target = pl.DataFrame(load_diabetes()), target or "progression"
        name = "diabetes (scikit-learn)"
        imports = "import polars as pl", "from taut.datasets import load_diabetes"
        code = "X = pl.DataFrame(load_diabetes())"
    else:
        table, name = read_table(path), Path(path).name
        imports = ("from taut.datasets import read_table",)
        # A report is passed on: where a table lies on its author's machine is nobody's business.
        given = name if Path(path).is_absolute() else path
        code = f"X = read_table({given!r})"
    if target is None:
        names = columns_named(table.columns)
        raise TableError(f"--target is missing: say which column to predict; {names}")
    dropped = _columns_to_drop(drop, table.columns)
    for role, column in {"target": target, **roles.columns()}.items():
        if column in dropped:
            raise TableError(f"--drop names the {role} {column!r}: leave it in")
    if dropped:
        table, code = table.drop(dropped), f"{code}.drop({dropped})"
    return Source(table, target, name, imports, code)


def _columns_to_drop(drop: Sequence[str], columns: Sequence[str]) -> list[str]:
    """The columns that --drop names: one whole, whatever is in its name, or several with commas."""
    dropped = []
    for names in drop:
        if names in columns:
            dropped.append(names)
        else:
            dropped += [name.strip() for name in names.split(",") if name.strip()]
    for column in dropped:
        if column not in columns:
            hint = did_you_mean(column, columns)
            raise TableError(f"--drop: there is no column {column!r}; {hint}")
    return dropped


def with_unused(rows, model: Pipeline) -> tuple[Any, list[Note]]:
    """The table, with columns that training had and predictions do not depend on.

    Parameters
    ----------
    rows : polars.DataFrame
    model : Pipeline
        A table encoder and a fitted technique.

    Returns
    -------
    rows : polars.DataFrame
        Absent columns are there, without a value, if all their coefficients are zero.
    notes : list of Note
        Which these are.
    """
    import polars as pl

    unused = set(model[0].sources_) - columns_needed(model)
    absent = sorted(unused.difference(rows.columns))
    if not absent:
        return rows, []
    text = f"Not in the table, and not used by the model: {names_listed(absent)}."
    empty = (pl.lit(None, dtype=pl.String).alias(name) for name in absent)
    return rows.with_columns(empty), [Note("info", text, tuple(absent))]
