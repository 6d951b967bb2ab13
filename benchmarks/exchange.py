"""Arrays as plain files: the same ones serve the workers in Python and in R."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scipy.sparse as sp

from benchmarks.problems import folds, strengths


def write(folder: Path, X, y):
    """Write X (dense by columns, or CSC), y, the alphas and the folds."""
    folder.mkdir(parents=True, exist_ok=True)
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
    np.asarray(y, dtype=np.float64).tofile(folder / "response")
    strengths(X, y).tofile(folder / "alphas")
    folds(len(y)).tofile(folder / "folds")


def read(folder: Path):
    """X, y, alphas and folds, as they were written."""

    def array(name, dtype=np.float64):
        return np.fromfile(folder / name, dtype=dtype)

    shape = tuple(array("shape", np.int32).tolist())
    if (folder / "kind").read_text() == "sparse":
        parts = (array("data"), array("indices", np.int32), array("indptr", np.int32))
        X = sp.csc_matrix(parts, shape=shape)
    else:
        X = array("data").reshape(shape, order="F")
    return X, array("response"), array("alphas"), array("folds", np.int32)


def write_path(file: Path, coefs, intercepts):
    np.vstack([intercepts, coefs]).T.tofile(file)


def read_path(file: Path, n_features):
    """Coefficients of shape (n_features, n_alphas), and intercepts."""
    table = np.fromfile(file).reshape(-1, n_features + 1).T
    return table[1:], table[0]
