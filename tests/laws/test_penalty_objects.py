"""Penalties as values: immutable, comparable, readable, and the same after a journey."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone

from taut import penalties
from taut.penalties import L1, L2, MCP, SLOPE, Box, ElasticNet, GroupLasso, NonNegative

from .registry import N_FEATURES, PENALTIES, WEIGHTS

every_penalty = pytest.mark.parametrize(
    "penalty", [case.penalty for case in PENALTIES], ids=lambda penalty: repr(penalty)
)


@every_penalty
def test_immutable(penalty):
    name = next(iter(vars(penalty)), "weights")
    with pytest.raises(AttributeError, match=f"immutable.*{name}.*make a new"):
        setattr(penalty, name, None)
    with pytest.raises(AttributeError, match=f"immutable.*{name}.*make a new"):
        delattr(penalty, name)
    for parameter in vars(penalty).values():
        if isinstance(parameter, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                parameter[0] = 1.0


@every_penalty
@pytest.mark.parametrize(
    "travel", [copy.copy, copy.deepcopy, clone, lambda p: pickle.loads(pickle.dumps(p))]
)
def test_equal_after_a_journey(penalty, travel):
    arrived = travel(penalty)
    assert arrived == penalty
    assert hash(arrived) == hash(penalty)
    assert repr(arrived) == repr(penalty)
    coef = np.arange(N_FEATURES) - 2.0
    assert np.array_equal(arrived.prox(coef, 0.7), penalty.prox(coef, 0.7))


def test_registered_penalties_differ_from_each_other():
    distinct = {case.penalty for case in PENALTIES}
    assert len(distinct) == len(PENALTIES)
    assert all(a == b for a in distinct for b in distinct if hash(a) == hash(b))
    assert L1() != "L1()"


@every_penalty
def test_repr_without_arrays_evaluates_to_the_penalty(penalty):
    if "array of" not in repr(penalty):
        assert eval(repr(penalty), {**vars(penalties), "inf": np.inf}) == penalty


@pytest.mark.parametrize(
    ("penalty", "text"),
    [
        (L1(), "L1()"),
        (L1(weights=WEIGHTS), "L1(weights=array of 5)"),
        (ElasticNet(0.3), "ElasticNet(l1_ratio=0.3)"),
        (Box(-1, [1.0, 2.0]), "Box(lower=-1.0, upper=array of 2)"),
        (L1() + NonNegative(), "L1() + NonNegative()"),
        (GroupLasso([[0, 2], [1]]), "GroupLasso(groups=array of 3)"),
        (MCP(2), "MCP(gamma=2.0)"),
        (SLOPE(), "SLOPE(q=0.1)"),
    ],
)
def test_repr(penalty, text):
    assert repr(penalty) == text


def test_weights_are_copied():
    weights = np.ones(3)
    penalty = L1(weights)
    weights[:] = 7.0
    assert penalty.value(np.ones(3)) == 3.0
    assert weights.flags.writeable


def test_groups_are_equal_however_they_are_given():
    given = [[[0, 2], [1]], [0, 1, 0], np.array([3, 7, 3], dtype=np.uint8), [np.array([2, 0]), [1]]]
    assert len({GroupLasso(groups) for groups in given}) == 1
    assert GroupLasso([[1], [0, 2]]) != GroupLasso([[0, 2], [1]])  # weights follow the order


def test_negative_zero_equals_zero():
    assert L1([-0.0, 1.0]) == L1([0.0, 1.0])
    assert hash(L1([-0.0, 1.0])) == hash(L1([0.0, 1.0]))


def test_values_by_hand():
    coef = np.array([-2.0, 0.0, 3.0])
    assert L1().value(coef) == 5.0
    assert L2().value(coef) == 6.5
    assert ElasticNet(0.25).value(coef) == 0.25 * 5.0 + 0.75 * 6.5
    assert NonNegative().value(coef) == np.inf
    assert Box(-2, 3).value(coef) == 0.0
    assert L1([1.0, np.inf, 2.0]).value(coef) == 8.0
    assert L2([1.0, 1.0, np.inf]).value(coef) == np.inf


def test_prox_by_hand():
    coef = [-2.0, 0.5, 3.0]
    assert L1().prox(coef, 1.0).tolist() == [-1.0, 0.0, 2.0]
    assert L2().prox(coef, 1.0).tolist() == [-1.0, 0.25, 1.5]
    assert (L1() + NonNegative()).prox(coef, 1.0).tolist() == [0.0, 0.0, 2.0]
    assert L1([0.0, 1.0, np.inf]).prox(coef, 1.0).tolist() == [-2.0, 0.0, 0.0]
    assert Box(1, 2, weights=[0.0, 1.0, np.inf]).prox(coef, 1.0).tolist() == [-2.0, 1.0, 0.0]


def test_weights_beyond_float32_leave_zero_free():
    assert L1([1e300, 1.0]).value(np.array([0.0, 2.0], dtype=np.float32)) == 2.0


def test_a_sum_adds_the_values_of_its_terms():
    coef = np.array([0.5, 1.0, 2.0])
    terms = L1([1.0, 2.0, 3.0]), L2(), Box(0, 2)
    assert (terms[0] + terms[1] + terms[2]).value(coef) == sum(term.value(coef) for term in terms)
    assert terms[0] + (terms[1] + terms[2]) == (terms[0] + terms[1]) + terms[2]
    assert (L1() + Box(0, 2)).value(np.array([3.0])) == np.inf
