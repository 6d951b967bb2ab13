"""What every penalty is: an immutable object with a value and a proximal map."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np

from taut.penalties.arrays import as_numpy, as_real, namespace
from taut.penalties.checks import as_alpha
from taut.penalties.own import as_cost, as_step_taken, has_no
from taut.validation import is_own

__all__ = ["Coordinates", "Folds", "Penalty", "as_penalty", "check_terms", "greatest_ratio"]

_LARGEST = 1e30  # times the correlations; a strength beyond is not looked for
_CLOSE = 1e-12


class Coordinates(NamedTuple):
    """A separable penalty, coordinate by coordinate, as the compiled core takes it.

    Stands for ``sum_j l1_j |b_j| + 1/2 l2_j b_j^2`` subject to ``lower_j <= b_j <= upper_j``;
    each array has shape (n_features,) and is float64. An excluded feature (weight inf) has
    ``lower = upper = 0``.
    """

    l1: np.ndarray
    l2: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


class Folds(NamedTuple):
    """How slopes of ``l1_j |b_j|`` fall where coefficients are large, coordinate by coordinate.

    From ``|b_j| = alpha knot_j`` on the slope ``alpha l1_j`` falls by ``fall_j`` for each unit of
    ``|b_j|``, until it is zero; each array has shape (n_features,) and is float64.
    """

    fall: np.ndarray
    knot: np.ndarray


class Penalty:
    """Base of all penalties: ``value`` and ``prox`` on NumPy and torch arrays alike.

    A penalty of one's own subclasses this and gives ``value`` and ``prox``. With parameters it is a
    frozen dataclass; where they need a check, its ``__init__`` passes them once, in the order of
    its signature, to ``_set``. Equality, hash, repr and pickling follow from there. What else it
    gives makes more of it: ``by_coefficient`` or ``group_layout`` working sets, ``is_norm`` with
    ``dual_norm`` a duality gap, ``scaled_value`` with ``scaled_prox`` a strength that is no factor.

    Solvers call ``scaled_value`` and ``scaled_prox``, which know how the strength alpha enters.

    Attributes
    ----------
    is_convex : bool
    is_norm : bool
        Whether ``value`` is a norm, up to unpenalised and excluded directions. Up to them, the
        conjugate of ``alpha * value`` is then 0 where ``dual_norm`` is at most alpha, else inf.
    has_conjugate : bool
        Whether ``conjugate`` is given. Solutions have a duality gap where it is, and under norms.
    has_groups : bool
        Whether a parameter ``groups`` says, as that of ``GroupLasso``, which features belong
        together; estimators then look it up in tables, and fit groups that overlap on copies.
    by_coefficient : bool
        Whether a penalty of one's own is a sum of the same penalty of each coefficient.
    is_absolute : bool
        Whether it sees absolute values only, and rises with each of them.
    is_ordered : bool
        Whether it adds up jumps: the same subgradients wherever order and ties are the same.
    """

    is_convex: ClassVar[bool] = True
    is_norm: ClassVar[bool] = False
    has_conjugate: ClassVar[bool] = False
    has_groups: ClassVar[bool] = False
    by_coefficient: ClassVar[bool] = False
    is_absolute: ClassVar[bool] = False
    is_ordered: ClassVar[bool] = False
    _by_entry = False  # whether steps may differ between entries
    _n_features = None  # that its parameters are for; None where they fit any number

    def value(self, coef):
        """Penalty at ``coef``, at alpha = 1.

        Parameters
        ----------
        coef : array or torch tensor of shape (n_features, ...)

        Returns
        -------
        float, or for torch a 0-d tensor
            inf where a bound is violated, an excluded feature is not zero, or there is a jump of
            weight inf.

        Raises
        ------
        TypeError
            ``coef`` is not real.
        ValueError
            ``coef`` has not as many features as the weights, bounds, groups or edges are for; for
            ``Nuclear``, it is no matrix.
        """
        raise has_no(self, "value", "of (coef), which returns a number")

    def prox(self, coef, step):
        """Proximal map, ``argmin_b 1/2 |b - coef|^2 + step * value(b)``.

        Parameters
        ----------
        coef : array or torch tensor of shape (n_features, ...)
        step : float, or array where the penalty is a sum over single coefficients
            Finite and non-negative; an array follows axis 0 of ``coef`` or has its shape. At 0 the
            map is the projection on what the penalty allows.

        Returns
        -------
        array or torch tensor
            Of the shape, dtype and device of ``coef``. Where coefficients are tied to one another,
            an entry that is not finite makes all that are tied to it NaN.

        Raises
        ------
        TypeError
            ``coef`` or ``step`` is not real.
        ValueError
            ``step`` is negative or not finite, or shapes or numbers of features differ.
        """
        raise has_no(self, "prox", "of (coef, step), argmin_b 1/2 |b - coef|^2 + step * value(b)")

    def scaled_value(self, coef, alpha):
        """Penalty at ``coef`` and strength ``alpha``: what solvers add to the loss.

        ``alpha * value(coef)``, except for non-convex penalties, whose lambda is alpha. Bounds and
        exclusions hold at ``alpha = 0`` too.

        Parameters
        ----------
        coef : array or torch tensor of shape (n_features, ...)
        alpha : float >= 0

        Returns
        -------
        float, or for torch a 0-d tensor

        Raises
        ------
        TypeError, ValueError
            As ``value``, or it returned no number; ``alpha`` is no number, negative or not finite.
        """
        alpha, value = as_alpha(alpha), self.value(coef)
        if is_own(self):
            value = as_cost(self, value, coef)
        if namespace(value) is np:
            return value if value == np.inf else alpha * value
        return value.where(value.isposinf(), alpha * value)

    def scaled_prox(self, coef, step, alpha):
        """``argmin_b 1/2 |b - coef|^2 + step * scaled_value(b, alpha)``.

        Parameters
        ----------
        coef : array or torch tensor of shape (n_features, ...)
        step : float, or array where ``prox`` takes one
        alpha : float >= 0

        Returns
        -------
        array or torch tensor
            Of the shape, dtype and device of ``coef``.

        Raises
        ------
        TypeError, ValueError
            As ``prox``, or it returned no array of finite numbers of the shape of ``coef``;
            ``alpha`` is no number, negative or not finite.
        """
        step = as_real("step", step) * as_alpha(alpha)
        if not is_own(self):
            return self.prox(coef, step)
        coef = as_real("coef", coef)
        return as_step_taken(self, self.prox(coef, step), coef, step)

    def without_strength(self) -> Penalty | None:
        """What is left of it at ``alpha = 0``, where that is no matter of single features.

        Returns
        -------
        Penalty or None
            A norm of no strength, or bounds; None where the prox shows, feature by feature, which
            of them are excluded or bounded.
        """
        return None

    def prox_derivative(self, coef, result, step: float, alpha: float) -> np.ndarray | None:
        """A generalised derivative of ``scaled_prox``, for Newton steps; None where it has none.

        Parameters
        ----------
        coef : ndarray of shape (n_features, ...)
        result : ndarray
            ``scaled_prox(coef, step, alpha)``.
        step, alpha : float

        Returns
        -------
        ndarray of shape (size, size), or None
            Symmetric, with eigenvalues in [0, 1] for convex penalties; entries in the order of
            ``ravel``.
        """
        return None

    def conjugate(self, correlations, alpha: float) -> float:
        """``max_b correlations'b - alpha * value(b)``, over directions that are penalised.

        Parameters
        ----------
        correlations : array of shape (n_features, ...)
        alpha : float >= 0

        Returns
        -------
        float
            inf where there is no maximum.
        """
        raise NotImplementedError

    def dual_share(self, correlations, alpha: float) -> float:
        """Largest share of correlations, up to 1, at which ``conjugate`` is finite."""
        return 1.0

    def dual_norm(self, correlations) -> float:
        """Smallest alpha at which zero is stationary; unpenalised directions are ignored.

        Where a penalty has no formula for it, it is the smallest at which a prox step of length one
        leaves zero where it is, found by bisection.

        Parameters
        ----------
        correlations : array or torch tensor of shape (n_features, ...)
            Negative gradient of the loss at zero.

        Returns
        -------
        float

        Raises
        ------
        NotImplementedError
            The prox leaves no coefficient at zero, however large alpha is.
        """
        z = as_numpy("correlations", correlations)
        return self._resting(z, lambda alpha: self.scaled_prox(z, 1.0, alpha))

    def _resting(self, z, stepped) -> float:
        """Smallest alpha for which ``stepped(alpha)``, a step from zero along z, is zero."""
        low, high = 0.0, float(np.max(np.abs(z), initial=0.0))
        if high == 0:
            return 0.0
        largest = _LARGEST * high
        while np.any(stepped(high)):
            low, high = high, 2 * high
            if high > largest:
                raise NotImplementedError(f"{self!r} leaves no coefficient at zero at any alpha")
        while high - low > _CLOSE * high:
            middle = 0.5 * (low + high)
            low, high = (middle, high) if np.any(stepped(middle)) else (low, middle)
        return high

    def coordinates(self, n_features: int) -> Coordinates | None:
        """The penalty coordinate by coordinate, or None where it does not separate."""
        return None

    def folded_coordinates(self, n_features: int) -> tuple[Coordinates, Folds] | None:
        """Coordinates whose slopes fall off, of a folded concave penalty on each entry, or None."""
        return None

    def group_layout(self, n_features: int) -> tuple[np.ndarray, np.ndarray] | None:
        """Label of each feature's group and weight of each group, or None where there are none."""
        return (np.arange(n_features), np.ones(n_features)) if self.by_coefficient else None

    def _set(self, **parameters):
        vars(self).update(parameters)

    def __setattr__(self, name, value):
        kind = type(self).__name__
        fix = f"make a new {kind}"
        if name not in vars(self):
            fix += ", or declare its parameters as those of a frozen dataclass"
        raise AttributeError(f"{kind} is immutable, {name} cannot be set: {fix}")

    def __delattr__(self, name):
        kind = type(self).__name__
        raise AttributeError(f"{kind} is immutable, {name} cannot be deleted: make a new {kind}")

    # The vocabulary of sums is made of all penalties, so that it is looked up when one is added.
    def __add__(self, other):
        from taut.penalties.sums import added

        return added(self, other)

    def __radd__(self, other):
        from taut.penalties.sums import added

        # The built-in sum() begins with 0.
        return self if type(other) is int and other == 0 else added(other, self)

    def _key(self):
        # NaN is refused and -0.0 stored as 0.0, so equal bytes are equal numbers.
        values = (
            (value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value
            for value in vars(self).values()
        )
        return type(self), *values

    def __eq__(self, other):
        return self._key() == other._key() if isinstance(other, Penalty) else NotImplemented

    def __hash__(self):
        return hash(self._key())

    def __repr__(self):
        shown = (
            f"{name}=array of {len(value)}"
            if isinstance(value, np.ndarray)
            else f"{name}={value!r}"
            for name, value in vars(self).items()
            if value is not None
        )
        return f"{type(self).__name__}({', '.join(shown)})"

    # An immutable object is its own copy; pickling goes through __init__ and its checks.
    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __sklearn_clone__(self):
        return self

    def __reduce__(self):
        return type(self), tuple(vars(self).values())


def as_penalty(penalty, also="") -> Penalty:
    """The penalty, refused where it is none; ``also`` says what else there may be."""
    if isinstance(penalty, Penalty):
        return penalty
    is_class = isinstance(penalty, type)
    kind = penalty if is_class else type(penalty)
    if is_class and issubclass(kind, Penalty):
        fix = f"pass an object, {kind.__name__}(...), such as penalties.L1()"
    elif hasattr(kind, "value") and hasattr(kind, "prox"):
        fix = (
            "what has value and prox becomes one by its class, "
            f"class {kind.__name__}(taut.penalties.Penalty)"
        )
    else:
        fix = "pass an object such as penalties.L1()"
    raise TypeError(f"penalty must be a taut penalty{also}, got {penalty!r}: {fix}")


def check_terms(terms) -> None:
    """Refuse terms of a sum that are no penalties."""
    for term in terms:
        if not isinstance(term, Penalty):
            raise TypeError(f"terms of a sum must be penalties, got {term!r}: leave it out")


def greatest_ratio(sizes, weights) -> float:
    """Largest of ``sizes / weights`` over weights that are neither 0 nor inf; 0 without any."""
    penalised = (weights > 0) & (weights < np.inf)
    ratios = np.zeros(np.broadcast_shapes(np.shape(sizes), np.shape(weights)))
    np.divide(sizes, weights, out=ratios, where=penalised)
    return float(np.max(ratios, initial=0.0))
