"""The token bucket: exact counts (acceptance case E11), reservations, and any history against exact fractions."""

from fractions import Fraction

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sim.errors import ParameterError
from sim.policies.limiter import TokenBucket
from sim.theory import token_bucket_admitted


def admitted(bucket: TokenBucket, instants: list[float]) -> list[float]:
    return [now for now in instants if bucket.admit(now)]


def test_a_burst_of_20_and_10_a_second_admit_120_of_500_in_ten_seconds() -> None:
    passed = len(admitted(TokenBucket(10, 20), [k / 50 for k in range(500)]))
    assert abs(passed - 120) <= 1
    assert passed <= token_bucket_admitted(10, 20, 50, 10)


@pytest.mark.parametrize("rate", [3, 7, 10, 30])
def test_calls_at_just_the_rate_all_pass_for_an_hour(rate: int) -> None:
    instants = [k / rate for k in range(3600 * rate)]
    assert admitted(TokenBucket(rate, 1), instants) == instants


def test_a_pause_refills_no_more_than_the_burst() -> None:
    bucket = TokenBucket(2, 3)
    assert admitted(bucket, [0.0] * 5 + [0.5] * 2 + [100.0] * 5) == [0.0] * 3 + [0.5] + [100.0] * 3


def test_reservations_come_at_the_rate_in_their_order() -> None:
    bucket = TokenBucket(4, 2)
    assert [bucket.reserve(0.0) for _ in range(5)] == [0.0, 0.0, 0.25, 0.5, 0.75]
    assert not bucket.admit(0.5) and bucket.wait_s(0.5) == 0.5
    assert bucket.reserve(0.5) == 0.5


def test_looking_takes_nothing() -> None:
    bucket = TokenBucket(4, 1)
    assert bucket.wait_s(0.0) == 0.0 and bucket.admit(0.0)
    assert [bucket.wait_s(0.125), bucket.wait_s(0.125)] == [0.125, 0.125]


def test_a_reservation_given_back_serves_the_next_who_asks() -> None:
    bucket = TokenBucket(4, 1)
    assert [bucket.reserve(0.0) for _ in range(3)] == [0.0, 0.25, 0.5]
    bucket.give_back()
    assert bucket.reserve(0.0) == 0.5


def test_giving_back_to_a_full_bucket_adds_nothing() -> None:
    bucket = TokenBucket(4, 2)
    bucket.give_back()
    assert admitted(bucket, [0.0] * 4) == [0.0] * 2


@pytest.mark.parametrize(
    "rate, burst, message",
    [
        (0, 20, "rate must be a rate above zero, got 0"),
        (float("inf"), 20, "rate must be a rate above zero, got inf"),
        (10, 0.5, "burst must be a number of at least 1, got 0.5"),
    ],
)
def test_a_bucket_that_cannot_work_is_refused(rate: float, burst: float, message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        TokenBucket(rate, burst)


class BucketAgainstModel(RuleBasedStateMachine):
    """Calls, reservations and pauses, against a level that is moved on from instant to instant in exact fractions."""

    @initialize(rate=st.sampled_from([1, 2, 3, 5, 8]), burst=st.sampled_from([1, 2.5, 4]))
    def build(self, rate: int, burst: float) -> None:
        self.bucket = TokenBucket(rate, burst)
        self.now, self.level = 0.0, Fraction(burst)

    @rule(sixteenths=st.integers(0, 64))
    def time_passes(self, sixteenths: int) -> None:
        self.now += sixteenths / 16
        self.level = min(
            self.level + Fraction(sixteenths, 16) * Fraction(self.bucket.rate), Fraction(self.bucket.burst)
        )

    @rule()
    def call(self) -> None:
        assert self.bucket.admit(self.now) is (self.level >= 1)
        self.level -= self.level >= 1

    @rule()
    def reserve(self) -> None:
        expected = max(Fraction(0), (1 - self.level) / Fraction(self.bucket.rate))
        assert self.bucket.wait_s(self.now) == pytest.approx(float(expected))
        assert self.bucket.reserve(self.now) == pytest.approx(float(expected))
        self.level -= 1

    @rule()
    def leave(self) -> None:
        if self.level < 0:
            self.bucket.give_back()
            self.level += 1

    @invariant()
    def levels_agree(self) -> None:
        assert self.bucket.tokens(self.now) == pytest.approx(float(self.level))


TestBucketAgainstModel = BucketAgainstModel.TestCase
TestBucketAgainstModel.settings = settings(max_examples=40, deadline=None, derandomize=True, database=None)
