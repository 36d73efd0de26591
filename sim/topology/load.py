"""Offered load against capacity: what the workloads ask of every service if nothing fails and nothing queues.

Arrivals spread through calls and sends with their multiplicities (`repeat`, `parallel`, shares of `branch` and
`fail`, retries of what fails by itself). Closed loops are taken at their upper bound, users over think time plus
empty-system response: above 100 % such a loop settles at the capacity instead of failing. Left out: faults, waiting,
and work that a timeout makes useless.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.scenario.models import Scenario, Workload
from sim.topology.graph import requested
from sim.topology.recipes import Profile, Recipes

_ROUNDS = 10_000


@dataclass(frozen=True, slots=True)
class ServiceLoad:
    """What is asked of one service. Rates are per second; loads are shares of its workers (0 if unlimited).

    ``work_load`` counts own `work` and `wait` only; ``held_load`` also the time a worker is held while calling. The
    peak loads take every workload at its highest rate at once. ``capacity_per_s`` is workers over held time.
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
    """True where a closed loop feeds it: the real load is at most this."""


@dataclass(frozen=True, slots=True)
class Fanout:
    """What one request of *workload* for *operation* sets off, queues followed: mean and largest numbers.

    ``visits`` are (service, mean, most) with the retries of steps that fail by themselves in the mean only;
    ``calls`` sums the means over all services.
    """

    workload: str
    operation: str
    calls: float
    visits: tuple[tuple[str, float, int], ...]
    answer_s: float
    """Mean time to the answer in an empty system, the link from the workload included."""


def offered_rates(scenario: Scenario, name: str, recipes: Recipes) -> tuple[float, float]:
    """Return the mean and the highest arrivals (closed loop: tasks, at their upper bound) per second of a workload."""
    workload = scenario.workload[name]
    if workload.users is not None:
        cycle_s = workload.think.mean + _task_s(workload, name, recipes)
        rate = workload.users / cycle_s if cycle_s else math.inf
        return rate, rate
    batch = workload.arrivals.batch
    if workload.arrivals.kind == "at":
        rate = sum(at < scenario.duration for at in workload.arrivals.instants) / scenario.duration
        return rate, rate
    if workload.rate is None:
        return 0.0, 0.0
    return batch * workload.rate.mean_until(scenario.duration), batch * workload.rate.peak_until(scenario.duration)


def _task_s(workload: Workload, name: str, recipes: Recipes) -> float:
    return math.fsum(n * recipes.call(name, operation).answer_s for operation, n in requested(workload).items())


def _spread(scenario: Scenario, recipes: Recipes, roots: dict[str, float]) -> dict[str, float]:
    """Return the rate at every operation when the *roots* are asked at these rates (traffic equations).

    Solved by repeated substitution, exact after as many rounds as the graph is deep; a circle through a queue
    converges when it dies out and gives infinity when it feeds itself.
    """
    rates = dict(roots)
    for _ in range(_ROUNDS):
        new = dict(roots)
        queued: dict[str, float] = {}
        for operation, rate in rates.items():
            for (kind, target), mean in recipes.profile(operation).visits.items():
                into = new if kind == "call" else queued
                into[target] = into.get(target, 0.0) + rate * mean
        for operation, rate in _delivered(scenario, recipes, queued).items():
            new[operation] = new.get(operation, 0.0) + rate
        if all(math.isclose(new[key], rates.get(key, 0.0), rel_tol=1e-12) for key in new):
            return new
        rates = new
    return dict.fromkeys(rates, math.inf)


def _delivered(scenario: Scenario, recipes: Recipes, queued: dict[str, float]) -> dict[str, float]:
    """Return the rate of deliveries to each handler; consumers of one queue share by their workers."""
    found: dict[str, float] = {}
    waiting = dict(queued)
    for _ in range(len(scenario.queues)):  # a dead letter passes through each queue at most once
        dead: dict[str, float] = {}
        for queue, rate in waiting.items():
            handlers = [
                (f"{name}.{service.consumes[queue]}", service.replicas * min(service.workers, 1e9), name)
                for name, service in scenario.services.items()
                if queue in service.consumes
            ]
            pool = math.fsum(workers for _, workers, _ in handlers)
            for operation, workers, name in handlers:
                failing = 1 - recipes.profile(operation).ok_ratio * (1 - recipes.link(queue, name).loss) ** 2
                most = scenario.queues[queue].max_deliveries
                tries = most if failing == 1 else (1 - failing**most) / (1 - failing)
                share = rate * workers / pool
                found[operation] = found.get(operation, 0.0) + share * tries
                letters = scenario.queues[queue].dead_letters
                if letters and failing**most > 0:
                    dead[letters] = dead.get(letters, 0.0) + share * failing**most
        waiting = dead
    return found


def service_loads(scenario: Scenario) -> tuple[ServiceLoad, ...]:
    """Return the load of every service in file order; the operations must not call each other in a circle."""
    mean: dict[str, float] = {}
    peak: dict[str, float] = {}
    bounded: dict[str, bool] = {}
    for name, workload in scenario.workload.items():
        recipes = Recipes(scenario, workload.keys)
        usual, highest = offered_rates(scenario, name, recipes)
        roots = {
            operation: n * recipes.call(name, operation).visits["call", operation]
            for operation, n in requested(workload).items()
        }
        for operation, each in _spread(scenario, recipes, roots).items():
            mean[operation] = mean.get(operation, 0.0) + (each * usual if each else 0.0)
            peak[operation] = peak.get(operation, 0.0) + (each * highest if each else 0.0)
            if each and workload.users is not None:
                bounded[operation.partition(".")[0]] = True
    return tuple(_loaded(scenario, name, mean, peak, bounded.get(name, False)) for name in scenario.services)


def _loaded(
    scenario: Scenario, name: str, mean: dict[str, float], peak: dict[str, float], bounded: bool
) -> ServiceLoad:
    service = scenario.services[name]
    keys = next((workload.keys for workload in scenario.workload.values() if workload.keys), None)
    recipes = Recipes(scenario, keys)
    operations = {f"{name}.{operation}": recipes.profile(f"{name}.{operation}") for operation in service.operations}
    arrivals = math.fsum(mean.get(operation, 0.0) for operation in operations)
    pool = service.replicas * service.workers

    def held_s(profile: Profile) -> float:
        return profile.own_s if service.while_calling == "free" else profile.span_s

    def busy(rates: dict[str, float], own: bool) -> float:
        """Return the mean number of workers that these rates keep busy."""
        asked = [(rates.get(operation, 0.0), profile) for operation, profile in operations.items()]
        return math.fsum(rate * (p.own_s if own else held_s(p)) for rate, p in asked if rate)

    weights = mean if arrivals else dict.fromkeys(operations, 1.0)
    total = math.fsum(weights.get(operation, 0.0) for operation in operations)
    own_s, mean_held_s = busy(weights, own=True) / total, busy(weights, own=False) / total
    return ServiceLoad(
        name, service.replicas, service.workers, arrivals, own_s, mean_held_s,
        pool / mean_held_s if mean_held_s else math.inf,
        busy(mean, own=True) / pool, busy(mean, own=False) / pool,
        busy(peak, own=True) / pool, busy(peak, own=False) / pool, bounded,
    )  # fmt: skip


def fanouts(scenario: Scenario) -> tuple[Fanout, ...]:
    """Return what one request of each workload and operation sets off; the operations make no circle."""
    found = []
    for name, workload in scenario.workload.items():
        recipes = Recipes(scenario, workload.keys)
        for operation in requested(workload):
            call = recipes.call(name, operation)
            spread = _spread(scenario, recipes, {operation: call.visits["call", operation]})
            most = _most(scenario, recipes, operation)
            visits: dict[str, tuple[float, int]] = {}
            for target, mean in spread.items():
                service = target.partition(".")[0]
                before = visits.get(service, (0.0, 0))
                visits[service] = (before[0] + mean, before[1] + most.get(target, 0))
            rows = tuple((service, mean, count) for service, (mean, count) in visits.items())
            calls = math.fsum(mean for _, mean, _ in rows)
            found.append(Fanout(name, operation, calls, rows, call.answer_s))
    return tuple(found)


def _most(scenario: Scenario, recipes: Recipes, root: str) -> dict[str, int]:
    """Return the largest number of runs of each operation for one run of *root*; each queue is followed once."""
    found: dict[str, int] = {}
    line: list[tuple[str, int, tuple[str, ...]]] = [(root, 1, ())]
    while line:
        operation, times, through = line.pop()
        found[operation] = found.get(operation, 0) + times
        for (kind, target), count in recipes.profile(operation).most.items():
            if kind == "call":
                line.append((target, times * count, through))
            elif target not in through:
                for name, service in scenario.services.items():
                    if target in service.consumes:
                        handler = f"{name}.{service.consumes[target]}"
                        line.append((handler, times * count, (*through, target)))
    return found
