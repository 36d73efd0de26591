"""A caller's defences against closed forms and libraries (cases B22-B24, C14, C15, C20, H02-H04, A29, A31)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim import theory
from tests.acceptance._judging import Size, in_two_sizes, play
from tests.acceptance._systems import at, failing, recipe, system

LINK = "clients -> server"


def sent(run: Any) -> list[float]:
    """Return when attempts were really sent, in order."""
    columns = run.record.attempts
    return sorted(columns["sent_at"][columns["outcome"] != 6].tolist())


# --- budgets ------------------------------------------------------------------------------------------------------


@in_two_sizes
@pytest.mark.parametrize("paid", ["per try", "per success"])
def test_a_budget_is_not_felt_while_failures_are_rare(size: Size, paid: str):
    """B22: failures 0.05, bucket 5, 0.1 per first try or per success: load 1.0526, success above 0.999 (0.5 %)."""
    retry = f"retry: {{max attempts: unlimited, budget: {{capacity: 5, {paid}: 0.1}}}}"
    clients = {"clients": "calls: server.do, rate: 100/s, arrivals: regular"}
    run = play(system(size.of(100, 1000), clients, {"server": failing("5%")}, links={LINK: retry}))
    (attempts,), (requests,) = run.values["attempts", LINK, "all"], run.values["offered", "clients", "all"]
    assert attempts / requests == pytest.approx(1 / 0.95, rel=size.of(0.01, 0.005))
    assert run.values["goodput ratio", "clients", "all"][0] > size.of(0.99, 0.999)


def test_a_quota_of_500_pays_for_100_retries_and_for_one_more_when_5_are_given_back():
    """H04: total outage, 5 per retry: exactly 100 retries; a retry that goes well gives its 5 back."""
    quota = "retry: {max attempts: 2, budget: {capacity: 500, cost: 5, refund: true}}"
    clients = at(*(float(i) for i in range(130)))
    down = play(system(130, clients, {"server": failing("100%")}, links={LINK: quota}))
    assert len(sent(down)) == 130 + 100
    once = play(system(130, clients, {"server": failing("0%")}, links={LINK: quota},
                       faults={"down": "errors: server, share: 100%, at: 0s, for: 500ms"}))  # fmt: skip
    assert len(sent(once)) == 130 + 1  # the retry comes at once, while it is still down; later calls go well at once


# --- waits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "backoff, attempts, starts",
    [
        pytest.param("linear 1s step 2s", 5, [0, 1, 4, 9, 16], id="H02"),
        pytest.param("exponential 1s factor 2 min 4s cap 10s", 8, [0, 4, 8, 12, 20, 30, 40, 50], id="H03"),
        pytest.param("linear 500ms step 500ms cap 1s", 5, [0, 0.5, 1.5, 2.5, 3.5], id="linear with a cap"),
    ],
)
def test_waits_between_attempts_follow_the_law(backoff: str, attempts: int, starts: list[float]):
    retry = f"retry: {{max attempts: {attempts}, backoff: {backoff}}}"
    assert sent(play(system(60, at(0.0), {"server": failing("100%")}, links={LINK: retry}))) == starts


# --- throttling ------------------------------------------------------------------------------------------------------


@in_two_sizes
@pytest.mark.parametrize(
    "k, expected", [pytest.param(2.0, 40.0, id="B23"), pytest.param(1.1, 22.0, id="B24"), (1.5, 30.0)]
)
def test_a_throttle_sends_k_times_what_is_accepted(size: Size, k: float, expected: float):
    """Demand 100/s, the callee takes 20/s: K times 20/s are sent, 20/s accepted (3 % and 4 %; window 120 s, late)."""
    text = system(
        size.of(450, 1500), {"clients": "calls: server.do, rate: 100/s"},
        {"server": recipe("{work: 0s}", "workers: unlimited, limit: {rate: 20/s, burst: 20}")}, size.of(300, 600),
        links={LINK: f"throttle: {{factor: {k}x, window: 120s}}"},
    )  # fmt: skip
    run = play(text)
    assert run.values["attempts rate", LINK, "all"][0] == pytest.approx(expected, rel=0.04)
    assert run.values["throughput", "clients", "all"][0] == pytest.approx(20, rel=0.03)
    stopped = run.values["stopped by throttle", LINK, "all"][0] / (size.of(450, 1500) - size.of(300, 600))
    assert stopped == pytest.approx(100 - expected, rel=0.03)


# --- breakers by ratio ---------------------------------------------------------------------------------------------


def opened_at(breaker: str, fails_at: set[int], calls: int) -> int | None:
    """Return the number of the call (from 1) after which the breaker opened; calls come one a second."""
    windows = {f"call {i}": f"errors: server, share: 100%, at: {i - 1}s, for: 500ms" for i in sorted(fails_at)}
    clients = at(*(float(i) for i in range(calls)))
    text = system(calls, clients, {"server": failing("0%")}, links={LINK: f"breaker: {{{breaker}}}"}, faults=windows)
    opened = [event[0] for event in play(text).record.events if event[1] == "breaker open"]
    return round(opened[0]) + 1 if opened else None


def test_a_count_window_opens_at_its_minimum():
    """C14: window 100, minimum 20, all fail: opens at the 20th."""
    assert opened_at("failure rate: 50%, calls: 100, minimum calls: 20, open for: 1000s", set(range(1, 31)), 30) == 20


def test_a_count_window_slides():
    """C15: window 10, 50 %, F*4 S*6 F*5: opens at the 15th, not before."""
    fails = {1, 2, 3, 4, 11, 12, 13, 14, 15}
    assert opened_at("failure rate: 50%, calls: 10, minimum calls: 10, open for: 1000s", fails, 16) == 15
    assert opened_at("failure rate: 40%, calls: 10, minimum calls: 10, open for: 1000s", fails, 16) == 10


@pytest.mark.parametrize("calls, opens", [(9, None), (10, 10)])
def test_below_the_minimum_nothing_opens(calls: int, opens: int | None):
    """C20: 9 failures, minimum 10: never opens."""
    breaker = "failure rate: 1%, window: 1000s, minimum calls: 10, open for: 1000s"
    assert opened_at(breaker, set(range(1, calls + 1)), calls) == opens


# --- fan-out ---------------------------------------------------------------------------------------------------------


@in_two_sizes
@pytest.mark.parametrize(
    "leaves, expected", [pytest.param(100, 0.634, id="A29"), (10, theory.fan_out_slow_ratio(0.01, 10))]
)
def test_a_slow_hundredth_makes_most_of_those_slow_who_ask_a_hundred(size: Size, leaves: int, expected: float):
    """Dean and Barroso 2013: 1 - 0.99^100 of the parents wait for a slow leaf (0.5 points)."""
    steps = f"{{parallel: [{{call: leaf.do}}], times: {leaves}}}"
    leaf = recipe("{work: mix 99% 10ms 1% 1s}", "workers: unlimited, waiting: unlimited")
    clients = {"clients": "calls: parent.do, rate: 20/s"}
    run = play(system(size.of(1500 / leaves, 5000), clients, {"parent": recipe(steps), "leaf": leaf}))
    slow = (run.requests["latency_s"] > 0.5).mean()
    n = len(run.requests)
    assert slow == pytest.approx(expected, abs=max(0.005, 3.3 * (expected * (1 - expected) / n) ** 0.5))


@in_two_sizes
@pytest.mark.parametrize("leaves", [pytest.param(10, id="A31"), pytest.param(5, id="five")])
def test_a_scatter_gather_waits_for_the_slowest(size: Size, leaves: int):
    """Exponential leaves of 0.1 s: mean 0.1 H(n), P99 -0.1 ln(1 - 0.99^(1/n)) (0.2929 and 0.6903 for 10; 2 %)."""
    leaf = recipe("{work: exponential 100ms}", "workers: unlimited, waiting: unlimited")
    steps = f"{{parallel: [{{call: leaf.do}}], times: {leaves}}}"
    clients = {"clients": "calls: parent.do, rate: 100/s"}
    run = play(system(size.of(150, 2000), clients, {"parent": recipe(steps), "leaf": leaf}))
    latency = run.requests["latency_s"]
    assert latency.mean() == pytest.approx(theory.fork_join_mean(0.1, leaves), rel=size.of(0.03, 0.02))
    assert np.quantile(latency, 0.99) == pytest.approx(
        theory.fork_join_quantile(0.1, leaves, 0.99), rel=size.of(0.06, 0.02)
    )
