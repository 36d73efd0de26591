"""What a metric asks for: the cases of Kubernetes' own tests of its replica calculator, and a model of the rule."""

from collections.abc import Callable
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import ParameterError
from sim.policies.scaling_metrics import Tolerance, replicas_for_mean, replicas_for_ratio, replicas_for_total

TEN = Tolerance(0.1)


@pytest.mark.parametrize(
    "replicas, read, target, unready, missing, desired",
    [
        pytest.param(3, (0.3, 0.5, 0.7), 0.3, 0, 0, 5, id="up"),
        pytest.param(3, (0.5, 0.7), 0.3, 1, 0, 4, id="up, one not ready: less"),
        pytest.param(3, (0.4,), 0.3, 2, 0, 3, id="up, two not ready: the direction would turn"),
        pytest.param(5, (0.1, 0.3, 0.5, 0.25, 0.25), 0.5, 0, 0, 3, id="down"),
        pytest.param(5, (0.1, 0.3, 0.5), 0.5, 2, 0, 2, id="down, two not ready: set aside"),
        pytest.param(5, (0.1,), 0.5, 4, 0, 1, id="down, four not scheduled"),
        pytest.param(3, (1.01, 1.03, 1.02), 1.0, 0, 0, 3, id="within the tolerance"),
        pytest.param(4, (4.0, 9.5, 3.0, 7.0), 1.0, 0, 0, 24, id="metrics of other pods are left out"),
        pytest.param(4, (0.4, 0.095), 1.0, 0, 2, 3, id="down, two missing: in full use"),
        pytest.param(2, (1.0,), 1.0, 0, 1, 2, id="on target, one missing"),
        pytest.param(2, (1.9,), 1.0, 0, 1, 2, id="up, one missing: idle"),
        pytest.param(2, (0.6,), 1.0, 0, 1, 2, id="down, one missing: in full use"),
        pytest.param(3, (0.45,), 0.5, 1, 1, 3, id="down a little, one not ready and one missing"),
        pytest.param(3, (2.0,), 0.5, 1, 1, 4, id="up, one not ready and one missing"),
        pytest.param(4, (0.1, 0.1), 0.5, 1, 1, 3, id="down, one not ready and one missing"),
        pytest.param(2, (0.1, 0.1), 0.5, 0, 1, 2, id="a third pod in an update"),
        pytest.param(10, (0.5,) * 10, 0.56, 0, 0, 9, id="just outside of the tolerance"),
        pytest.param(10, (0.5,) * 10, 0.55, 0, 0, 10, id="just inside"),
    ],
)
def test_plays_like_the_replica_calculator_of_kubernetes(
    replicas: int, read: tuple[float, ...], target: float, unready: int, missing: int, desired: int
) -> None:
    """kubernetes/kubernetes, pkg/controller/podautoscaler/replica_calculator_test.go, the tests of CPU."""
    assert replicas_for_mean(replicas, read, target, TEN, unready, missing) == desired


def test_a_mean_is_cut_to_whole_percents() -> None:
    """55.9 % of 50 % is 55 / 50 = 1.1 times the target, which the tolerance covers; 56 % is not."""
    assert replicas_for_mean(10, (0.559,) * 10, 0.5, TEN) == 10
    assert replicas_for_mean(10, (0.56,) * 10, 0.5, TEN) == 12


def test_without_any_reading_the_number_stays() -> None:
    assert replicas_for_mean(4, (), 0.5, TEN, unready=4) == 4


@pytest.mark.parametrize(
    "replicas, total, target, desired",
    [
        pytest.param(3, 8600, 2150, 4, id="up"),
        pytest.param(5, 8600, 2867, 3, id="down"),
        pytest.param(3, 8600, 2900, 3, id="within the tolerance"),
        pytest.param(4, 20166, 5000, 4, id="within it from above"),
        pytest.param(1, 30, 10, 3, id="KEDA: 30 messages, 10 for each pod"),
        pytest.param(10, 1500, 100, 15, id="AWS: 1500 messages, 10 s of 0.1 s each for each instance"),
        pytest.param(2, 0, 5, 0, id="nothing"),
    ],
)
def test_a_total_is_divided_among_the_replicas(replicas: int, total: float, target: float, desired: int) -> None:
    """The first four: replica_calculator_test.go, metrics per pod; then the examples of KEDA and AWS."""
    assert replicas_for_total(replicas, total, target, TEN) == desired


def test_the_tolerance_may_differ_by_direction() -> None:
    tolerance = Tolerance(up=0.0, down=0.05)
    assert [replicas_for_ratio(50, ratio, tolerance) for ratio in (1.01, 0.96, 0.94)] == [51, 50, 47]


@given(
    read=st.lists(st.integers(0, 200), min_size=1, max_size=8), unready=st.integers(0, 4), missing=st.integers(0, 4),
    target=st.sampled_from([20, 50, 75, 100]),
)  # fmt: skip
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_it_never_turns_the_direction(read: list[int], unready: int, missing: int, target: int) -> None:
    """In exact percents: what is set aside can only keep the number closer to the present one."""
    replicas = len(read) + unready + missing
    mean = Fraction(sum(read) // len(read), target)
    asked = replicas_for_mean(replicas, [one / 100 for one in read], target / 100, TEN, unready, missing)
    if mean > 1:
        assert replicas <= asked <= max(replicas, ceil(mean * replicas))
    elif mean < 1:
        assert asked <= replicas
    else:
        assert asked in (replicas, len(read))


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Tolerance(-0.1), "tolerance must be a number of at least 0, got -0.1"),
        (lambda: Tolerance(0.1, -1.0), "tolerance must be a number of at least 0, got -1.0"),
    ],
)
def test_a_tolerance_below_zero_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        make()
