"""The breaker by rules, by hand: windows that move in buckets, probes, timed changes, and outcomes that come late."""

from __future__ import annotations

from math import inf
from typing import Any, Callable

import pytest

from sim.errors import ParameterError
from sim.policies.breaker import CLOSED, HALF_OPEN, OPEN, PASSING_BY
from sim.policies.rule_breaker import OpeningRule, ProbeRule, RuleBreaker
from sim.policies.tallies import Buckets, LatestCalls, LatestSpan, Tally


def breaker(
    opening: OpeningRule | None = None, probing: ProbeRule | None = None, tally: Tally | None = None, **settings: Any
) -> RuleBreaker:
    open_s = settings.pop("open_s", lambda n: 8.0)
    return RuleBreaker(opening or OpeningRule(failures=2), probing or ProbeRule(), tally or Tally(), open_s, **settings)


def fail(policy: RuleBreaker, *instants: float) -> None:
    for now in instants:
        assert policy.admit(now)
        policy.record(policy.generation, False, now)


def half_open(**settings: Any) -> RuleBreaker:
    policy = breaker(**settings)
    fail(policy, 0.0, 0.0)
    assert policy.state == OPEN and policy.admit(9.0) and policy.state == HALF_OPEN
    return policy


@pytest.mark.parametrize("longer, passes", [(False, True), (True, False)])
def test_a_call_at_the_end_of_the_open_time_passes_or_not(longer: bool, passes: bool) -> None:
    policy = breaker(longer=longer)
    fail(policy, 1.0, 2.0)
    assert not policy.admit(9.75)
    assert policy.admit(10.0) is passes
    assert longer is policy.admit(10.25), "the first probe, or a second one"


def test_two_of_three_probes_close_it_and_two_failures_open_it_again() -> None:
    closing, opening = (half_open(probing=ProbeRule(3, 2)) for _ in range(2))
    for policy in (closing, opening):
        assert policy.admit(9.0) and policy.admit(9.0) and not policy.admit(9.0)
        policy.record(policy.generation, False, 10.0)
        policy.record(policy.generation, True, 10.0) if policy is opening else None
        assert policy.state == HALF_OPEN
    closing.record(closing.generation, True, 11.0)
    closing.record(closing.generation, True, 11.0)
    opening.record(opening.generation, False, 11.0)
    assert (closing.state, opening.state) == (CLOSED, OPEN)


def test_places_at_once_are_free_again_after_an_outcome() -> None:
    policy = half_open(probing=ProbeRule(2, 2, "at once"))
    assert policy.admit(9.0) and not policy.admit(9.0)
    policy.record(policy.generation, True, 10.0)
    assert policy.admit(10.0) and not policy.admit(10.0)


def test_without_a_limit_every_call_passes_half_open() -> None:
    policy = half_open(probing=ProbeRule(2, 2, "none"))
    assert all(policy.admit(9.0) for _ in range(10))


def test_a_limit_of_half_open_opens_it_again() -> None:
    policy = half_open(probing=ProbeRule(most_s=3.0))
    assert policy.wakes_at == 12.0
    policy.wake(12.0)
    assert policy.state == OPEN and not policy.admit(19.75) and policy.admit(20.0)


def test_a_limit_of_half_open_can_close_it() -> None:
    policy = half_open(probing=ProbeRule(most_s=3.0, then=CLOSED))
    policy.wake(12.0)
    assert policy.state == CLOSED and policy.wakes_at == inf


def test_it_becomes_half_open_by_itself() -> None:
    policy = breaker(by_itself=True)
    fail(policy, 0.0, 1.0)
    assert policy.wakes_at == 9.0
    policy.wake(9.0)
    assert policy.state == HALF_OPEN and policy.wakes_at == inf


def test_open_times_grow_until_it_closes() -> None:
    policy = breaker(open_s=lambda n: float(n))
    fail(policy, 0.0, 0.0)
    ends = []
    for now in (1.0, 3.0, 6.0):
        assert not policy.admit(now - 0.25) and policy.admit(now)
        ends.append(policy.open_for_s)
        policy.record(policy.generation, now == 6.0, now)
    assert ends == [1.0, 2.0, 3.0] and policy.state == CLOSED
    fail(policy, 7.0, 7.0)
    assert policy.open_for_s == 1.0


@pytest.mark.parametrize("late, state", [(True, CLOSED), (False, HALF_OPEN)])
def test_an_outcome_from_before_counts_half_open_if_late_ones_count(late: bool, state: int) -> None:
    policy = breaker(counts_late=late)
    assert policy.admit(0.0)
    old = policy.generation
    fail(policy, 0.0, 0.0)
    assert policy.admit(9.0)
    policy.record(old, True, 9.5)
    assert policy.state == state


def test_a_call_that_passed_by_never_counts_unless_it_was_closed() -> None:
    policy = half_open(counts_late=True)
    assert policy.pass_by(9.0) == PASSING_BY
    policy.record(PASSING_BY, False, 9.0)
    assert policy.state == HALF_OPEN


def test_counts_are_cleared_after_a_span_and_calls_from_before_count_no_more() -> None:
    policy = breaker(clears_s=5.0)
    fail(policy, 1.0)
    assert policy.admit(4.0)
    old = policy.generation
    assert policy.admit(5.25), "a new period begins"
    policy.record(old, False, 5.5)
    fail(policy, 6.0)
    assert policy.state == CLOSED
    fail(policy, 6.5)
    assert policy.state == OPEN


def rates(**settings: Any) -> OpeningRule:
    return OpeningRule(None, True, **{"failure_rate": 0.5, "minimum_calls": 2, **settings})


def test_judged_after_failures_only_a_success_opens_nothing() -> None:
    """Failure, success: one of two. The success completes the minimum; only the next failure opens it."""
    for after_failures, states in ((False, [CLOSED, OPEN]), (True, [CLOSED, CLOSED, OPEN])):
        policy = breaker(rates(after_failures=after_failures), tally=LatestCalls(4))
        seen = []
        for now, ok in zip((0.0, 1.0, 2.0), (False, True, False)):
            if policy.admit(now):
                policy.record(policy.generation, ok, now)
                seen.append(policy.state)
        assert seen == states


@pytest.mark.parametrize("above, state", [(False, OPEN), (True, CLOSED)])
def test_a_rate_opens_when_it_is_reached_or_only_above(above: bool, state: int) -> None:
    policy = breaker(rates(above=above), tally=LatestCalls(4))
    policy.record(0, True, 0.0)
    policy.record(0, False, 1.0)
    assert policy.state == state


def test_calls_count_when_they_end_or_when_they_are_sent() -> None:
    """Four calls are out; the first two fail: two of two that ended, two of four that were sent."""
    for of, state in (("ended", OPEN), ("sent", CLOSED)):
        policy = breaker(rates(of=of, failure_rate=0.75))
        for _ in range(4):
            assert policy.admit(0.0)
        for _ in range(2):
            policy.record(0, False, 1.0)
        assert policy.state == state


def test_a_call_that_was_never_made_is_not_counted_as_sent() -> None:
    policy = breaker(rates(of="sent"))
    assert policy.admit(0.0) and policy.admit(0.0)
    policy.release(0)
    assert policy.tally.total == 1


def test_two_buckets_by_the_clock_hold_one_to_two_lengths() -> None:
    tally = Buckets(2.0, 2, "clock")
    for now in (0.75, 1.25, 2.0):
        tally.ended(now, 1, 1, 0, now)
    assert tally.total == 2, "the bucket of the first second left at 2"
    tally.ended(2.75, 1, 0, 0, 2.75)
    assert (tally.total, tally.failed) == (3, 2)


def test_buckets_from_the_first_call_begin_with_it() -> None:
    tally = Buckets(2.0, 2, "call")
    for now in (0.75, 1.25, 2.0):
        tally.ended(now, 1, 1, 0, now)
    assert tally.total == 3, "the bucket from 0.75 leaves at 2.75"
    tally.ended(2.75, 1, 0, 0, 2.75)
    assert tally.total == 2


def test_buckets_from_closing_are_counted_from_there() -> None:
    tally = Buckets(2.0, 2, "closed")
    tally.clear(0.5)
    for now in (0.75, 1.25, 2.0):
        tally.ended(now, 1, 1, 0, now)
    assert tally.total == 3
    tally.ended(2.5, 1, 0, 0, 2.5)
    assert tally.total == 2, "the bucket from 0.5 leaves at 2.5"


def test_a_failure_counts_in_the_bucket_in_which_its_call_began_or_nowhere() -> None:
    tally = Buckets(2.0, 2, "clock", by_begin=True)
    tally.began(0.5)
    tally.ended(1.5, 0, 1, 0, 0.5)
    assert (tally.total, tally.failed) == (1, 1)
    tally.began(2.0)
    assert (tally.total, tally.failed) == (1, 0)
    tally.ended(2.5, 0, 1, 0, 0.5)
    assert tally.failed == 0


def test_a_span_drops_calls_that_are_as_old() -> None:
    tally = LatestSpan(2.0)
    for now in (0.0, 1.0, 2.0):
        tally.ended(now, 1, 1, 0, now)
    assert (tally.total, tally.failed) == (2, 2)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: breaker(probing=ProbeRule(2, 3)), "successes must be at most the 2 probes, got 3"),
        (lambda: breaker(probing=ProbeRule(2, 0)), "successes must be a whole number of at least 1, got 0"),
        (lambda: breaker(open_s=lambda n: 0.0), "open for must be a duration above zero, got 0.0"),
        (lambda: Buckets(0.0, 2, "clock"), "window must be a duration above zero, got 0.0"),
        (lambda: Buckets(1.0, 0, "clock"), "buckets must be a whole number of at least 1, got 0"),
        (lambda: LatestCalls(0), "calls must be a whole number of at least 1, got 0"),
        (lambda: LatestSpan(0.0), "window must be a duration above zero, got 0.0"),
    ],
)
def test_a_breaker_that_cannot_work_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        make()


def test_a_call_that_is_taken_back_after_its_bucket_has_left_makes_no_count_negative() -> None:
    tally = Buckets(2.0, 2, "clock")
    tally.began(0.5)
    tally.ended(3.0, 0, 0, 0, 3.0)
    tally.began(3.0, -1)
    assert tally.total == 0
