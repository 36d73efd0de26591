"""Published simulations (group G): contention and backoff, retry budgets, a collapse, and others' examples."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sim.record.record import MARKS
from tests.acceptance._judging import Size, in_two_sizes, play, plays
from tests.acceptance._systems import recipe, station, system

# --- G03: contending writers (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015) ------------


def contention(jitter: str, writers: int, seeds: int) -> tuple[float, float]:
    """Return the mean number of writes tried, and the mean time until all have written, of *writers* on one row.

    Each reads, writes if the row has not changed, and otherwise starts again after a backoff; one-way delays are
    normal with 10 and 2 ms, waits are 10, 20, 40 ms... up to 2 s.
    """
    retry = f"max attempts: unlimited, backoff: exponential 10ms factor 2 cap 2s, jitter: {jitter}"
    text = system(
        1, {"writers": f"calls: client.do, arrivals: at {' '.join(['0s'] * writers)}"},
        {
            "client": recipe("{call: row.get}, {call: row.put}"),
            "row": "workers: unlimited, operations: {get: [{read: it}], put: [{write: it, if unchanged: true}]}",
        },
        links={"writers -> client": f"retry: {{{retry}}}", "client -> row": "latency: normal 10ms sd 2ms"},
        stores={"it": ""}, drain="10000s",
    )  # fmt: skip
    tried, lasted = [], []
    kinds = [MARKS.index("written"), MARKS.index("conflict")]
    for run in plays(text, seeds):
        tried.append(int(np.isin(run.record.marks["kind"], kinds).sum()))
        lasted.append(float(run.record.requests["ended_at"].max()))
    return math.fsum(tried) / seeds, math.fsum(lasted) / seeds


@in_two_sizes
def test_full_jitter_saves_more_than_half_of_the_calls(size: Size):
    """100 clients: 0.43 of the calls of plain exponential backoff, and 0.076 of its time (5 %)."""
    seeds = int(size.of(3, 20))
    plain, jittered = contention("none", 100, seeds), contention("full", 100, seeds)
    within = size.of(0.12, 0.05)
    assert jittered[0] / plain[0] == pytest.approx(0.43, rel=within)
    assert jittered[1] / plain[1] == pytest.approx(0.076, rel=within)


def test_fewer_writers_gain_less_from_jitter():
    plain, jittered = contention("none", 20, 3), contention("full", 20, 3)
    assert 0.43 < jittered[0] / plain[0] < 1


# --- G06: M. Brooker, "Fixing retries with token buckets and circuit breakers" --------------------------------------


FOUR_WAYS = {
    "none": ("", 0.499, 1.000),
    "three retries": ("retry: {max attempts: 4}", 0.937, 1.875),
    "bucket": ("retry: {max attempts: 4, budget: {capacity: 5, per try: 0.1, scope: caller}}", 0.561, 1.121),
    "breaker": (
        "retry: {max attempts: 4}, "
        "breaker: {failure rate: 10%, minimum calls: 1, open for: 1000s, guards: retries, scope: caller}", 0.498, 1.000,
    ),
}  # fmt: skip


@in_two_sizes
@pytest.mark.parametrize("way", FOUR_WAYS)
def test_four_ways_to_retry_against_a_callee_that_fails_half_the_time(size: Size, way: str):
    """100 clients at 10/s each for 20 s: share of good answers, and attempts over requests, within 0.01."""
    link, success, load = FOUR_WAYS[way]
    text = system(
        20, {"clients": "calls: server.do, rate: 1000/s, instances: 100"}, {"server": recipe("{fail: 50%}")},
        links={"clients -> server": link} if link else {},
    )  # fmt: skip
    run = play(text, int(size.of(1, 5)))
    told = {name: run.values[name, of, "all"] for name, of in (("goodput ratio", "clients"), ("offered", "clients"))}
    attempts = run.values["attempts", "clients -> server", "all"]
    loads = [tried / offered for tried, offered in zip(attempts, told["offered"], strict=True)]
    assert np.mean(told["goodput ratio"]) == pytest.approx(success, abs=0.01)
    assert np.mean(loads) == pytest.approx(load, abs=0.01)


@pytest.mark.parametrize("fails, success, load", [(0.05, 1.0, 1.0526), (0.02, 1.0, 1.0204)])
def test_rare_failures_never_empty_the_bucket_much(fails: float, success: float, load: float):
    """A bucket paid 0.1 per try covers retries of far less than 10 %."""
    budget = "retry: {max attempts: 4, budget: {capacity: 5, per try: 0.1, scope: caller}}"
    text = system(
        20, {"clients": "calls: server.do, rate: 1000/s, instances: 100"}, {"server": recipe(f"{{fail: {fails:.0%}}}")},
        links={"clients -> server": budget},
    )  # fmt: skip
    run = play(text)
    assert run.values["goodput ratio", "clients", "all"][0] == pytest.approx(success, abs=0.01)
    assert run.values["attempts", "clients -> server", "all"][0] / 20_000 == pytest.approx(load, abs=0.02)


# --- G10, G12: M. Brooker, collapse of a service whose work grows with what is in flight ----------------------------


def crowded(rate: str, duration_s: float = 70, seeds: int = 1, expect: dict[str, str] | None = None) -> Any:
    """Play a service of 1 s plus 10 ms for each request in flight, with network exp 0.1 s, timeout 3 s, 3 attempts."""
    retry = "retry: {max attempts: 3, backoff: exponential 20s factor 2, jitter: full}"
    text = system(
        duration_s, {"clients": f"calls: server.do, rate: {rate}"},
        {"server": station("1s plus 10ms per request in flight", "workers: unlimited")},
        links={"clients -> server": f"latency: exponential 100ms, timeout: 3s, {retry}"},
        expect=expect or {}, drain="120s",
    )  # fmt: skip
    return play(text, seeds)


@in_two_sizes
def test_a_spike_does_not_collapse_it_and_what_timed_out_comes_in_late(size: Size):
    """40/s, and 80/s from 20 to 25 s: no collapse; some 48 good answers a second from 30 to 40 s, 40/s after 60 s."""
    seeds = int(size.of(20, 50))
    windows = {
        name: f"measure: throughput, of: clients, during: {name}, at least: 0" for name in ("30s to 40s", "60s to 70s")
    }
    run = crowded("steps 40/s 0s 80/s 20s 40/s 25s", seeds=seeds, expect=windows)
    late, settled = (run.values["throughput", "clients", name] for name in windows)
    assert all(rate > 30 for rate in settled)  # a collapse answers next to nobody
    assert np.mean(late) == pytest.approx(48, rel=size.of(0.06, 0.04))
    assert np.mean(settled) == pytest.approx(40, rel=0.04)


@in_two_sizes
def test_littles_law_gives_what_is_in_flight(size: Size):
    """In flight x = 40 * (1 + 0.01 x): 66.7; latency 1.667 s of work and 0.2 s of network (G12)."""
    run = crowded("40/s", size.of(200, 2000), seeds=int(size.of(3, 10)))
    x = 40 / (1 - 0.4)
    assert np.mean(run.values["in service mean", "server", "all"]) == pytest.approx(x, rel=0.06)
    assert np.mean(run.values["latency mean", "clients", "all"]) == pytest.approx(x / 40 + 0.2, rel=0.03)


# --- G13, G16: AsyncFlow's shipped examples ------------------------------------------------------------------------


def asyncflow(duration_s: float, warmup_s: float = 0.0, **more: Any) -> str:
    """One server behind a generator: three exponential links of 3 ms, 1 ms of CPU on one core, 100 ms of I/O.

    The third link, back to the client, is the way back of the second hop: a call's answer takes as long as a request.
    """
    return system(
        duration_s, {"clients": "calls: client.do, rate: 33.3/s"},
        {
            "client": recipe("{call: server.do}, {wait: exponential 3ms}"),
            "server": recipe("{call: cpu.do}, {wait: 100ms}"),
            "cpu": station("1ms", "waiting: unlimited"),
        },
        warmup_s, links={"client -> server": "latency: exponential 3ms"}, **more,
    )  # fmt: skip


@in_two_sizes
def test_asyncflows_single_server(size: Size):
    """Mean 110.0 ms, sd 5.20, P95 119.8, P99 126 (mean 0.5 %, P95 1 %)."""
    run = play(asyncflow(size.of(300, 3000)), int(size.of(2, 10)))
    latency = run.requests["latency_s"] * 1000
    assert latency.mean() == pytest.approx(110.0, rel=0.005)
    assert latency.std() == pytest.approx(5.20, rel=0.03)
    assert np.mean(run.values["latency p95", "clients", "all"]) * 1000 == pytest.approx(119.8, rel=0.01)
    assert np.mean(run.values["latency p99", "clients", "all"]) * 1000 == pytest.approx(126, rel=0.01)


@in_two_sizes
def test_asyncflows_spike_on_one_link(size: Size):
    """2 s more on one of the links from 120 to 240 of 500 s: mean 0.59 (0.11 + 2 * 0.24), median 0.111, P95 2.114."""
    text = asyncflow(500, faults={"spike": "delay: client -> server, by: 2s, at: 120s, for: 120s, way: out"})
    run = play(text, int(size.of(2, 10)))
    assert np.mean(run.values["latency mean", "clients", "all"]) == pytest.approx(0.59, rel=0.08)
    assert np.mean(run.values["latency p50", "clients", "all"]) == pytest.approx(0.111, rel=0.01)
    assert np.mean(run.values["latency p95", "clients", "all"]) == pytest.approx(2.114, rel=0.01)


# --- G17: MiSim's breaker demonstration -------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [10, 5])
def test_misims_breaker_demonstration_has_three_phases(rate: int):
    """A call each 0.1 s, the service killed at 30 s and back at 120 s: all ok, none ok and fast, all ok again."""
    text = system(
        180, {"clients": f"calls: server.do, rate: {rate}/s, arrivals: regular"}, {"server": station("10ms")},
        links={"clients -> server": "timeout: 1s, breaker: {failures: 5, open for: 30s, probes: 1}"},
        faults={"killed": "crash: server, mode: silent, at: 30s, for: 90s"},
    )  # fmt: skip
    table = play(text).requests
    ok, at = table["outcome"] == "ok", table["arrived_at"]
    assert ok[at < 29.9].all()
    assert not ok[(at >= 30) & (at < 120)].any()
    assert ok[at >= 120 + 30 + 1.1].all()  # within one open period
    tripped = table[(at > 33) & (at < 120)]
    assert (tripped["latency_s"] == 0).mean() > 0.98  # fast failures, but for a probe in 30 s


# --- G19: Ciw's documented example ----------------------------------------------------------------------------------


@in_two_sizes
@pytest.mark.parametrize("arrivals, rate", [pytest.param(5, 8, id="G19"), pytest.param(3, 8, id="lighter")])
def test_ciws_short_runs_of_one_server(size: Size, arrivals: float, rate: float):
    """Mean wait of M/M/1, 25 short runs: arrivals / (rate * (rate - arrivals)), 0.2083 for 5 and 8."""
    server = station(f"exponential {1000 / rate}ms")
    clients = {"clients": f"calls: server.do, rate: {arrivals}/s"}
    run = play(system(20 + size.of(100, 300), clients, {"server": server}, 20), 25)
    values = run.values["wait mean", "server", "all"]
    error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    assert abs(np.mean(values) - arrivals / (rate * (rate - arrivals))) < 3 * error
