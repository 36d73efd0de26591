"""Risks of a design: single points of failure, retry amplification, timeouts that cannot work.

All are worst cases or means of an empty system; a run shows whether they occur.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from sim.mechanisms.faults.targets import on_host
from sim.scenario.models import Link, Scenario
from sim.topology.graph import calls_and_sends, operation_graph, requested
from sim.topology.operation_costs import OperationCosts
from sim.topology.traffic import lasting_retries


@dataclass(frozen=True, slots=True)
class SinglePoint:
    """One replica, queue or host whose loss fails every request of some ``workload/operation``.

    ``kind`` is service, queue or host; ``takes`` are the services and queues that are gone with it.
    ``cuts`` are the operations that fail; ``harms`` are (``workload/operation``, share that fails), a share below 1.
    """

    node: str
    kind: str
    takes: tuple[str, ...]
    cuts: tuple[str, ...]
    harms: tuple[tuple[str, float], ...]


def single_points(scenario: Scenario) -> tuple[SinglePoint, ...]:
    """Return the single points of failure: services of one replica, queues, and hosts; in file order.

    A service with several replicas is not one, whatever depends on it: each replica can be lost alone. A host is one if
    it holds all replicas of a service, or all services that could replace each other. A cut operation has no
    alternative: no fallback, no other branch, no `on error: ignore`. A failure after the answer (in a queue's consumer)
    cuts nothing: it delays or loses effects.
    """
    healthy = {name: OperationCosts(scenario, workload.keys) for name, workload in scenario.workload.items()}
    found = []
    for node, kind, takes in _parts(scenario):
        cuts, harms = [], []
        for name, workload in scenario.workload.items():
            without = OperationCosts(scenario, workload.keys, lost=takes)
            for operation in requested(workload):
                before = healthy[name].call(name, operation).ok_ratio
                lost = 1 - without.call(name, operation).ok_ratio / before if before else 0.0
                if lost >= 1 - 1e-12:
                    cuts.append(f"{name}/{operation}")
                elif lost > 1e-12:
                    harms.append((f"{name}/{operation}", lost))
        if cuts:
            found.append(SinglePoint(node, kind, takes, tuple(cuts), tuple(harms)))
    return tuple(found)


def _parts(scenario: Scenario) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield the parts that can be lost at once: name, kind, and the services and queues that are gone with it.

    A host of only one single-replica service, or of one queue, is not listed: the service or queue itself is.
    """
    single = [name for name, service in scenario.services.items() if service.replicas == 1]
    yield from ((name, "service", (name,)) for name in single)
    yield from ((name, "queue", (name,)) for name in scenario.queues)
    for host in scenario.hosts:
        services, queues = on_host(scenario, host)
        gone = [
            name for name, indexes in services.items()
            if indexes is None or len(set(indexes)) == scenario.services[name].replicas
        ]  # fmt: skip
        if len(gone) + len(queues) > 1 or set(gone) - set(single):
            yield host, "host", (*gone, *queues)


@dataclass(frozen=True, slots=True)
class Amplification:
    """Retry amplification: attempts on *link*, relative to the attempts if every one succeeded.

    An operation with an override of its link has its own, as `web -> db.search`.

    ``attempts`` on this link alone, ``worst`` the product along the worst path from a workload, ``path`` its links.
    Deliveries of a queue count as attempts, so that an endless redelivery makes it infinite. Hedges multiply, because
    each has its own retries. ``sustained`` is the product along the same path in a lasting outage with retry budgets:
    single calls may still make all attempts while there are tokens.
    """

    link: str
    attempts: float
    worst: float
    path: tuple[str, ...]
    sustained: float


def attempts_of(link: Link) -> float:
    """Return the largest number of attempts of one call on *link*: retries, and hedges with their own retries."""
    tries = float(link.retry.most_attempts) if link.retry is not None else 1.0
    return tries * (1 if link.hedge is None else 1 + link.hedge.most)


def place_of(scenario: Scenario, link: str, operation: str) -> str:
    """Return the name of what holds for calls of *operation*: the link's, with the operation if an override does.

    >>> import sim
    >>> place_of(sim.load("circuit_breaker_seed"), "shop -> payments", "pay")
    'shop -> payments'
    """
    return f"{link}.{operation}" if operation in scenario.link(link).operations else link


def sustained_attempts_of(scenario: Scenario, name: str, operation: str = "") -> float:
    """Return the mean number of attempts of a call on the link *name* while everything fails and its budget is empty.

    What the budget then still allows is its own to say (``RetryBudget.lasting``); one call pays once, hedged or not.
    """
    link = scenario.link(name, operation)
    if link.retry is None or link.retry.budget is None:
        return attempts_of(link)
    courses = 1 if link.hedge is None else 1 + link.hedge.most
    owner = scenario.owner(name, "budget", operation) or ""
    return min(attempts_of(link), courses + lasting_retries(scenario, name, link.retry.budget, owner))


def amplifications(scenario: Scenario) -> tuple[Amplification, ...]:
    """Return the worst-case retry amplification of every link that a workload reaches, in the order reached.

    Time is ignored: a deadline may end the retries earlier. Source of the product: Beyer et al., Site Reliability
    Engineering, ch. 22.
    """
    worst: dict[str, Amplification] = {}
    line: list[tuple[str, float, float, tuple[str, ...]]] = [(name, 1.0, 1.0, ()) for name in scenario.workload]
    graph = operation_graph(scenario)
    best: dict[str, float] = {}
    while line:
        here, product, lasting, path = line.pop(0)
        caller = here.partition(".")[0] if graph.nodes[here]["kind"] == "operation" else here
        for target in graph.successors(here):
            callee = target.partition(".")[0] if graph.nodes[target]["kind"] == "operation" else target
            link = f"{caller} -> {callee}"
            if graph.edges[here, target]["kind"] == "dead letters":
                attempts = sustained = 1.0
            elif graph.nodes[here]["kind"] == "queue":
                attempts = sustained = scenario.queues[here].most_deliveries
            else:
                operation = target.partition(".")[2] if graph.nodes[target]["kind"] == "operation" else ""
                model = scenario.link(link, operation)
                attempts, sustained = attempts_of(model), sustained_attempts_of(scenario, link, operation)
                link = place_of(scenario, link, operation)
            total, after = product * attempts, lasting * sustained
            if link not in worst or total > worst[link].worst:
                worst[link] = Amplification(link, attempts, total, (*path, link), after)
            if total > best.get(target, 0.0) and link not in path:
                best[target] = total
                line.append((target, total, after, (*path, link)))
    return tuple(worst.values())


@dataclass(frozen=True, slots=True)
class TimeoutProblem:
    """A limit at *place* that cannot work; ``limit_s`` is its value, ``needed_s`` the time it is compared with.

    ``kind``: ``below the minimum`` (no answer can come in time), ``below the mean`` (most cannot, even unqueued),
    ``below the callee's own`` (the callee still tries when its caller has left), ``beyond the deadline`` (it never
    fires). ``certain`` is False if it happens only when something fails.
    """

    place: str
    kind: str
    limit_s: float
    needed_s: float
    text: str

    @property
    def certain(self) -> bool:
        """Whether it fails in a healthy, empty system too."""
        return self.kind in ("below the minimum", "below the mean")


def timeout_problems(scenario: Scenario) -> tuple[TimeoutProblem, ...]:
    """Return the timeouts, deadlines and visibility timeouts that cannot work, by place in file order."""
    keys = next((workload.keys for workload in scenario.workload.values() if workload.keys), None)
    costs = OperationCosts(scenario, keys)
    found: dict[tuple[str, str], TimeoutProblem] = {}
    for problem in (
        *_deadlines(scenario, costs), *_link_timeouts(scenario, costs), *_visibilities(scenario, costs)
    ):  # fmt: skip
        known = found.get((problem.place, problem.kind))
        if known is None or problem.needed_s > known.needed_s:
            found[problem.place, problem.kind] = problem
    return tuple(found.values())


def _short(place: str, name: str, limit_s: float, least: float, mean: float, what: str) -> Iterator[TimeoutProblem]:
    if limit_s < least:
        text = f"{place}: {name} {limit_s:.3g} s is below the {least:.3g} s that {what} takes at the least"
        yield TimeoutProblem(place, "below the minimum", limit_s, least, text)
    elif limit_s < mean:
        text = f"{place}: {name} {limit_s:.3g} s is below the {mean:.3g} s that {what} takes on average, unqueued"
        yield TimeoutProblem(place, "below the mean", limit_s, mean, text)


def _calls(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Yield (caller, operation called) for every client and every call step, once each."""
    seen: dict[tuple[str, str], None] = {}
    for name, workload in scenario.workload.items():
        seen.update(dict.fromkeys((name, operation) for operation in requested(workload)))
    for name, service in scenario.services.items():
        for steps in service.operations.values():
            seen.update(dict.fromkeys((name, s.calls) for s in calls_and_sends(steps) if s.calls))
    yield from seen


def _link_timeouts(scenario: Scenario, costs: OperationCosts) -> Iterator[TimeoutProblem]:
    for caller, operation in _calls(scenario):
        callee = operation.partition(".")[0]
        link = costs.link(caller, operation)
        if link.timeout is None:
            continue
        place = place_of(scenario, f"{caller} -> {callee}", operation.partition(".")[2])
        profile = costs.profile(operation)
        least = link.least_round_trip_s + profile.fastest_s
        yield from _short(
            place, "timeout", link.timeout, least, link.round_trip_s + profile.answer_s, operation
        )  # fmt: skip
        ends = [(persistence_s(costs.link(callee, end)), end) for end in _asked_by(scenario, operation)]
        inner, end = max((end for end in ends if end[0] < math.inf), default=(0.0, ""))
        through = end.partition(".")[0]
        if link.timeout < inner:
            text = f"{place}: timeout {link.timeout:.3g} s ends before {callee} gives {through} up, after {inner:.3g} s"
            yield TimeoutProblem(place, "below the callee's own", link.timeout, inner, text)


def _asked_by(scenario: Scenario, operation: str) -> Iterator[str]:
    """Yield the operations and queues that *operation* calls directly."""
    service, _, name = operation.partition(".")
    for step in calls_and_sends(scenario.services[service].operations[name]):
        yield step.calls or step.sends


def persistence_s(link: Link) -> float:
    """Return the time that a caller spends on one call on *link* if every attempt times out (infinite: no timeout).

    Timeouts of all attempts and the waits between them, without jitter; a `total timeout` ends them.
    """
    total = math.inf if link.total_timeout is None else float(link.total_timeout)
    if link.timeout is None:
        return total
    return min(total, link.timeout if link.retry is None else link.retry.lasts_s(link.timeout))


def _deadlines(scenario: Scenario, costs: OperationCosts) -> Iterator[TimeoutProblem]:
    for name, workload in scenario.workload.items():
        if workload.deadline is None:
            continue
        for operation in requested(workload):
            profile, callee = costs.profile(operation), operation.partition(".")[0]
            link, place = (
                costs.link(name, operation),
                place_of(scenario, f"{name} -> {callee}", operation.partition(".")[2]),
            )
            least = link.least_round_trip_s + profile.fastest_s
            yield from _short(
                name, "deadline", workload.deadline, least, costs.call(name, operation).answer_s, operation
            )
            if link.timeout is not None and link.timeout >= workload.deadline:
                limits = f"timeout {link.timeout:.3g} s never fires, the deadline is {workload.deadline:.3g} s"
                text = f"{place}: {limits}"
                yield TimeoutProblem(place, "beyond the deadline", link.timeout, workload.deadline, text)
            elif link.timeout is not None and workload.deadline < persistence_s(link):
                total = persistence_s(link)
                text = f"{name}: deadline {workload.deadline:.3g} s ends before its own retries do, after {total:.3g} s"
                yield TimeoutProblem(name, "below the callee's own", workload.deadline, total, text)


def _visibilities(scenario: Scenario, costs: OperationCosts) -> Iterator[TimeoutProblem]:
    for name, service in scenario.services.items():
        for queue, operation in service.handlers.items():
            profile, link = costs.profile(f"{name}.{operation}"), costs.link(queue, name)
            limit_s = scenario.queues[queue].visibility_timeout
            least, mean = link.least_round_trip_s + profile.fastest_s, link.round_trip_s + profile.answer_s
            if queue in service.batches:  # the answer comes at the end of the whole batch
                batch = service.batches[queue]
                least += batch.batch_work.support[0]
                mean += batch.window + batch.batch_work.mean + (batch.batch - 1) * profile.span_s
            yield from _short(queue, "visibility timeout", limit_s, least, mean, f"{name}.{operation}")
