"""Offered load against capacity: the load of the workloads on every service if nothing fails and nothing queues.

Arrivals spread through calls and sends with their multiplicities (`repeat`, `parallel`, shares of `branch` and `fail`,
retries of steps that fail by themselves). Closed loops are taken at their upper bound, users over think time plus
empty-system response: above 100 % the loop settles at the capacity instead of failing. Caches are warm, with the
numbers for cold caches next to it; behind a rate limit rates are upper bounds. Not modelled: faults, waiting, hedges,
and work that a timeout makes useless.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Mapping

from sim.scenario.models import Scenario
from sim.topology.graph import requested
from sim.topology.operation_costs import Hits, OperationCosts, Profile
from sim.topology.traffic import Traffic, delivered, most_replicas, traffic_of

_ROUNDS = 10_000


@dataclass(frozen=True, slots=True)
class ServiceLoad:
    """The load on one service. Rates are per second; loads are shares of its workers (0 if unlimited).

    ``arrivals_per_s`` is the offered rate without rate limits; ``let_in_per_s`` is the largest rate behind them, and
    the loads belong to it. ``work_load`` counts own `work` and `wait` only; ``held_load`` also the time a worker is
    held while calling. The peak loads take every workload at its highest rate at once. ``capacity_per_s`` is workers
    over held time, of the initial replicas. The cold numbers are those without any cache.
    """

    service: str
    replicas: int
    workers: float
    arrivals_per_s: float
    own_s: float
    held_s: float
    capacity_per_s: float
    work_load: float
    held_load: float
    peak_work_load: float
    peak_held_load: float
    upper_bound: bool
    """True if a closed loop feeds it: the real load is at most this."""
    let_in_per_s: float
    cold_per_s: float
    cold_held_load: float
    most_replicas: int
    """The largest number of replicas that its autoscaler allows; all, without one."""


@dataclass(frozen=True, slots=True)
class Fanout:
    """The visits that one request of *workload* for *operation* causes, through queues too: mean and largest numbers.

    ``visits`` are (service, mean, most) with the retries of steps that fail by themselves in the mean only;
    ``calls`` sums the means over all services.
    """

    workload: str
    operation: str
    calls: float
    visits: tuple[tuple[str, float, int], ...]
    answer_s: float
    """Mean time to the answer in an empty system, including the link from the workload."""


def _spread(scenario: Scenario, costs: OperationCosts, roots: dict[str, float]) -> dict[str, float]:
    """Return the rate at every operation when the *roots* are asked at these rates (traffic equations).

    Solved by repeated substitution, exact after as many rounds as the graph is deep; a circle through a queue
    converges when it dies out and gives infinity when it feeds itself.
    """
    rates = dict(roots)
    for _ in range(_ROUNDS):
        new = dict(roots)
        queued: dict[str, float] = {}
        for operation, rate in rates.items():
            for (kind, target), mean in costs.profile(operation).visits.items():
                into = new if kind == "call" else queued
                into[target] = into.get(target, 0.0) + rate * mean
        for operation, rate in delivered(scenario, costs, queued).items():
            new[operation] = new.get(operation, 0.0) + rate
        if all(math.isclose(new[key], rates.get(key, 0.0), rel_tol=1e-12) for key in new):
            return new
        rates = new
    return dict.fromkeys(rates, math.inf)


def service_loads(scenario: Scenario) -> tuple[ServiceLoad, ...]:
    """Return the load of every service in file order; the operations must not call each other in a circle."""
    usual, peak = traffic_of(scenario), traffic_of(scenario, highest=True)
    offered = traffic_of(scenario, limited=False) if limited(scenario) else usual
    cold = traffic_of(scenario, cold=True) if caching(scenario) else usual
    closed = _closed(scenario)
    return tuple(_loaded(scenario, name, (usual, peak, offered, cold), name in closed) for name in scenario.services)


def limited(scenario: Scenario) -> bool:
    """Whether *scenario* has a rate limit."""
    return any(link.has("limit") for link in scenario.links.values()) or any(
        service.limit is not None for service in scenario.services.values()
    )


def caching(scenario: Scenario) -> bool:
    """Whether *scenario* has a cache."""
    return any(link.has("cache") for link in scenario.links.values())


def _closed(scenario: Scenario) -> set[str]:
    """Return the services that a closed loop feeds."""
    found: set[str] = set()
    for workload in scenario.workload.values():
        if workload.users is not None:
            costs = OperationCosts(scenario, workload.keys, hits={})
            roots = {operation: n for operation, n in requested(workload).items() if n}
            found |= {operation.partition(".")[0] for operation in _spread(scenario, costs, roots)}
    return found


def _loaded(
    scenario: Scenario, name: str, found: tuple[Traffic, Traffic, Traffic, Traffic], closed: bool
) -> ServiceLoad:
    service = scenario.services[name]
    usual, peak, offered, cold = found
    keys = next((workload.keys for workload in scenario.workload.values() if workload.keys), None)
    pool, batches = service.replicas * service.workers, service.batches

    def profiles(hits: Hits) -> dict[str, Profile]:
        costs = OperationCosts(scenario, keys, hits=hits)
        return {f"{name}.{operation}": costs.profile(f"{name}.{operation}") for operation in service.operations}

    def busy(rates: Mapping[str, float], hits: Hits, own: bool = False) -> float:
        """Return the mean number of workers that these rates keep busy."""
        asked = [(rates.get(operation, 0.0), profile) for operation, profile in profiles(hits).items()]
        own = own or service.while_calling == "free"
        work = math.fsum(rate * (p.own_s if own else p.span_s) for rate, p in asked if rate)
        return work + math.fsum(rates.get(f"{name}.{one.operation}", 0.0) * one.share_s for one in batches.values())

    def came(rates: Mapping[str, float]) -> float:
        return math.fsum(rates.get(f"{name}.{operation}", 0.0) for operation in service.operations)

    weights = usual.runs if came(usual.runs) else dict.fromkeys(profiles({}), 1.0)
    own_s, held_s = (busy(weights, usual.hits, own) / came(weights) for own in (True, False))
    more = most_replicas(scenario, name)
    return ServiceLoad(
        name, service.replicas, service.workers, came(offered.runs), own_s, held_s,
        pool / held_s if held_s else math.inf,
        busy(usual.runs, usual.hits, own=True) / pool, busy(usual.runs, usual.hits) / pool,
        busy(peak.runs, peak.hits, own=True) / pool, busy(peak.runs, peak.hits) / pool, closed,
        came(usual.runs), came(cold.runs), busy(cold.runs, cold.hits) / pool, more,
    )  # fmt: skip


def fanouts(scenario: Scenario) -> tuple[Fanout, ...]:
    """Return the calls that one request of each workload and operation causes, behind warm caches.

    The operations must not call each other in a circle.
    """
    found, hits = [], traffic_of(scenario).hits
    for name, workload in scenario.workload.items():
        costs = OperationCosts(scenario, workload.keys, hits=hits)
        for operation in requested(workload):
            call = costs.call(name, operation)
            spread = _spread(scenario, costs, {operation: call.visits["call", operation]})
            most = _most(scenario, costs, operation)
            visits: dict[str, tuple[float, int]] = {}
            for target, mean in spread.items():
                service = target.partition(".")[0]
                before = visits.get(service, (0.0, 0))
                visits[service] = (before[0] + mean, before[1] + most.get(target, 0))
            rows = tuple((service, mean, count) for service, (mean, count) in visits.items())
            calls = math.fsum(mean for _, mean, _ in rows)
            found.append(Fanout(name, operation, calls, rows, call.answer_s))
    return tuple(found)


def _most(scenario: Scenario, costs: OperationCosts, root: str) -> dict[str, int]:
    """Return the largest number of runs of each operation for one run of *root*; each queue is followed once."""
    found: dict[str, int] = {}
    line: list[tuple[str, int, tuple[str, ...]]] = [(root, 1, ())]
    while line:
        operation, times, through = line.pop()
        found[operation] = found.get(operation, 0) + times
        for (kind, target), count in costs.profile(operation).most.items():
            if kind == "call":
                line.append((target, times * count, through))
            elif target not in through:
                for name, service in scenario.services.items():
                    if target in service.handlers:
                        handler = f"{name}.{service.handlers[target]}"
                        line.append((handler, times * count, (*through, target)))
    return found
