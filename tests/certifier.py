"""An independent judge of least-squares fits: primal minus dual, written from the mathematics.

Nothing of taut is used here. The problem is

    P(b0, b) = 1/2 sum_i v_i (y_i - b0 - x_i'b)^2 + alpha sum_j h_j(b_j),    sum_i v_i = 1,
    h_j(b) = l1_j |b| + l2_j / 2 b^2   on   lower_j <= b <= upper_j,

and by Fenchel duality every vector t with t_i = 0 where v_i = 0, sum_i t_i = 0 if there is an
intercept, and x_j't = 0 for columns without any penalty or bound, bounds its minimum from below:

    D(t) = sum_i (t_i y_i - t_i^2 / (2 v_i)) - sum_j g_j*(x_j't) <= min P,   g_j = alpha h_j,
    g_j*(z) = max over lower_j <= b <= upper_j of  z b - g_j(b).

The vectors used are s v r: the weighted residual, projected onto the conditions above and shrunk
(s <= 1) until every conjugate is finite, or until it is none that is steep off its bound.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse


class Judgement(NamedTuple):
    """Objective of the fit, a lower bound on the minimum, and the objective of the null model."""

    primal: float
    dual: float
    null: float

    @property
    def relative_gap(self) -> float:
        return (self.primal - self.dual) / self.null


def judge(
    X,
    y,
    coef,
    intercept,
    alpha,
    *,
    l1=1.0,
    l2=0.0,
    lower=-np.inf,
    upper=np.inf,
    sample_weight=None,
    fit_intercept=True,
    standardize=False,
) -> Judgement:
    """Judge coefficients of shape (n_features,) at one alpha; l1 = inf excludes a feature.

    The relative gap of an exact solution is zero up to rounding (about 1e-14), of either sign.
    """
    X = np.asarray(X.toarray() if sparse.issparse(X) else X, dtype=np.float64)
    y, coef = np.asarray(y, dtype=np.float64), np.asarray(coef, dtype=np.float64)
    v = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    v = v / v.sum()
    l1, l2, lower, upper = (
        np.broadcast_to(np.asarray(a, dtype=np.float64), coef.shape) for a in (l1, l2, lower, upper)
    )
    excluded = np.isinf(l1) | np.isinf(l2)
    lower, upper = np.where(excluded, 0.0, lower), np.where(excluded, 0.0, upper)
    scale = _deviation(X, v) if standardize else np.ones(len(coef))
    # alpha = 0 switches the penalty off, also where its weight is infinite.
    a = alpha * np.where(excluded, 0.0, l1) * scale
    q = alpha * np.where(excluded, 0.0, l2) * scale**2

    residual = y - intercept - X @ coef
    penalty = a @ np.abs(coef) + 0.5 * q @ coef**2
    inside = np.all((coef >= lower) & (coef <= upper))
    primal = 0.5 * v @ residual**2 + penalty if inside else np.inf

    free = (a == 0) & (q == 0) & np.isinf(lower) & np.isinf(upper)
    conditions = np.column_stack([np.ones((len(y), int(fit_intercept))), X[:, free]])
    t = np.sqrt(v) * _project_out(np.sqrt(v)[:, None] * conditions, np.sqrt(v) * residual)
    z = np.where(free, 0.0, X.T @ t)
    rows = v > 0
    squares = 0.5 * np.sum(t[rows] ** 2 / v[rows])
    dual = max(
        s * (t @ y) - s**2 * squares - _conjugate(s * z, a, q, lower, upper).sum()
        for s in _shrinkages(coef, z, a, q, lower, upper)
    )

    centre = v @ y if fit_intercept else 0.0
    return Judgement(float(primal), float(dual), float(0.5 * v @ (y - centre) ** 2))


def judge_path(X, y, path, **problem) -> np.ndarray:
    """Relative gaps of all solutions of a path (``.alphas``, ``.coefs``, ``.intercepts``)."""
    return np.array(
        [
            judge(X, y, path.coefs[:, k], path.intercepts[k], alpha, **problem).relative_gap
            for k, alpha in enumerate(path.alphas)
        ]
    )


def _deviation(X, v):
    return np.sqrt(v @ (X - v @ X) ** 2)


def _project_out(columns, vector):
    """``vector`` less its projection onto the span of ``columns``, of any rank and scale."""
    size = np.sqrt(np.einsum("ij,ij->j", columns, columns))
    columns = columns[:, size > 0] / size[size > 0]
    if columns.shape[1] == 0:
        return vector
    basis, singular, _ = np.linalg.svd(columns, full_matrices=False)
    basis = basis[:, singular > 1e-12 * singular[0]]
    for _ in range(2):  # twice is enough, against rounding
        vector = vector - basis @ (basis.T @ vector)
    return vector


def _shrinkages(coef, z, a, q, lower, upper):
    """Largest s <= 1 for which every conjugate at s z is finite, and for which none is steep but
    those of coordinates at their bound: every s gives a lower bound, and none is always the better.
    """
    beyond = (q == 0) & (np.abs(z) > a)
    bound = np.where(z > 0, upper, lower)
    for binding in (beyond & np.isinf(bound), beyond & (coef != bound)):
        yield float(np.min(a[binding] / np.abs(z[binding]), initial=1.0))


def _conjugate(z, a, q, lower, upper):
    """max over [lower, upper] of ``z b - a|b| - q/2 b^2``: concave, so clip the free maximiser."""
    excess = np.sign(z) * np.maximum(np.abs(z) - a, 0.0)
    # With q = 0 the maximiser is 0 up to |z| = a and a bound beyond; the shrinking of z leaves it
    # at |z| = a up to rounding where that bound is infinite.
    beyond = np.where(excess > 0, upper, np.where(excess < 0, lower, 0.0))
    beyond = np.where(np.isinf(beyond), 0.0, beyond)
    with np.errstate(divide="ignore", invalid="ignore"):
        best = np.where(q > 0, excess / q, beyond)
    best = np.clip(best, lower, upper)
    return z * best - a * np.abs(best) - 0.5 * q * best**2
