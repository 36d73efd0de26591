"""Queues and load (cases A01 to A27): the simulator against closed forms, at the cases' parameters and at others."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sim import theory
from tests.acceptance._judging import Size, in_two_sizes, play, plays
from tests.acceptance._systems import measured, recipe, station, system


def poisson(rate: float, calls: str = "server.do") -> dict[str, str]:
    return {"clients": f"calls: {calls}, rate: {rate!r}/s"}


def values(run: Any, measure: str, of: str) -> list[float]:
    found: list[float] = run.values[measure, of, "all"]
    return found


def obeys_littles_law(run: Any, *services: str) -> None:
    """A20: L = throughput * W within 1 % on the same window, per node and over the whole (J. Little 1961).

    What is in the system at the window's ends belongs to one side only, so the means over replications are compared.
    """
    for of, level, time in [("clients", "requests in flight mean", "latency mean")] + [
        (service, "in system mean", "sojourn mean") for service in services
    ]:
        assert run.value(level, of) == pytest.approx(run.value("throughput", of) * run.value(time, of), rel=0.01)


@in_two_sizes
@pytest.mark.parametrize(
    "rate, service_rate, wait_s, sojourn_s, waiting, in_system, utilisation",
    [
        pytest.param(8, 10, 0.4, 0.5, 3.2, 4, 0.8, id="A01"),  # Gross et al., Fundamentals of Queueing Theory, 3.2
        pytest.param(9, 20, 9 / 220, 1 / 11, 81 / 220, 9 / 11, 0.45, id="lighter"),
    ],
)
def test_one_exponential_worker_is_mm1(
    size: Size, rate: float, service_rate: float, wait_s: float, sojourn_s: float, waiting: float, in_system: float,
    utilisation: float,
):  # fmt: skip
    seconds = size.of(2400 / rate, 2.2e5 / rate)
    run = play(
        measured(seconds, poisson(rate), {"server": station(f"exponential {1000 / service_rate}ms")}),
        size.replications,
    )
    size.agrees(values(run, "wait mean", "server"), wait_s, 0.03)
    size.agrees(values(run, "latency mean", "clients"), sojourn_s, 0.03)
    size.agrees(values(run, "sojourn mean", "server"), sojourn_s, 0.03)
    size.agrees(values(run, "waiting mean", "server"), waiting, 0.03)
    size.agrees(values(run, "in system mean", "server"), in_system, 0.03)
    size.agrees(values(run, "utilisation", "server"), utilisation, 0.03)
    obeys_littles_law(run, "server")


@in_two_sizes
@pytest.mark.parametrize(
    "rate, service_rate, workers, p_wait, wait_s, sojourn_s",
    [
        pytest.param(16, 5, 4, 0.5964, 0.1491, 0.3491, id="A04"),  # Erlang C, Gross et al., 3.4
        pytest.param(9, 5, 3, theory.mmc(9, 5, 3).p_wait, theory.mmc(9, 5, 3).wait_s,
                     theory.mmc(9, 5, 3).sojourn_s, id="three"),
    ],
)  # fmt: skip
def test_several_workers_behind_one_line_are_mmc(
    size: Size, rate: float, service_rate: float, workers: int, p_wait: float, wait_s: float, sojourn_s: float
):
    server = station(f"exponential {1000 / service_rate}ms", f"workers: {workers}, waiting: unlimited")
    text = measured(size.of(2000 / rate, 1e5 / rate), poisson(rate), {"server": server})
    waited, wait, sojourn = [], [], []
    for run in plays(text, size.replications):
        visits = run.record.attempts
        mine = visits["entered_at"] >= run.record.warmup_s
        waited.append(float(np.mean(visits["started_at"][mine] > visits["entered_at"][mine])))
        wait.append(run.value("wait mean", "server"))
        sojourn.append(run.value("latency mean", "clients"))
    size.agrees(waited, p_wait, 0.03)
    size.agrees(wait, wait_s, 0.03)
    size.agrees(sojourn, sojourn_s, 0.03)


@in_two_sizes
@pytest.mark.parametrize(
    "rate, service_rate, places, shed, throughput, sojourn_s",
    [
        pytest.param(12, 10, 10, 0.1926, 9.689, 0.6926, id="A06"),  # M/M/1/10, Gross et al., 3.5
        pytest.param(20, 10, 4, theory.mmck(20, 10, 1, 4).lost_ratio, theory.mmck(20, 10, 1, 4).throughput_per_s,
                     theory.mmck(20, 10, 1, 4).sojourn_s, id="overloaded"),
    ],
)  # fmt: skip
def test_a_full_line_sheds_what_mm1k_says(
    size: Size, rate: float, service_rate: float, places: int, shed: float, throughput: float, sojourn_s: float
):
    server = station(f"exponential {1000 / service_rate}ms", f"waiting: {places - 1}")
    run = play(measured(size.of(1000 / rate, 1e5 / rate), poisson(rate), {"server": server}), size.replications)
    size.agrees(values(run, "rejected ratio", "clients"), shed, 0.02)
    size.agrees(values(run, "throughput", "clients"), throughput, 0.02)
    size.agrees(values(run, "latency mean", "clients"), sojourn_s, 0.02)
    size.agrees(values(run, "utilisation", "server"), throughput / service_rate, 0.02)
    obeys_littles_law(run, "server")


@in_two_sizes
@pytest.mark.parametrize(
    "rate, service_s, wait_s",
    [
        pytest.param(8, 0.1, 0.2, id="A09"),  # half the wait of A01: Pollaczek-Khinchine
        pytest.param(5, 0.12, 0.6 / 0.4 * 0.12 / 2, id="lighter"),
    ],
)
def test_constant_work_is_md1(size: Size, rate: float, service_s: float, wait_s: float):
    text = measured(size.of(2000 / rate, 1.5e5 / rate), poisson(rate), {"server": station(f"{service_s * 1000:g}ms")})
    run = play(text, size.replications)
    size.agrees(values(run, "wait mean", "server"), wait_s, 0.03)
    size.agrees(values(run, "latency mean", "clients"), wait_s + service_s, 0.03)
    obeys_littles_law(run, "server")


@in_two_sizes
@pytest.mark.parametrize(
    "law, scv", [("gamma 80ms cv 0.5", 0.25), ("uniform 40ms to 120ms", 1 / 12), ("mix 50% 40ms 50% 120ms", 0.25)]
)
def test_any_law_of_work_waits_as_pollaczek_and_khinchine_say(size: Size, law: str, scv: float):
    run = play(measured(size.of(150, 1e4), poisson(7.5), {"server": station(law)}), size.replications)
    size.agrees(values(run, "wait mean", "server"), theory.mg1(7.5, 0.08, scv).wait_s, 0.03)


@in_two_sizes
@pytest.mark.parametrize(
    "batches, batch, service_rate, in_system, sojourn_s",
    [
        pytest.param(1, 5, 10, 3.0, 0.6, id="A15"),  # M^[5]/M/1, Gross et al., 4.1; M/M/1 at 5/s would take 0.2 s
        pytest.param(2, 3, 8, 6.0, 1.0, id="three"),  # load 0.75: 0.75 * 4 / (2 * 0.25) = 6, and 6 / 6 per second
    ],
)
def test_batches_wait_for_their_own(
    size: Size, batches: float, batch: int, service_rate: float, in_system: float, sojourn_s: float
):
    clients = {"clients": f"calls: server.do, rate: {batches}/s, arrivals: poisson batches of {batch}"}
    server = {"server": station(f"exponential {1000 / service_rate}ms")}
    run = play(measured(size.of(400, 2e5 / batches / batch), clients, server), size.replications)
    size.agrees(values(run, "in system mean", "server"), in_system, 0.03)
    size.agrees(values(run, "latency mean", "clients"), sojourn_s, 0.03)
    obeys_littles_law(run, "server")


@in_two_sizes
@pytest.mark.parametrize(
    "rate, service_rates, sojourn_s",
    [
        pytest.param(6, (10, 8, 12), 0.9167, id="A16"),  # 1/4 + 1/2 + 1/6; P. Burke 1956
        pytest.param(5, (20, 10), 1 / 15 + 1 / 5, id="two"),
    ],
)
def test_stations_in_a_row_add_up(size: Size, rate: float, service_rates: tuple[float, ...], sojourn_s: float):
    """The front calls the stations in turn with unlimited workers, so that none is held for another."""
    stations = {f"s{i}": station(f"exponential {1000 / mu!r}ms") for i, mu in enumerate(service_rates)}
    front = recipe(", ".join(f"{{call: {name}.do}}" for name in stations))
    text = measured(size.of(200, 1e5 / rate), poisson(rate, "front.do"), {"front": front, **stations})
    run = play(text, size.replications)
    size.agrees(values(run, "latency mean", "clients"), sojourn_s, 0.03)
    for name, mu in zip(stations, service_rates, strict=True):
        size.agrees(values(run, "sojourn mean", name), 1 / (mu - rate), 0.03)
    obeys_littles_law(run, *stations)


@in_two_sizes
@pytest.mark.parametrize(
    "means_ms, mean_s, p50_s, p99_s",
    [
        pytest.param((20,) * 5, 0.100, 0.0934, 0.2321, id="A17"),  # quantiles of Erlang 5
        pytest.param((10, 40, 25), 0.075, theory.hypoexponential_quantile([100, 25, 40], 0.5),
                     theory.hypoexponential_quantile([100, 25, 40], 0.99), id="unequal"),
    ],
)  # fmt: skip
def test_calls_in_series_without_queueing_take_a_hypoexponential_time(
    size: Size, means_ms: tuple[float, ...], mean_s: float, p50_s: float, p99_s: float
):
    leaves = {f"s{i}": recipe(f"{{work: exponential {mean}ms}}") for i, mean in enumerate(means_ms)}
    front = recipe(", ".join(f"{{call: {name}.do}}" for name in leaves))
    text = measured(size.of(75, 1000), poisson(20, "front.do"), {"front": front, **leaves})
    run = play(text, size.replications)
    size.agrees(values(run, "latency mean", "clients"), mean_s, 0.02)
    size.agrees(values(run, "latency p50", "clients"), p50_s, 0.02)
    size.agrees(values(run, "latency p99", "clients"), p99_s, 0.02)
    obeys_littles_law(run, *leaves)


@in_two_sizes
@pytest.mark.parametrize("rate", [pytest.param(50, id="A21"), pytest.param(7, id="slower")])
def test_poisson_arrivals_are_poisson(size: Size, rate: float):
    """Counts have mean and variance rate * time, gaps a coefficient of variation of 1, seconds a dispersion of 1.

    Standard errors by theory: of a count its root, of the cv of n exponential gaps 1 / sqrt(n) (delta method), of the
    dispersion of m seconds sqrt(2 / (m - 1)). All replications together make one long source.
    """
    seconds = int(size.of(40, 1000))
    text = system(seconds, poisson(rate), {"server": recipe("{work: 0s}")})
    counts, gaps, per_second = [], [], []
    for run in plays(text, size.replications):
        arrived_at = run.record.requests["arrived_at"]
        counts.append(len(arrived_at))
        gaps.append(np.diff(np.sort(arrived_at)))
        per_second.append(np.bincount(arrived_at.astype(int), minlength=seconds))
    expected = rate * seconds * size.replications
    assert abs(sum(counts) - expected) <= 3 * math.sqrt(expected)
    gap = np.concatenate(gaps)
    assert gap.std() / gap.mean() == pytest.approx(1, abs=3 / math.sqrt(len(gap)))
    second = np.concatenate(per_second)
    assert second.var(ddof=1) / second.mean() == pytest.approx(1, abs=3 * math.sqrt(2 / (len(second) - 1)))
    # the replications' own spread: sd 224 of a count of 50,000; a chi-square with 9 degrees of freedom, 99.9 % of it
    spread = np.var(counts, ddof=1) / (rate * seconds)
    assert 0.97 / 9 < spread < 29.7 / 9


@in_two_sizes
@pytest.mark.parametrize(
    "balance, load, sojourn_s",
    [
        # exact (M/M/1) and simulations of 100 servers: Mitzenmacher, The power of two choices, 2001
        pytest.param("random", 0.7, 3.333, id="A25 random"),
        pytest.param("best of 2", 0.7, 1.614, id="A25 two"),
        pytest.param("best of 3", 0.7, 1.357, id="A25 three"),
        # the limit of many servers, within about 2 % at 100
        pytest.param("best of 2", 0.5, theory.power_of_choices_sojourn(0.5, 2), id="half"),
    ],
)
def test_the_better_of_two_lines_is_much_shorter(size: Size, balance: str, load: float, sojourn_s: float):
    server = station("exponential 1s", f"replicas: 100, waiting: unlimited, balance: {balance}")
    text = system(size.of(120, 1000), poisson(100 * load), {"server": server}, warmup_s=60.0)
    found = values(play(text, size.replications if size.full else 3), "latency mean", "clients")
    if size.full:
        size.agrees(found, sojourn_s, 0.03)
    else:  # three short runs: standard errors up to 3 %, and lines still a little shorter than in the long run
        assert math.fsum(found) / len(found) == pytest.approx(sojourn_s, rel=0.1)


@in_two_sizes
@pytest.mark.parametrize(
    "users, think_s, service_rate, throughput, response_s",
    [
        pytest.param(20, 1, 10, 9.981, 1.0037, id="A26"),  # machine repair, Gross et al., 3.8
        pytest.param(5, 1, 10, 4.360, 0.1467, id="A27"),
        pytest.param(8, 2, 5, theory.machine_repair(8, 2, 5).throughput_per_s,
                     theory.machine_repair(8, 2, 5).sojourn_s, id="eight"),
    ],
)  # fmt: skip
def test_users_who_think_are_machine_repair(
    size: Size, users: int, think_s: float, service_rate: float, throughput: float, response_s: float
):
    clients = {"clients": f"calls: server.do, users: {users}, think: exponential {think_s}s"}
    server = {"server": station(f"exponential {1000 / service_rate}ms")}
    run = play(measured(size.of(100, 8e4 / throughput), clients, server), size.replications)
    size.agrees(values(run, "throughput", "clients"), throughput, 0.02)
    size.agrees(values(run, "latency mean", "clients"), response_s, 0.02)
    obeys_littles_law(run, "server")
    # R = N / X - Z: a law of every closed loop, whatever the laws of chance
    assert run.value("latency mean", "clients") == pytest.approx(
        users / run.value("throughput", "clients") - think_s, abs=0.02 * (response_s + think_s)
    )
