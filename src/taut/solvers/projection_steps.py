"""``min P(x)`` subject to ``|y - A x| <= noise`` for an operator whose rows are orthogonal.

With ``A A' = D`` diagonal, as of partial cosine, Fourier and wavelet transforms, the nearest point
that meets the bound is known in closed form,

    p = w - A' nu r / (1 + nu D),     r = A w - y,

for the nu, infinite for an equality, that leaves ``|r / (1 + nu D)| = noise``. The splitting of
Douglas and Rachford then takes two products a step, and stops at a certificate like all else here.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.linalg import LinAlgError, solve

from taut.solvers.polar import polar_projection

__all__ = ["ProjectionSteps", "Turned", "merged", "rotated", "squared_rows"]

_ORTHOGONAL, _EQUAL = 1e-9, 1e-12
_RELAXED = 1.8  # share of the distance between the two projections that a step goes
_LOOK = 10  # steps between two looks at the certificate, and two extrapolations
_SELDOM = 20  # share of the steps so far that go by between two looks, where they are many
_MEMORY = 16
_PLAIN = 20  # steps before extrapolation pays for its cost
_REGULAR = 1e-10
_TYPICAL = 2.0  # times the median of the entries: a threshold for signals of many small ones
_LESS = 0.8  # share of the threshold that is worth another beginning
_ROOT_STEPS = 30


def squared_rows(measurement):
    """The diagonal of ``A A'`` where that is all there is of it, else None.

    A random vector tells the diagonal if there is nothing else, a second one whether there is.
    """
    first, second = np.random.default_rng(0).standard_normal((2, measurement.shape[0]))
    diagonal = measurement.product(measurement.adjoint(first)) / first
    around = measurement.product(measurement.adjoint(second))
    error = np.linalg.norm(around - diagonal * second)
    is_diagonal = error <= _ORTHOGONAL * np.linalg.norm(around)
    if not is_diagonal or diagonal.min() <= _ORTHOGONAL * diagonal.max():
        return None
    return diagonal


class Turned:
    """``Q'A`` for a Q of orthonormal columns, among which all that A makes lies.

    Attributes
    ----------
    rows : ndarray of shape (k,), or None
        The diagonal of what is ``A A'`` here, where that is all there is of it.
    vectors : ndarray or sparse matrix of shape (m, k)
        Q.
    """

    def __init__(self, measurement, vectors, rows=None):
        self.measurement, self.vectors = measurement, vectors
        self.shape = vectors.shape[1], measurement.shape[1]
        self.rows = squared_rows(self) if rows is None else rows

    def product(self, x):
        return self.measurement.product(x) @ self.vectors

    def adjoint(self, residual):
        return self.measurement.adjoint(self.vectors @ residual)


def merged(measurement) -> Turned:
    """Rows of zeros left out, and those that are equal, but for their signs, in one.

    So are those of the Fourier transform of a real signal, at a frequency and its negative. What
    rows make of a random vector tells which they are.
    """
    m, n = measurement.shape
    values = measurement.product(np.random.default_rng(0).standard_normal(n))
    sizes = np.abs(values)
    order, least = np.argsort(sizes), _EQUAL * sizes.max()
    order = order[sizes[order] > least]
    groups = np.cumsum(np.diff(sizes[order], prepend=0.0) > least) - 1
    shares = np.sign(values[order]) / np.sqrt(np.bincount(groups))[groups]
    return Turned(measurement, sparse.csc_matrix((shares, (order, groups)), (m, groups[-1] + 1)))


def rotated(measurement) -> Turned:
    """Q of the eigenvectors of ``A A'``; rows that depend on others turn into zeros, and are left
    out. For so few rows that m products are little, and m x m numbers are nothing."""
    unit, gram = np.zeros(measurement.shape[0]), np.empty((measurement.shape[0],) * 2)
    for row in range(len(unit)):
        unit[row] = 1.0
        gram[row] = measurement.product(measurement.adjoint(unit))
        unit[row] = 0.0
    rows, vectors = np.linalg.eigh(0.5 * (gram + gram.T))
    kept = rows > _ORTHOGONAL * rows[-1]
    return Turned(measurement, vectors[:, kept], rows[kept])


class ProjectionSteps:
    """Steps between the prox of the penalty and the nearest point within the bound.

    Parameters
    ----------
    measurement : object with ``product``, ``adjoint`` and ``shape``
    rows : ndarray of shape (m,)
        The diagonal of ``A A'``.
    y : ndarray of shape (m,)
    noise : float >= 0
    penalty : Penalty
        A norm, but for bounds at zero.
    threshold : float > 0
        Of the prox at first: the size of entries that make up their minds first. It falls to about
        the size of the entries that are there.

    References
    ----------
    Eckstein, J. and Bertsekas, D. P. (1992). On the Douglas-Rachford splitting method and the
    proximal point algorithm for maximal monotone operators. Mathematical Programming 55, 293-318.

    Walker, H. F. and Ni, P. (2011). Anderson acceleration for fixed-point iterations. SIAM Journal
    on Numerical Analysis 49, 1715-1735.
    """

    def __init__(self, measurement, rows, y, noise, penalty, threshold):
        self.measurement, self.rows, self.y, self.noise = measurement, rows, y, noise
        self.are_even = np.ptp(rows) <= _ORTHOGONAL * rows[0]
        self.inward = polar_projection(penalty, measurement.shape[1])
        self.threshold = threshold

    def run(self, max_iter):
        """Points on the way: pairs of x and of a dual point, one every few steps.

        ``t = x + threshold * v`` with v in the polar of the penalty and ``v = A'u`` in the end.
        """
        t, threshold = self.measurement.adjoint(self.y / self.rows), self.threshold
        trail, look = _Trail(len(t)), _LOOK
        for n_iter in range(1, max_iter + 1):
            pull = self.inward(t, threshold)
            x = t - pull
            if n_iter in (look, max_iter):
                look += max(_LOOK, n_iter // _SELDOM)
                yield x, self.measurement.product(pull) / (threshold * self.rows)
                finer = _typical(x)
                if finer < _LESS * threshold:  # it is the same point, on another scale
                    pull *= finer / threshold
                    t, threshold = x + pull, finer
                    trail.forget()
            step = _RELAXED * (self._within(x - pull) - x)
            t = trail.following(t, step, n_iter % _LOOK == 0) if n_iter > _PLAIN else t + step

    def _within(self, w):
        residual = self.measurement.product(w) - self.y
        return w - self.measurement.adjoint(residual * self._share(residual))

    def _share(self, residual):
        """``nu / (1 + nu D)``."""
        if self.noise == 0:
            return 1.0 / self.rows
        size = np.linalg.norm(residual)
        if size <= self.noise:
            return 0.0
        if self.are_even:
            return (1.0 - self.noise / size) / self.rows
        nu = self._multiplier(residual, size)
        return nu / (1.0 + nu * self.rows)

    def _multiplier(self, residual, size):
        """nu, by Newton's method on ``1 / |r / (1 + nu D)|``, concave and rising: from zero, where
        it is too small, it stays on that side (Conn, Gould & Toint 2000, Trust-Region Methods,
        section 7.3)."""
        nu = 0.0
        for _ in range(_ROOT_STEPS):
            left = residual / (1.0 + nu * self.rows)
            size = np.linalg.norm(left)
            if size <= self.noise * (1.0 + 1e-12):
                break
            slope = (left * self.rows / (1.0 + nu * self.rows)) @ left / size**2
            nu += (size / self.noise - 1.0) / slope
        return nu


def _typical(x):
    sizes = np.sort(np.abs(x[x != 0]))
    return _TYPICAL * sizes[len(sizes) // 2] if len(sizes) else np.inf


class _Trail:
    """The last points and steps, and where their combination of the shortest step leads to."""

    def __init__(self, size):
        self.points, self.steps = np.empty((2, _MEMORY, size))
        self.forget()

    def forget(self):
        self.count = 0

    def following(self, t, step, is_due):
        place = self.count % _MEMORY
        self.points[place], self.steps[place] = t, step
        self.count += 1
        if not is_due or self.count < _MEMORY:
            return t + step
        # With shares of the differences to this step, |step - shares @ differences| is least.
        products = self.steps @ self.steps.T
        cross = products - products[place]
        gram = cross - cross[:, place, None]
        others = np.arange(_MEMORY) != place
        gram, target = gram[np.ix_(others, others)], -cross[others, place]
        gram[np.diag_indices(len(gram))] += _REGULAR * np.trace(gram)
        try:
            shares = np.zeros(_MEMORY)
            shares[others] = solve(gram, target, assume_a="pos")
        except LinAlgError:
            return t + step
        shares[place] = 1.0 - shares.sum()
        return shares @ self.points + shares @ self.steps
