"""The corrected interval against figures worked out by hand, and its laws."""

import numpy as np
import pytest

from taut.compare.interval import corrected_interval


def test_by_hand():
    # Differences 1, 2, 3, 4: mean 2.5, variance 5/3. Four folds, one test row to three training
    # rows: variance of the mean 5/3 (1/4 + 1/3) = 35/36. Student's t with 3 degrees of freedom at
    # 97.5 %: 3.182446 (printed tables).
    interval = corrected_interval(np.array([1.0, 2.0, 3.0, 4.0]), 1 / 3)
    half = 3.182446 * np.sqrt(35 / 36)
    assert interval.mean == 2.5
    assert interval.low == pytest.approx(2.5 - half, rel=1e-6)
    assert interval.high == pytest.approx(2.5 + half, rel=1e-6)


def test_the_correction_widens_the_usual_interval():
    differences = np.random.default_rng(0).normal(size=10)
    usual = corrected_interval(differences, 0.0)
    corrected = corrected_interval(differences, 1 / 9)
    widened = (corrected.high - corrected.low) / (usual.high - usual.low)
    assert widened == pytest.approx(np.sqrt((1 / 10 + 1 / 9) * 10))


def test_scale_and_sign():
    differences = np.random.default_rng(1).normal(size=5)
    interval = corrected_interval(differences, 0.25)
    turned = corrected_interval(-3.0 * differences, 0.25)
    np.testing.assert_allclose(
        (turned.mean, turned.low, turned.high),
        (-3.0 * interval.mean, -3.0 * interval.high, -3.0 * interval.low),
    )


def test_equal_scores_have_an_interval_of_no_width():
    assert corrected_interval(np.zeros(5), 0.25) == (0.0, 0.0, 0.0)
