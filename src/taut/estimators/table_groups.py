"""Groups of features as the columns of a table: found by name, or encoded category by category."""

from __future__ import annotations

import numpy as np
from sklearn.utils.validation import validate_data

from taut.designs.grouping import Members, encoder_for, features_of, members_of, sources_of
from taut.penalties.groups import are_labels, groups_of, regrouped
from taut.validation import check_matrix

__all__ = ["TableGroups"]


class TableGroups:
    """Mixin of the models whose penalty may have groups; it comes before the model's other bases.

    Attributes
    ----------
    groups_ : ndarray of int of shape (n_coefs,)
        The number of each coefficient's group, of each entry of ``columns_`` where groups overlap.
    columns_ : ndarray of int of shape (n_copies,)
        Only where groups overlap: the column of X, or encoded feature, behind each member.
    encoder_ : TableEncoder
        Only where columns are encoded: with groups="categorical", or any groups of the columns of a
        frame some of which hold text, categories or dates.
    coef_names_ : ndarray of str of shape (n_coefs,)
        Of the encoded features; only where there are any.
    """

    @property
    def _groups_given(self):
        """The groups of columns, or None."""
        return groups_of(self.penalty)

    def _checked(self, X, y):
        for stale in ("encoder_", "coef_names_", "groups_", "columns_"):
            vars(self).pop(stale, None)
        groups = self._groups_given
        encoder = encoder_for(X, groups)
        if encoder is not None:
            return self._encoded(encoder, X, y)
        matrix, y = super()._checked(X, y)
        # Labels of columns that are numbers are what a penalty takes, and checks itself.
        if groups is not None and not are_labels(groups):
            names = getattr(self, "feature_names_in_", None)
            self._keep_groups(members_of(groups, matrix.shape[1], names))
        return matrix, y

    def _encoded(self, encoder, X, y):
        matrix, y = super()._checked(encoder.transform(X), y)
        validate_data(self, X, skip_check_array=True)
        self.encoder_, self.coef_names_ = encoder, encoder.get_feature_names_out()
        self._keep_groups(features_of(encoder, self._groups_given))
        return matrix, y

    def _keep_groups(self, members: Members):
        self.groups_ = members.labels
        if members.columns is not None:
            self.columns_ = members.columns

    def _features(self, X):
        if "encoder_" not in vars(self):
            return super()._features(X)
        return check_matrix(self.encoder_.transform(X), self.coef_names_, min_samples=1)

    @property
    def _members(self) -> Members:
        return Members(self.groups_, vars(self).get("columns_"))

    def _on_groups(self, penalty):
        """The penalty on the groups of what is fitted, in place of those of columns."""
        if "groups_" not in vars(self):
            return penalty
        encoder, n_columns = vars(self).get("encoder_"), self.n_features_in_
        sources = np.arange(n_columns) if encoder is None else sources_of(encoder)
        return regrouped(penalty, self._members.groups, sources, n_columns)
