"""Queueing laws beyond the listed cases: impatience, priorities, interruptions, networks, and what stands in a link.

The fast size of most is left out: it would repeat what other tests show in little time.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

from sim import theory
from tests.acceptance._judging import FULL, Size, in_two_sizes, play
from tests.acceptance._systems import Parts, failing, measured, recipe, station

LINK = "clients -> server"


def poisson(rate: float, calls: str = "server.do") -> dict[str, str]:
    return {"clients": f"calls: {calls}, rate: {rate!r}/s"}


def values(run: Any, measure: str, of: str = "clients") -> list[float]:
    found: list[float] = run.values[measure, of, "all"]
    return found


def played(size: Size, seconds: float, workload: Parts, services: Parts, **more: Parts | str) -> Any:
    return play(measured(seconds, workload, services, **more), size.replications)


# --- lines ---------------------------------------------------------------------------------------------------------


@in_two_sizes
@pytest.mark.parametrize(
    "rate, service_rate, workers, patience_s", [(12, 10, 1, 0.5), (50, 10, 5, 1.0), (18, 5, 4, 2.0)]
)
def test_who_leaves_the_line_after_an_exponential_time_is_erlang_a(
    size: Size, rate: float, service_rate: float, workers: int, patience_s: float
) -> None:
    more = f"workers: {workers}, waiting: unlimited, max wait: exponential {patience_s}s"
    server = {"server": station(f"exponential {1000 / service_rate}ms", more)}
    run = played(size, size.of(1200 / rate, 1e5 / rate), poisson(rate), server)
    told = theory.mmc_impatient(rate, service_rate, workers, patience_s)
    size.agrees(values(run, "rejected ratio"), told.lost_ratio, 0.03, widest=1)
    size.agrees(values(run, "waiting mean", "server"), told.waiting, 0.03, widest=1)
    size.agrees(values(run, "utilisation", "server"), told.utilisation, 0.02)


@in_two_sizes
@pytest.mark.parametrize("way", ["hold", "free"])
def test_who_is_important_waits_as_cobham_says(size: Size, way: str) -> None:
    classes = {"vip": (4.0, 0.05, 0.0), "usual": (2.0, 0.2, 1.0), "batch": (0.5, 0.4, 0.25)}
    laws = {"vip": "50ms", "usual": "exponential 200ms", "batch": "gamma 400ms cv 0.5"}
    workload = {
        name: f"calls: server.{name}, rate: {rate}/s, priority: {i}"
        for i, (name, (rate, _, _)) in enumerate(classes.items())
    }
    steps = ", ".join(f"{name}: [{{work: {law}}}]" for name, law in laws.items())
    server = {"server": f"waiting: unlimited, line: priority, while calling: {way}, operations: {{{steps}}}"}
    run = played(size, size.of(200, 12_000), workload, server)
    waits = theory.priority_waits(*zip(*classes.values()))
    for (name, (_, service_s, _)), wait_s in zip(classes.items(), waits, strict=True):
        size.agrees(values(run, "latency mean", name), wait_s + service_s, 0.03, widest=1)


@pytest.mark.slow
def test_the_share_that_waits_is_erlang_c_and_many_workers_share_one_line_best() -> None:
    server = {"server": station("exponential 200ms", "workers: 4, waiting: unlimited")}
    run = played(FULL, 6000, poisson(16), server)
    FULL.agrees(values(run, "waited ratio", "server"), theory.mmc(16, 5, 4).p_wait, 0.02)


@pytest.mark.slow
@pytest.mark.parametrize("rate", [8, 5])
def test_regular_arrivals_wait_less_than_poisson_ones(rate: float) -> None:
    """D/M/1: sojourn 1 / (mu (1 - s)) with s = exp(-(1 - s) mu / rate); Gross et al., section 5.3."""
    s = 0.5
    for _ in range(1000):
        s = math.exp(-(1 - s) * 10 / rate)
    clients = {"clients": f"calls: server.do, rate: {rate}/s, arrivals: regular"}
    run = played(FULL, 1e5 / rate, clients, {"server": station("exponential 100ms")})
    FULL.agrees(values(run, "latency mean"), 1 / (10 * (1 - s)), 0.02)


@in_two_sizes
@pytest.mark.parametrize("cv", [0.5, 2.0])
def test_gaps_by_a_gamma_law_wait_as_a_single_exponential_worker_makes_them(size: Size, cv: float) -> None:
    """G/M/1: s is the transform of the gaps at mu (1 - s), that is (1 + cv^2 mu (1 - s) / rate)^(-1 / cv^2)."""
    s, rate, mu = 0.5, 7.0, 10.0
    for _ in range(1000):
        s = (1 + cv**2 * mu * (1 - s) / rate) ** -(cv**-2)
    clients = {"clients": f"calls: server.do, rate: {rate}/s, arrivals: gamma cv {cv}"}
    run = played(size, size.of(500, 30_000), clients, {"server": station("exponential 100ms")})
    size.agrees(values(run, "latency mean"), 1 / (mu * (1 - s)), 0.03, widest=1)
    size.agrees(values(run, "waited ratio", "server"), s, 0.02)


@pytest.mark.slow
def test_without_lines_the_number_inside_hangs_on_the_mean_only() -> None:
    """M/G/infinity: rate times mean, whatever the law; Gross et al., section 3.7."""
    run = played(FULL, 4000, poisson(20), {"server": station("lognormal 500ms cv 3", "workers: unlimited")})
    FULL.agrees(values(run, "in system mean", "server"), 10, 0.02)


@pytest.mark.slow
@pytest.mark.parametrize("deadline", [False, True])
@pytest.mark.parametrize("rate", [6, 12])
def test_work_that_is_stopped_with_its_caller_bounds_the_work_in_the_system(rate: float, deadline: bool) -> None:
    """Nobody stays longer than T: the work ahead has density p0 rate exp((rate - mu) x) below T and none above.

    Late are p0 exp(-(mu - rate) T); the worker is busy all but p0 of the time. (A dam of size T: N. Prabhu 1965.)
    """
    mu, most_s = 10.0, 0.5
    idle = 1 / (1 + rate * -math.expm1((rate - mu) * most_s) / (mu - rate))
    clients, link = poisson(rate), "timeout: 500ms, on abandon: cancel"
    if deadline:
        clients = {"clients": f"{clients['clients']}, deadline: 500ms"}
        link = "propagate deadline: true, on abandon: cancel"
    run = played(FULL, 5e4 / rate, clients, {"server": station("exponential 100ms")}, links={LINK: link})
    FULL.agrees(values(run, "timeout ratio"), idle * math.exp((rate - mu) * most_s), 0.03)
    FULL.agrees(values(run, "utilisation", "server"), 1 - idle, 0.02)


# --- interruptions -------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("up_s, down_s", [(10, 2.5), (4, 1)])
def test_a_worker_that_is_frozen_now_and_then_is_white_and_christies(up_s: float, down_s: float) -> None:
    faults = {"freezes": f"pause: server, up: exponential {up_s}s, down: exponential {down_s}s"}
    run = played(FULL, 300 * (up_s + down_s), poisson(4), {"server": station("exponential 100ms")}, faults=faults)
    FULL.agrees_in_3_se(values(run, "latency mean"), theory.mm1_interrupted(4, 10, up_s, down_s))


@pytest.mark.slow
def test_breakdowns_of_working_machines_only_lengthen_the_work() -> None:
    """An attempt of a piece of work ends by a breakdown with b / (mu + b); after the repair the rest is as long.

    M/G/1 with the completion time of D. Gaver, A waiting line with interrupted service, JRSS B 24 (1962).
    """
    mu, breaks, repair_s, rate = 10.0, 0.1, 2.5, 4.0
    services = {
        "server": "waiting: unlimited, operations: {do: [{call: machine.run}]}",
        "machine": recipe(
            f"{{work: exponential {1000 / (mu + breaks)!r}ms}}, "
            f"{{call: luck.holds, on error: [{{wait: exponential {repair_s}s}}, {{fail: 100%}}]}}"
        ).replace("do:", "run:"),
        "luck": failing(f"{100 * breaks / (mu + breaks)!r}%").replace("do:", "holds:"),
    }
    run = played(FULL, 20_000, poisson(rate), services, links={"server -> machine": "retry: {max attempts: unlimited}"})
    mean_s = (1 + breaks * repair_s) / mu
    second = 2 * mean_s**2 + breaks / mu * 2 * repair_s**2
    wait_s = rate * second / 2 / (1 - rate * mean_s)
    FULL.agrees_in_3_se(values(run, "latency mean"), wait_s + mean_s)


# --- networks ------------------------------------------------------------------------------------------------------


@in_two_sizes
@pytest.mark.parametrize("users, think_s, visits, demands_s", [(15, 1, 1, (0.05, 0.08)), (10, 2, 3, (0.15, 0.08))])
def test_a_closed_loop_through_stations_is_mean_value_analysis(
    size: Size, users: int, think_s: float, visits: int, demands_s: tuple[float, float]
) -> None:
    clients = {"clients": f"calls: front.do, users: {users}, think: exponential {think_s}s"}
    services = {
        "front": recipe(f"{{repeat: {visits}, call: a.do}}, {{call: b.do}}"),
        "a": station(f"exponential {1000 * demands_s[0] / visits!r}ms"),
        "b": station(f"exponential {1000 * demands_s[1]!r}ms"),
    }
    run = played(size, size.of(60, 2000), clients, services)
    throughput, response_s = theory.closed_network(users, think_s, demands_s)
    size.agrees(values(run, "throughput"), throughput, 0.02)
    size.agrees(values(run, "latency mean"), response_s, 0.02)


@pytest.mark.slow
@pytest.mark.parametrize("rate, fails", [(6, 0.25), (4, 0.5)])
def test_work_that_is_sent_back_makes_a_station_as_busy_as_jackson_says(rate: float, fails: float) -> None:
    """Each is sent back with p: rate / (1 - p) arrive in all, and 1 / (1 - p) visits each (J. Jackson 1957)."""
    server = {"server": f"waiting: unlimited, operations: {{do: [{{work: exponential 100ms}}, {{fail: {fails:.0%}}}]}}"}
    run = played(FULL, 1e5 / rate, poisson(rate), server, links={LINK: "retry: {max attempts: unlimited}"})
    FULL.agrees(values(run, "latency mean"), theory.mm1(rate / (1 - fails), 10).sojourn_s / (1 - fails), 0.03)


@pytest.mark.slow
def test_two_lines_that_join_wait_as_flatto_and_hahn_say() -> None:
    """(12 - load) / 8 times the sojourn of one (L. Flatto, S. Hahn 1984)."""
    services = {"front": recipe("{parallel: [{call: a.do}, {call: b.do}]}")}
    services |= dict.fromkeys("ab", station("exponential 100ms"))
    run = played(FULL, 12_000, poisson(8, "front.do"), services)
    FULL.agrees(values(run, "latency mean"), (12 - 0.8) / 8 * 0.5, 0.03)


@pytest.mark.slow
@pytest.mark.parametrize("leaves, first", [(5, 3), (10, 9)])
def test_the_first_k_of_n_are_an_order_statistic(leaves: int, first: int) -> None:
    front = recipe(f"{{parallel: [{{call: leaf.do}}], times: {leaves}, join: {first}}}")
    run = played(FULL, 300, poisson(30, "front.do"), {"front": front, "leaf": recipe("{work: exponential 100ms}")})
    expected = 0.1 * math.fsum(1 / n for n in range(leaves - first + 1, leaves + 1))
    FULL.agrees(values(run, "latency mean"), expected, 0.02)


# --- links ---------------------------------------------------------------------------------------------------------


@in_two_sizes
@pytest.mark.parametrize("waiting", [0, 5])
def test_a_bulkhead_turns_away_what_a_bounded_line_would(size: Size, waiting: int) -> None:
    """Erlang B without waiting, M/M/10/15 with five places."""
    told = theory.mmck(8, 1, 10, 10 + waiting)
    links = {LINK: f"bulkhead: {{max concurrent calls: 10, max waiting: {waiting}}}"}
    run = played(size, size.of(120, 4000), poisson(8), {"server": recipe("{work: exponential 1s}")}, links=links)
    size.agrees(values(run, "short-circuited ratio"), told.lost_ratio, 0.03, widest=1)
    size.agrees(values(run, "latency mean"), told.sojourn_s, 0.02)


@pytest.mark.slow
@pytest.mark.parametrize("where", ["caller", "service"])
def test_calls_that_wait_for_a_token_wait_as_for_constant_work(where: str) -> None:
    """A bucket of one token, refilled at 10/s, is M/D/1 with 0.1 s of work; without waiting M/D/1/1."""
    limit = "limit: {rate: 10/s, burst: 1, when full: WHAT}"
    for what, measure, expected in (
        ("wait", "latency mean", theory.md1(8, 0.1).wait_s),
        ("reject", "answered ratio", 1 / 1.8),
    ):
        text = limit.replace("WHAT", what)
        server = recipe("{work: 0s}", f"workers: unlimited, {text}" if where == "service" else "workers: unlimited")
        run = played(FULL, 6000, poisson(8), {"server": server}, links={LINK: text} if where == "caller" else {})
        FULL.agrees(values(run, measure), expected, 0.02)


@pytest.mark.slow
@pytest.mark.parametrize("after_ms", [100, 50])
def test_a_hedge_is_the_smaller_of_two_that_begin_apart(after_ms: int) -> None:
    """Exponential work of 0.1 s, hedged after d: mean 0.1 (1 - exp(-d / 0.1) / 2), and exp(-d / 0.1) more calls."""
    late = math.exp(-after_ms / 100)
    links = {LINK: f"hedge: {{after: {after_ms}ms}}"}
    run = played(FULL, 1000, poisson(50), {"server": recipe("{work: exponential 100ms}")}, links=links)
    FULL.agrees(values(run, "latency mean"), 0.1 * (1 - late / 2), 0.01)
    FULL.agrees(values(run, "amplification", LINK), 1 + late, 0.01)


@pytest.mark.slow
def test_answers_that_expire_are_asked_for_again_after_one_more_gap() -> None:
    """A key asked for at rate r is fetched 1 / (t + 1 / r) times a second when answers are good for t (renewals)."""
    run = played(
        FULL, 1000, {"clients": "calls: server.do, rate: 50/s, keys: uniform 100"}, {"server": recipe("{work: 0s}")},
        links={LINK: "cache: {expire after: 10s}"},
    )  # fmt: skip
    FULL.agrees(values(run, "attempts rate", LINK), 100 / (10 + 2), 0.01)


@pytest.mark.slow
@pytest.mark.parametrize("failures, open_s", [(3, 1), (2, 0.5)])
def test_what_a_breaker_lets_through_at_steady_failures_is_a_renewal_cycle(failures: int, open_s: float) -> None:
    """Half fail. Closed for 2 (2^k - 1) calls; two open periods of rate * open calls and a probe, in the mean."""
    rate, closed = 10, 2 * (2**failures - 1)
    calls = closed + 2 * (rate * open_s + 1)
    links = {LINK: f"breaker: {{failures: {failures}, open for: {open_s}s, probes: 1}}"}
    run = played(FULL, 4000, poisson(rate), {"server": failing("50%")}, links=links)
    FULL.agrees(values(run, "answered ratio"), (closed / 2 + 1) / calls, 0.02)
    FULL.agrees(values(run, "short-circuited ratio"), 2 * rate * open_s / calls, 0.02)


@pytest.mark.slow
@pytest.mark.parametrize("visible_s", [1, 2])
def test_a_visibility_that_is_too_short_applies_twice_what_takes_longer(visible_s: int) -> None:
    """Work exp(1): delivery k + 1 starts if none of k has ended, at ages k v, (k - 1) v and so on."""
    services = {
        "shop": recipe("{send: orders}"),
        "till": recipe("{work: exponential 1s}, {effect: charged}", "workers: unlimited, consumes: {orders: do}"),
    }
    queue = {"orders": f"visibility timeout: {visible_s}s"}
    run = played(FULL, 2000, poisson(10, "shop.do"), services, queues=queue)
    due, twice = values(run, "due", "charged"), values(run, "duplicated", "charged")
    FULL.agrees([n / all_ for n, all_ in zip(twice, due, strict=True)], math.exp(-visible_s), 0.02)
    deliveries = 1 + math.fsum(math.exp(-visible_s * k * (k + 1) / 2) for k in range(1, 30))
    FULL.agrees(values(run, "deliveries per message", "orders"), deliveries, 0.01)
