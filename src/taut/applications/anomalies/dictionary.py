"""Standardised rows rebuilt sparsely from a dictionary that was learned from other rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone

from taut.designs import as_design
from taut.losses import Squared
from taut.path import solve_targets
from taut.penalties import L1
from taut.problem import Problem
from taut.progress import tracked
from taut.solution import warn_unless_solved
from taut.solvers import Controls, Grid
from taut.validation import shown

__all__ = ["FromDictionary"]

_ROW_FOLDS, _ENTRY_FOLDS = 5, 5
_STRENGTHS = np.array([0.8, 0.4, 0.2, 0.1, 0.05, 0.025])
_TRIED = 500  # rows that choose the strength
_TOL = 1e-4
_WORD = np.uint64


@dataclass(frozen=True, eq=False)
class FromDictionary:
    """Each row rebuilt as a sparse sum of atoms, which it has not shaped, entry by entry.

    Two things are kept apart, since either would let a row vouch for itself:

    - *Rows.* The rows are cut into folds, and those of a fold are judged by a dictionary learned
      from the others. The fold of a row is a hash of its content, so that a training row, its
      duplicates and a new row that equals it are all judged alike, and by atoms that have seen
      none of them.
    - *Entries.* The code c of a row z is the lasso ``1/(2p) |z - D'c|^2 + strength |c|_1`` over
      four fifths of its entries, and what it says of the rest is compared with them: a dictionary
      rich enough to write anything would otherwise rebuild anomalies too.

    Atoms have mean square 1, as rows have on average, so that the strength is a correlation with
    what the others leave unexplained. It is the one whose held-out entries of training rows have
    the least error.

    Attributes
    ----------
    dictionaries : list of ndarray of shape (n_atoms, n_features)
        One for each fold.
    multipliers : ndarray of uint64 of shape (n_features,)
        Of the hash.
    entry_folds : ndarray of int of shape (n_features,)
    strength : float

    References
    ----------
    Mairal, J., Bach, F., Ponce, J. and Sapiro, G. (2009). Online dictionary learning for sparse
    coding. ICML, 689-696.
    Owen, A. B. and Perry, P. O. (2009). Bi-cross-validation of the SVD and the nonnegative matrix
    factorization. Annals of Applied Statistics 3, 564-594 (why rows and entries).
    """

    dictionaries: list
    multipliers: np.ndarray
    entry_folds: np.ndarray
    strength: float

    @classmethod
    def fit(cls, Z, learner, random, verbose=False) -> FromDictionary:
        n_samples, n_features = Z.shape
        multipliers = random.randint(0, 2**63, size=n_features, dtype=_WORD) | _WORD(1)
        folds = _folds(Z, multipliers)
        if np.unique(folds).size < 2:
            raise ValueError(
                f"X must have more distinct rows to learn a dictionary, got {n_samples} rows: each "
                "is judged by atoms learned from others; pass dictionary=None"
            )
        turns = tracked(range(_ROW_FOLDS), verbose, "dictionaries")
        dictionaries = [_learned(learner, Z[folds != k]) for k in turns]
        entry_folds = random.permutation(n_features) % _ENTRY_FOLDS
        tried = Z[random.permutation(n_samples)[:_TRIED]]
        found = cls(dictionaries, multipliers, entry_folds, np.nan)
        errors = np.abs(tried[:, :, None] - found._rebuilt(tried, _STRENGTHS)).mean(axis=(0, 1))
        strength = float(_STRENGTHS[np.argmin(errors)])
        return cls(dictionaries, multipliers, entry_folds, strength)

    def reconstruct(self, Z):
        """What the other entries of each row let the dictionary say, of the shape of Z."""
        return self._rebuilt(Z, np.array([self.strength]))[:, :, 0]

    def errors(self, Z):
        """Absolute errors of that, of the shape of Z."""
        return np.abs(Z - self.reconstruct(Z))

    def _rebuilt(self, Z, strengths):
        """Of shape (n_rows, n_features, n_strengths)."""
        found = np.zeros((*Z.shape, len(strengths)))
        folds = _folds(Z, self.multipliers)
        for k in np.unique(folds):
            rows, atoms = np.flatnonzero(folds == k), self.dictionaries[k]
            for held_out in _parts(self.entry_folds):
                if held_out.all():
                    continue  # a single feature: nothing else is known of the row
                codes = _codes(atoms[:, ~held_out], Z[np.ix_(rows, ~held_out)], strengths)
                said = np.tensordot(codes, atoms[:, held_out], (0, 0))
                found[np.ix_(rows, held_out)] = said.transpose(0, 2, 1)
        return found


def _codes(atoms, rows, strengths):
    """Of shape (n_atoms, n_rows, n_strengths)."""
    n_entries = atoms.shape[1]
    base = Problem(
        design=as_design(np.ascontiguousarray(atoms.T)),
        response=rows[0],
        loss=Squared(),
        penalty=L1(),
        weights=np.full(n_entries, 1.0 / n_entries),
        fit_intercept=False,
    )
    solved = solve_targets(
        [base.for_response(row) for row in rows], Grid(strengths), Controls(_TOL)
    )
    warn_unless_solved("FromDictionary", [c for found in solved for c in found.certificates])
    return np.stack([found.coefs for found in solved], axis=1)


def _learned(learner, Z):
    fitted = clone(learner).fit(Z)
    atoms = getattr(fitted, "components_", None)
    if atoms is None:
        raise TypeError(
            f"dictionary must have components_ once it is fitted, got {shown(learner)}: pass "
            "sklearn.decomposition.MiniBatchDictionaryLearning(), say"
        )
    atoms = np.asarray(atoms, dtype=np.float64)
    size = np.sqrt(np.mean(np.square(atoms), axis=1, keepdims=True))
    return (atoms / np.maximum(size, np.finfo(float).tiny))[size[:, 0] > 0]


def _folds(Z, multipliers):
    """Folds by content: multiply and shift on the bits of the numbers (Dietzfelbinger 1996)."""
    bits = np.ascontiguousarray(Z + 0.0).view(_WORD)  # + 0.0 makes one zero of two
    mixed = np.sum(bits * multipliers, axis=1, dtype=_WORD)
    mixed = (mixed ^ (mixed >> _WORD(32))) * _WORD(0x9E3779B97F4A7C15)
    return ((mixed >> _WORD(40)) % _WORD(_ROW_FOLDS)).astype(np.intp)


def _parts(folds):
    """Masks of the features of each fold."""
    return (folds == k for k in np.unique(folds))
