"""Whole schedules of attempts (acceptance cases B14, H01, H02) and which outcomes are tried again."""

import json
from pathlib import Path

import pytest

from sim.errors import ParameterError
from sim.outcomes import DEGRADED, ERROR, OK, OUTCOMES, REJECTED, SHORT_CIRCUITED, TIMEOUT
from sim.policies.backoff import Backoff
from sim.policies.retry import Retry
from sim.quantities import parse_backoff

TENACITY = json.loads((Path(__file__).parent / "traces" / "tenacity.json").read_text())


def retry(max_attempts: float, backoff: str = "exponential 1s factor 2", jitter: str = "none") -> Retry:
    return Retry(max_attempts, Backoff(parse_backoff(backoff), jitter, lambda: 0.5))


def attempts_at(policy: Retry, succeeds_at: int | None = None) -> list[float]:
    """The instants of the attempts of one call whose attempts take no time."""
    instants, now, last = [], 0.0, 0.0
    while True:
        instants.append(now)
        outcome = OK if len(instants) == succeeds_at else ERROR
        wait = policy.next_wait_s(len(instants), outcome, last)
        if wait is None:
            return instants
        now, last = now + wait, wait


def test_five_attempts_with_doubling_waits_start_at_0_1_3_7_15_and_no_sixth_follows() -> None:
    assert attempts_at(retry(5)) == [0, 1, 3, 7, 15]


def test_a_call_that_recovers_is_not_repeated() -> None:
    assert attempts_at(retry(5), succeeds_at=4) == [0, 1, 3, 7]


def test_linear_waits_grow_by_the_step() -> None:
    assert attempts_at(retry(5, "linear 1s step 2s")) == [0, 1, 4, 9, 16]


@pytest.mark.parametrize("name", TENACITY["traces"])
def test_attempts_are_those_of_tenacity(name: str) -> None:
    trace = TENACITY["traces"][name]
    policy = retry(trace["max_attempts"], trace["backoff"])
    assert attempts_at(policy, trace["succeeds_at"]) == trace["attempts_at"]


def test_the_last_wait_is_handed_to_decorrelated_jitter() -> None:
    assert attempts_at(retry(4, "exponential 1s cap 20s", "decorrelated")) == [0, 2, 5.5, 11.25]


def test_only_error_timeout_refused_and_rejected_are_tried_again() -> None:
    again = [name for code, name in enumerate(OUTCOMES) if retry(2).next_wait_s(1, code, 0.0) is not None]
    assert again == ["error", "timeout", "refused", "rejected"]


def test_one_attempt_means_no_retry() -> None:
    assert retry(1).next_wait_s(1, TIMEOUT, 0.0) is None


def test_no_attempts_at_all_are_refused() -> None:
    with pytest.raises(
        ParameterError, match="^max attempts must be a whole number of at least 1, or 'unlimited', got 0$"
    ):
        retry(0)


def test_unlimited_attempts_never_end() -> None:
    policy = retry(float("inf"), "exponential 1s factor 2 cap 20s")
    assert [policy.next_wait_s(n, ERROR, 0.0) for n in (1, 10, 10**6)] == [1, 20, 20]


def test_it_tries_again_only_on_the_outcomes_it_is_told() -> None:
    policy = Retry(2, Backoff(parse_backoff("none"), "none", lambda: 0.5), on=[TIMEOUT, REJECTED])
    again = [name for code, name in enumerate(OUTCOMES) if policy.next_wait_s(1, code, 0.0) is not None]
    assert again == ["timeout", "rejected"]


@pytest.mark.parametrize("outcome", [OK, DEGRADED])
def test_what_went_well_cannot_be_tried_again(outcome: int) -> None:
    with pytest.raises(
        ParameterError, match="^on must be among error, timeout, refused, rejected, short-circuited, got "
    ):
        Retry(2, Backoff(parse_backoff("none"), "none", lambda: 0.5), on=[outcome])


def test_what_was_stopped_is_tried_again_only_if_it_is_asked_for() -> None:
    usual = Retry(2, Backoff(parse_backoff("1s"), "none", lambda: 0.5))
    assert usual.next_wait_s(1, SHORT_CIRCUITED) is None
    asked = Retry(2, Backoff(parse_backoff("1s"), "none", lambda: 0.5), on=[SHORT_CIRCUITED])
    assert [asked.next_wait_s(n, SHORT_CIRCUITED) for n in (1, 2)] == [1.0, None]
