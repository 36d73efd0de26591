"""Calls per second on every link and operation if nothing fails and nothing queues (traffic equations).

Arrivals of all workloads spread through calls and sends with their multiplicities. Caches answer their share of hits,
unless they are taken as *cold*. Rate limits, at the caller and at the service, let no more pass than their rate, for
all calls alike. Behind a limit every number is an upper bound.

Not modelled: bursts, waiting, and calls that are retried, or end their operation, after a limit has stopped them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Callable, Hashable, Mapping, TypeVar

from sim.mechanisms.links.cache import Cache
from sim.mechanisms.links.retry_budget import RetryBudget
from sim.quantities import UNLIMITED, Keys, RateShape
from sim.scenario.models import Scenario, Workload
from sim.topology.graph import requested
from sim.topology.operation_costs import Hits, OperationCosts, Target, fixed_hits

_ROUNDS = 10_000
_HIT_ROUNDS = 100
TRACE_PEAK_S = 10.0
"""The peak of a trace is its highest mean over this many seconds."""
MOST_KEYS = 100_000
"""With more keys than this a cache by keys is taken as cold."""

Wanted = dict[tuple[str, Target], float]
"""(link, target) to the wanted rate of attempts."""
One = TypeVar("One", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Rates per second: *runs* of each ``service.operation``, and attempts *wanted* over each link.

    Attempts are counted after caches and before limits; *hits* is the hit ratio of each cache.
    """

    runs: dict[str, float]
    wanted: Wanted
    hits: Hits = field(default_factory=dict)

    def over(self, link: str, meets: Callable[[Target], bool] = lambda target: True) -> float:
        """Return the attempts wanted over *link*, per second; of all targets or of those for which *meets* holds."""
        return math.fsum(rate for (name, to), rate in self.wanted.items() if name == link and meets(to))


def meeting(scenario: Scenario, link: str, field: str, owner: str) -> Callable[[Target], bool]:
    """Return whether calls of a target meet the policy in this *field* of *link*, or of the operation that owns it."""

    def meets(target: Target) -> bool:
        operation = target[1].partition(".")[2] if target[0] == "call" else ""
        return scenario.owner(link, field, operation) == owner

    return meets


def offered_rates(scenario: Scenario, name: str, costs: OperationCosts) -> tuple[float, float]:
    """Return the mean and the highest arrivals (closed loop: tasks, at their upper bound) per second of a workload."""
    workload = scenario.workload[name]
    if workload.users is not None:
        cycle_s = workload.think.mean + _task_s(workload, name, costs)
        rate = workload.users / cycle_s if cycle_s else math.inf
        return rate, rate
    batch = workload.arrivals.batch
    if workload.arrivals.kind == "at":
        rate = sum(at < scenario.duration for at in workload.arrivals.instants) / scenario.duration
        return rate, rate
    shape = workload.rate
    if shape is None:
        return 0.0, 0.0
    if not shape.path:
        return batch * shape.mean_until(scenario.duration), batch * shape.peak_until(scenario.duration)
    shape = shape.with_counts(scenario.tables[shape.path])
    return batch * shape.mean_until(scenario.duration), batch * _busiest(shape, scenario.duration)


def _busiest(shape: RateShape, until_s: float) -> float:
    """Return the highest mean rate of a trace over ``TRACE_PEAK_S`` seconds; single counts are mostly chance."""
    spans = max(math.ceil(until_s / TRACE_PEAK_S), 1)
    areas = [0.0] * spans
    for begin, low, end, high in shape.until(until_s):  # the rate of a trace is constant in each piece
        for span in range(int(begin // TRACE_PEAK_S), min(math.ceil(end / TRACE_PEAK_S), spans)):
            inside = min(end, (span + 1) * TRACE_PEAK_S) - max(begin, span * TRACE_PEAK_S)
            areas[span] += (low + high) / 2 * max(inside, 0.0)
    return max(areas) / min(TRACE_PEAK_S, until_s)


def _task_s(workload: Workload, name: str, costs: OperationCosts) -> float:
    """Return how long a task takes on average: its requests, and the pauses between them."""
    asked_s = math.fsum(n * costs.call(name, operation).answer_s for operation, n in requested(workload).items())
    tasks = [
        (task.weight, max(len(task.requests) - 1, 0) * task.think.mean) for task in (workload.tasks or {}).values()
    ]
    total = math.fsum(weight for weight, _ in tasks)
    return asked_s + (math.fsum(weight * pause_s for weight, pause_s in tasks) / total if total else 0.0)


def traffic_of(scenario: Scenario, highest: bool = False, cold: bool = False, limited: bool = True) -> Traffic:
    """Return the traffic at the mean rates of all workloads (or at the *highest*, all at once).

    *cold*: no cache answers. Without *limited*, rate limits are ignored. The operations must not call each other in a
    circle; a queue that feeds itself gives infinity.
    """
    hits: Hits = {} if cold else fixed_hits(scenario)
    for _ in range(_HIT_ROUNDS):
        costs = {
            name: OperationCosts(scenario, workload.keys, hits=hits) for name, workload in scenario.workload.items()
        }
        found = _solved(scenario, costs, highest, limited, hits)
        by_key = {} if cold else _hits_by_key(scenario, costs, found[1])
        new = {**fixed_hits(scenario), **by_key} if not cold else {}
        if all(math.isclose(new[at], hits.get(at, 0.0), rel_tol=1e-9, abs_tol=1e-12) for at in new):
            break
        hits = new
    total: dict[str, float] = {}
    wanted: Wanted = {}
    for rates in found[0].values():
        for operation, rate in rates.items():
            total[operation] = total.get(operation, 0.0) + rate
    for name in scenario.workload:
        for at, rate in found[1][name].items():
            wanted[at] = wanted.get(at, 0.0) + rate
    return Traffic(total, wanted, hits)


def _solved(
    scenario: Scenario, costs: Mapping[str, OperationCosts], highest: bool, limited: bool, hits: Hits
) -> tuple[dict[str, dict[str, float]], dict[str, Wanted]]:
    """Return, for each workload, the rate of every operation, and the wanted attempts over each link.

    Solved by repeated substitution, exact after as many rounds as the graph is deep; a circle through a queue converges
    if it dies out; a rate that still grows after many rounds is infinite.
    """
    roots = {name: _roots(scenario, name, costs[name], highest) for name in scenario.workload}
    runs: dict[str, dict[str, float]] = {name: {} for name in scenario.workload}
    for _ in range(_ROUNDS):
        wanted = {name: dict(roots[name]) for name in scenario.workload}
        for name, rates in runs.items():
            for operation, rate in rates.items():
                caller = operation.partition(".")[0]
                for target, mean in costs[name].profile(operation).visits.items():
                    at = (f"{caller} -> {_callee(target)}", target)
                    wanted[name][at] = wanted[name].get(at, 0.0) + (rate * mean if mean else 0.0)
        new = _let_in(scenario, costs, wanted, limited)
        if all(
            math.isclose(rate, runs[name].get(op, 0.0), rel_tol=1e-12) for name in new for op, rate in new[name].items()
        ):
            return new, wanted
        before, runs = runs, new
    grown = {
        name: {op: rate if math.isclose(rate, before[name].get(op, 0.0), rel_tol=1e-12) else math.inf
               for op, rate in rates.items()} for name, rates in runs.items()
    }  # fmt: skip
    return grown, wanted


def _roots(scenario: Scenario, name: str, costs: OperationCosts, highest: bool) -> Wanted:
    rate = offered_rates(scenario, name, costs)[highest]
    return {
        (f"{name} -> {operation.partition('.')[0]}", ("call", operation)):
            n * rate * costs.call(name, operation).visits["call", operation]
        for operation, n in requested(scenario.workload[name]).items() if n
    }  # fmt: skip


def _callee(target: Target) -> str:
    return target[1].partition(".")[0] if target[0] == "call" else target[1]


def _let_in(
    scenario: Scenario, costs: Mapping[str, OperationCosts], wanted: Mapping[str, Wanted], limited: bool
) -> dict[str, dict[str, float]]:
    """Return the rate of every operation behind the limits of links and services, including deliveries."""
    every = {(name, link, target): rate for name, rates in wanted.items() for (link, target), rate in rates.items()}
    if limited:
        for link in dict.fromkeys(link for _, link, _ in every):
            for owner in scenario.owners(link, "limit"):
                meets = meeting(scenario, link, "limit", owner)
                here = [key for key in every if key[1] == link and meets(key[2])]
                every = _capped(every, here, link_limit_per_s(scenario, link, owner))
        for service in scenario.services:
            here = [key for key in every if key[2][0] == "call" and _callee(key[2]) == service]
            every = _capped(every, here, admission_limit_per_s(scenario, service))
    new: dict[str, dict[str, float]] = {name: {} for name in wanted}
    queued: dict[str, dict[str, float]] = {name: {} for name in wanted}
    for (name, _, (kind, target)), rate in every.items():
        into = new[name] if kind == "call" else queued[name]
        into[target] = into.get(target, 0.0) + rate
    for name in wanted:
        for operation, rate in delivered(scenario, costs[name], queued[name]).items():
            new[name][operation] = new[name].get(operation, 0.0) + rate
    return new


def _capped(rates: dict[One, float], which: list[One], cap: float) -> dict[One, float]:
    """Return *rates* with those of *which* scaled down alike, so that their sum is at most *cap*."""
    total = math.fsum(rates[key] for key in which)
    if total <= cap:
        return rates
    kept = {key: min(rates[key], cap) if math.isinf(total) else rates[key] * cap / total for key in which}
    return {**rates, **kept}


def link_limit_per_s(scenario: Scenario, link: str, owner: str = "") -> float:
    """Return the long-run rate that the limit of *link*, or of its *owner*, lets pass; infinite without one."""
    model = scenario.link(link, owner)
    if model.limit is None:
        return math.inf
    return model.limit.rate * (callers(scenario, link) if model.limit.scope == "caller" else 1)


def admission_limit_per_s(scenario: Scenario, service: str) -> float:
    """Return the rate that the rate limits of all replicas of *service* let pass; infinite without one."""
    limit = scenario.services[service].limit
    return math.inf if limit is None else limit.rate * most_replicas(scenario, service)


def callers(scenario: Scenario, link: str) -> int:
    """Return the number of callers on *link*: instances of a workload, or the most replicas of a service."""
    caller = link.partition(" -> ")[0]
    if caller in scenario.workload:
        return int(scenario.workload[caller].instances)
    return most_replicas(scenario, caller)


def most_replicas(scenario: Scenario, service: str) -> int:
    """Return the largest number of replicas of *service*."""
    model = scenario.services[service]
    return int(max(model.most_replicas, model.replicas))


def lasting_retries(scenario: Scenario, link: str, budget: RetryBudget, owner: str = "") -> float:
    """Return the most retries for a call that *budget* allows in a lasting outage, at the load of *link*."""
    if not budget.has_floor:
        return budget.lasting(0.0)
    each = callers(scenario, link) if budget.scope == "caller" else 1
    return budget.lasting(traffic_of(scenario).over(link, meeting(scenario, link, "budget", owner)) / each)


# --- caches by keys --------------------------------------------------------------------------------------------------


def _hits_by_key(scenario: Scenario, costs: Mapping[str, OperationCosts], wanted: Mapping[str, Wanted]) -> Hits:
    """Return the hit ratio of every cache by keys, if it has a closed form."""
    found: Hits = {}
    for at in dict.fromkeys(at for rates in wanted.values() for at in rates):
        link, target = at
        cache = scenario.link(link, target[1].partition(".")[2] if target[0] == "call" else "").cache
        if cache is None or cache.hit_ratio is not None or target[0] != "call":
            continue
        asked = [
            (costs[name].before_cache(link, target, rates.get(at, 0.0)), scenario.workload[name].keys)
            for name, rates in wanted.items()
        ]
        ratio = hit_ratio(cache, asked, callers(scenario, link) if cache.scope == "caller" else 1)
        if ratio is not None:
            found[at] = ratio
    return found


def hit_ratio(cache: Cache, asked: list[tuple[float, Keys | None]], caches: int = 1) -> float | None:
    """Return the hit ratio of a warm cache at these request rates (per second) for these keys; None: unknown.

    A key's answer is fetched once, serves for `expire after` = T, and is fetched again by the first call after that: of
    1 + rate * T calls rate * T are hits (a renewal argument, exact for calls at random times and fetches that take no
    time). Without expiry every call is a hit in the long run. Unknown if there are more keys than entries, which has no
    closed form, or more than ``MOST_KEYS``.
    """
    if any(keys is not None and keys.count > MOST_KEYS for _, keys in asked):
        return None
    count = max((1 if keys is None else keys.count for rate, keys in asked if rate), default=0)
    total = math.fsum(rate for rate, _ in asked)
    if (cache.entries != UNLIMITED and cache.entries < count) or not total:
        return None
    if cache.expire_after is None or math.isinf(total):
        return 1.0
    rates = [0.0] * count
    for rate, keys in asked:
        for key, part in enumerate(_shares(keys)) if rate else ():
            rates[key] += rate * part / caches
    missed = math.fsum(rate / (1 + rate * cache.expire_after) for rate in rates)
    return 1 - missed * caches / total


def _shares(keys: Keys | None) -> list[float]:
    if keys is None:
        return [1.0]
    weights = [1.0 if keys.kind == "uniform" else (rank + 1) ** -keys.exponent for rank in range(keys.count)]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


# --- queues ----------------------------------------------------------------------------------------------------------


def _well_handled(scenario: Scenario, costs: OperationCosts, queue: str, service: str) -> float:
    """Return the share of deliveries that are acknowledged; in a batch all messages may have to end well."""
    model, carried = scenario.services[service], costs.link(queue, service).carried_ratio
    ok_ratio, batch = costs.profile(f"{service}.{model.handlers[queue]}").ok_ratio, model.batches.get(queue)
    together = batch.batch if batch is not None and batch.returns == "all" else 1
    return float(ok_ratio**together * carried)


def delivered(scenario: Scenario, costs: OperationCosts, queued: dict[str, float]) -> dict[str, float]:
    """Return the rate of deliveries to each handler; consumers of one queue share by their workers."""
    found: dict[str, float] = {}
    waiting = dict(queued)
    for _ in range(len(scenario.queues)):  # a dead letter passes through each queue at most once
        dead: dict[str, float] = {}
        for queue, rate in waiting.items():
            handlers = [
                (f"{name}.{service.handlers[queue]}", service.replicas * min(service.workers, 1e9), name)
                for name, service in scenario.services.items()
                if queue in service.handlers
            ]
            pool = math.fsum(workers for _, workers, _ in handlers)
            for operation, workers, name in handlers:
                failing = 1 - _well_handled(scenario, costs, queue, name)
                most = scenario.queues[queue].counted_deliveries
                tries = most if failing == 1 else (1 - failing**most) / (1 - failing)
                share = rate * workers / pool
                found[operation] = found.get(operation, 0.0) + share * tries
                letters = scenario.queues[queue].dead_letters
                if letters and failing**most > 0:
                    dead[letters] = dead.get(letters, 0.0) + share * failing**most
        waiting = dead
    return found
