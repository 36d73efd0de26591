"""Timeouts, impatience and retries (cases B02 to B18, H01): exact schedules, and shares by closed forms."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from scipy.special import kolmogorov

from sim import theory
from tests.acceptance._judging import Size, in_two_sizes, play, plays, share_agrees
from tests.acceptance._systems import at, failing, measured, recipe, station, system

ALWAYS = {"server": failing("100%")}


def poisson(rate: float) -> dict[str, str]:
    return {"clients": f"calls: server.do, rate: {rate!r}/s"}


def retried(max_attempts: int, backoff: str = "none", jitter: str = "none", link: str = "clients -> server") -> Any:
    """Return a link that tries again."""
    return {link: f"retry: {{max attempts: {max_attempts}, backoff: {backoff}, jitter: {jitter}}}"}


def starts(run: Any) -> list[float]:
    """Return when each attempt left its caller."""
    return sorted(run.record.attempts["sent_at"].tolist())


# --- impatience -----------------------------------------------------------------------------------------------


@in_two_sizes
@pytest.mark.parametrize(
    "rate, service_rate, patience_s, withdrawn, wait_s",
    [
        pytest.param(15, 10, 0.5, 0.3460, 0.3347, id="B02"),  # M/M/1+D: Barrer 1957; Baccelli and Hebuterne 1981
        pytest.param(5, 2, 6.0, 0.600, 5.667, id="B03"),  # hopeless: all but the capacity withdraw
        pytest.param(8, 10, 0.25, theory.mm1_patience(8, 10, 0.25).lost_ratio, theory.mm1_patience(8, 10, 0.25).wait_s,
                     id="stable"),
    ],
)  # fmt: skip
def test_who_waits_too_long_withdraws(
    size: Size, rate: float, service_rate: float, patience_s: float, withdrawn: float, wait_s: float
):
    server = station(f"exponential {1000 / service_rate}ms", f"waiting: unlimited, max wait: {patience_s}s")
    run = play(measured(size.of(1200 / rate, 1e5 / rate), poisson(rate), {"server": server}), size.replications)
    size.agrees(run.values["rejected ratio", "clients", "all"], withdrawn, 0.02)
    size.agrees(run.values["wait mean", "server", "all"], wait_s, 0.02)
    waited = run.attempts["waited_s"]
    assert waited.max() <= patience_s + 1e-9  # nobody is served after waiting longer


@in_two_sizes
@pytest.mark.parametrize(
    "rate, service_rate, timeout_s, late",
    [
        pytest.param(8, 10, 1.0, 0.1353, id="B05"),  # exp(-(10 - 8) * 1): the sojourn of M/M/1 is exponential
        pytest.param(6, 10, 0.4, math.exp(-(10 - 6) * 0.4), id="lighter"),
    ],
)
def test_a_server_finishes_what_its_clients_gave_up(
    size: Size, rate: float, service_rate: float, timeout_s: float, late: float
):
    links = {"clients -> server": f"timeout: {timeout_s}s"}
    server = {"server": station(f"exponential {1000 / service_rate}ms")}
    run = play(measured(size.of(2000 / rate, 2e5 / rate), poisson(rate), server, links=links), size.replications)
    size.agrees(run.values["timeout ratio", "clients", "all"], late, 0.04)
    size.agrees(run.values["utilisation", "server", "all"], rate / service_rate, 0.04)
    assert np.isfinite(run.record.attempts["left_at"]).all()  # every one is served to its end
    assert not (run.record.attempts["worked_s"] == 0).any()


# --- how often ------------------------------------------------------------------------------------------------


@in_two_sizes
@pytest.mark.parametrize(
    "fails, max_attempts, attempts, exhausted",
    [
        pytest.param("30%", 5, 1.4251, 0.00243, id="B09"),  # (1 - 0.3^5) / 0.7 and 0.3^5
        pytest.param("60%", 3, 1 + 0.6 + 0.36, 0.216, id="worse"),
    ],
)
def test_independent_failures_are_retried_a_geometric_number_of_times(
    size: Size, fails: str, max_attempts: int, attempts: float, exhausted: float
):
    """3 standard errors of 10^5 calls (fast: 10^4), by theory: one call's attempts are a truncated geometric."""
    calls = int(size.of(1e4, 1e5))
    clients = {"clients": f"calls: server.do, rate: {calls / 100}/s, arrivals: regular"}
    run = play(system(100, clients, {"server": failing(fails)}, links=retried(max_attempts)))
    assert run.value("offered", "clients") == calls
    share_agrees(round(run.value("error ratio", "clients") * calls), calls, exhausted)
    p = float(fails.strip("%")) / 100
    second = sum((2 * n + 1) * p**n for n in range(max_attempts))  # E[N^2] = sum of (2 n + 1) P(N > n)
    se = math.sqrt((second - attempts**2) / calls)
    assert abs(run.value("attempts per request", "clients") - attempts) <= 3 * se + 5e-5  # 5e-5: rounding of 1.4251


@pytest.mark.parametrize(
    "layers, bottom",
    [
        pytest.param((4, 4, 4), 64, id="B10"),  # Beyer et al., Site Reliability Engineering, ch. 22
        pytest.param((3, 5), 15, id="two layers"),
        pytest.param((2, 2, 2, 2, 2), 32, id="five layers"),
    ],
)
def test_retries_multiply_through_layers(layers: tuple[int, ...], bottom: int):
    names = ["clients", *(f"s{i}" for i in range(1, len(layers) + 1))]
    services = {a: recipe(f"{{call: {b}.do}}") for a, b in itertools.pairwise(names[1:])} | {names[-1]: failing("100%")}
    links: dict[str, str] = {}
    for caller, callee, attempts in zip(names, names[1:], layers):
        links |= retried(attempts, link=f"{caller} -> {callee}")
    run = play(system(10, at(0, 1, 2.5, calls="s1.do"), services, links=links))
    attempts = run.attempts.groupby(["request", "callee"], observed=True).size()
    reached = 1
    for name, tries in zip(names[1:], layers, strict=True):
        reached *= tries
        assert attempts.xs(name, level="callee").tolist() == [reached] * 3
    assert reached == bottom
    assert run.value("error ratio", "clients") == 1


# --- when -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "max_attempts, backoff, expected",
    [
        # the guide "Microservices API Communication": retries after 1, 2, 4, 8 s, then the dead-letter queue
        pytest.param(5, "exponential 1s factor 2", [0, 1, 3, 7, 15], id="B14"),
        # tenacity 9, wait_exponential(multiplier=1, max=10): waits 1, 2, 4, 8, 10, 10, 10
        pytest.param(8, "exponential 1s factor 2 cap 10s", [0, 1, 3, 7, 15, 25, 35, 45], id="B16"),
        pytest.param(4, "exponential 500ms factor 3 cap 2s", [0, 0.5, 2, 4], id="other base"),
        pytest.param(3, "none", [0, 0, 0], id="at once"),
        pytest.param(1, "exponential 1s", [0], id="no retry"),
    ],
)
def test_a_call_that_always_fails_is_sent_on_schedule_and_no_more(
    max_attempts: int, backoff: str, expected: list[float]
):
    run = play(system(200, at(0), ALWAYS, links=retried(max_attempts, backoff)))
    assert starts(run) == expected
    assert run.record.attempts["number"].tolist() == list(range(1, max_attempts + 1))
    assert run.record.requests["ended_at"].tolist() == expected[-1:]  # no wait after the last
    assert run.requests["outcome"].tolist() == ["error"]


@pytest.mark.parametrize("begin_s", [0.0, 2.25, 64.5])
def test_the_schedule_starts_when_the_call_does(begin_s: float):
    run = play(system(100, at(begin_s), ALWAYS, links=retried(5, "exponential 1s factor 2")))
    assert starts(run) == [begin_s + after for after in (0, 1, 3, 7, 15)]


def test_the_wait_begins_when_the_attempt_has_failed():
    """Attempts of 250 ms that time out: 0, 0.25 + 1, 1.5 + 2, 3.75 + 4."""
    links = {"clients -> server": "timeout: 250ms, retry: {max attempts: 4, backoff: exponential 1s factor 2}"}
    run = play(system(100, at(0), {"server": recipe("{work: 1s}")}, links=links))
    assert starts(run) == [0, 1.25, 3.5, 7.75]
    assert run.record.requests["ended_at"].tolist() == [8.0]
    assert run.requests["outcome"].tolist() == ["timeout"]


@pytest.mark.parametrize(
    "deliveries, redelivery, expected",
    [
        pytest.param(5, "exponential 1s factor 2", [0, 1, 3, 7, 15], id="B14"),
        pytest.param(4, "exponential 2s factor 2 cap 3s", [0, 2, 5, 8], id="capped"),
    ],
)
def test_a_message_that_always_fails_is_dead_lettered_at_its_last_delivery(
    deliveries: int, redelivery: str, expected: list[float]
):
    services = {
        "shop": recipe("{send: orders}"),
        "warehouse": "consumes: {orders: do}, operations: {do: [{fail: 100%}]}",
    }
    queues = {"orders": f"max deliveries: {deliveries}, redelivery: {redelivery}, dead letters: dead", "dead": ""}
    run = play(system(100, at(0, calls="shop.do"), services, queues=queues))
    tries = run.attempts[run.attempts["kind"] == "delivery"]
    assert tries["sent_at"].tolist() == expected
    message = run.messages[run.messages["queue"] == "orders"].iloc[0]
    assert (message["outcome"], message["ended_at"], message["deliveries"]) == (
        "dead-lettered",
        expected[-1],
        deliveries,
    )
    assert run.messages[run.messages["queue"] == "dead"]["published_at"].tolist() == expected[-1:]


@pytest.mark.parametrize(
    "outage_s, expected",
    [pytest.param(5, [0, 1, 3, 7], id="H01"), pytest.param(0.5, [0, 1], id="second"), (14.5, [0, 1, 3, 7, 15])],
)  # tenacity 9, wait_exponential(multiplier=1): recovers on the 4th attempt after 0, 1, 3, 7 s
def test_the_first_attempt_that_succeeds_is_the_last(outage_s: float, expected: list[float]):
    faults = {"outage": f"errors: server, share: 100%, at: 0s, for: {outage_s}s"}
    links = retried(5, "exponential 1s factor 2")
    run = play(system(100, at(0), {"server": recipe("{work: 0s}")}, links=links, faults=faults))
    assert starts(run) == expected
    assert run.requests["outcome"].tolist() == ["ok"]
    assert run.record.requests["ended_at"].tolist() == expected[-1:]


# --- jitter ---------------------------------------------------------------------------------------------------


@in_two_sizes
@pytest.mark.parametrize(
    "jitter, backoff, number, low, high",
    [
        # M. Brooker, Exponential backoff and jitter, AWS Architecture Blog 2015
        pytest.param("full", "exponential 1s factor 2 cap 20s", 3, 0, 4, id="B17"),
        pytest.param("equal", "exponential 1s factor 2 cap 20s", 3, 2, 4, id="B18"),
        pytest.param("full", "exponential 100ms factor 3", 2, 0, 0.3, id="second of base 100 ms"),
        pytest.param("equal", "exponential 1s factor 2 cap 5s", 5, 2.5, 5, id="capped"),
        pytest.param("full", "exponential 1s factor 2 cap 5s", 1, 0, 1, id="first"),
    ],
)
def test_jittered_waits_are_uniform(size: Size, jitter: str, backoff: str, number: int, low: float, high: float):
    """Mean and standard deviation within 3 standard errors, Kolmogorov-Smirnov p above 0.001, for 10^4 waits."""
    calls = int(size.of(1000, 1e4))
    clients = {"clients": f"calls: server.do, rate: {calls / 10}/s, arrivals: regular"}
    run = play(system(10, clients, ALWAYS, links=retried(number + 1, backoff, jitter), drain="60s"))
    tries = run.record.attempts
    order = np.lexsort((tries["number"], tries["request"]))
    sent_at = tries["sent_at"][order].reshape(calls, number + 1)
    waits = sent_at[:, number] - sent_at[:, number - 1]
    assert low - 1e-9 <= waits.min() and waits.max() <= high + 1e-9
    sd = (high - low) / math.sqrt(12)
    assert waits.mean() == pytest.approx((low + high) / 2, abs=3 * sd / math.sqrt(calls))
    # the standard error of a sample's standard deviation is sd * sqrt((kurtosis - 1) / 4 n); a uniform has 1.8
    assert waits.std() == pytest.approx(sd, abs=3 * sd * math.sqrt(0.8 / 4 / calls))
    assert kolmogorov(math.sqrt(calls) * distance(np.sort(waits), low, high)) > 0.001


def distance(ordered: Any, low: float, high: float) -> float:
    """Return the largest distance between the empirical law of ordered samples and the uniform on [low, high]."""
    n = len(ordered)
    law = (ordered - low) / (high - low)
    return float(max((np.arange(1, n + 1) / n - law).max(), (law - np.arange(n) / n).max()))


def test_the_jitter_of_a_call_is_drawn_anew_for_each_seed():
    text = system(10, at(0), ALWAYS, links=retried(3, "exponential 1s factor 2", "full"))
    assert len({tuple(starts(run)) for run in plays(text, 5)}) == 5
