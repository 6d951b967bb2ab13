"""Groups of features as the columns of a table: found by name, or encoded category by category."""

from __future__ import annotations

import narwhals as nw
import numpy as np
from sklearn.utils.validation import validate_data

from taut.designs.from_frame import TableError, categories_of, has_factors
from taut.estimators.feature_groups import members_of
from taut.penalties.groups import CATEGORICAL, are_named, as_named, regrouped
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
        Only where columns are encoded: with groups="categorical", or groups of names of columns
        some of which hold text, categories or dates.
    coef_names_ : ndarray of str of shape (n_coefs,)
        Of the encoded features; only where there are any.
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
        is_frame = nw.dependencies.is_into_dataframe(X)
        if as_named(groups) is not None and is_frame and has_factors(X):
            return self._encoded(X, y, groups)
        matrix, y = super()._checked(X, y)
        if groups is not None:
            names = getattr(self, "feature_names_in_", None)
            self.groups_, columns = members_of(groups, matrix.shape[1], names)
            if columns is not None:
                self.columns_ = columns
        return matrix, y

    def _encoded(self, X, y, groups=None):
        """Features, grouped by the columns they come from; or as these columns are grouped."""
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
        if groups is None:
            order = {name: place for place, name in enumerate(dict.fromkeys(sources))}
            self.groups_ = np.array([order[name] for name in sources])
        else:
            self._group(groups, self.encoder_.feature_names_in_, sources)
        return matrix, y

    def _group(self, groups, names, sources):
        """Groups of columns become groups of all features that come of each column."""
        labels, columns = members_of(groups, len(names), names)
        members = np.arange(len(names)) if columns is None else columns
        features = [np.flatnonzero(sources == names[column]) for column in members]
        self.groups_ = np.repeat(labels, [len(part) for part in features])
        empty = np.setdiff1d(labels, self.groups_)
        if empty.size:
            column = members[labels == empty[0]][0]
            raise ValueError(
                f"groups[{empty[0]}] must hold a column that varies, got {names[column]!r}: leave "
                "it out of X and of the groups"
            )
        features = np.concatenate(features)
        if columns is None:
            self.groups_ = self.groups_[np.argsort(features)]
        else:
            self.columns_ = features

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
            names = self.encoder_.sources_ if "encoder_" in vars(self) else self.feature_names_in_
            raise ValueError(
                f"groups of {penalty!r} must not overlap, got column {names[twice]!r} in two of "
                "them: list it once, or fit copies of it, which works with every loss where all "
                "columns are numbers: columns, labels = penalties.overlapping(groups), with the "
                "places of columns, then X.to_numpy()[:, columns] and groups=labels "
                "(taut.GroupLasso does so by itself, for least squares)"
            )
        return regrouped(penalty, self.groups_)
