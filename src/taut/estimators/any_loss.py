"""Any loss with any penalty."""

from __future__ import annotations

from sklearn.utils.metaestimators import available_if

from taut import losses, penalties
from taut.estimators.classifier import LinearClassifier
from taut.estimators.generalised import GeneralisedLinearModel
from taut.estimators.table_groups import TableGroups
from taut.penalties.base import as_penalty
from taut.validation import is_own

__all__ = ["PenalizedClassifier", "PenalizedRegressor"]

_FOR_CLASSES = (losses.Logistic, losses.Multinomial, losses.SquaredHinge)


class PenalizedRegressor(TableGroups, GeneralisedLinearModel):
    """Regression with any loss and any penalty.

    Minimises ``1/sum(w) sum_i w_i loss(y_i, offset_i + b0 + x_i'b) + alpha * penalty(b)``.

    Parameters
    ----------
    loss : str or Loss, default "squared"
        "squared", "huber", "quantile", "poisson", "gamma", "tweedie", or an object of
        ``taut.losses`` or of a class of one's own.
    penalty : Penalty, default None
        An object of ``taut.penalties``, or of a class of one's own; None is ``penalties.L1()``.
        Groups may be columns of a frame by their names or places, and may overlap: features that
        groups share have a copy in each, none in memory, and a coefficient is the sum over its
        copies. Where the frame has columns of text, or with "categorical", as in
        ``penalties.GroupLasso("categorical")``, all columns are encoded, and what comes of one is
        in its group, so that a whole factor enters or leaves.
    alpha : float or rule, default 1.0
        Strength of the penalty, >= 0 (0 is none), or a rule that chooses it on the whole path, such
        as ``taut.CV()``.
    fit_intercept : bool, default True
        The intercept is not penalised.
    standardize : bool, default False
        Penalise as if the columns had unit standard deviation; coefficients come back on the scale
        of the columns as given. Constant columns keep their unit.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which the fit counts as solved;
        a KKT residual where no gap exists.
    max_iter : int, default 1000
        Most iterations for one alpha.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
    intercept_ : float or ndarray of shape (n_targets,)
    alpha_ : float
        The strength used.
    certificate_ : Certificate
    dual_gap_ : float
        In units of the mean loss; nan where no gap exists.
    n_iter_ : int
    path_ : Path
        Only where alpha is a rule: all that it chose from.
    cv_results_ : CVResults
        Only where alpha is ``taut.CV``.
    groups_ : ndarray of int of shape (n_coefs,)
        The number of each coefficient's group; only where groups overlap or columns were looked
        up. With overlapping groups, of each entry of ``columns_``.
    columns_ : ndarray of int of shape (n_copies,)
        Only where groups overlap: the coefficient behind each member of a group.
    encoder_ : TableEncoder
        Only where columns were encoded: coefficients are then those of features.
    coef_names_ : ndarray of str of shape (n_coefs,)
        Of the encoded features; only where columns were encoded.
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> import taut
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = taut.PenalizedRegressor(taut.losses.Huber(50.0), taut.penalties.L1(), alpha=0.5)
    >>> model.fit(X, y).certificate_.solved
    True
    """

    def __init__(
        self,
        loss="squared",
        penalty=None,
        alpha=1.0,
        *,
        fit_intercept=True,
        standardize=False,
        tol=1e-6,
        max_iter=1000,
    ):
        self.loss = loss
        self.penalty = penalty
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.standardize = standardize
        self.tol = tol
        self.max_iter = max_iter

    def _loss(self):
        loss = losses.by_name(self.loss)
        if isinstance(loss, (*_FOR_CLASSES, losses.Cox)):
            survival = isinstance(loss, losses.Cox)
            other = "CoxRegression(penalty=...)" if survival else "PenalizedClassifier"
            raise ValueError(f"loss must be one for numbers, got {loss!r}: use taut.{other}")
        return loss

    def _penalty(self):
        return self._on_groups(_or_l1(self.penalty))

    def _checked_target(self, y, X):
        self._loss()  # of another kind: said before what is wrong with a target of that kind
        return super()._checked_target(y, X)

    def _responses(self, y):
        loss = self._loss()
        if y.ndim == 1:
            return [loss.check_response(y)]
        separable = self._penalty().coordinates(self.n_features_in_) is not None
        if isinstance(loss, losses.Squared) and not separable:
            # A penalty may tie the targets together.
            return [loss.check_response(y)]
        return [loss.check_response(column) for column in y.T]

    def fit(self, X, y, sample_weight=None, *, offset=None, exposure=None, groups=None):
        """Fit the model.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Several targets are tied together by penalties of rows or matrices, such as
            ``penalties.MultiTask()``, and independent otherwise.
        sample_weight : float or array of shape (n_samples,), default None
            A weight of zero is the same as leaving the row out.
        offset : array of shape (n_samples,), default None
            Known part of the linear predictor, whose coefficient is one.
        exposure : array of shape (n_samples,), default None
            What the mean is proportional to, > 0: its logarithm is an offset. For a log link.
        groups : array of shape (n_samples,), default None
            For the splitter of ``alpha=taut.CV(splitter)``.

        Returns
        -------
        PenalizedRegressor
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be, or no solver takes this loss with this penalty; the
            message says why and what to do.
        """
        return self._fit(X, y, sample_weight, groups, offset=offset, exposure=exposure)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class PenalizedClassifier(TableGroups, LinearClassifier):
    """Classification with any loss and any penalty.

    Minimises ``1/sum(w) sum_i w_i loss(y_i, offset_i + b0 + x_i'b) + alpha * penalty(b)`` for two
    classes. More are fitted jointly by multinomial regression where the loss is the logistic one,
    and each against the rest otherwise.

    Parameters
    ----------
    loss : str or Loss, default "logistic"
        "logistic", "squared_hinge", or a loss of one's own for responses 0 and 1;
        ``losses.Multinomial("reference")`` takes the first of several classes for the one that
        others are compared with.
    penalty : Penalty, default None
        An object of ``taut.penalties``, or of a class of one's own; None is ``penalties.L1()``.
        Groups may be columns of a frame by their names or places, and may overlap: features that
        groups share have a copy in each, none in memory, and a coefficient is the sum over its
        copies. Where the frame has columns of text, or with "categorical", as in
        ``penalties.GroupLasso("categorical")``, all columns are encoded, and what comes of one is
        in its group, so that a whole factor enters or leaves.
    alpha : float or rule, default 0.01
        Strength of the penalty, >= 0 (0 is none), or a rule that chooses it on the whole path, such
        as ``taut.CV()``.
    fit_intercept : bool, default True
        The intercept is not penalised.
    class_weight : dict or "balanced", default None
        Factor on the weights of each class's rows, ``{label: factor}``, 1 for those left out;
        "balanced" gives all classes the same weight.
    standardize : bool, default False
        Penalise as if the columns had unit standard deviation; coefficients come back on the scale
        of the columns as given. Constant columns keep their unit.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which the fit counts as solved;
        a KKT residual where no gap exists.
    max_iter : int, default 1000
        Most iterations for one alpha.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels in ascending order.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
    intercept_ : ndarray of shape (1,) or (n_classes,)
    alpha_ : float
        The strength used.
    certificate_ : Certificate
        The worst of the classes', where these are fitted one by one.
    dual_gap_ : float or ndarray of shape (n_classes,)
        In units of the mean loss; nan where no gap exists.
    n_iter_ : int or list of int
    path_ : Path
        Only where alpha is a rule: all that it chose from.
    cv_results_ : CVResults
        Only where alpha is ``taut.CV``.
    groups_ : ndarray of int of shape (n_coefs,)
        The number of each coefficient's group; only where groups overlap or columns were looked
        up. With overlapping groups, of each entry of ``columns_``.
    columns_ : ndarray of int of shape (n_copies,)
        Only where groups overlap: the coefficient behind each member of a group.
    encoder_ : TableEncoder
        Only where columns were encoded: coefficients are then those of features.
    coef_names_ : ndarray of str of shape (n_coefs,)
        Of the encoded features; only where columns were encoded.
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> import taut
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = taut.PenalizedClassifier("squared_hinge", alpha=0.1, standardize=True)
    >>> model.fit(X, y).certificate_.solved
    True
    """

    def __init__(
        self,
        loss="logistic",
        penalty=None,
        alpha=0.01,
        *,
        fit_intercept=True,
        class_weight=None,
        standardize=False,
        tol=1e-6,
        max_iter=1000,
    ):
        self.loss = loss
        self.penalty = penalty
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.standardize = standardize
        self.tol = tol
        self.max_iter = max_iter

    def _binary_loss(self):
        loss = losses.by_name(self.loss)
        if isinstance(loss, losses.Multinomial):
            return losses.Logistic()
        known = (*_FOR_CLASSES, losses.NativeLoss)
        if not is_own(loss) and not isinstance(loss, known):
            raise ValueError(
                f"loss must be one for classes, got {loss!r}: pass 'logistic' or 'squared_hinge', "
                "or use taut.PenalizedRegressor for numbers"
            )
        return loss

    def _joint_loss(self):
        loss = losses.by_name(self.loss)
        return loss if isinstance(loss, losses.Multinomial) else losses.Multinomial()

    def _penalty(self):
        return self._on_groups(_or_l1(self.penalty))

    def fit(self, X, y, sample_weight=None, *, offset=None, groups=None):
        """Fit the model.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,)
            Labels, numbers or text.
        sample_weight : float or array of shape (n_samples,), default None
            A weight of zero is the same as leaving the row out.
        offset : array of shape (n_samples,) or (n_samples, n_classes), default None
            Known part of the linear predictor, whose coefficient is one; with more than two
            classes one for each.
        groups : array of shape (n_samples,), default None
            For the splitter of ``alpha=taut.CV(splitter)``.

        Returns
        -------
        PenalizedClassifier
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be, or no solver takes this loss with this penalty; the
            message says why and what to do.
        """
        return self._fit(X, y, sample_weight, groups, offset=offset)

    def _has_probabilities(self):
        return isinstance(self._binary_loss(), losses.Logistic)

    @available_if(_has_probabilities)
    def predict_proba(self, X, *, offset=None):
        """Predict the probability of each class; only for the logistic loss.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        offset : array of shape (n_samples,) or (n_samples, n_classes), default None
            Known part of the linear predictor, as at fitting.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        return self._predict_proba(X, offset)

    @available_if(_has_probabilities)
    def predict_log_proba(self, X, *, offset=None):
        """Predict the logarithm of the probability of each class; only for the logistic loss.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        offset : array of shape (n_samples,) or (n_samples, n_classes), default None
            Known part of the linear predictor, as at fitting.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In nats, in the order of ``classes_``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        return self._predict_log_proba(X, offset)


def _or_l1(penalty):
    return penalties.L1() if penalty is None else as_penalty(penalty)
