"""What losses refuse, and what they say then."""

from __future__ import annotations

import numpy as np
import pytest

from taut.losses import (
    Cox,
    Gamma,
    Huber,
    Logistic,
    Loss,
    Multinomial,
    Poisson,
    Quantile,
    Squared,
    SquaredHinge,
    Tweedie,
)

from .registry import LOSSES

NAN = float("nan")


@pytest.mark.parametrize("loss", {repr(case.loss): case.loss for case in LOSSES}.values(), ids=repr)
@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        ([1.0, 0.0, NAN], ValueError, r"target must be finite, got nan at row 2 .*drop the row"),
        ([1.0, -np.inf, 0.0], ValueError, r"target must be finite, got -inf at row 1 "),
        (["0", "one", "1"], TypeError, r"target must hold numbers.*'one' at row 1 .*encode"),
        ([[1.0], [0.0, 1.0]], TypeError, r"target must hold numbers.*rows of several lengths"),
        (3.0, ValueError, r"target must have shape \(n_samples,\).*got \(\)"),
        ([], ValueError, r"target must have shape \(n_samples,\).*got \(0,\)"),
        (np.ones((2, 2, 2)), ValueError, r"target must have shape .*got \(2, 2, 2\)"),
    ],
)
def test_what_no_loss_takes(loss, y, error, message):
    with pytest.raises(error, match=message):
        loss.check_response(y, name="target")


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        (
            Logistic(),
            [0.0, 1.0, 2.0],
            r"y must hold the labels 0 and 1 only, got 2.0 at row 2 .*y ==",
        ),
        (Logistic(), [-1.0, 1.0], r"y must hold the labels 0 and 1 only, got -1.0 at row 0 "),
        (Logistic(), [1.0, 1.0], r"y must hold both labels.*got 1 only.*other class"),
        (SquaredHinge(), [0.5, 1.0], r"y must hold the labels 0 and 1 only, got 0.5 at row 0 "),
        (SquaredHinge(), [0.0, 0.0], r"y must hold both labels.*got 0 only"),
        (Poisson(), [1.0, -2.0], r"y must not be negative, got -2.0 at row 1 .*Squared"),
        (Poisson(), [0.0, 0.0], r"y must hold a positive value, got zeros only"),
        (Tweedie(), [1.0, -2.0], r"y must not be negative, got -2.0 at row 1 "),
        (Tweedie(power=2.0), [1.0, 0.0], r"y must be positive, got 0.0 at row 1 "),
        (Gamma(), [1.0, 0.0], r"y must be positive, got 0.0 at row 1 .*Tweedie"),
        (
            Poisson(),
            [[1.0], [2.0]],
            r"y must have shape \(n_samples,\), got \(2, 1\): pass y.ravel",
        ),
        (Multinomial(), [0.0, 1.5], r"y must hold class numbers.*got 1.5 at row 1 .*np.unique"),
        (Multinomial(), [0.0, -1.0], r"y must hold class numbers.*got -1.0 at row 1 "),
        (Multinomial(), [0.0, 1e12], r"y must hold class numbers.*got 1000000000000.0 at row 1 "),
        (Multinomial(), [0.0, 2.0, 2.0], r"y must hold samples of every class.*none for class 1"),
        (Multinomial(), [0.0, 0.0], r"y must hold samples of every class.*one class only"),
        (
            Multinomial(),
            [[1.0, 0.0], [0.5, 0.5]],
            r"y must hold 0 or 1.*got 0.5 at row 1, column 0 ",
        ),
        (
            Multinomial(),
            [[1.0, 0.0], [1.0, 1.0]],
            r"y must have rows that sum to 1, got 2.0 at row 1 ",
        ),
        (Multinomial(), [[1.0, 0.0], [1.0, 0.0]], r"y must hold samples.*none for class 1"),
        (Cox(), [1.0, 2.0], r"y must have shape \(n_samples, 2 to 4\).*got \(2,\).*column_stack"),
        (Cox(), np.ones((3, 5)), r"y must have shape \(n_samples, 2 to 4\).*got \(3, 5\)"),
        (Cox(), np.ones((0, 2)), r"y must have shape \(n_samples, 2 to 4\).*got \(0, 2\)"),
        (Cox(), [[NAN, 1], [2, 0]], r"times of y \(column 0\) must be finite, got nan at row 0 "),
        (
            Cox(),
            [[1, 1], [np.inf, 0]],
            r"times of y \(column 0\) must be finite, got inf at row 1 ",
        ),
        (Cox(), [[1, 1], [2, 2]], r"events of y \(column 1\) must be 0 or 1, got 2.0 at row 1 "),
        (Cox(), [[1, 1], [2, NAN]], r"events of y \(column 1\) must be 0 or 1, got nan at row 1 "),
        (Cox(), [[1, 0], [2, 0]], r"y must hold at least one event .*got 0 for all 2 samples"),
        (Cox(), [[1, 1, 0], [2, 1, 2]], r"entries of y \(column 2\).*before.*got 2.0 at row 1 "),
        (Cox(), [[1, 1, NAN]], r"entries of y \(column 2\).*before.*got nan at row 0 .*-inf"),
        (Cox(), [[1, 1, 0, NAN]], r"strata of y \(column 3\) must be finite, got nan at row 0 "),
    ],
    ids=str,
)
def test_responses(loss, y, message):
    with pytest.raises(ValueError, match=message):
        loss.check_response(y)


def test_text_in_survival_data():
    with pytest.raises(TypeError, match=r"y must hold numbers.*\['2', 'yes'\] at row 1 "):
        Cox().check_response([["1", "1"], ["2", "yes"]])


@pytest.mark.parametrize(
    ("loss", "y"),
    [
        (Squared(), [1, 2]),
        (Logistic(), [True, False]),
        (Multinomial(), [2, 0, 1]),
        (Multinomial(), [[0, 1], [1, 0]]),
        (Poisson(), [0, 3]),
        (Tweedie(), [0.0, 0.5]),
        (Gamma(), [2, 1]),
        (Cox(), [(1, True), (2, False)]),
        (Cox(), [[1, 1, -np.inf, 7], [2, 0, 1, 7]]),
    ],
    ids=str,
)
def test_what_is_taken_comes_back_as_float64(loss, y):
    checked = loss.check_response(y)
    assert checked.dtype == np.float64
    assert len(checked) == len(y)
    if not isinstance(loss, Multinomial):
        np.testing.assert_array_equal(checked, y)
    np.testing.assert_array_equal(loss.check_response(checked), checked)


def test_classes_become_indicators():
    checked = Multinomial().check_response([2, 0, 1, 0])
    assert checked.tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Huber(delta=0.0), ValueError, r"delta must be positive, got 0.0: pass"),
        (lambda: Huber(delta=NAN), ValueError, r"delta must be finite, got nan: pass"),
        (lambda: Huber(delta="1"), TypeError, r"delta must be a number, got '1': pass"),
        (lambda: Quantile(q=1.0), ValueError, r"q must lie in \(0, 1\), got 1.0: pass 0.5"),
        (lambda: Quantile(q=True), TypeError, r"q must be a number, got True"),
        (lambda: Tweedie(power=0), ValueError, r"power must lie in \[1, 2\].*got 0: .*Squared"),
        (lambda: Tweedie(power=2.5), ValueError, r"power must lie in \[1, 2\].*convex.*got 2.5"),
        (lambda: Tweedie(power=None), TypeError, r"power must be a number, got None"),
        (
            lambda: Multinomial("first"),
            ValueError,
            r"coding must be 'symmetric' or 'reference', got",
        ),
        (lambda: Cox(ties="exact"), ValueError, r"ties must be 'efron' or 'breslow', got 'exact'"),
    ],
)
def test_parameters(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_loss_of_ones_own_that_lacks_a_method():
    class Half(Loss):
        name = "half"

        def value(self, y, eta):
            return 0.5 * np.abs(y - eta)

    y = np.array([1.0, 2.0])
    assert Half().total(y, np.zeros(2), np.ones(2)) == 1.5
    with pytest.raises(NotImplementedError, match=r"Half does not define gradient\(\): give"):
        Half().slope(y, np.zeros(2), np.ones(2))
