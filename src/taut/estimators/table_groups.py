"""Groups of features as the columns of a table: found by name, or encoded category by category."""

from __future__ import annotations

import narwhals as nw
import numpy as np
from sklearn.utils.validation import validate_data

from taut.designs.from_frame import TableError, categories_of
from taut.estimators.feature_groups import members_of
from taut.penalties.groups import CATEGORICAL, are_named, regrouped
from taut.validation import check_matrix

__all__ = ["TableGroups"]


class TableGroups:
    """Mixin of the models whose penalty may have groups; it comes before the model's other bases.

    Attributes
    ----------
    groups_ : ndarray of int of shape (n_coefs,)
        The number of each coefficient's group, of each entry of ``columns_`` where groups overlap.
    columns_ : ndarray of int of shape (n_copies,)
        Only where groups overlap: the column of X behind each member of a group.
    encoder_ : TableEncoder
        Only with groups="categorical".
    coef_names_ : ndarray of str of shape (n_coefs,)
        Of the encoded features; only with groups="categorical".
    """

    @property
    def _groups_given(self):
        """The groups that have to be looked up in a table, or None."""
        groups = getattr(self.penalty, "groups", None)
        return groups if are_named(groups) else None

    def _checked(self, X, y):
        for stale in ("encoder_", "coef_names_", "groups_", "columns_"):
            vars(self).pop(stale, None)
        groups = self._groups_given
        if isinstance(groups, str) and groups == CATEGORICAL:
            return self._encoded(X, y)
        matrix, y = super()._checked(X, y)
        if groups is not None:
            names = getattr(self, "feature_names_in_", None)
            self.groups_, columns = members_of(groups, matrix.shape[1], names)
            if columns is not None:
                self.columns_ = columns
        return matrix, y

    def _encoded(self, X, y):
        if not nw.dependencies.is_into_dataframe(X):
            raise TableError(
                f"groups='categorical' needs a data frame, got X of type {type(X).__name__}: pass "
                "a frame with columns of text, or the groups of the columns"
            )
        # Imported where it is needed: it costs a good part of importing all of scikit-learn.
        from taut.designs.encoder import TableEncoder

        # A type of categories says more than their values, which may be numbers.
        kinds = dict.fromkeys(categories_of(X), "category")
        self.encoder_ = TableEncoder(kinds=kinds).fit(X)
        matrix, y = super()._checked(self.encoder_.transform(X), y)
        validate_data(self, X, skip_check_array=True)
        self.coef_names_ = self.encoder_.get_feature_names_out()
        sources = self.encoder_.sources_
        order = {name: place for place, name in enumerate(dict.fromkeys(sources))}
        self.groups_ = np.array([order[name] for name in sources])
        return matrix, y

    def _features(self, X):
        if "encoder_" not in vars(self):
            return super()._features(X)
        return check_matrix(self.encoder_.transform(X), self.coef_names_, min_samples=1)

    def _on_groups(self, penalty):
        """The penalty, with labels in place of the names of columns."""
        if "groups_" not in vars(self):
            return penalty
        if "columns_" in vars(self):
            twice = int(np.argmax(np.bincount(self.columns_) > 1))
            raise ValueError(
                f"groups of {penalty!r} must not overlap, got column "
                f"{self.feature_names_in_[twice]!r} in two of them: list it once, or use "
                "taut.GroupLasso, which fits copies of it"
            )
        return regrouped(penalty, self.groups_)
