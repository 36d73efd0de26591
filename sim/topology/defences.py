"""Bounds on the effect of each defence, and the mean effect of caches, calculated before any run.

They follow from the description alone: a rate, a number of places, a share.

Not modelled: plain breakers, throttles and load shedding, whose effect depends on the failures; a run shows it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterator

from sim.fields.zones import counts
from sim.mechanisms.actions.scale import Scale
from sim.mechanisms.links.breaker import Breaker
from sim.mechanisms.links.bulkhead import Bulkhead
from sim.mechanisms.links.order import is_usual, order_of
from sim.mechanisms.links.order import words as order_in_words
from sim.mechanisms.links.outlier_detection import OutlierDetection
from sim.mechanisms.links.retry_budget import RetryBudget
from sim.mechanisms.links.subset import Subset
from sim.mechanisms.links.zone_routing import ZoneRouting
from sim.mechanisms.loads import KNOWN
from sim.number_words import counted
from sim.policies.health import is_panic
from sim.quantities import UNLIMITED
from sim.scenario.models import HealthChecks, Scenario
from sim.scenario.models.links import LINK_DEFENCES
from sim.scenario.models.nodes import SERVICE_RULES
from sim.topology.autoscaling import settled
from sim.topology.load import ServiceLoad
from sim.topology.operation_costs import OperationCosts
from sim.topology.traffic import (
    TRACE_PEAK_S,
    Traffic,
    admission_limit_per_s,
    callers,
    lasting_retries,
    link_limit_per_s,
    meeting,
    most_replicas,
    traffic_of,
)


@dataclass(frozen=True, slots=True)
class Defence:
    """One defence: *where* it is (a link or a service), its kind, and its *arithmetic* in words.

    *most* is the bound as a number: calls a second (rate limit), calls out or in flight at once (bulkhead,
    concurrency), attempts for one (hedge), retries for a call while everything fails (retry budget), replicas
    (autoscaler), replicas ejected or unhealthy (outlier detection, panic threshold), replicas that a caller knows
    (subset), and for a cache the calls a second that pass it while it is warm. For a breaker it is the calls a second
    that pass while all fail, for the order of a link's policies their number, for workers without a queue
    (pool) those of a replica.
    """

    where: str
    defence: str
    arithmetic: str
    most: float


def defences(scenario: Scenario, loads: tuple[ServiceLoad, ...]) -> tuple[Defence, ...]:
    """Return the defences whose arithmetic is known, links first, in file order."""
    usual, cold = traffic_of(scenario), traffic_of(scenario, cold=True)
    found = [
        one
        for name, link in scenario.links.items()
        for owner in ("", *link.operations)
        for one in _of_link(scenario, name, owner, usual, cold)
    ]
    found += [one for load in loads for one in _of_service(scenario, load, usual)]
    return tuple(found)


def _of_link(scenario: Scenario, name: str, owner: str, usual: Traffic, cold: Traffic) -> Iterator[Defence]:
    """Yield the defences of a link, or with an *owner* those that an override states for this operation."""
    link, where = scenario.link(name, owner), f"{name}.{owner}" if owner else name

    def has(field: str) -> bool:
        return owner in scenario.owners(name, field)

    if not is_usual(link) and (not owner or order_of(link) != order_of(scenario.link(name))):
        yield Defence(where, "order", order_in_words(link), len(order_of(link)))
    if link.cache is not None and has("cache"):
        yield _cache(scenario, name, owner, usual, cold)
    if link.hedge is not None and has("hedge"):
        most = 1 + link.hedge.most
        yield Defence(where, "hedge", f"up to {most} times the attempts, which the load above leaves out", most)
    if link.retry is not None and link.retry.budget is not None and has("budget"):
        yield _budget(where, link.retry.budget, lasting_retries(scenario, name, link.retry.budget, owner))
    if link.breaker is not None and link.breaker.has_rules and has("breaker"):
        wanted = usual.over(name, meeting(scenario, name, "breaker", owner))
        yield _breaker(scenario, name, where, link.breaker, wanted)
    if link.limit is not None and has("limit"):
        cap, wanted = link_limit_per_s(scenario, name, owner), usual.over(name, meeting(scenario, name, "limit", owner))
        each = f", {_number(link.limit.rate)}/s for each caller" if link.limit.scope == "caller" else ""
        yield Defence(where, "rate limit", f"lets at most {_number(cap)}/s pass{each}; {_number(wanted)}/s arrive", cap)
    if link.bulkhead is not None and has("bulkhead"):
        yield _bulkhead(scenario, name, where, link.bulkhead, _out(scenario, name, owner, usual))
    if link.subset is not None and not owner:
        yield _subset(scenario, name, link.subset)
    if link.zone_routing is not None and not owner:
        yield _zones(scenario, name, link.zone_routing)
    if link.outlier_detection is not None and has("outlier_detection"):
        yield _outliers(scenario, name, where, link.outlier_detection)


def _cache(scenario: Scenario, link: str, owner: str, usual: Traffic, cold: Traffic) -> Defence:
    meets, name = meeting(scenario, link, "cache", owner), f"{link}.{owner}" if owner else link
    behind, before = usual.over(link, meets), cold.over(link, meets)
    known = any(at[0] == link and meets(at[1]) for at in usual.hits)
    if not known:
        return Defence(name, "cache", f"taken as cold: {_number(before)}/s pass (no closed form for its hits)", before)
    share = 1 - behind / before if before and math.isfinite(before) else 0.0
    text = f"warm, it answers {share:.1%} and {_number(behind)}/s pass; cold, all {_number(before)}/s"
    return Defence(name, "cache", text, behind)


def _budget(name: str, budget: RetryBudget, per_call: float) -> Defence:
    lasting = f"{_number(per_call)} for each call" if per_call else "none"
    at_once = f"{_number(budget.at_once)} retries at once at most"
    text = f"{at_once}; then, while everything fails, {lasting}"
    if budget.kind == "grpc":
        too_many = budget.token_ratio / (1 + budget.token_ratio)
        text = f"{at_once} while everything fails, then none; none while more than {too_many:.1%} of the attempts fail"
    elif budget.kind in ("finagle", "linkerd"):
        counted = "calls" if budget.kind == "finagle" else "calls that go well"
        text = f"{at_once}, and {budget.share:.0%} of the {counted} in {_number(budget.ttl)} s; then, while everything"
        text += f" fails, {lasting}"
    elif budget.kind == "envoy" and budget.most is None:
        share = f"{budget.share / (1 - budget.share):.0%} of the first tries" if budget.share < 1 else "any number"
        text = f"{budget.share:.0%} of what is out may be retries, {budget.least} always: {share}, if all take as long"
    elif budget.kind == "envoy":
        text = f"{at_once}, their backoff included"
    return Defence(name, "retry budget", text, per_call)


def _bulkhead(scenario: Scenario, name: str, where: str, bulkhead: Bulkhead, out: float) -> Defence:
    many = callers(scenario, name) if bulkhead.scope == "caller" else 1
    places = bulkhead.max_concurrent_calls
    calls = "call" if places * many == 1 else "calls"
    text = f"at most {_number(places * many)} {calls} out at once; without it {_number(out)} would be, on average"
    if not bulkhead.max_waiting:
        text += f"; {_full_ratio(places, out / many):.1%} find it full"
    elif out / many < places:
        text += f"; {out / many / places:.1%} of its places are taken, {_waiting_ratio(places, out / many):.1%} wait"
    else:
        text += "; more calls come than it lets out, and those that wait grow in number"
    return Defence(where, "bulkhead", text, places * many)


def _pool(load: ServiceLoad) -> Defence:
    """Workers without a queue: how many calls find all of a replica's busy, by Erlang's loss formula."""
    workers = int(load.workers)
    out = load.held_load * workers
    text = f"no queue: at most {workers:,} calls at once at each replica; {_number(out)} would be, on average"
    return Defence(load.service, "pool", f"{text}; {_full_ratio(workers, out):.1%} find it full", workers)


def _breaker(scenario: Scenario, name: str, where: str, breaker: Breaker, wanted: float) -> Defence:
    """What it resolves to, and how much it lets pass while every call fails: its probes in each open time."""
    probes, law = breaker.probes, breaker.open_times
    if breaker.probe_limit == "at once":  # each failure but the last frees a place
        probes += probes - (breaker.successes or probes)
    open_s = breaker.open_for if law is None else law.wait_s(1)
    owners = {"link": 1, "caller": callers(scenario, name), "callee": 0}[breaker.scope]
    owners = owners or scenario.services[name.partition(" -> ")[2]].replicas
    what = ", ".join(breaker.labels())
    if breaker.probe_limit == "none":
        return Defence(where, "breaker", f"{what}; half-open every call passes until one fails", math.inf)
    rate = probes * owners / open_s
    calls = f"{_number(probes)} {'call' if probes == 1 else 'calls'}"
    each = "" if owners == 1 else f", {_number(owners)} breakers"
    text = f"{what}; while all fail, at most {calls} in each open time{each}: {_number(rate)}/s of {_number(wanted)}/s"
    return Defence(where, "breaker", text, rate)


def _subset(scenario: Scenario, name: str, subset: Subset) -> Defence:
    """How many callers know one replica, and how many know only bad ones when some are bad."""
    hosts, many = scenario.services[name.partition(" -> ")[2]].replicas, callers(scenario, name)
    size = min(subset.size, hosts)
    text = f"each caller knows {size} of {hosts} replicas; a replica is known by "
    mean = many * size / hosts
    if subset.choice == "random":
        spread = math.sqrt(mean * (1 - size / hosts))
        text += f"{_number(mean)} of {many} callers on average, with a standard deviation of {_number(spread)}"
        text += f", and by none with {(1 - size / hosts) ** many:.1%}"
    else:
        dealt = hosts // size
        rounds, rest = divmod(many, dealt)
        least, most = rounds if not hosts % size and not rest else 0 if hosts % size else rounds, rounds + bool(rest)
        text += f"{least} of {many} callers" if least == most else f"{least} to {most} of {many} callers"
    if size < hosts:
        bad = hosts // 2
        only_bad = math.comb(bad, size) / math.comb(hosts, size)
        text += f"; with {bad} bad, {only_bad:.1%} of the callers know only bad ones"
    return Defence(name, "subset", text, size)


def _zones(scenario: Scenario, name: str, routing: ZoneRouting) -> Defence:
    """How much the replicas of each zone get, if all callers send the same and all replicas are well."""
    caller, _, callee = name.partition(" -> ")
    of_callers = counts(scenario.zones[caller], range(callers(scenario, name)))
    hosts = counts(scenario.zones[callee], range(scenario.services[callee].replicas))
    every, got = sum(hosts.values()), dict.fromkeys(hosts, 0.0)
    for own, many in of_callers.items():
        plan, share = routing.rule.plan(own, of_callers, hosts), many / sum(of_callers.values())
        enabled = 0.0 if plan is None else float(routing.enabled)
        for zone, count in hosts.items():
            got[zone] += share * (1 - enabled) * count / every
            if plan is not None:
                got[zone] += share * enabled * plan.share(own, zone)
    most = max(part * every / hosts[zone] for zone, part in got.items())
    each = ", ".join(f"{zone} {got[zone]:.1%} ({hosts[zone]} of {every} replicas)" for zone in hosts)
    return Defence(
        name, "zone routing", f"all well, the zones get {each}; a replica at most {most:.2f}x the mean", most
    )


def _outliers(scenario: Scenario, name: str, where: str, detection: OutlierDetection) -> Defence:
    hosts = scenario.services[name.partition(" -> ")[2]].replicas
    most = detection.most_of(hosts)
    text = f"ejects at most {most} of {hosts} replicas"
    if not most:
        text += f", as one would be more than {detection.most_ejected:.0%} of them"
    elif is_panic(hosts - most, hosts, detection.panic_threshold):
        used = "all are used again" if detection.in_panic == "all" else "no call leaves"
        text += f"; with {_first_panic(hosts, detection.panic_threshold)} of them out it panics and {used}"
    elif hosts - most > 1:
        shares = [f"{(bad - most) / (hosts - most):.1%} for {bad}" for bad in sorted({most + 1, (most + hosts) // 2})]
        text += f"; with k failing, (k - {most})/{hosts - most} of the calls still fail: {', '.join(shares)}"
    return Defence(where, "outlier detection", text, most)


def _first_panic(hosts: int, threshold: float) -> int:
    """Return the number of *hosts* that must be out for a panic."""
    return next((out for out in range(hosts) if is_panic(hosts - out, hosts, threshold)), hosts)


def _health_checks(where: str, hosts: int, checks: HealthChecks) -> Defence:
    first = _first_panic(hosts, checks.panic_threshold)
    used = "all are used" if checks.when_none == "all" else "none is used"
    return Defence(where, "panic threshold", f"with {first} of {hosts} replicas unhealthy it panics and {used}", first)


def _full_ratio(places: int, out: float) -> float:
    """Return the share of calls that find all *places* taken, if *out* calls would be out on average without a limit.

    Exact for calls at random times and a callee without a queue. Source: Erlang's loss formula, A. K. Erlang, 1917.
    """
    if math.isinf(out):
        return 1.0
    ratio = 1.0
    for place in range(1, places + 1):
        ratio = out * ratio / (place + out * ratio)
    return ratio


def _waiting_ratio(places: int, out: float) -> float:
    """Return the share of calls that wait for one of *places*, if all may wait and *out*, below that, are out.

    Exact for calls at random times of exponential length, and a callee without a queue. Source: Erlang's delay formula,
    A. K. Erlang, 1917; Gross, Shortle, Thompson, Harris, Fundamentals of Queueing Theory, 4th ed., section 3.4.
    """
    full = _full_ratio(places, out)
    return places * full / (places - out * (1 - full))


def _out(scenario: Scenario, name: str, owner: str, usual: Traffic) -> float:
    """Return the mean calls that are out behind a bulkhead of the link *name*, in an empty system (Little's law)."""
    meets = meeting(scenario, name, "bulkhead", owner)
    costs, way_s = OperationCosts(scenario, hits=usual.hits), scenario.links[name].round_trip_s
    return math.fsum(
        rate * (way_s + (costs.profile(target[1]).answer_s if target[0] == "call" else 0.0))
        for (where, target), rate in usual.wanted.items() if where == name and rate and meets(target)
    )  # fmt: skip


def _of_service(scenario: Scenario, load: ServiceLoad, usual: Traffic) -> Iterator[Defence]:
    model = scenario.services[load.service]
    if model.health_checks is not None and model.health_checks.panic_threshold:
        yield _health_checks(load.service, model.replicas, model.health_checks)
    if model.slow_start is not None:
        rule = model.slow_start.rule
        first, half, half_s = rule.weight(0), rule.weight(rule.window_s / 2), _number(rule.window_s / 2)
        text = f"a new replica's weight is {first:.0%} at first, {half:.0%} after {half_s} s"
        yield Defence(load.service, "slow start", f"{text}, full after {_number(rule.window_s)} s", rule.window_s)
    if model.limit is not None:
        cap = admission_limit_per_s(scenario, load.service)
        each = f", {_number(model.limit.rate)}/s at each replica" if most_replicas(scenario, load.service) > 1 else ""
        text = f"lets at most {_number(cap)}/s pass{each}; {_number(load.arrivals_per_s)}/s arrive"
        yield Defence(load.service, "rate limit", text, cap)
    if not model.waiting and load.workers != UNLIMITED and model.while_calling == "hold":
        yield _pool(load)
    if model.concurrency is not None:
        limit = model.concurrency
        text = f"at most {_number(limit.most)} calls in flight at each replica, {_number(limit.initial)} at first"
        yield Defence(load.service, "concurrency", text, limit.most)
    yield from _by_hand(scenario, load)
    if model.autoscale is not None:
        scale, more = model.autoscale, load.most_replicas
        text = f"{load.replicas} at first, {min(scale.min_replicas, load.replicas)} to {more} replicas in all"
        if load.capacity_per_s != UNLIMITED:
            most = load.capacity_per_s / load.replicas * more
            text += f": {_number(load.capacity_per_s)}/s now, {_number(most)}/s at most"
        text += f"; it looks every {_number(float(scale.every))} s, a new one boots for {_number(float(scale.boot))} s"
        yield Defence(load.service, "autoscaler", text, more)
        for one in settled(scenario, load.service, usual):
            text = f"settles at {_number(one.replicas)} replicas"
            text += f" instead of {_number(one.asked)}" if one.asked != one.replicas else ""
            text += f": {one.arithmetic}" + (f"; {one.blind}" if one.blind else "")
            yield Defence(load.service, f"autoscaler, {one.metric}", text, one.replicas)


def _by_hand(scenario: Scenario, load: ServiceLoad) -> Iterator[Defence]:
    """Yield the capacity that a service has after each action that scales it."""
    for name, action in scenario.actions.items():
        if isinstance(action, Scale) and action.scale == load.service:
            text = f"{name}: {counted(action.replicas, 'replica')} instead of {load.replicas}"
            if load.capacity_per_s != UNLIMITED:
                then = load.capacity_per_s / load.replicas * action.replicas
                text += f": {_number(load.capacity_per_s)}/s now, {_number(then)}/s then"
                text += f"; {_number(load.arrivals_per_s)}/s arrive"
            text += f"; a new one boots for {_number(float(action.boot))} s"
            yield Defence(load.service, "operator", text, action.replicas)


def _number(value: float) -> str:
    return "unlimited" if math.isinf(value) else f"{value:,.0f}" if value >= 999.5 else f"{value:.3g}"


def assumptions(scenario: Scenario) -> list[str]:
    """Return the assumptions and omissions of the arithmetic of *scenario*, one line each."""
    links = [one for link in scenario.links.values() for one in link.versions]
    services = list(scenario.services.values())

    def has(field: str) -> bool:
        return any(getattr(one, field, None) is not None for one in (*links, *services))

    lines = ["nothing waits, and nothing fails but `fail` steps and lost messages; rates are means over the run"]
    if any(workload.rate is not None and workload.rate.path for workload in scenario.workload.values()):
        lines.append(f"the peak of a trace is that of its busiest {TRACE_PEAK_S:.0f} s")
    if has("cache"):
        lines.append(
            "caches are warm where the hit ratio is known (by keys: calls at random times, fetches in no time)"
        )
    if has("limit"):
        lines.append(
            "rate limits stop all calls alike, and stopped calls are not retried: behind a limit rates are `at most`"
        )
    if any(isinstance(action, Scale) for action in scenario.actions.values()):
        lines.append("loads and capacities are those before an operator acts")
    if has("autoscale"):
        lines.append("loads and capacities are those of the replicas at first, before an autoscaler adds any")
    if any(one.bulkhead is not None for one in links):
        lines.append("the share of calls that find a bulkhead full: calls at random times, a callee without a queue")
    batches = [one for service in services for one in service.batches.values()]
    if batches:
        alike = (
            ", and fail by themselves or with another message" if any(one.returns == "all" for one in batches) else ""
        )
        lines.append(f"messages are taken in full batches{alike}")
    given = [one for one in LINK_DEFENCES.values() if any(one.given(link) is not None for link in links)]
    out = [one.loads for one in given if one.loads not in KNOWN]
    rules = [one for one in SERVICE_RULES.values() if any(one.given(service) is not None for service in services)]
    out += [one.loads for one in rules if one.loads not in KNOWN]
    if out:
        lines.append(f"the loads leave out what these do: {', '.join(out)}")
    return lines
