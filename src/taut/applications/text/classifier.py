"""Classification of texts by sparse logistic regression on their terms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse
from scipy.special import log_expit
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.validation import check_is_fitted

from taut import losses, penalties
from taut.applications.text.documents import check_documents
from taut.applications.text.growing_path import Growing
from taut.estimators.classifier import LinearClassifier
from taut.selection import CV
from taut.selection.rule import Rule
from taut.validation import check_positive, shown

__all__ = ["TextClassifier"]


class TextClassifier(LinearClassifier):
    """Which class a text belongs to, told by few of its terms.

    Texts become sparse rows of weighted terms (Salton & Buckley 1988), and logistic regression with
    an elastic net keeps the terms that tell (Genkin, Lewis & Madigan 2007). Minimises
    ``sum_i w_i loss_i / sum(w) + alpha * (l1_ratio |b|_1 + (1 - l1_ratio)/2 |b|_2^2)``. Of more
    than two classes each is told from the rest, at one strength for all.

    Parameters
    ----------
    alpha : float or rule, default None
        Strength of the penalty, > 0, on the scale of `taut.fit_path`, or a rule that chooses it:
        ``taut.CV(rule="1se")``, ``taut.AIC()``, ``taut.BIC()``, ``taut.EBIC()``. None is
        ``taut.CV()``. A rule looks at five strengths for each factor of ten, from the least that
        keeps no term down to where its measure has turned, unless it names its own grid.
    l1_ratio : float in [0, 1], default 0.8
        1 is the lasso, which keeps the fewest terms; less keeps terms that go together, and
        predicts reviews better (docs/text.md).
    vectorizer : transformer, default None
        Anything with scikit-learn's ``fit_transform`` from texts to a matrix, and
        ``get_feature_names_out``; None is tf-idf of words and pairs of neighbours that at least
        two texts have, with logarithmic counts. It sees all rows before they are cut into folds:
        the words of held-out texts, never their labels.
    class_weight : dict or "balanced", default None
        Factor on the weights of each class's rows.
    tol : float, default 1e-4
        Duality gap, relative to the objective of the null model, at which a strength is solved.
    max_iter : int, default 1000
        Most iterations for one strength.
    verbose : bool, default False
        Show progress (extra ``compare``: rich).

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    vectorizer_ : transformer
        Fitted.
    terms_ : ndarray of str of shape (n_terms,)
    coef_ : ndarray of shape (1, n_terms) or (n_classes, n_terms)
        Of the log-odds of ``classes_[1]``, or of each class against the rest.
    intercept_ : ndarray of shape (1,) or (n_classes,)
    alpha_ : float
        The strength used.
    certificate_ : Certificate
    path_ : Path
        Only where alpha is a rule.
    cv_results_ : CVResults
        Only where alpha is ``taut.CV``.
    criterion_results_ : CriterionResults
        Only where alpha is an information criterion.

    References
    ----------
    Genkin, A., Lewis, D. and Madigan, D. (2007). Large-scale Bayesian logistic regression for text
    categorization. Technometrics 49, 291-304.
    Salton, G. and Buckley, C. (1988). Term-weighting approaches in automatic text retrieval.
    Information Processing & Management 24, 513-523.

    Examples
    --------
    >>> from taut.applications import TextClassifier
    >>> texts = ["good fun", "great fun", "good plot", "bad plot", "a bad film", "dull film"]
    >>> model = TextClassifier(alpha=0.02).fit(texts, ["+", "+", "+", "-", "-", "-"])
    >>> model.predict(["fun film, good plot", "bad plot"]).tolist()
    ['+', '-']
    """

    def __init__(
        self,
        alpha=None,
        *,
        l1_ratio=0.8,
        vectorizer=None,
        class_weight=None,
        tol=1e-4,
        max_iter=1000,
        verbose=False,
    ):
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.vectorizer = vectorizer
        self.class_weight = class_weight
        self.tol = tol
        self.max_iter = max_iter
        self.verbose = verbose

    def fit(self, X, y, sample_weight=None, *, groups=None):
        """Learn the terms and their weights.

        Parameters
        ----------
        X : sequence of str, series, or frame of one column, of n_samples rows
            The texts.
        y : array of shape (n_samples,)
            Labels, numbers or text.
        sample_weight : float or array of shape (n_samples,), default None
        groups : array of shape (n_samples,), default None
            For the splitter of ``alpha=taut.CV(splitter)``.

        Returns
        -------
        TextClassifier
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be (a row that is no text, or empty; labels of one class
            only); the message names it, its value and the fix.
        """
        return self._fit(X, y, sample_weight, groups)

    def predict_proba(self, X):
        """The probability of each class.

        Parameters
        ----------
        X : sequence of str, series, or frame of one column, of n_samples rows
            A text without a known term gets what the classes have before anything is read.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        TypeError
            A row is no text.
        """
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X):
        """The logarithm of the probability of each class; as `predict_proba`."""
        eta = self.decision_function(X)
        if eta.ndim == 1:
            return self._predict_log_proba(X)
        # Each class has been told from the rest by itself: their probabilities sum to about one.
        log_odds = log_expit(eta)
        return log_odds - np.logaddexp.reduce(log_odds, axis=1, keepdims=True)

    def top_terms(self, label, k=10) -> list[tuple[str, float]]:
        """The terms that speak most for a class.

        Parameters
        ----------
        label : object
            One of ``classes_``.
        k : int, default 10
            At most so many: terms of no weight do not speak.

        Returns
        -------
        list of (term, weight)
            The largest first; a weight is what one unit of the term, as the vectoriser measures it,
            adds to the log-odds of the class.

        Raises
        ------
        ValueError, TypeError
            There is no such class, or ``k`` is no number.
        """
        check_is_fitted(self)
        weights = self._weights_for(label)
        count = check_positive(k, "k", 10)
        best = np.argsort(-weights, kind="stable")[:count]
        return [(str(self.terms_[j]), float(weights[j])) for j in best if weights[j] > 0]

    def plot_terms(self, k=10, axes=None):
        """Draw the top terms of every class (needs the extra ``plot``).

        Parameters
        ----------
        k : int, default 10
            Terms for each class.
        axes : sequence of matplotlib Axes, default None
            One for each class; None makes a new figure.

        Returns
        -------
        taut.plots.TermsDisplay
        """
        from taut.plots.terms import TermsDisplay

        top = {str(label): self.top_terms(label, k) for label in self.classes_}
        return TermsDisplay(top).plot(axes)

    def _weights_for(self, label):
        place = np.flatnonzero(self.classes_ == label)
        if not place.size:
            raise ValueError(
                f"label must be one of the classes, {shown(self.classes_.tolist())}, got "
                f"{shown(label)}: pass {shown(self.classes_[0])}, say"
            )
        coef = self.coef_.toarray() if sparse.issparse(self.coef_) else self.coef_
        if len(self.classes_) == 2:
            return coef[0] if place[0] == 1 else -coef[0]
        return coef[place[0]]

    @property
    def _strength(self):
        rule = CV() if self.alpha is None else self.alpha
        return Growing(rule, self.verbose) if isinstance(rule, Rule) else rule

    def _penalty(self):
        return penalties.ElasticNet(self.l1_ratio)

    def _loss(self):
        return losses.Logistic()

    def _checked(self, X, y):
        texts = check_documents(X)
        y = self._checked_target(y, np.empty((len(texts), 0)))
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        self.vectorizer_ = words if self.vectorizer is None else _cloned(self.vectorizer)
        matrix = _refusing(self.vectorizer_.fit_transform, texts)
        self.terms_ = np.asarray(self.vectorizer_.get_feature_names_out(), dtype=object)
        return as_columns(matrix), y

    def _features(self, X):
        check_is_fitted(self)
        return as_columns(self.vectorizer_.transform(check_documents(X, empty_allowed=True)))

    def _path(self, task, solved):
        return replace(super()._path(task, solved), feature_names=self.terms_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        return tags


def as_columns(matrix):
    """The terms column by column, as the solvers read them."""
    return sparse.csc_matrix(matrix, dtype=np.float64)


def _cloned(vectorizer):
    is_instance = hasattr(vectorizer, "fit_transform") and not isinstance(vectorizer, type)
    if not (is_instance and hasattr(vectorizer, "get_params")):
        raise TypeError(
            "vectorizer must be a transformer from texts to a matrix, or None, got "
            f"{shown(vectorizer)}: pass sklearn.feature_extraction.text.TfidfVectorizer(), say"
        )
    return clone(vectorizer)


def _refusing(fit_transform, texts):
    try:
        return fit_transform(texts)
    except ValueError as error:
        raise ValueError(
            f"texts must leave the vectoriser terms to count: {error}. Pass longer texts, or a "
            "vectorizer that keeps more, such as "
            "sklearn.feature_extraction.text.TfidfVectorizer()"
        ) from error
