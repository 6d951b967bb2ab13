"""Every way in which a matrix can lie in memory gives the same certified path."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

import taut
from certifier import judge_path
from taut.designs import as_design, design

from .fits import ENGINES, fit, made


def read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


def on_disk(X, folder):
    np.save(folder / "X.npy", X)
    return np.load(folder / "X.npy", mmap_mode="r")


def strided(X):
    padded = np.zeros((2 * X.shape[0], 3 * X.shape[1]))
    padded[::2, ::3] = X
    return padded[::2, ::3]


def with_indices(X, kind):
    X.indices, X.indptr = X.indices.astype(kind), X.indptr.astype(kind)
    return X


def unsorted(X):
    """CSR with entries in no order, each stored as two halves."""
    X = sparse.coo_array(X)
    order = np.random.default_rng(3).permutation(2 * X.nnz)
    rows, columns, halves = (np.tile(a, 2)[order] for a in (X.row, X.col, X.data / 2))
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=X.shape[0]))])
    by_row = np.argsort(rows, kind="stable")
    return sparse.csr_array((halves[by_row], columns[by_row], starts), shape=X.shape)


FORMS = {
    "float64 F": np.asfortranarray,
    "float64 C": np.ascontiguousarray,
    "float32 F": lambda X: np.asfortranarray(X, dtype=np.float32),
    "float32 C": lambda X: np.ascontiguousarray(X, dtype=np.float32),
    "read-only": read_only,
    "strided": strided,
    "reversed": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
    "big-endian": lambda X: X.astype(">f8"),
    "csc 32": lambda X: with_indices(sparse.csc_array(X), np.int32),
    "csc 64": lambda X: with_indices(sparse.csc_array(X), np.int64),
    "csr 32": lambda X: with_indices(sparse.csr_array(X), np.int32),
    "csr 64": lambda X: with_indices(sparse.csr_array(X), np.int64),
    "csc float32 32": lambda X: with_indices(sparse.csc_array(X.astype(np.float32)), np.int32),
    "csc float32 64": lambda X: with_indices(sparse.csc_array(X.astype(np.float32)), np.int64),
    "csc matrix": sparse.csc_matrix,
    "coo": sparse.coo_array,
    "unsorted": unsorted,
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shape", [(60, 12), (30, 70)], ids=["tall", "wide"])
def test_the_form_of_X_changes_nothing(form, engine, shape):
    X, y = made(*shape, density=0.3)
    path = fit((FORMS[form](X), y), engine)
    assert_allclose(path.coefs, fit((X, y), engine).coefs, atol=1e-5)
    assert judge_path(X, y, path).max() < 1.1e-10
    assert all(c.solved for c in path.certificates)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("order", ["C", "F"])
def test_memory_maps_are_read_where_they_lie(tmp_path, dtype, order):
    X, y = made(60, 12)
    mapped = on_disk(np.asarray(X, dtype=dtype, order=order), tmp_path)
    assert np.shares_memory(as_design(mapped).matrix, mapped)
    path = taut.fit_path(mapped, y, n_alphas=20, tol=1e-10)
    assert judge_path(X, y, path).max() < 1.1e-10


@pytest.mark.parametrize("form", ["float64 F", "float64 C", "float32 F", "csc 32", "csc 64"])
def test_what_the_core_can_read_is_not_copied(form):
    X = FORMS[form](made(40, 8, density=0.5).X)
    kept = as_design(X).matrix
    entries = (X.data, kept.data) if sparse.issparse(X) else (X, kept)
    assert np.shares_memory(*entries)


@pytest.mark.parametrize("form", FORMS)
def test_moments_are_weighted_means_and_deviations(form):
    X, _ = made(60, 12, density=0.3)
    v = np.random.default_rng(4).exponential(size=60) * (np.arange(60) % 4 > 0)
    v /= v.sum()
    mean, deviation = as_design(FORMS[form](X)).moments(v)
    assert_allclose(mean, v @ X, atol=1e-14)
    assert_allclose(deviation, np.sqrt(v @ (X - v @ X) ** 2), atol=1e-14)


def test_a_handle_keeps_its_matrix_alive():
    X, y = made(50, 5)
    design = as_design(X.copy())
    expected = fit((X, y), "gram").coefs
    handle_only = as_design(design)
    del design
    path = taut.fit_path(handle_only.matrix, y, alphas=fit((X, y), "gram").alphas, tol=1e-12)
    assert_allclose(path.coefs, expected, atol=1e-5)


@pytest.mark.parametrize("block", [1 << 22, 100, 1])
@pytest.mark.parametrize("form", FORMS)
def test_products_block_by_block(form, block, monkeypatch):
    monkeypatch.setattr(design, "_BLOCK", block)
    X, _ = made(40, 30, density=0.4)
    random = np.random.default_rng(5)
    matrix = FORMS[form](X)
    for coefs in (random.normal(size=30), random.normal(size=(30, 4))):
        rows = X @ coefs
        for used in (30, 7, 0):
            coefs[used:] = 0.0
            product = as_design(matrix).product(coefs)
            assert product.dtype == np.float64
            assert_allclose(product, X @ coefs, atol=1e-12)
            assert_allclose(design.product(as_design(matrix).matrix, coefs), product, atol=1e-12)
        assert_allclose(as_design(matrix).cross(rows), X.T @ rows, atol=1e-11)


@pytest.mark.parametrize("order", ["C", "F"])
def test_products_copy_no_more_than_a_block(order, monkeypatch):
    monkeypatch.setattr(design, "_BLOCK", 10_000)
    X = np.asarray(np.random.default_rng(6).normal(size=(1000, 200)), dtype="f4", order=order)
    few = np.arange(200.0) * (np.arange(200) % 9 == 0)
    narrow, wide = as_design(X), as_design(X.astype(np.float64))
    model = taut.Ridge().fit(X[:50], X[:50, 0])
    for ask in (
        lambda: narrow.product(np.ones(200)),
        lambda: narrow.product(few),
        lambda: wide.product(few),
        lambda: narrow.cross(np.ones(1000)),
        lambda: model.predict(X),
    ):
        tracemalloc.start()
        ask()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < wide.matrix.nbytes / 8


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rows_stay_as_they_are_until_columns_are_asked_for(dtype):
    X = made(60, 12, density=0.3).X.astype(dtype)
    given = sparse.csr_array(X)
    rows, columns = as_design(given), as_design(sparse.csc_array(X))
    weights = np.random.default_rng(0).dirichlet(np.ones(60))
    for found, expected in zip(rows.moments(weights), columns.moments(weights), strict=True):
        assert_allclose(found, expected, rtol=1e-12)
    right = np.random.default_rng(1).normal(size=(60, 3))
    assert_allclose(rows.cross(right), columns.cross(right), atol=1e-5)
    few = np.eye(12)[:, :2]
    assert_allclose(rows.product(few), X[:, :2], atol=1e-12)
    assert rows.by_rows
    assert np.shares_memory(rows.lying.data, given.data)
    assert rows.matrix.format == "csc"
    assert not rows.by_rows
    assert_allclose(rows.product(few), X[:, :2], atol=1e-12)


def test_a_column_without_variation_shows_by_rows():
    X = np.zeros((40, 3))
    X[:, 0], X[::2, 1] = 0.1, 7.0
    mean, deviation = as_design(sparse.csr_array(X)).moments(np.full(40, 1 / 40))
    assert_allclose(mean, [0.1, 3.5, 0.0])
    assert_allclose(deviation, [0.0, 3.5, 0.0])
