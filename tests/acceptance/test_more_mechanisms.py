"""Mechanisms beyond the listed cases, held to closed forms in the same way: percentiles, loss systems, balancing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sim import theory
from tests.acceptance._judging import Size, in_two_sizes, play, plays, share_agrees
from tests.acceptance._systems import at, failing, measured, recipe, station, system


def poisson(rate: float) -> dict[str, str]:
    return {"clients": f"calls: server.do, rate: {rate!r}/s"}


@in_two_sizes
def test_the_sojourn_of_mm1_is_exponential_in_its_percentiles_too(size: Size):
    """Quantile p is -ln(1 - p) / (service rate - rate): Gross et al., section 3.2."""
    text = measured(size.of(240, 1e4), poisson(10), {"server": station("exponential 50ms")})
    run = play(text, size.replications)
    for name, p in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        size.agrees(run.values[f"latency {name}", "clients", "all"], -math.log(1 - p) / 10, 0.03)


@in_two_sizes
@pytest.mark.parametrize("work", ["exponential 1s", "1s", "lognormal 1s cv 2"])
def test_without_a_line_the_lost_share_is_erlangs_whatever_the_law_of_work(size: Size, work: str):
    """Erlang B is insensitive to the law: 7/s of 1 s on 9 workers."""
    server = station(work, "workers: 9, waiting: 0")
    run = play(measured(size.of(150, 1e4), poisson(7), {"server": server}), size.replications)
    size.agrees(run.values["rejected ratio", "clients", "all"], theory.erlang_b(7, 9), 0.03)


@in_two_sizes
@pytest.mark.parametrize("replicas", [2, 3])
def test_round_robin_makes_arrivals_at_each_replica_more_regular(size: Size, replicas: int):
    """Every k-th Poisson arrival: E_k/M/1, sojourn 1 / (mu (1 - s)), s = (k rate / (k rate + mu (1 - s)))^k.

    Source: Gross et al., section 5.3 (G/M/1).
    """
    rate, mu, s = 7.0, 10.0, 0.5
    for _ in range(500):
        s = (replicas * rate / (replicas * rate + mu * (1 - s))) ** replicas
    server = station("exponential 100ms", f"replicas: {replicas}, waiting: unlimited")
    run = play(measured(size.of(200, 5e3), poisson(replicas * rate), {"server": server}), size.replications)
    size.agrees(run.values["latency mean", "clients", "all"], 1 / (mu * (1 - s)), 0.03)


@in_two_sizes
def test_random_balancing_makes_each_replica_an_mm1(size: Size):
    server = station("exponential 100ms", "replicas: 4, waiting: unlimited, balance: random")
    run = play(measured(size.of(150, 3e3), poisson(28), {"server": server}), size.replications)
    size.agrees(run.values["latency mean", "clients", "all"], theory.mm1(7, 10).sojourn_s, 0.03)


@in_two_sizes
def test_a_rate_that_changes_brings_as_many_as_its_integral(size: Size):
    """Counts of a nonhomogeneous Poisson source in four windows, 3 standard errors of each."""
    rate = "steps 20/s 0s 5/s 10s 40/s 20s"
    clients = {"clients": f"calls: server.do, rate: {rate}"}
    times = int(size.of(5, 50))
    ramp = {"clients": "calls: server.do, rate: ramp 0/s to 40/s over 40s"}
    stepped, ramped = np.zeros(4), np.zeros(4)
    for counts, workload in ((stepped, clients), (ramped, ramp)):
        for run in plays(system(40, workload, {"server": failing("0%")}), times):
            counts += np.histogram(run.record.requests["arrived_at"], bins=4, range=(0, 40))[0]
    for counts, expected in ((stepped, [200, 50, 400, 400]), (ramped, [50, 150, 250, 350])):
        for count, mean in zip(counts, expected, strict=True):
            assert abs(count - times * mean) <= 3 * math.sqrt(times * mean)


@in_two_sizes
@pytest.mark.parametrize("leaves, most_s", [(3, 0.1 * (1 + 1 / 2 + 1 / 3)), (10, 0.2929)])
def test_a_scatter_waits_for_the_slowest_of_its_leaves(size: Size, leaves: int, most_s: float):
    """Harmonic number times the mean, and the maximum's quantile (Renyi 1953); the first only: mean over leaves."""
    services = {"server": recipe(f"{{parallel: [{{call: leaf.do}}], times: {leaves}}}"),
                "leaf": recipe("{work: exponential 100ms}")}  # fmt: skip
    run = play(measured(size.of(60, 600), poisson(20), services), size.replications)
    size.agrees(run.values["latency mean", "clients", "all"], most_s, 0.02)
    p99_s = theory.fork_join_quantile(0.1, leaves, 0.99)
    size.agrees(run.values["latency p99", "clients", "all"], p99_s, 0.03)
    first = {**services, "server": recipe(f"{{parallel: [{{call: leaf.do}}], times: {leaves}, join: 1}}")}
    run = play(measured(size.of(60, 600), poisson(20), first), size.replications)
    size.agrees(run.values["latency mean", "clients", "all"], 0.1 / leaves, 0.02)


@pytest.mark.parametrize(
    "backoff, attempts, expected",
    [
        # tenacity 9: wait_incrementing(start=1, increment=2); wait_exponential(multiplier=1, min=4, max=10)
        pytest.param("linear 1s step 2s", 5, [0, 1, 4, 9, 16], id="linear"),
        pytest.param("exponential 1s factor 2 min 4s cap 10s", 8, [0, 4, 8, 12, 20, 30, 40, 50], id="least and most"),
        pytest.param("fixed 2s", 4, [0, 2, 4, 6], id="fixed"),
    ],
)
def test_other_schedules_are_kept_as_exactly(backoff: str, attempts: int, expected: list[float]):
    links = {"clients -> server": f"retry: {{max attempts: {attempts}, backoff: {backoff}}}"}
    run = play(system(100, at(0), {"server": failing("100%")}, links=links))
    assert run.record.attempts["sent_at"].tolist() == expected


@in_two_sizes
def test_timeouts_of_a_random_service_are_its_tail(size: Size):
    """No queue: a timeout of 250 ms on exponential 100 ms with 20 ms each way; three attempts of the same chance."""
    links = {"clients -> server": "latency: 20ms, timeout: 250ms, retry: {max attempts: 3}"}
    calls = int(size.of(5e3, 1e5))
    clients = {"clients": f"calls: server.do, rate: {calls / 100}/s, arrivals: regular"}
    run: Any = play(system(100, clients, {"server": recipe("{work: exponential 100ms}")}, links=links))
    late = math.exp(-(0.250 - 0.040) / 0.100)
    share_agrees(round(run.value("timeout ratio", "clients") * calls), calls, late**3)
    tries = int(run.value("attempts", "clients -> server"))
    share_agrees(int(run.value("timeouts", "clients -> server")), tries, late)
