"""Tables from files: CSV, TSV, parquet and JSON lines, read by polars."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections import Counter
from os import PathLike
from pathlib import Path

from taut.designs.from_frame import TableError
from taut.designs.reading import counted

__all__ = ["read_table"]

_SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t", ".tab": "\t"}
_TEXT = "Mend the file: it needs as many cells in every row as in the header"
_LINES = "Mend the file: it needs one JSON object on every line, in UTF-8"
_BINARY = "The file is damaged, cut short or of another format: fetch or save it anew"
_JSON_LINES = (".jsonl", ".ndjson")
_REMEDIES = {
    **dict.fromkeys(_SEPARATORS, _TEXT),
    **dict.fromkeys(_JSON_LINES, _LINES),
    ".parquet": _BINARY,
}
_READERS = "CSV (.csv), TSV (.tsv), parquet (.parquet) or JSON lines (.jsonl, .ndjson)"


def read_table(path: str | PathLike[str]):
    """Read a table from a file, told apart by its ending.

    Parameters
    ----------
    path : str or path-like
        ``.csv``, ``.tsv``, ``.parquet``, ``.jsonl`` or ``.ndjson``; text files also gzipped
        (``.csv.gz``).

    Returns
    -------
    polars.DataFrame

    Raises
    ------
    TableError
        If the file is missing, of an unknown kind, empty, broken, repeats a column name, or has
        more or fewer cells in a row than in the header.
    ImportError
        If polars is not installed.
    """
    path = Path(path)
    if not path.exists():
        raise TableError(f"there is no file {str(path)!r} (looked in {path.absolute().parent})")
    if path.is_dir():
        raise TableError(f"{str(path)!r} is a folder: give a file inside it")
    if path.stat().st_size == 0:
        raise TableError(f"{str(path)!r} is empty: give a table with a header and rows")
    table = _read(path)
    if table.height == 0:
        raise TableError(f"{str(path)!r} has a header but no rows")
    return table


def _read(path: Path):
    try:
        import polars as pl
    except ImportError as error:
        raise ImportError(
            "reading tables needs the extra 'compare': pip install \"taut[compare]\""
        ) from error
    suffixes = [suffix.lower() for suffix in path.suffixes]
    kind = suffixes[-2] if suffixes[-1:] == [".gz"] and len(suffixes) > 1 else path.suffix.lower()
    try:
        if kind in _SEPARATORS:
            separator = _checked_separator(path, _SEPARATORS[kind])
            # Types come from all rows: a decimal in row 100,000 must not be an error.
            table = pl.read_csv(path, separator=separator, infer_schema_length=None)
            _require_whole_rows(path, kind, table)
            return table
        if kind == ".parquet":
            return pl.read_parquet(path)
        if kind in _JSON_LINES:
            return pl.read_ndjson(path, infer_schema_length=None)
    except (pl.exceptions.PolarsError, OSError, EOFError, zlib.error, csv.Error) as error:
        said = str(error).strip().splitlines()[0].removeprefix(f"{kind[1:]}: ")
        raise _unreadable(path, kind, _first_wrong(path, kind) or said) from error
    except UnicodeDecodeError as error:
        raise TableError(
            f"{str(path)!r} is not in UTF-8 ({error.reason} {error.object[error.start]:#04x}): "
            "save it anew in that encoding, in Excel as 'CSV UTF-8'"
        ) from error
    raise TableError(f"{str(path)!r} is no table that taut can read: use {_READERS}")


def _checked_separator(path: Path, usual: str) -> str:
    """What separates the names in the header; names that repeat are refused.

    Polars would take ``a;b`` for one name, and rename the copies of a name in silence.
    """
    _require_text(path)
    with _opened(path) as file:
        header = next(csv.reader(file, delimiter=usual), [])
    separator = ";" if len(header) == 1 and ";" in header[0] else usual
    names = header if separator == usual else header[0].split(separator)
    unnamed = [str(place) for place, name in enumerate(names, start=1) if not name.strip()]
    if len(unnamed) > 1:
        raise TableError(
            f"columns {', '.join(unnamed)} of {str(path)!r} have no name: name them in the header, "
            "or delete them"
        )
    repeats = [f"{name!r} ({count} times)" for name, count in Counter(names).items() if count > 1]
    if repeats:
        raise TableError(
            f"column names repeat in {str(path)!r}: {', '.join(repeats)}. Rename or drop the copies"
        )
    return separator


def _require_text(path: Path) -> None:
    """Refuse what only bears the name of a table: no text has a zero byte, and no header is long.

    UTF-16 has zero bytes too, behind a mark of its own: what is said of encodings suits it.
    """
    with _opened(path, "rb") as file:
        start = file.read(csv.field_size_limit())
    if not start:
        raise TableError(f"{str(path)!r} is empty: give a table with a header and rows")
    binary = b"\0" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff"))
    if binary or (len(start) == csv.field_size_limit() and b"\n" not in start):
        what = "zero bytes, as a binary file does" if binary else "no line, but one endless one"
        raise TableError(
            f"{str(path)!r} is no table of text: it holds {what}. Give a table: {_READERS}"
        )


def _require_whole_rows(path: Path, kind: str, table) -> None:
    """Refuse short rows, which polars fills with missing values in silence.

    They lack the last cell: where no row does, the text need not be read again.
    """
    if not table[:, -1].null_count():
        return
    reason = _first_wrong(path, kind)
    if reason is not None:
        raise _unreadable(path, kind, reason)


def _unreadable(path: Path, kind: str, reason: str) -> TableError:
    return TableError(f"{str(path)!r} cannot be read as {kind[1:]}: {reason}. {_REMEDIES[kind]}")


def _first_wrong(path: Path, kind: str) -> str | None:
    """The first row that breaks a table of text: polars says at the most that there is one."""
    try:
        if kind in _SEPARATORS:
            return _uneven_row(path, _checked_separator(path, _SEPARATORS[kind]))
        if kind in _JSON_LINES:
            return _broken_line(path)
    except (OSError, EOFError, ValueError, zlib.error, csv.Error):
        pass  # the file is broken in another way
    return None


def _uneven_row(path: Path, separator: str) -> str | None:
    with _opened(path) as file:
        rows = csv.reader(file, delimiter=separator)
        width, above = len(next(rows, [])), rows.line_num
        for number, row in enumerate(rows, start=1):
            if row and len(row) != width:
                cells = counted(len(row), "cell")
                return f"row {number} has {cells}, the header has {width} (line {above + 1})"
            above = rows.line_num
    return None


def _broken_line(path: Path) -> str | None:
    with _opened(path) as file:
        for number, line in enumerate(file, start=1):
            try:
                if line.strip() and not isinstance(_strict_json(line), dict):
                    return f"line {number} is no JSON object"
            except json.JSONDecodeError as error:
                return f"line {number} is no JSON: {error.msg} at character {error.pos + 1}"
    return None


def _strict_json(line: str):
    """JSON without the numbers that only Python knows: NaN and the infinities."""

    def refuse(name: str):
        raise json.JSONDecodeError(f"{name} is no number, use null", line, line.find(name))

    return json.loads(line, parse_constant=refuse)


def _opened(path: Path, mode: str = "rt"):
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    return opened(path, mode, **(_AS_TEXT if mode == "rt" else {}))


_AS_TEXT = {"encoding": "utf-8-sig", "newline": ""}
