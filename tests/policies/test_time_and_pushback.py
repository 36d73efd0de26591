"""Limits on the time of all attempts, and pushback of the callee: the decisions, by hand."""

from math import inf
from typing import Callable

import pytest

from sim.errors import ParameterError
from sim.policies.max_duration import MaxDuration
from sim.policies.pushback import NEVER, Pushback


def begins(stop: str, limit_s: float, waits: list[float], took_s: float = 0.0) -> list[float]:
    """Return when attempts that take *took_s* begin, with *waits* between them."""
    policy, at = MaxDuration(limit_s, stop, took_s), [0.0]
    for wait_s in waits:
        elapsed_s = at[-1] + took_s
        within_s = policy.wait_s(elapsed_s, wait_s)
        if within_s is None:
            break
        at.append(elapsed_s + within_s)
    return at


@pytest.mark.parametrize(
    "stop, limit_s, took_s, expected",
    [
        ("before", 5, 0, [0, 1, 3]),  # tenacity, stop_before_delay(5)
        ("before", 7, 0, [0, 1, 3]),  # reached is too late
        ("before", 7.5, 0, [0, 1, 3, 7]),
        ("after", 5, 0, [0, 1, 3, 7]),  # tenacity, stop_after_delay(5)
        ("after", 3, 0, [0, 1, 3]),
        ("shorten", 5, 0, [0, 1, 3, 5]),  # Failsafe, Python's backoff
        ("shorten", 3, 0, [0, 1, 3]),
        ("before", 8, 2, [0, 3, 7]),
        ("before end", 8, 2, [0, 3]),
        ("before end", 9, 2, [0, 3, 7]),  # it may end exactly at the limit
        ("after", 5, 2, [0, 3]),
        ("shorten", 8, 2, [0, 3, 7]),
    ],
)
def test_no_attempt_begins_that_is_too_late(stop: str, limit_s: float, took_s: float, expected: list[float]) -> None:
    assert begins(stop, limit_s, [1, 2, 4, 8], took_s) == expected


def test_sums_of_tenths_reach_the_limit_that_they_write() -> None:
    assert MaxDuration(0.3).wait_s(0.1, 0.2) is None and MaxDuration(0.8, "after").wait_s(0.7 + 0.1, 1) is None


@pytest.mark.parametrize(
    "policy, asked_s, believed_s",
    [
        (Pushback(), 10, 10),
        (Pushback(), NEVER, NEVER),
        (Pushback(), None, None),
        (Pushback(cap_s=5), 10, 5),
        (Pushback(cap_s=5), 5, 5),
        (Pushback(cap_s=5, beyond="ignore"), 10, None),
        (Pushback(cap_s=5, beyond="stop"), 10, NEVER),
        (Pushback(cap_s=5), NEVER, NEVER),
    ],
)
def test_a_caller_believes_up_to_its_cap(policy: Pushback, asked_s: float | None, believed_s: float | None) -> None:
    assert policy.believed_s(asked_s) == believed_s


def never_drawn() -> float:
    raise AssertionError("a backoff that does not count must not be drawn")


def test_exactly_replaces_the_backoff_and_at_least_takes_the_longer() -> None:
    assert Pushback().wait_s(3, never_drawn) == 3
    assert Pushback("at least").wait_s(3, lambda: 2.0) == 3 and Pushback("at least").wait_s(3, lambda: 4.0) == 4


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: MaxDuration(0), "max duration must be a duration above zero, got 0"),
        (lambda: MaxDuration(inf), "max duration must be a duration above zero, got inf"),
        (lambda: MaxDuration(1, "soon"), "stop must be one of before, before end, after, shorten, got 'soon'"),
        (lambda: Pushback("soon"), "wait must be one of exactly, at least, got 'soon'"),
        (lambda: Pushback(beyond="wait"), "beyond cap must be one of cut, ignore, stop, got 'wait'"),
        (lambda: Pushback(cap_s=0), "cap must be a duration above zero, got 0"),
    ],
)
def test_what_cannot_be_kept_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        make()
