"""Arrays as plain files: the same ones serve the workers in Python and in R."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from benchmarks.problems import folds, strengths


@dataclass(frozen=True)
class Data:
    """What a solver is given; ``task`` is a key of ``TASKS``."""

    task: str
    X: np.ndarray | sp.csc_matrix
    y: np.ndarray
    alphas: np.ndarray
    folds: np.ndarray


def write(folder: Path, X, y, task="lasso", **grid):
    """Write the task, X (dense by columns, or CSC), y, the alphas and the folds.

    ``grid`` goes to ``strengths``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "task").write_text(task)
    (folder / "kind").write_text("sparse" if sp.issparse(X) else "dense")
    if sp.issparse(X):
        X = X.tocsc()
        X.sort_indices()
        X.data.astype(np.float64).tofile(folder / "data")
        X.indices.astype(np.int32).tofile(folder / "indices")
        X.indptr.astype(np.int32).tofile(folder / "indptr")
    else:
        X.T.astype(np.float64, order="C", copy=False).tofile(folder / "data")
    np.array(X.shape, dtype=np.int32).tofile(folder / "shape")
    y = np.asarray(y, dtype=np.float64)
    y.T.tofile(folder / "response")
    strengths(X, y, task, **grid).tofile(folder / "alphas")
    folds(len(y)).tofile(folder / "folds")


def read(folder: Path) -> Data:
    """What was written."""

    def array(name, dtype=np.float64):
        return np.fromfile(folder / name, dtype=dtype)

    shape = tuple(array("shape", np.int32).tolist())
    if (folder / "kind").read_text() == "sparse":
        parts = (array("data"), array("indices", np.int32), array("indptr", np.int32))
        X = sp.csc_matrix(parts, shape=shape)
    else:
        X = array("data").reshape(shape, order="F")
    y = array("response").reshape(shape[0], -1, order="F")
    y = y[:, 0] if y.shape[1] == 1 else y
    task = (folder / "task").read_text()
    return Data(task, X, y, array("alphas"), array("folds", np.int32))


def write_path(file: Path, coefs, intercepts):
    """A table of intercepts and coefficients for each alpha; classes vary fastest."""
    table = np.concatenate([np.asarray(intercepts)[None], coefs])
    np.ascontiguousarray(np.moveaxis(table, -1, 0)).tofile(file)


def read_path(file: Path, n_features, outputs=()):
    """Coefficients of shape (n_features, *outputs, n_alphas), and intercepts."""
    table = np.moveaxis(np.fromfile(file).reshape(-1, n_features + 1, *outputs), 0, -1)
    return table[1:], table[0]
