"""Intervals over replications."""

import numpy as np
import pytest

from sim.results.statistics import Interval, interval, paired, pooled, student_quantile


def test_the_interval_is_students():
    found = interval([1.0, 2.0, None, 3.0])
    assert (found.mean, found.n) == (2.0, 3)
    assert found.error == pytest.approx(1 / 3**0.5)
    # t(2, 97.5 %) = 4.302653 (any table), standard error 1 / sqrt(3)
    assert found.high == pytest.approx(2 + 4.302653 / 3**0.5, abs=1e-6)
    assert found.low == pytest.approx(2 - 4.302653 / 3**0.5, abs=1e-6)


def test_one_value_has_a_mean_and_no_interval():
    assert interval([4.0, None]) == Interval(4.0, None, None, 1)
    assert interval([None]) == interval([]) == Interval(None, None, None, 0)


def test_equal_values_have_an_interval_of_no_width():
    assert interval([0.1] * 10) == Interval(0.1, 0.1, 0.1, 10, 0.0)


def test_the_interval_covers_the_mean_about_95_times_in_100():
    generator = np.random.default_rng(20250101)
    samples = generator.normal(5.0, 2.0, (2000, 8)).tolist()
    intervals = [interval(sample) for sample in samples]
    covered = sum(found.low <= 5.0 <= found.high for found in intervals) / 2000
    assert abs(covered - 0.95) < 4 * (0.95 * 0.05 / 2000) ** 0.5  # a false alarm once in 16,000


def test_student_approaches_the_normal():
    assert student_quantile(9) == pytest.approx(2.262157, abs=1e-6)
    assert student_quantile(10**6) == pytest.approx(1.959966, abs=1e-5)


def test_differences_are_paired_and_untold_ones_stay_untold():
    assert paired([3.0, None, 2.0], [1.0, 1.0, None]) == [2.0, None, None]
    with pytest.raises(ValueError, match="argument 2 is longer"):
        paired([1.0], [1.0, 2.0])


def test_percentiles_are_pooled_once_there_are_enough_samples():
    halves = [np.arange(0.0, 500.0), np.arange(500.0, 1000.0)]
    assert pooled(halves[:1], "p99") is None
    assert pooled(halves, "p99") == pytest.approx(989.01)
    assert pooled([], "p50") is None
