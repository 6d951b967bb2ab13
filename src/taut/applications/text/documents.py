"""Texts as they come: a list, a column, a frame of one column; checked row by row."""

from __future__ import annotations

import narwhals as nw
import numpy as np

from taut.validation import shown

__all__ = ["check_documents"]

_ONE_TEXT = "pass a list of texts, [text] for a single one"


def check_documents(texts, empty_allowed=False) -> list[str]:
    """A list of the texts.

    Parameters
    ----------
    texts : sequence of str, series, array of shape (n_samples,), or frame of one column
    empty_allowed : bool, default False
        Whether a text may have nothing but white space.

    Raises
    ------
    TypeError, ValueError
        It is none of these, or a row is no text; the message says which.
    """
    rows = _rows(texts)
    for row, text in enumerate(rows):
        if not isinstance(text, str):
            raise TypeError(
                f"texts must be of type str, got {shown(text)} of type {type(text).__name__} at "
                f"row {row} (counting from 0): decode it, or drop the row"
            )
        if not (empty_allowed or text.strip()):
            raise ValueError(
                f"texts must not be empty, got {shown(text)} at row {row} (counting from 0): drop "
                "the row, there is nothing to learn from it"
            )
    if not rows:
        raise ValueError(f"texts must have at least one row, got none: {_ONE_TEXT}")
    return rows


def _rows(texts) -> list:
    if isinstance(texts, str | bytes):
        raise TypeError(f"texts must be a sequence of texts, got one, {shown(texts)}: {_ONE_TEXT}")
    if not isinstance(texts, np.ndarray) and nw.dependencies.is_into_dataframe(texts):
        frame = nw.from_native(texts, eager_only=True)
        if len(frame.columns) != 1:
            raise ValueError(
                f"texts must be one column, got a frame with {len(frame.columns)}, "
                f"{shown(frame.columns)}: pass the column of texts alone"
            )
        return frame[frame.columns[0]].to_list()
    if nw.dependencies.is_into_series(texts):
        return nw.from_native(texts, series_only=True).to_list()
    if np.ndim(texts) == 2 and np.shape(texts)[1] == 1:
        texts = np.ravel(texts)
    if np.ndim(texts) != 1:
        raise ValueError(f"texts must have one dimension, got shape {np.shape(texts)}: {_ONE_TEXT}")
    return list(texts)
