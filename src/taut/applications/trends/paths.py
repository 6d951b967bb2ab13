"""Paths of trends: piecewise polynomials with few changes, one for each strength."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from taut.applications.trends.pieces import knot_basis
from taut.memory import require_memory
from taut.path import fit_path
from taut.penalties import L1, TotalVariation
from taut.progress import tracked

__all__ = ["Trends", "trends"]

_TOL = 1e-8


class Trends(NamedTuple):
    """Trends along decreasing strengths.

    Attributes
    ----------
    alphas : ndarray of shape (n_alphas,)
    fits : ndarray of shape (n_alphas, n)
    knots : list of ndarray of int
        For each alpha the first samples of new pieces.
    relative_gaps : ndarray of shape (n_alphas,)
        Certificates; 0 where the solution is exact.
    """

    alphas: np.ndarray
    fits: np.ndarray
    knots: list[np.ndarray]
    relative_gaps: np.ndarray


def trends(t, y, order, alphas=None, n_alphas=60, ratio=1e-4, verbose=False) -> Trends:
    """Minimise ``1/(2n) |y - f|^2 + alpha * (sum of the jumps of the derivative of this order)``.

    Parameters
    ----------
    t : ndarray of shape (n,)
        Rising positions.
    y : ndarray of shape (n,)
    order : int
        Degree of the pieces. 0 takes the exact prox of the total variation, in linear time; others
        are a lasso on the knots, for the path engine.
    alphas : ndarray, default None
        None makes a grid of ``n_alphas`` down to ``ratio`` times the first.
    verbose : bool, default False
        Show progress over steps; the path engine solves the others in one go.

    References
    ----------
    Tibshirani, R. J. (2014). Adaptive piecewise polynomial estimation via trend filtering. Annals
    of Statistics 42, 285-323, equations 25 to 27.
    """
    if order == 0:
        return _steps(y, alphas, n_alphas, ratio, verbose)
    return _polynomials(t, y, order, alphas, n_alphas, ratio)


def _steps(y, alphas, n_alphas, ratio, verbose):
    n, penalty = len(y), TotalVariation()
    if alphas is None:
        largest = max(penalty.dual_norm(y) / n, np.finfo(np.float64).tiny)
        alphas = largest * np.geomspace(1.0, ratio, n_alphas)
    steps = tracked(alphas, verbose, "strengths")
    fits = np.stack([penalty.prox(y, n * alpha) for alpha in steps])
    knots = [1 + np.flatnonzero(np.diff(fit)) for fit in fits]
    return Trends(np.asarray(alphas), fits, knots, np.zeros(len(alphas)))


def _polynomials(t, y, order, alphas, n_alphas, ratio):
    places = np.arange(order, len(t) - 1)
    require_memory(
        "the basis of a trend of {:,} samples by {:,} knots",
        (len(t), len(places)),
        "use order=0, which needs none, or thin the series out",
        each=24,
    )
    polynomial, basis = knot_basis(t, order, places)
    # Polynomials are free: the lasso sees what they leave, of the series and of the knots.
    frame = np.linalg.qr(polynomial)[0]
    bent = basis - frame @ (frame.T @ basis)
    left = y - frame @ (frame.T @ y)
    options = {"alphas": alphas} if alphas is not None else {
        "n_alphas": n_alphas, "alpha_min_ratio": ratio
    }  # fmt: skip
    path = fit_path(
        np.asfortranarray(bent), left, penalty=L1(), fit_intercept=False, tol=_TOL, **options
    )
    fits = (y - left) + (bent @ path.coefs).T
    knots = [places[np.flatnonzero(coef)] + 1 for coef in path.coefs.T]
    gaps = np.array([c.relative_gap for c in path.certificates])
    return Trends(path.alphas, fits, knots, gaps)
