"""Shared cores, preemption, baulking and quotas against their closed forms, each with more than one setting.

The fast size of most is left out: it would repeat what other tests show in little time.
"""

from __future__ import annotations

import math

import pytest

from sim import theory
from tests.acceptance._judging import FULL, Size, in_two_sizes
from tests.acceptance._systems import station
from tests.acceptance.test_queueing_laws import played, poisson, values

LAWS = {
    "constant": "100ms",
    "bursty": "mix 90% exponential 50ms 10% exponential 550ms",
    "lognormal": "lognormal 100ms cv 1",
}


# --- processor sharing -----------------------------------------------------------------------------------------------


@in_two_sizes
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("rate, cores", [(6, 1), (14, 2)])
def test_the_mean_time_on_shared_cores_does_not_depend_on_the_law(
    size: Size, rate: float, cores: int, law: str
) -> None:
    server = {"server": station(LAWS[law], f"workers: {cores}, waiting: unlimited, line: processor sharing")}
    run = played(size, size.of(60, 8000), poisson(rate), server)
    found = theory.processor_sharing(rate, 0.1, cores)
    size.agrees(values(run, "sojourn mean", "server"), found.sojourn_s, 0.03)
    size.agrees(values(run, "cpu utilisation", "server"), found.utilisation, 0.02)
    size.agrees(values(run, "at work mean", "server"), found.in_system, 0.04)


@pytest.mark.slow
@pytest.mark.parametrize("rate", [6, 8])
def test_work_takes_longer_in_proportion_to_what_it_needs(rate: float) -> None:
    workload = {"short": f"calls: server.short, rate: {rate}/s", "long": f"calls: server.long, rate: {rate / 8}/s"}
    operations = "operations: {short: [{work: 50ms}], long: [{work: 400ms}]}"
    server = {"server": f"waiting: unlimited, line: processor sharing, {operations}"}
    run = played(FULL, 8000, workload, server)
    load = rate * 0.05 + rate / 8 * 0.4
    FULL.agrees(values(run, "latency mean", "short"), 0.05 / (1 - load), 0.03)
    FULL.agrees(values(run, "latency mean", "long"), 0.4 / (1 - load), 0.04)


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2, 8])
def test_a_core_shared_by_so_few_lets_the_others_wait(threads: int) -> None:
    server = {"server": station("exponential 100ms", f"workers: {threads}, cores: 1, waiting: unlimited")}
    run = played(FULL, 8000, poisson(7), server)
    found = theory.limited_sharing(7, 10, threads)
    FULL.agrees(values(run, "sojourn mean", "server"), found.sojourn_s, 0.03)
    FULL.agrees(values(run, "wait mean", "server"), found.wait_s, 0.06)
    FULL.agrees(values(run, "waiting mean", "server"), found.waiting, 0.06)


# --- preemption ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "rates, works",
    [
        ((3, 4), ("exponential 100ms",) * 2),
        ((3, 3, 2), ("exponential 100ms",) * 3),
        ((4, 3), ("100ms", "exponential 120ms")),
    ],
)
def test_preemption_with_resuming_is_white_and_christies(rates: tuple[float, ...], works: tuple[str, ...]) -> None:
    names = [f"class {number}" for number in range(len(rates))]
    workload = {
        name: f"calls: server.op{number}, rate: {rates[number]}/s, priority: {number}"
        for number, name in enumerate(names)
    }
    operations = ", ".join(f"op{number}: [{{work: {work}}}]" for number, work in enumerate(works))
    server = {"server": f"waiting: unlimited, line: preemptive priority, operations: {{{operations}}}"}
    run = played(FULL, 8000, workload, server)
    means = [float(work.split()[-1].removesuffix("ms")) / 1000 for work in works]
    expected = theory.preemptive_sojourns(rates, means, [float("exp" in work) for work in works])
    for name, sojourn_s in zip(names, expected, strict=True):
        FULL.agrees(values(run, "latency mean", name), sojourn_s, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind, work, exponential",
    [("restart", "100ms", False), ("restart", "exponential 80ms", True), ("redraw", "exponential 80ms", True)],
)
def test_work_that_begins_again_is_conway_maxwell_and_millers(kind: str, work: str, exponential: bool) -> None:
    workload = {
        "vip": "calls: server.vip, rate: 3/s, priority: 0",
        "mass": "calls: server.mass, rate: 2/s, priority: 1",
    }
    operations = f"operations: {{vip: [{{work: exponential 100ms}}], mass: [{{work: {work}}}]}}"
    server = {"server": f"waiting: unlimited, line: preemptive priority {kind}, {operations}"}
    run = played(FULL, 8000, workload, server)
    mean_s = float(work.split()[-1].removesuffix("ms")) / 1000
    span_s = mean_s / (1 - 0.3) if kind == "redraw" else theory.restarted_span(3, 0.1, mean_s, exponential)
    vip_s = 0.1 / (1 - 0.3)
    # of all visits the mean time in service is that of the two classes by their rates
    served = [s - w for s, w in zip(values(run, "sojourn mean", "server"), values(run, "wait mean", "server"))]
    vip_served_s = 0.1
    FULL.agrees(served, (3 * vip_served_s + 2 * span_s) / 5, 0.05)
    FULL.agrees(values(run, "latency mean", "vip"), vip_s, 0.03)


# --- baulking --------------------------------------------------------------------------------------------------------


@in_two_sizes
@pytest.mark.parametrize("rate", [8, 12, 25])
def test_with_one_in_n_plus_one_the_number_in_the_system_is_poisson(size: Size, rate: float) -> None:
    server = {"server": station("exponential 100ms", "waiting: unlimited, baulk: {law: 1/(n+1)}")}
    run = played(size, size.of(60, 4000), poisson(rate), server)
    found = theory.mm1_baulking(rate, 10, lambda n: 1 / (n + 1))
    assert found.in_system == pytest.approx(rate / 10) and found.lost_ratio == pytest.approx(
        1 - 10 / rate * (1 - math.exp(-rate / 10))
    )
    size.agrees(values(run, "in system mean", "server"), found.in_system, 0.03)
    size.agrees(values(run, "rejected ratio", "clients"), found.lost_ratio, 0.03)


@pytest.mark.slow
@pytest.mark.parametrize("law, shares", [("50% from 3", [0, 0, 0, 0.5]), ("[0%, 20%, 40%, 100%]", [0, 0.2, 0.4, 1])])
def test_any_law_of_baulking_has_the_states_of_its_birth_and_death(law: str, shares: list[float]) -> None:
    server = {"server": station("exponential 100ms", f"waiting: unlimited, baulk: {{law: {law}}}")}
    run = played(FULL, 4000, poisson(12), server)
    found = theory.mm1_baulking(12, 10, lambda n: 1 - shares[min(n, len(shares) - 1)])
    FULL.agrees(values(run, "in system mean", "server"), found.in_system, 0.03)
    FULL.agrees(values(run, "rejected ratio", "clients"), found.lost_ratio, 0.03)
    FULL.agrees(values(run, "utilisation", "server"), found.utilisation, 0.02)


# --- quotas ----------------------------------------------------------------------------------------------------------


@in_two_sizes
@pytest.mark.parametrize("threads, quota, work_ms", [(4, 1.0, 50), (8, 2.0, 40), (2, 0.5, 100)])
def test_a_burst_on_a_quota_takes_the_periods_that_it_needs(
    size: Size, threads: int, quota: float, work_ms: int
) -> None:
    workload = {"clients": f"calls: server.do, rate: 1/s, arrivals: regular batches of {threads}"}
    server = {"server": station(f"{work_ms}ms", f"workers: {threads}, cpu: {{quota: {quota}}}")}
    run = played(size, 20, workload, server)
    expected = theory.quota_span(work_ms / 1000, threads, quota)
    assert values(run, "latency max") == pytest.approx([expected] * size.replications, rel=1e-6)
