"""Knative's autoscaler and KEDA's zero: the cases of their own tests, and the windows."""

from collections.abc import Callable

import pytest

from sim.errors import ParameterError
from sim.policies.activation import Activation
from sim.policies.concurrency_autoscaler import ConcurrencyAutoscaler, WindowMeans


def knative(target: float, **settings: float) -> ConcurrencyAutoscaler:
    """Return an autoscaler as Knative's tests make it: at a look ten times as many at most, a tenth at least."""
    given = {"up_rate": 10.0, "down_rate": 10.0, "grace_s": 0.0, **settings}
    return ConcurrencyAutoscaler(target, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "target, ready, stable, panic, desired",
    [
        pytest.param(10, 1, 50, 10, 5, id="stable mode up"),
        pytest.param(10, 1, 50, 50, 5, id="no change"),
        pytest.param(10, 8, 50, 50, 5, id="stable mode down"),
        pytest.param(10, 1, 0, 0, 0, id="no data"),
        pytest.param(181, 1, 21, 26, 1, id="little"),
        pytest.param(1, 1, 60, 60, 10, id="at most ten times as many"),
        pytest.param(10, 100, 10, 10, 10, id="at least a tenth"),
    ],
)
def test_plays_like_the_autoscaler_of_knative(
    target: float, ready: int, stable: float, panic: float, desired: int
) -> None:
    """knative/serving, pkg/autoscaler/scaling/autoscaler_test.go (TestAutoscalerScale and those before it)."""
    assert knative(target).desired(0.0, ready, stable, panic) == desired


def test_it_panics_and_calms_down_after_a_stable_window() -> None:
    """autoscaler_test.go, TestAutoscalerUnpanicAfterSlowIncrease."""
    scaler = knative(1)
    assert scaler.desired(0.0, 10, 11, 25) == 25 and scaler.panic_at == 0.0
    assert scaler.desired(30.0, 40, 30, 41) == 41 and scaler.panic_at == 0.0
    assert scaler.desired(62.0, 55, 50, 56) == 50 and scaler.panic_at is None


def test_a_surge_extends_the_panic_which_never_takes_away() -> None:
    """autoscaler_test.go, TestAutoscalerExtendPanicWindow."""
    scaler = knative(1)
    assert scaler.desired(0.0, 10, 11, 25) == 25
    assert scaler.desired(30.0, 40, 30, 80) == 80 and scaler.panic_at == 30.0
    assert scaler.desired(32.0, 80, 30, 5) == 80


def test_the_delay_holds_the_highest_number() -> None:
    """autoscaler_test.go, TestAutoscalerScaleDownDelay: 5 minutes."""
    scaler = knative(10, delay_s=300.0, panic_threshold=100.0)
    looks = ((540.0, 40), (600.0, 30), (660.0, 0), (841.0, 0), (901.0, 0))
    assert [scaler.desired(at, 1, calls, calls) for at, calls in looks] == [4, 4, 4, 3, 0]


def test_with_any_replica_there_are_as_many_as_activation_says() -> None:
    """autoscaler_test.go, TestAutoscalerActivationScale."""
    scaler = knative(10, activation=2)
    assert [scaler.desired(0.0, 1, calls, 0) for calls in (0, 1)] == [0, 2]


def test_with_several_replicas_it_begins_in_panic() -> None:
    scaler = knative(10, replicas=4)
    assert [scaler.desired(at, 4, 10, 10) for at in (2.0, 60.0, 62.0)] == [4, 4, 1]


def test_the_last_replica_stays_for_the_grace_period() -> None:
    scaler = knative(10, grace_s=30.0)
    assert [scaler.desired(at, 1, 0, 0) for at in (0.0, 28.0, 30.0)] == [1, 1, 0]


def test_a_mean_is_that_of_the_samples_in_its_window() -> None:
    calls = WindowMeans(8.0)
    assert calls.mean(0.0, 8.0) == 0
    for at in range(10):
        calls.read(float(at), float(at))
    assert calls.mean(9.0, 2.0) == 8.5 and calls.mean(9.0, 8.0) == 5.5


def test_keda_starts_the_first_replica_and_stops_the_last_after_the_cooldown() -> None:
    keda = Activation(threshold=5.0, cooldown_s=60.0)
    polls = ((0.0, 5, 1), (30.0, 6, 0), (60.0, 5, 3), (90.0, 0, 3), (120.0, 0, 0))
    assert [keda.polled(*poll) for poll in polls] == [0, 1, 3, 0, 0]


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: ConcurrencyAutoscaler(0.0), "target must be a number above 0, got 0.0"),
        (lambda: ConcurrencyAutoscaler(1.0, 0.0), "stable window must be a duration above zero, got 0.0"),
        (lambda: knative(1, up_rate=1.0), "max scale up rate must be a factor above 1x, got 1.0"),
        (lambda: Activation(-1.0), "activation must be a number of at least 0, got -1.0"),
        (lambda: Activation(0.0, -1.0), "cooldown must be a duration, got -1.0"),
    ],
)
def test_rules_that_cannot_work_are_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        make()
