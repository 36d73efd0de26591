"""What `show` and `validate` say of bounds: a warning names the pool or the limit that makes it moot."""

from __future__ import annotations

import pytest

import sim
from sim.scenario.models import Scenario
from sim.theory import erlang_b
from sim.topology import advice, describe


def system(link: str = "", pool: str = "", rate: str = "20/s", work: str = "50ms") -> Scenario:
    """Return a client with 16 attempts at most, at a pool of three workers at each of two replicas."""
    return sim.loads(f"""
version: 1
title: T
duration: 9s
workload: {{c: {{calls: a.x, rate: {rate}, instances: 4}}}}
services: {{a: {{replicas: 2, workers: 3, {pool}operations: {{x: [{{work: {work}}}]}}}}}}
links: {{c -> a: {{{link}retry: {{max attempts: 60}}}}}}
""").resolve()


def bounds(scenario: Scenario) -> list[str]:
    """Return the clauses that follow the warning about retries."""
    (line,) = [one for one in advice(scenario) if "when everything fails" in one]
    return line.split("; ")[1:]


def test_a_line_that_may_be_long_bounds_nothing_that_is_worth_a_word() -> None:
    assert bounds(system()) == [] and bounds(system(pool="waiting: unlimited, max wait: 1s, ")) == []


@pytest.mark.parametrize(
    "pool, words",
    [
        ("waiting: 0, ", "a works on at most 6 at once and rejects the rest"),
        (
            "waiting: 4, max wait: 250ms, ",
            "a works on at most 6 at once, lets at most 8 wait, each 250 ms at most, and rejects the rest",
        ),
        (
            "waiting: 4, max wait: exponential 2s, ",
            "a works on at most 6 at once, lets at most 8 wait, each 2 s on average, and rejects the rest",
        ),
        (
            "while calling: free, in flight: 10, waiting: 0, ",
            "a works on at most 20 at once and rejects the rest",
        ),
        (
            "concurrency: {kind: aimd, initial: 2, most: 5}, ",
            "the concurrency limit of a takes at most 10 at once and rejects the rest",
        ),
    ],
)
def test_a_pool_bounds_what_retries_send(pool: str, words: str) -> None:
    assert bounds(system(pool=pool)) == [words]


def test_the_tightest_bound_at_once_is_named_and_a_rate_next_to_it() -> None:
    both = system(link="bulkhead: {max concurrent calls: 5}, limit: {rate: 30/s}, ", pool="waiting: 0, ")
    assert bounds(both) == [
        "the bulkhead of c -> a lets at most 5 of its calls out at once",
        "the rate limit of c -> a lets at most 30/s pass",
    ]
    wide = system(link="bulkhead: {max concurrent calls: 50}, ", pool="waiting: 0, limit: {rate: 15/s}, ")
    assert bounds(wide) == [
        "a works on at most 6 at once and rejects the rest", "the rate limit of a lets at most 30/s in",
    ]  # fmt: skip
    each = system(link="limit: {rate: 30/s, scope: caller}, ")
    assert bounds(each) == ["the rate limit of c -> a lets at most 120/s pass"]


def test_a_limit_outside_the_retry_counts_calls_and_bounds_no_attempts() -> None:
    assert bounds(system(link="limit: {rate: 30/s}, order: [limit, retry], ")) == []


def test_an_overloaded_pool_says_how_its_line_bounds_the_wait() -> None:
    full = system(pool="waiting: 0, ", rate="200/s")
    assert any(line.endswith("; it has no queue and rejects what finds no free worker") for line in advice(full))
    short = system(pool="waiting: 4, max wait: 250ms, ", rate="200/s")
    wait = "; at most 4 calls a replica wait, 250 ms at most, and the rest is rejected"
    assert any(line.endswith(wait) for line in advice(short))


def test_an_unlimited_queue_names_what_bounds_it() -> None:
    def of(pool: str = "", link: str = "") -> str:
        (line,) = [one for one in advice(system(link, f"waiting: unlimited, {pool}")) if "unlimited" in one]
        return line

    assert of() == "a: its queue is unlimited, so it never rejects a call"
    assert of("max wait: 2s, ") == "a: its queue is unlimited, but a call waits 2 s at most and is then rejected"
    assert of(link="bulkhead: {max concurrent calls: 9, scope: caller}, ").endswith(
        "; the bulkheads of its callers let at most 36 calls out at once"
    )
    assert of("limit: {rate: 15/s}, ").endswith("; its rate limit lets at most 30/s in")


@pytest.mark.parametrize("rate, work", [("20/s", "50ms"), ("60/s", "exponential 100ms")])
def test_a_pool_without_a_queue_is_full_as_often_as_erlang_says(rate: str, work: str) -> None:
    scenario = system(pool="waiting: 0, ", rate=rate, work=work)
    (found,) = [one for one in describe(scenario).defences if one.defence == "pool"]
    out = float(rate[:-2]) / 2 * (0.05 if work == "50ms" else 0.1)
    assert found.arithmetic.endswith(f"; {erlang_b(out, 3):.1%} find it full") and found.most == 3
