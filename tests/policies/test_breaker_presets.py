"""Breakers by preset against their products: calls that overlap in any way, held against each product's own rules."""

from __future__ import annotations

import heapq
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.policies.breaker import STATES
from tests.policies._products import Failsafe, Gobreaker, Opossum, Polly, Pybreaker, Resilience4j

TRACES = Path(__file__).parent / "traces"
Calls = list[tuple[int, int, bool]]
"""For each call: the time since the last one, and how long it takes, in eighths of a second; whether it succeeds."""


def by_preset(breaker: str) -> Any:
    """Return the policy of a link with this *breaker*, as the loader makes it."""
    text = f"""
version: 1
title: t
duration: 1s
workload: {{client: {{calls: bank.pay, rate: 1/s}}}}
services: {{bank: {{operations: {{pay: [{{work: 1ms}}]}}}}}}
links: {{client -> bank: {{breaker: {{{breaker}}}}}}}
"""
    model = sim.loads(text).resolve().links["client -> bank"].breaker
    assert model is not None
    return model.policy(lambda now, state: None)


def compare(breaker: str, product: Any, calls: Calls, rest_s: float = 5.0) -> None:
    """Give *calls* to both; they must admit the same ones, and agree on the state after each event."""
    policy = by_preset(breaker)
    ends: list[tuple[float, int, Any]] = []
    now = 0.0

    def advance(until: float) -> None:
        """Play timers and outcomes up to *until*, in order of time; at one instant timers come first."""
        while True:
            wakes, end = policy.wakes_at, ends[0][0] if ends else float("inf")
            first = min(wakes, end)
            if first > until:
                return
            product.tick(first)
            if wakes <= end:
                policy.wake(wakes)
            else:
                _, _, (generation, token, ok, took_s) = heapq.heappop(ends)
                policy.record(generation, ok, end, took_s)
                product.tell(token, ok, took_s, end)
            agree(first)

    def agree(at: float) -> None:
        state = STATES[policy.state]
        assert state == product.state, f"{breaker}: {state} and {product.state} at {at}"

    for number, (gap, took, ok) in enumerate(calls):
        now += gap / 8
        advance(now)
        product.tick(now)
        admitted, token = policy.admit(now), product.ask(now)
        assert admitted is (token is not None), f"{breaker}: the call at {now}, {product.state}"
        agree(now)
        if admitted:
            heapq.heappush(ends, (now + took / 8, number, (policy.generation, token, ok, took / 8)))
        advance(now)
    advance(now + rest_s)


def schedules(longest: int = 24) -> st.SearchStrategy[Calls]:
    """Draw calls that mostly fail or mostly succeed, quick or overlapping."""
    call = st.tuples(st.sampled_from((0, 1, 1, 2, 8, 16)), st.integers(0, longest), st.booleans())
    return st.lists(call, min_size=5, max_size=40)


quick = settings(max_examples=100, deadline=None, derandomize=True, database=None)


@quick
@given(schedules(), st.integers(1, 6), st.integers(1, 6), st.integers(1, 8), st.sampled_from((1, 2, 3)))
def test_resilience4j_by_counts(calls: Calls, minimum: int, permitted: int, size: int, wait: int) -> None:
    breaker = f"preset: resilience4j, calls: {size}, minimum calls: {minimum}, probes: {permitted}, open for: {wait}s"
    slow = "slow rate: 60%, slow call: 2s"
    compare(f"{breaker}, {slow}", Resilience4j(0.5, 0.6, 2.0, size, minimum, wait, permitted), calls)


@quick
@given(schedules(), st.integers(1, 4), st.integers(1, 4), st.booleans(), st.sampled_from((0, 1, 3)))
def test_resilience4j_by_time(calls: Calls, minimum: int, size: int, automatic: bool, most: int) -> None:
    breaker = f"preset: resilience4j, window: {size}s, minimum calls: {minimum}, probes: 3, open for: 2s"
    breaker += ", automatic half open: true" * automatic + f", half open at most: {most}s" * bool(most)
    compare(breaker, Resilience4j(0.5, 1.0, 60.0, size, minimum, 2, 3, True, automatic, most), calls)


@quick
@given(schedules(), st.sampled_from((20, 50, 100)), st.integers(2, 5), st.sampled_from((1, 2.5, 10)))
def test_polly(calls: Calls, percent: int, least: int, window_s: float) -> None:
    breaker = f"preset: polly, failure rate: {percent}%, minimum calls: {least}, window: {window_s}s, open for: 1s"
    compare(breaker, Polly(percent / 100, least, window_s, 1.0), calls)


@quick
@given(schedules(), st.integers(1, 4), st.integers(1, 3), st.sampled_from((0, 2)))
def test_gobreaker_by_failures_in_a_row(calls: Calls, failures: int, probes: int, interval: int) -> None:
    breaker = f"preset: gobreaker, failures: {failures}, probes: {probes}, open for: 1s"
    breaker += f", clears every: {interval}s" * bool(interval)
    compare(breaker, Gobreaker(failures, 1.0, probes, interval), calls)


@quick
@given(schedules(), st.integers(1, 4), st.sampled_from((40, 60)), st.sampled_from((2, 4)))
def test_gobreaker_by_a_ratio_of_its_rolling_window(calls: Calls, least: int, percent: int, buckets: int) -> None:
    breaker = f"preset: gobreaker, failure rate: {percent}%, minimum calls: {least}, window: 2s, buckets: {buckets}"
    product = Gobreaker(None, 1.0, 1, 2.0, buckets, percent / 100, least)
    compare(f"{breaker}, open for: 1s", product, calls)


@quick
@given(schedules(), st.sampled_from((30, 50, 75)), st.integers(1, 6), st.sampled_from((1, 2, 5)))
def test_opossum(calls: Calls, percent: int, volume: int, buckets: int) -> None:
    short = [(gap, min(took, 8), ok) for gap, took, ok in calls]
    breaker = f"preset: opossum, failure rate: {percent}%, minimum calls: {volume}, window: 5s, buckets: {buckets}"
    compare(f"{breaker}, open for: 1s", Opossum(percent, volume, 5.0, buckets, 1.0), short)


@quick
@given(schedules(0), st.integers(1, 4), st.integers(1, 3))
def test_pybreaker(calls: Calls, failures: int, successes: int) -> None:
    breaker = f"preset: pybreaker, failures: {failures}, successes: {successes}, open for: 1s"
    compare(breaker, Pybreaker(failures, 1.0, successes), calls)


@quick
@given(schedules(), st.integers(1, 4), st.integers(0, 3), st.integers(0, 3), st.integers(0, 2))
def test_failsafe(calls: Calls, failures: int, more: int, successes: int, spare: int) -> None:
    breaker = f"preset: failsafe, failures: {failures}, open for: 1s" + f", calls: {failures + more}" * bool(more)
    of = successes + spare if successes else 0
    breaker += f", successes: {successes}, probes: {of}" * bool(successes)
    compare(breaker, Failsafe(failures, failures + more, 1.0, successes, of), calls)


def traces(name: str) -> list[dict[str, Any]]:
    """Return the traces of a product that was run itself."""
    found: list[dict[str, Any]] = json.loads((TRACES / f"{name}.json").read_text(encoding="utf-8"))["traces"]
    return found


@pytest.mark.parametrize("trace", traces("opossum"), ids=lambda trace: str(trace["settings"]["resetTimeout"]))
def test_plays_like_opossum_itself_with_calls_that_overlap(trace: dict[str, Any]) -> None:
    given = trace["settings"]
    policy = by_preset(
        f"preset: opossum, failure rate: {given['errorThresholdPercentage']}%, "
        f"minimum calls: {given['volumeThreshold']}, window: {given['rollingCountTimeout']}ms, "
        f"buckets: {given['rollingCountBuckets']}, open for: {given['resetTimeout']}ms"
    )
    ends: list[tuple[float, int, int, bool, float]] = []
    for number, (now_ms, took_ms, ok, admitted, state) in enumerate(trace["steps"]):
        now, took_s = now_ms / 1000, took_ms / 1000
        while (first := min(policy.wakes_at, ends[0][0] if ends else now + 1)) <= now:
            if policy.wakes_at == first:
                policy.wake(first)
            else:
                end, _, generation, good, lasted_s = heapq.heappop(ends)
                policy.record(generation, good, end, lasted_s)
        assert policy.admit(now) is admitted, f"the call at {now_ms} ms"
        assert STATES[policy.state] == state, f"after the call at {now_ms} ms"
        if admitted:
            heapq.heappush(ends, (now + took_s, number, policy.generation, ok, took_s))


@pytest.mark.parametrize("trace", traces("pybreaker_successes"), ids=lambda trace: str(trace["settings"]["fail_max"]))
def test_plays_like_pybreaker_itself_with_a_threshold_of_successes(trace: dict[str, Any]) -> None:
    given = trace["settings"]
    policy = by_preset(
        f"preset: pybreaker, failures: {given['fail_max']}, open for: {given['reset_timeout']}s, "
        f"successes: {given['success_threshold']}"
    )
    for now, would, admitted, state in trace["steps"]:
        assert policy.admit(now) is admitted
        if admitted:
            policy.record(policy.generation, would == "ok", now)
        assert STATES[policy.state] == state
