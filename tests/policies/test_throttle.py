"""The client's own throttle: the book's formula, the two demands of acceptance cases B23 and B24, the window."""

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from sim.errors import ParameterError
from sim.policies.limiter import TokenBucket
from sim.policies.throttle import BUCKETS, AdaptiveThrottle
from sim.theory import adaptive_throttle_sent


def never() -> float:
    raise AssertionError("nothing must be drawn while nothing may be stopped")


@pytest.mark.parametrize("k", [2.0, 1.1])
def test_a_client_sends_k_times_what_is_accepted(k: float) -> None:
    """100/s for ten minutes and ten more, a callee that takes 20/s; the shares' sd over 60,000 calls is below 0.3 %."""
    throttle = AdaptiveThrottle(k, 120.0, np.random.default_rng(23).random)
    callee = TokenBucket(20, 20)
    sent = accepted = 0
    for i in range(120_000):
        now = i / 100
        if throttle.admit(now):
            taken = callee.admit(now)
            if taken:
                throttle.accepted(now)
            if now >= 600:
                sent, accepted = sent + 1, accepted + taken
    assert accepted / 600 == pytest.approx(20, rel=0.03)
    assert sent / 600 == pytest.approx(adaptive_throttle_sent(100, 20, k), rel=0.03)


def test_nothing_is_stopped_or_drawn_while_all_is_accepted() -> None:
    throttle = AdaptiveThrottle(2.0, 64.0, never)
    for second in range(1000):
        assert throttle.admit(float(second))
        throttle.accepted(float(second))


def test_the_first_call_is_never_stopped_and_the_second_may_be() -> None:
    drawn = iter([0.49, 0.5])
    throttle = AdaptiveThrottle(2.0, 64.0, lambda: next(drawn))
    assert throttle.admit(0.0)
    assert not throttle.admit(0.0), "one request, none accepted: 1/2"
    throttle = AdaptiveThrottle(2.0, 64.0, lambda: next(drawn))
    assert throttle.admit(0.0) and throttle.admit(0.0)


def test_stopped_calls_count_as_requests() -> None:
    drawn = iter([0.0, 0.65, 0.75])
    throttle = AdaptiveThrottle(2.0, 64.0, lambda: next(drawn))
    assert [throttle.admit(0.0) for _ in range(4)] == [True, False, False, True]


def test_the_window_forgets() -> None:
    throttle = AdaptiveThrottle(2.0, 64.0, lambda: 0.0)
    assert throttle.admit(0.0)
    assert not throttle.admit(63.0)
    assert throttle.admit(127.5)


def test_below_the_minimum_nothing_is_stopped() -> None:
    throttle = AdaptiveThrottle(2.0, 64.0, lambda: 0.0, minimum=10)
    assert [throttle.admit(0.0) for _ in range(12)] == [True] * 10 + [False] * 2


@pytest.mark.parametrize(
    "k, window_s, minimum, message",
    [
        (0.9, 120.0, 0, "k must be a number of at least 1, got 0.9"),
        (2.0, 0.0, 0, "window must be a duration above zero, got 0.0"),
        (2.0, 120.0, -1, "minimum must be a whole number of at least 0, got -1"),
    ],
)
def test_a_throttle_that_cannot_work_is_refused(k: float, window_s: float, minimum: int, message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        AdaptiveThrottle(k, window_s, never, minimum)


class ThrottleAgainstModel(RuleBasedStateMachine):
    """Any order of requests and accepts, against a model that keeps all instants and counts them anew."""

    @initialize(k=st.sampled_from([1.0, 1.5, 2.0]), minimum=st.integers(0, 3))
    def build(self, k: float, minimum: int) -> None:
        self.drawn: list[float] = []
        self.throttle = AdaptiveThrottle(k, 12.5, self.uniform, minimum)
        self.now = 0.0
        self.requests: list[float] = []
        self.accepts: list[float] = []

    def uniform(self) -> float:
        return self.drawn.pop()

    def counted(self, instants: list[float]) -> int:
        """Those within the step of *now* and the 99 steps of 1/8 s before it."""
        return sum(int(at * 8) > int(self.now * 8) - BUCKETS for at in instants)

    @rule(sixteenths=st.integers(0, 120))
    def time_passes(self, sixteenths: int) -> None:
        self.now += sixteenths / 16

    @rule(u=st.sampled_from([0.0, 0.25, 0.5, 0.75, 0.9]))
    def request(self, u: float) -> None:
        requests, accepts = self.counted(self.requests), self.counted(self.accepts)
        p_stop = max(0.0, (requests - self.throttle.k * accepts) / (requests + 1))
        may_stop = p_stop > 0 and requests >= self.throttle.minimum
        self.drawn = [u] if may_stop else []
        assert self.throttle.admit(self.now) is not (may_stop and u < p_stop)
        assert self.drawn == []
        self.requests.append(self.now)

    @rule()
    def accept(self) -> None:
        self.throttle.accepted(self.now)
        self.accepts.append(self.now)


TestThrottleAgainstModel = ThrottleAgainstModel.TestCase
TestThrottleAgainstModel.settings = settings(max_examples=40, deadline=None, derandomize=True, database=None)
