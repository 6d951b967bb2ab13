"""The corrected interval against figures worked out by hand, and its laws."""

import numpy as np
import pytest

from taut.compare.interval import corrected_interval

TEN = np.full(4, 10.0)


def scores(seed, size=10):
    random = np.random.default_rng(seed)
    return random.uniform(1.0, 3.0, size), random.uniform(1.0, 3.0, size)


def width(interval):
    return interval.high - interval.low


def test_by_hand_where_folds_are_of_one_scale():
    # Differences 1, 2, 3, 4 of a score of 10: mean 2.5, variance 5/3. Four folds, one test row to
    # three training rows: variance of the mean 5/3 (1/4 + 1/3) = 35/36. Student's t with 3
    # degrees of freedom at 97.5 %: 3.182446 (printed tables).
    interval = corrected_interval(TEN, TEN - [1.0, 2.0, 3.0, 4.0], 1 / 3)
    half = 3.182446 * np.sqrt(35 / 36)
    assert interval.mean == 2.5
    assert interval.low == pytest.approx(2.5 - half, rel=1e-6)
    assert interval.high == pytest.approx(2.5 + half, rel=1e-6)


def test_by_hand_where_folds_differ_in_scale():
    # Shares 0.1, 0.2, 0.3, 0.4 of the errors 10, 10, 10, 30: variance 1/60, weights 1/6, 1/6, 1/6,
    # 1/2, whose squares have the sum 1/3; the mean scale is 15, the mean difference 18 / 4.
    scale = np.array([10.0, 10.0, 10.0, 30.0])
    interval = corrected_interval(scale, scale * [0.9, 0.8, 0.7, 0.6], 1 / 3)
    half = 3.182446 * 15.0 * np.sqrt((1 / 60) * (1 / 3 + 1 / 3))
    assert interval.mean == pytest.approx(4.5)
    assert interval.low == pytest.approx(4.5 - half, rel=1e-6)
    assert interval.high == pytest.approx(4.5 + half, rel=1e-6)


def test_the_correction_widens_the_usual_interval():
    others = TEN - [1.0, 2.0, 3.0, 5.0]
    widened = width(corrected_interval(TEN, others, 1 / 9)) / width(
        corrected_interval(TEN, others, 0.0)
    )
    assert widened == pytest.approx(np.sqrt((1 / 4 + 1 / 9) * 4))


def test_unit_and_sign():
    ours, others = scores(1)
    interval = corrected_interval(ours, others, 0.25)
    turned = corrected_interval(3.0 * others, 3.0 * ours, 0.25)
    np.testing.assert_allclose(turned, np.multiply(-3.0, [interval.mean, *interval[:0:-1]]))


def test_equal_scores_have_an_interval_of_no_width():
    assert corrected_interval(np.ones(5), np.ones(5), 0.25) == (0.0, 0.0, 0.0)
    assert corrected_interval(np.zeros(5), np.zeros(5), 0.25) == (0.0, 0.0, 0.0)


def test_a_fold_without_error_on_either_side_is_no_difference():
    interval = corrected_interval([0.0, 2.0, 2.0], [0.0, 1.0, 1.0], 0.5)
    assert np.isfinite(interval).all()
    assert interval.mean == pytest.approx(2 / 3)


def test_a_loss_by_far_in_every_fold_is_no_chance_whatever_the_scales():
    # Errors of hourly air measurements, in time order: quiet and wild quarters of a year.
    null, least_squares = [15.1, 11.9, 77.7, 61.6, 11.4], [1.64, 1.87, 1.47, 1.58, 1.17]
    assert corrected_interval(null, least_squares, 0.15).low > 0


@pytest.mark.parametrize("seed", range(20))
def test_losing_three_times_in_every_one_of_five_folds_is_never_called_chance(seed):
    random = np.random.default_rng(seed)
    for _ in range(50):
        best = 10.0 ** random.uniform(-4, 4, 5)
        worse = best * 10.0 ** random.uniform(np.log10(3), 4, 5)
        assert corrected_interval(worse, best, 0.25).low > 0


def test_what_wins_some_folds_and_loses_others_is_undecided():
    random = np.random.default_rng(0)
    scale = 10.0 ** random.uniform(-1, 1, 10)
    noise = np.tile([0.9, 1.1], 5)
    interval = corrected_interval(scale * noise, scale, 1 / 9)
    assert interval.low < 0 < interval.high


def test_intervals_cover_the_truth_where_folds_differ_in_scale():
    # Independent folds, no overlap: the true difference of means is 0 by symmetry.
    random = np.random.default_rng(0)
    missed, n_trials = 0, 2000
    for _ in range(n_trials):
        scale = 10.0 ** random.uniform(0, 2, 10)
        ours, others = scale * random.uniform(0.7, 1.3, (2, 10))
        interval = corrected_interval(ours, others, 0.0)
        missed += not interval.low <= 0 <= interval.high
    assert 0.03 < missed / n_trials < 0.08
