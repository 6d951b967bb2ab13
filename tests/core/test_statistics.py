"""Sufficient statistics: gathered right, refused where unreadable, and enough for a path."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import taut
from certifier import judge_path
from taut import _core

from .fits import made

N, P = 40, 6
FORMS = {
    "float64 F": np.asfortranarray,
    "float64 C": np.ascontiguousarray,
    "float32 F": lambda X: np.asfortranarray(X, dtype=np.float32),
    "float32 C": lambda X: np.ascontiguousarray(X, dtype=np.float32),
}


def statistics(form="float64 F", **changes):
    X, y = made(N, P)
    known = {
        "design": _core.dense(FORMS[form](X)),
        "y": y,
        "weights": np.linspace(0.0, 1.0, N),
        "group": np.arange(N, dtype=np.int32) % 3,
        "groups": 3,
        "shift": np.append(X.mean(axis=0), y.mean()),
    }
    return _core.group_statistics(**known | changes)


def parted(found):
    """Weight, sums and products, of which the matrix consists."""
    assert_array_equal(found, found.T)
    return found[-1, -1], found[-1, :-1], found[:-1, :-1]


@pytest.mark.parametrize("form", FORMS)
def test_statistics_of_groups_are_weighted_sums_and_products(form):
    X, y = made(N, P)
    Z = np.column_stack([X, y])
    Z -= Z.mean(axis=0)
    for k, found in enumerate(statistics(form)):
        weight, sums, products = parted(found)
        rows, v = Z[k::3], np.linspace(0.0, 1.0, N)[k::3]
        assert weight == pytest.approx(v.sum(), rel=1e-14)
        assert_allclose(sums, v @ rows, atol=1e-12)
        assert_allclose(products, rows.T @ (v[:, None] * rows), atol=1e-11)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("group", [np.arange(N) // 17, np.arange(N) % 3], ids=["runs", "strewn"])
def test_rows_of_equal_weight_are_the_same_without_a_shift(form, group):
    """In runs they are multiplied where they lie."""
    X, y = made(N, P)
    centre = np.append(np.zeros(P), y.mean())
    found = statistics(form, weights=np.full(N, 0.3), group=group.astype(np.int32), shift=centre)
    for k, of_group in enumerate(found):
        weight, sums, products = parted(of_group)
        rows = np.column_stack([X, y - y.mean()])[group == k]
        assert weight == pytest.approx(0.3 * len(rows), rel=1e-14)
        assert_allclose(sums, 0.3 * rows.sum(axis=0), atol=1e-6 if "32" in form else 1e-12)
        assert_allclose(products, 0.3 * rows.T @ rows, atol=1e-5 if "32" in form else 1e-11)


@pytest.mark.parametrize("name", ["y", "weights", "group", "shift"])
def test_vectors_of_another_length_are_refused(name):
    good = {
        "y": np.ones(N),
        "weights": np.ones(N),
        "group": np.zeros(N, dtype=np.int32),
        "shift": np.zeros(P + 1),
    }[name]
    statistics(**{name: good})
    for bad in (good[:-1], np.append(good, good[:1]), good[:0], good.astype(np.float16)):
        with pytest.raises((ValueError, TypeError)):
            statistics(**{name: bad})


@pytest.mark.parametrize("beyond", [3, 2**31 - 1])
def test_groups_out_of_range_are_refused(beyond):
    group = np.zeros(N, dtype=np.int32)
    group[-1] = beyond
    with pytest.raises(ValueError, match="group"):
        statistics(group=group)


def problem(**changes):
    X, y = made(N, P)
    X, y = X - X.mean(axis=0), y - y.mean()
    known = {
        "gram": X.T @ X / N,
        "correlation": X.T @ y / N,
        "squares": float(y @ y / N),
        "l1": np.ones(P),
        "l2": np.zeros(P),
        "lower": np.full(P, -np.inf),
        "upper": np.full(P, np.inf),
        "alphas": None,
        "n_alphas": 20,
        "alpha_min_ratio": 1e-3,
        "tol": 1e-10,
        "max_iter": 100,
    }
    return _core.solve_gram_path(**known | changes)


def test_statistics_are_enough_for_a_path():
    X, y = made(N, P)
    alphas, coefs, *_ = problem()
    intercepts = y.mean() - X.mean(axis=0) @ coefs
    assert len(alphas) == 20
    assert judge_path(X, y, taut.Path(alphas, coefs, intercepts, ())).max() < 1.1e-10


@pytest.mark.parametrize("name", ["gram", "correlation", "l1", "l2", "lower", "upper"])
def test_a_path_from_statistics_of_another_size_is_refused(name):
    shape = (P, P) if name == "gram" else (P,)
    for bad in (np.ones(P + 1), np.ones(P - 1), np.ones((P, P + 1)), np.ones(shape, np.float32)):
        with pytest.raises((ValueError, TypeError)):
            problem(**{name: bad})


@pytest.mark.parametrize("change", [{"squares": -1.0}, {"n_alphas": 0}, {"max_iter": 0}], ids=str)
def test_other_bad_statistics_are_refused(change):
    with pytest.raises(ValueError, match="empty problem"):
        problem(**change)
