"""A table into a matrix of numbers: the scikit-learn transformer in front of every technique."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.validation import check_is_fitted

from taut.designs.from_frame import TableError, columns_of, did_you_mean, n_rows_of, shown_name
from taut.designs.kinds import (
    KINDS,
    NOTEWORTHY_MISSING,
    Note,
    as_dates,
    as_numbers,
    base_kind,
    counted,
    infer_kinds,
    is_missing,
    listed,
    names_listed,
)
from taut.memory import require_memory

__all__ = ["TableEncoder"]

_MISSING_LEVEL = "(missing)"
_OTHER_LEVELS = "(other)"
_MAX_LEVELS = 50
_WIDE = 500


class _Numbers(NamedTuple):
    """A block of numeric features: values (n_rows, n_features), their names and source columns."""

    values: np.ndarray
    names: list[str]
    sources: list[str]


class TableEncoder(TransformerMixin, BaseEstimator):
    """Turn a table of mixed columns into a matrix of numbers.

    Numbers and booleans stay one feature each; dates become year, month, day of the week
    and hour, as far as these vary; categories become one feature per level, two levels one feature.
    Missing numbers get the median of the training rows, and a feature of their own says which were
    missing where at least 5 % were; missing categories are a level. A level that was not seen in
    training counts as none of the known ones: all its features are 0, or the feature "(other)" is
    1 where levels beyond the 50 most frequent were put together.

    Parameters
    ----------
    kinds : dict of str to str, optional
        What columns are: ``number``, ``boolean``, ``category``, ``date`` or ``aside``. Columns
        that are not named are inferred in `fit`.

    Attributes
    ----------
    kinds_ : dict of str to str
        The kind of every column.
    feature_names_in_ : ndarray of shape (n_columns,)
    feature_names_out_ : ndarray of shape (n_features,)
    sources_ : ndarray of shape (n_features,)
        The column that each feature was made from.
    """

    def __init__(self, kinds=None):
        self.kinds = kinds

    def fit(self, X, y=None):
        """Learn levels, medians and which columns to use.

        Parameters
        ----------
        X : data frame, mapping or array of n_rows rows
            What `taut.designs.from_frame.columns_of` reads.
        y : ignored

        Returns
        -------
        TableEncoder
            Itself, fitted.

        Raises
        ------
        TableError
            If no column is usable or one cannot be read.
        """
        columns = columns_of(X)
        self.kinds_, notes = infer_kinds(columns, self._checked_kinds(columns))
        self.feature_names_in_ = np.array(list(columns), dtype=object)
        self.n_features_in_ = len(columns)
        if not self._named("number", "boolean", "date", "category"):
            reasons = " ".join(note.text for note in notes if set(note.columns) <= set(columns))
            raise TableError(f"no column is left to predict with. {reasons} {_remedy(columns)}")
        self.date_parts_ = {
            name: _varying(_date_parts(as_dates(name, columns[name], self.kinds_[name])))
            for name in self._named("date")
        }
        self._fit_numbers(columns)
        self._fit_categories(columns)
        return self

    def transform(self, X):
        """Encode a table.

        Parameters
        ----------
        X : data frame, mapping or array of n_rows rows
            Columns are found by name; further ones are ignored.

        Returns
        -------
        ndarray or CSR array of shape (n_rows, n_features)
            float64; sparse where categories make more than 500 features.

        Raises
        ------
        TableError
            If a column that training used is missing or cannot be read.
        MemoryError
            If the matrix would not fit.
        """
        check_is_fitted(self)
        columns = self._known(columns_of(X))
        self._require_room(n_rows_of(columns))
        blocks = []
        if self.imputer_ is not None:
            numbers = self._numbers(columns).values
            blocks += [self.imputer_.transform(numbers), np.isnan(numbers)[:, self.indicated_]]
        if self.one_hot_ is not None:
            blocks.append(self._one_hot(columns))
        if any(sparse.issparse(block) for block in blocks):
            return sparse.csr_array(sparse.hstack(blocks, dtype=np.float64))
        return np.asfortranarray(np.hstack(blocks), dtype=np.float64)

    def get_feature_names_out(self, input_features=None):
        """Names of the features: ndarray of str, shape (n_features,)."""
        check_is_fitted(self)
        return self.feature_names_out_

    def surprises(self, X) -> list[Note]:
        """What a new table has that the training table had not: columns and levels, in words."""
        check_is_fitted(self)
        columns = columns_of(X)
        notes = []
        extra = [name for name in columns if name not in self.kinds_]
        if extra:
            text = f"Ignored, not in training: {names_listed(extra)}."
            notes.append(Note("info", text, tuple(extra)))
        if self.one_hot_ is not None:
            levels = self._levels(self._known(columns)).T
            for name, seen, known in zip(
                self._named("category"), levels, self.one_hot_.categories_, strict=True
            ):
                notes += _unseen(name, seen, known)
        return notes

    def _checked_kinds(self, columns: Mapping[str, np.ndarray]) -> dict[str, str]:
        if not isinstance(self.kinds, Mapping | None):
            raise TableError(f"kinds must be a dict, got {self.kinds!r}: pass {{'year': 'number'}}")
        given = dict(self.kinds or {})
        for name, kind in given.items():
            if name not in columns:
                raise TableError(f"kinds names {name!r}: {did_you_mean(name, columns)}")
            if base_kind(kind) not in KINDS:
                known = ", ".join(KINDS)
                raise TableError(
                    f"kinds[{name!r}] is {kind!r}; use one of {known}, number like 1.234,5 % "
                    "or date like %m/%d/%Y"
                )
        return given

    def _named(self, *kinds: str) -> list[str]:
        return [name for name, kind in self.kinds_.items() if base_kind(kind) in kinds]

    def _known(self, columns: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        used = self._named("number", "boolean", "date", "category")
        absent = [name for name in used if name not in columns]
        if absent:
            hint = did_you_mean(absent[0], columns)
            raise TableError(
                f"columns that the model needs are missing: {names_listed(absent)}. "
                f"For {absent[0]!r}, {hint}"
            )
        return columns

    def _fit_numbers(self, columns: Mapping[str, np.ndarray]) -> None:
        block = self._numbers(columns)
        self.imputer_ = None
        self.indicated_ = np.empty(0, dtype=np.intp)
        if block.names:
            share = np.isnan(block.values).mean(axis=0)
            self.indicated_ = np.flatnonzero((share >= NOTEWORTHY_MISSING) & (share < 1))
            self.imputer_ = SimpleImputer(strategy="median", keep_empty_features=True)
            self.imputer_.fit(block.values)
        missing = [f"{block.names[j]} missing" for j in self.indicated_]
        self.feature_names_out_ = np.array(block.names + missing, dtype=object)
        sources = block.sources + [block.sources[j] for j in self.indicated_]
        self.sources_ = np.array(sources, dtype=object)

    def _numbers(self, columns: Mapping[str, np.ndarray]) -> _Numbers:
        parts: dict[str, tuple[str, np.ndarray]] = {}
        for name in self._named("number", "boolean", "date"):
            kind = self.kinds_[name]
            if base_kind(kind) == "date":
                values = _date_parts(as_dates(name, columns[name], kind))
                parts |= {f"{name} {p}": (name, values[p]) for p in self.date_parts_[name]}
            else:
                parts[name] = name, as_numbers(name, columns[name], kind)
        values = np.empty((n_rows_of(columns), len(parts)), order="F")
        for j, (_, part) in enumerate(parts.values()):
            values[:, j] = part
        return _Numbers(values, list(parts), [source for source, _ in parts.values()])

    def _fit_categories(self, columns: Mapping[str, np.ndarray]) -> None:
        names = self._named("category")
        self.one_hot_ = None
        if not names:
            return
        self.one_hot_ = OneHotEncoder(
            drop="if_binary", handle_unknown="infrequent_if_exist", max_categories=_MAX_LEVELS
        ).fit(self._levels(columns))
        # Numbers in place of names let a feature be traced to its column whatever it is called.
        coded = self.one_hot_.get_feature_names_out([str(j) for j in range(len(names))])
        sources, features = [], []
        for code in coded:
            column, level = code.split("_", 1)
            level = _OTHER_LEVELS if level == "infrequent_sklearn" else level
            sources.append(names[int(column)])
            features.append(f"{names[int(column)]}={level}")
        self.feature_names_out_ = np.append(self.feature_names_out_, features)
        self.sources_ = np.append(self.sources_, sources)

    def _levels(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        names = self._named("category")
        levels = np.empty((n_rows_of(columns), len(names)), dtype=object)
        for j, name in enumerate(names):
            values = columns[name]
            levels[:, j] = values if values.dtype == object else [_level(v) for v in values]
            levels[is_missing(values), j] = _MISSING_LEVEL
        return levels

    def _require_room(self, n_rows: int) -> None:
        """Room for the matrix, and for its blocks while they are put together."""
        categories = self._named("category")
        coded = int(np.isin(self.sources_, categories).sum())
        numbers, each = len(self.sources_) - coded, 32
        if coded > _WIDE:  # a sparse row holds one entry for each category
            coded, each = len(categories), 64
        require_memory(
            "the table as a matrix of numbers, with {:,} rows of {:,} entries,",
            (n_rows, numbers + coded),
            "leave out rows or columns",
            each=each,
        )

    def _one_hot(self, columns: Mapping[str, np.ndarray]):
        with warnings.catch_warnings():
            # scikit-learn warns of every unseen level; `surprises` says it once and by name.
            warnings.filterwarnings("ignore", message="Found unknown categories")
            encoded = self.one_hot_.transform(self._levels(columns))
        return encoded if encoded.shape[1] > _WIDE else encoded.toarray()


def _remedy(columns: Mapping[str, np.ndarray]) -> str:
    """What to do where no column is usable: what was set aside may be kept, unless it is empty."""
    other = "Give the table other columns"
    filled = next((name for name, v in columns.items() if not is_missing(v).all()), None)
    if filled is None:
        return f"{other}, or fill these"
    return (
        f"{other}; in Python, TableEncoder(kinds={{{filled!r}: 'number'}}) keeps one as what you "
        "say it is"
    )


def _level(value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _date_parts(dates: np.ndarray) -> dict[str, np.ndarray]:
    """Year, month 1-12, day of the week 0-6 (Monday 0) and hour; NaT is nan."""
    days = dates.astype("datetime64[D]")
    months = _since_1970(dates.astype("datetime64[M]"))
    return {
        "year": 1970 + np.floor(months / 12),
        "month": 1 + months % 12,
        "weekday": (_since_1970(days) + 3) % 7,  # 1 January 1970 was a Thursday
        "hour": (dates - days) / np.timedelta64(1, "h"),
    }


def _varying(parts: dict[str, np.ndarray]) -> list[str]:
    """Parts of a date that differ between rows; the year alone where none does."""
    varying = [name for name, v in parts.items() if len(np.unique(v[~np.isnan(v)])) > 1]
    return varying or ["year"]


def _since_1970(dates: np.ndarray) -> np.ndarray:
    return np.where(np.isnat(dates), np.nan, dates.astype(np.int64))


def _unseen(name: str, seen: np.ndarray, known: np.ndarray) -> list[Note]:
    new = [level for level in dict.fromkeys(seen) if level not in set(known)]
    if not new:
        return []
    rows = int(np.isin(seen.astype(str), np.array(new, dtype=str)).sum())
    levels = listed([repr(level) for level in new], 4)
    text = (
        f"Column {shown_name(name)}: {levels} ({counted(rows, 'row')}) was not in training, and "
        "counts as none of the known levels."
    )
    return [Note("warning", text, (name,))]
