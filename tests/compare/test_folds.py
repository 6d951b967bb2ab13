"""Folds are made once, and keep groups together and time in order."""

import numpy as np
import pytest
from sklearn.model_selection import RepeatedKFold

from compare.tables import N_ROWS, made_table
from taut.compare import prepare
from taut.compare.folds import inner_folds, outer_folds
from taut.designs.from_frame import TableError
from taut.selection import as_splits

GROUPS = np.arange(N_ROWS) % 12


def study_of(**arguments):
    return prepare(made_table(), "y", **arguments)


def test_shuffled_folds_cover_every_row_once_and_follow_the_seed():
    folds = outer_folds(study_of(), None, 0, False)
    assert (folds.kind, len(folds.splits)) == ("shuffled", 10)
    tested = np.concatenate([test for _, test in folds.splits])
    np.testing.assert_array_equal(np.sort(tested), np.arange(N_ROWS))
    other = outer_folds(study_of(), None, 1, False)
    assert not np.array_equal(folds.splits[0][1], other.splits[0][1])
    again = outer_folds(study_of(), None, 0, False)
    np.testing.assert_array_equal(folds.splits[0][1], again.splits[0][1])


def test_groups_are_never_split_outside_or_inside():
    study = study_of(groups=GROUPS)
    folds = outer_folds(study, 4, 0, False)
    for train, test in folds.splits:
        assert not set(GROUPS[train]) & set(GROUPS[test])
        for fit, check in as_splits(inner_folds(study, train, 0), len(train)):
            assert not set(GROUPS[train][fit]) & set(GROUPS[train][check])


def test_time_only_runs_forward_outside_and_inside():
    study = study_of(time=np.arange(N_ROWS))
    folds = outer_folds(study, None, 0, True)
    assert folds.kind == "ordered"
    for train, test in folds.splits:
        assert train.max() < test.min()
        for fit, check in as_splits(inner_folds(study, train, 0), len(train)):
            assert fit.max() < check.min()


@pytest.mark.parametrize("n_folds", [2, 5, 10, N_ROWS - 1])
def test_ordered_folds_test_the_newer_half_at_the_most(n_folds):
    folds = outer_folds(study_of(time=np.arange(N_ROWS)), n_folds, 0, False)
    assert len(folds.splits) == n_folds
    tested = np.concatenate([test for _, test in folds.splits])
    assert tested[-1] == N_ROWS - 1
    np.testing.assert_array_equal(np.diff(tested), 1)
    if n_folds <= N_ROWS // 2:
        assert N_ROWS // 2 <= tested[0] < N_ROWS // 2 + n_folds


def test_quick_takes_fewer_folds_and_few_groups_fewer_still():
    assert len(outer_folds(study_of(), None, 0, True).splits) == 5
    study = study_of(groups=np.arange(N_ROWS) % 3)
    assert len(outer_folds(study, None, 0, False).splits) == 3


def test_a_splitter_is_taken_with_its_repeats():
    folds = outer_folds(study_of(), RepeatedKFold(n_splits=4, n_repeats=3), 0, False)
    assert (len(folds.splits), folds.repeats) == (12, 3)
    assert folds.test_to_train == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("cv", "groups", "said"),
    [
        (121, None, "121 folds cannot be made of 120 rows"),
        (1, None, "1 fold cannot"),
        (13, GROUPS, "13 folds cannot be made of 12 groups"),
        ([], None, "cv must hold at least one pair of row indices"),
        (None, np.zeros(N_ROWS), "groups: all rows are of the one group 0"),
    ],
)
def test_impossible_folds_are_refused(cv, groups, said):
    with pytest.raises(TableError, match=said):
        outer_folds(study_of(groups=groups), cv, 0, False)


def test_two_groups_are_too_few_to_choose_alpha_on():
    study = study_of(groups=np.arange(N_ROWS) % 2)
    train, _ = outer_folds(study, None, 0, False).splits[0]
    with pytest.raises(TableError, match="too few groups: three"):
        inner_folds(study, train, 0)
