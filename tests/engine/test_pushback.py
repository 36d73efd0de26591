"""Pushback and limits on the time of a call in whole runs: from the callee's answer to the caller's next attempt."""

from __future__ import annotations

from collections import Counter

import pytest

from sim.record.record import MARKS, Record
from tests.engine._play import attempts, play, requests


def calls(
    retry: str, steps: str = "{fail: 100%, retry after: 10s}", service: str = "", at: str = "0s", link: str = ""
) -> Record:
    return play(
        f"""
workload: {{c: {{calls: a.x, arrivals: at {at}}}}}
services: {{a: {{workers: unlimited{service}, operations: {{x: [{steps}]}}}}}}
links: {{c -> a: {{retry: {{{retry}}}{link}}}}}""",
        "100s",
    )


def sent_at(record: Record) -> list[float]:
    return [at for (at,) in attempts(record, "sent_at")]


def marked(record: Record) -> dict[str, int]:
    return dict(Counter(MARKS[int(kind)] for kind in record.marks["kind"]))


DOUBLING = "max attempts: 4, backoff: exponential 1s factor 2"


@pytest.mark.parametrize(
    "pushback, expected",
    [
        ("", [0, 1, 3, 7]),  # a caller that does not listen
        (", pushback: {}", [0, 10, 20, 30]),
        (", pushback: {cap: 5s}", [0, 5, 10, 15]),
        (", pushback: {cap: 5s, beyond cap: ignore}", [0, 1, 3, 7]),
        (", pushback: {cap: 5s, beyond cap: stop}", [0]),
    ],
)
def test_the_next_attempt_comes_when_the_callee_asks_for_it(pushback: str, expected: list[float]) -> None:
    assert sent_at(calls(DOUBLING + pushback)) == expected


@pytest.mark.parametrize("resets, expected", [("true", [0, 10, 20, 30]), ("false", [0, 10, 26, 90])])
def test_at_least_waits_for_the_longer_of_both(resets: str, expected: list[float]) -> None:
    retry = "max attempts: 4, backoff: exponential 4s factor 4, pushback: {wait: at least, resets backoff: RESETS}"
    assert sent_at(calls(retry.replace("RESETS", resets))) == expected


@pytest.mark.parametrize("resets, last", [("true", 11.125), ("false", 14.125)])
def test_after_a_pushback_the_backoff_begins_again(resets: str, last: float) -> None:
    """The second call is rejected twice, has the token of 10 s, fails, and waits its first wait, not its third."""
    limit = ", limit: {rate: 0.1/s, retry after: 5s}"
    record = calls(f"{DOUBLING}, pushback: {{resets backoff: {resets}}}", "{fail: 100%}", limit, "0s 125ms")
    second = [at for at, request in attempts(record, "sent_at request") if request == 1]
    assert second == [0.125, 5.125, 10.125, last]


def test_a_callee_that_forbids_further_attempts_gets_none_and_a_token_is_paid() -> None:
    record = calls(
        "max attempts: 4, on: [timeout, error], budget: {kind: grpc, capacity: 4}, pushback: {}",
        "{fail: 100%, retry after: never}",
        at="0s 1s 2s",
    )
    assert sent_at(record) == [0, 1, 2] and marked(record) == {"retry forbidden": 3}


def test_a_rate_limit_knows_when_its_next_token_comes() -> None:
    limit = ", limit: {rate: 1/s, retry after: next token}"
    record = calls("max attempts: 4, pushback: {}", "{work: 125ms}", limit, "0s 250ms 500ms")
    assert sorted(sent_at(record)) == [0, 0.25, 0.5, 1, 1, 2]
    assert requests(record, "ended_at outcome") == [(0.125, "ok"), (1.125, "ok"), (2.125, "ok")]


def test_a_rule_says_its_own_word_and_the_service_the_word_of_all_others() -> None:
    rules = ", retry after: 3s, limit: {rate: 1/s, retry after: never}"
    record = calls("max attempts: 4, pushback: {}", "{work: 125ms}", rules, "0s 250ms")
    assert requests(record, "ended_at outcome") == [(0.125, "ok"), (0.25, "rejected")]
    full = ", retry after: 3s, limit: {rate: 1/s, burst: 1}"
    record = calls("max attempts: 4, pushback: {}", "{work: 125ms}", full, "0s 250ms")
    assert requests(record, "ended_at outcome") == [(0.125, "ok"), (3.375, "ok")]


def test_load_shedding_says_a_fixed_time() -> None:
    shed = ", shed: {line length: 1, retry after: 4s}"
    record = play(
        f"""
workload: {{c: {{calls: a.x, arrivals: at 0s 0s 0s}}}}
services: {{a: {{workers: 1{shed}, operations: {{x: [{{work: 1s}}]}}}}}}
links: {{c -> a: {{retry: {{max attempts: 2, backoff: 1s, pushback: {{}}}}}}}}""",
        "20s",
    )
    assert requests(record, "ended_at outcome") == [(1, "ok"), (2, "ok"), (5, "ok")]


def test_a_total_timeout_ends_attempts_waits_and_hedges() -> None:
    record = calls(
        "max attempts: 9, backoff: 1s", "{work: 3s}, {fail: 100%}", link=", total timeout: 5s, hedge: {after: 1s}"
    )
    rows = attempts(record, "sent_at ended_at outcome why")
    assert rows == [(0, 3, "error", "fail step"), (1, 4, "error", "fail step"), (4, 5, "timeout", "total timeout")]
    assert requests(record, "ended_at outcome why") == [(5, "timeout", "total timeout")]
    assert marked(record) == {"hedge": 1, "total timeout": 1}


def test_a_call_that_ends_in_time_leaves_no_timer_and_a_fallback_stands_in_for_one_that_does_not() -> None:
    quick = calls("max attempts: 2", "{work: 1s}", link=", total timeout: 50s")
    assert requests(quick, "ended_at outcome") == [(1, "ok")] and quick.ended_at <= 101
    slow = calls("max attempts: 2", "{work: 9s}", link=", total timeout: 5s, fallback: default")
    assert requests(slow, "ended_at outcome") == [(5, "degraded")]
