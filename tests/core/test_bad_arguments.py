"""The compiled functions refuse what they cannot read: an exception, never a crash."""

import numpy as np
import pytest
from scipy import sparse

from taut import _core

from .fits import ENGINES, made

N, P = 12, 5
REFUSED = (ValueError, TypeError)


def arguments(**changes):
    X, y = made(N, P)
    known = {
        "design": _core.dense(X),
        "y": y,
        "weights": np.full(N, 1 / N),
        "centre": True,
        "l1": np.ones(P),
        "l2": np.zeros(P),
        "lower": np.full(P, -np.inf),
        "upper": np.full(P, np.inf),
        "alphas": np.array([0.5, 0.1]),
        "n_alphas": 2,
        "alpha_min_ratio": 1e-3,
        "tol": 1e-8,
        "max_iter": 100,
        "engine": 0,
    }
    return known | changes


def test_the_arguments_below_differ_from_good_ones_in_one_place():
    (alphas, coefs, *_), squares = _core.solve_path(**arguments())
    assert squares.shape == (2,)
    assert alphas.shape == (2,)
    assert coefs.shape == (P, 2)


@pytest.mark.parametrize("name", ["y", "weights", "l1", "l2", "lower", "upper"])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda a: a[:-1],
        lambda a: np.append(a, 0.0),
        lambda a: a[:0],
        lambda a: a.astype(np.float32),
        lambda a: a.astype(complex),
        lambda a: np.ones(len(a), dtype=np.int64),
        lambda a: np.repeat(a, 2)[::2],
        lambda a: a[:, None],
        lambda a: a[0],
        lambda a: a.astype(">f8"),
        lambda a: list(a),
        lambda a: None,
        lambda a: "text",
    ],
    ids=[
        "short", "long", "empty", "float32", "complex", "integers", "strided", "column", "number",
        "big-endian", "list", "none", "text",
    ],
)  # fmt: skip
def test_vectors_of_another_kind_or_length_are_refused(name, spoil):
    bad = spoil(arguments()[name])
    with pytest.raises(REFUSED):
        _core.solve_path(**arguments(**{name: bad}))


@pytest.mark.parametrize(
    "change",
    [
        {"design": None},
        {"design": np.ones((N, P))},
        {"n_alphas": 0, "alphas": None},
        {"n_alphas": -1, "alphas": None},
        {"n_alphas": 2**40, "alphas": None},
        {"max_iter": 0},
        {"max_iter": -5},
        {"alphas": np.ones((2, 2))},
        {"alphas": np.ones(2, dtype=np.float32)},
        {"tol": "small"},
        {"engine": "fast"},
    ],
    ids=str,
)
def test_other_bad_arguments_are_refused(change):
    with pytest.raises(REFUSED):
        _core.solve_path(**arguments(**change))


@pytest.mark.parametrize("function", [_core.moments, _core.gram, _core.certify])
def test_the_smaller_functions_refuse_wrong_lengths(function):
    X, y = made(N, P)
    design, weights = _core.dense(X), np.full(N, 1 / N)
    bounds = [np.ones(P), np.zeros(P), np.full(P, -np.inf), np.full(P, np.inf)]
    good = {
        _core.moments: [weights, True],
        _core.gram: [y, weights, True],
        _core.certify: [y, weights, True, *bounds, np.ones(1), np.zeros((P, 1), order="F")],
    }[function]
    function(design, *good)
    for place, value in enumerate(good):
        if isinstance(value, np.ndarray):
            bad = list(good)
            bad[place] = value[:-1].copy(order="F")
            with pytest.raises(REFUSED):
                function(design, *bad)


@pytest.mark.parametrize(
    "matrix",
    [
        np.ones((N, P), dtype=np.int64),
        np.ones((N, P), dtype=np.float16),
        np.ones((N, P), dtype=np.longdouble),
        np.ones((N, P), dtype=complex),
        np.ones((N, P), dtype=object),
        np.ones((N, P)).astype(">f8"),
        np.ones(N),
        np.ones((N, P, 2)),
        np.ones((2 * N, 2 * P))[::2, ::2],
        np.ones((2 * N, P))[::2],
        np.asfortranarray(np.ones((N, 2 * P)))[:, ::2],
        np.ones((N, P))[::-1],
        np.broadcast_to(np.ones(P), (N, P)),
        np.broadcast_to(np.ones((N, 1)), (N, P)),
        None,
        [[1.0]],
    ],
    ids=lambda m: f"{type(m).__name__} {getattr(m, 'dtype', '')} {getattr(m, 'strides', '')}",
)
def test_matrices_that_do_not_lie_as_promised_are_refused(matrix):
    with pytest.raises(REFUSED):
        _core.dense(matrix)


@pytest.mark.parametrize("shape", [(0, P), (N, 0), (0, 0)])
def test_empty_matrices_are_refused_by_the_solver(shape):
    n_samples, n_features = shape
    with pytest.raises(REFUSED):
        _core.solve_path(
            **arguments(
                design=_core.dense(np.ones(shape)),
                y=np.ones(n_samples),
                weights=np.ones(n_samples),
                **{name: np.ones(n_features) for name in ("l1", "l2", "lower", "upper")},
            )
        )


# Changes to the three arrays of a sound CSC matrix: (values, rows, starts).
CORRUPT = {
    "row below zero": lambda v, r, s: (v, np.append(r[:-1], -1), s),
    "row beyond the last": lambda v, r, s: (v, np.append(r[:-1], N), s),
    "starts decrease": lambda v, r, s: (v, r, s[[0, 2, 1, 3, 4, 5]]),
    "starts after zero": lambda v, r, s: (v, r, np.append(1, s[1:])),
    "starts below zero": lambda v, r, s: (v, r, np.append(-1, s[1:])),
    "more promised than stored": lambda v, r, s: (v, r, np.append(s[:-1], s[-1] + 1)),
    "fewer values than rows": lambda v, r, s: (v[:-1], r, s),
    "fewer rows than values": lambda v, r, s: (v, r[:-1], s),
    "too few starts": lambda v, r, s: (v, r, s[:-1]),
    "too many starts": lambda v, r, s: (v, r, np.append(s, s[-1])),
    "no starts": lambda v, r, s: (v, r, s[:0]),
    "rows of floats": lambda v, r, s: (v, r.astype(np.float64), s),
    "rows unsigned": lambda v, r, s: (v, r.astype(np.uint32), s),
    "indices of two kinds": lambda v, r, s: (v, r, s.astype(np.int16)),
    "values of integers": lambda v, r, s: (v.astype(np.int64), r, s),
    "values strided": lambda v, r, s: (np.repeat(v, 2)[::2], r, s),
    "values in a column": lambda v, r, s: (v[:, None], r, s),
}


# By columns, and the same arrays as rows of the transpose.
READ = {"columns": (_core.sparse, (N, P)), "rows": (_core.sparse_rows, (P, N))}


@pytest.mark.parametrize("lines", READ)
@pytest.mark.parametrize("kind", [np.int32, np.int64])
@pytest.mark.parametrize("change", CORRUPT)
def test_corrupt_sparse_matrices_are_refused(change, kind, lines):
    read, shape = READ[lines]
    X = sparse.csc_array(made(N, P, density=0.6).X)
    good = X.data, X.indices.astype(kind), X.indptr.astype(kind)
    assert read(*good, *shape).shape == shape
    values, rows, starts = CORRUPT[change](*good)
    if rows.dtype.kind == "i" and starts.dtype.kind == "i" and change != "indices of two kinds":
        rows, starts = rows.astype(kind), starts.astype(kind)
    with pytest.raises(REFUSED):
        read(values, rows, starts, *shape)


@pytest.mark.parametrize("n_rows", [-1, 2**31, 2**64])
@pytest.mark.parametrize("n_columns", [-1, 2**31, 2**64 - 1])
def test_impossible_shapes_are_refused(n_rows, n_columns):
    nothing = np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    for shape in ((n_rows, P), (N, n_columns), (n_rows, n_columns)):
        for read, _ in READ.values():
            with pytest.raises(REFUSED):
                read(*nothing, *shape)


def test_a_design_cannot_be_made_by_hand():
    with pytest.raises(TypeError):
        _core.Design()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e308])
@pytest.mark.parametrize("place", ["X", "y", "weights", "l1", "l2", "alphas"])
def test_numbers_that_are_none_do_not_hang_the_core(place, value, engine):
    """The Python edge refuses them with a sentence; what slips through must come to an end."""
    X, y = made(N, P)
    changes = {"engine": ENGINES[engine], "y": y.copy()}
    if place == "X":
        X[3, 2] = value
    else:
        changes.setdefault(place, arguments()[place].copy())[0] = value
    (*_, status, n_iter), _ = _core.solve_path(**arguments(design=_core.dense(X), **changes))
    assert np.all(n_iter <= 100)
    if place == "y" and not np.isfinite(value):
        assert not np.any(status == 0)
