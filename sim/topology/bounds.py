"""Bounds that make a warning less grave: what a bulkhead, a pool of workers or a rate limit lets through at most.

Retries multiply the attempts of a request, but only as many are out or in work as a bound on the way allows. An
overloaded service whose line is short, or whose callers do not wait long, answers the rest soon.

Not modelled: bounds that depend on the run (breakers, throttles, load shedding, adaptive limits below their largest).
"""

from __future__ import annotations

import math
from typing import Iterator, Sequence

from sim.mechanisms.links.order import is_outside
from sim.number_words import counted, seconds
from sim.quantities import UNLIMITED
from sim.scenario.models import Scenario, Service
from sim.topology.graph import system_graph
from sim.topology.traffic import admission_limit_per_s, callers, link_limit_per_s, most_replicas

Bound = tuple[float, str]
"""How many at most, and the sentence's clause about it."""


def bounds_of_path(scenario: Scenario, path: Sequence[str]) -> str:
    """Return the clauses about the tightest bounds on *path*: on attempts at once, and on attempts a second."""
    at_once = [*_bulkheads(scenario, path), *_pools(scenario, path)]
    a_second = list(_rates(scenario, path))
    return "".join(f"; {min(bounds)[1]}" for bounds in (at_once, a_second) if bounds)


def _bulkheads(scenario: Scenario, path: Sequence[str]) -> Iterator[Bound]:
    for name in path:
        if (most := _out_at_once(scenario, name)) < math.inf:
            yield most, f"the bulkhead of {name} lets at most {most:,.0f} of its calls out at once"


def _parts(place: str) -> tuple[str, str]:
    """Return the link and the operation that *place* names (``web -> db.search``), or the link alone."""
    link, _, operation = place.partition(".")
    return link, operation


def _out_at_once(scenario: Scenario, place: str) -> float:
    """Return the largest number of attempts that a bulkhead lets out at once; infinite without one."""
    name, operation = _parts(place)
    link = scenario.link(name, operation)
    if link.bulkhead is None:
        return math.inf
    many = callers(scenario, name) if link.bulkhead.scope == "caller" else 1
    hedged = 1 if link.hedge is None or not is_outside(link, "bulkhead", "hedge") else 1 + link.hedge.most
    return link.bulkhead.max_concurrent_calls * many * hedged


def _out_of_all(scenario: Scenario, link: str) -> float:
    """Return how many attempts of all operations *link* lets out at once: the places of all its bulkheads."""
    if any(one.bulkhead is None for one in scenario.link(link).versions):
        return math.inf
    owners = [f".{owner}" if owner else "" for owner in scenario.owners(link, "bulkhead")]
    return sum(_out_at_once(scenario, f"{link}{owner}") for owner in owners)


def _pools(scenario: Scenario, path: Sequence[str]) -> Iterator[Bound]:
    """Yield the bounds of the services on *path* that let nothing, or nothing for long, wait for a worker."""
    for name in path:
        service = _parts(name)[0].partition(" -> ")[2]
        model = scenario.services.get(service)
        if model is None:
            continue
        replicas = most_replicas(scenario, service)
        if model.concurrency is not None:
            most = replicas * float(model.concurrency.most)
            yield most, f"the concurrency limit of {service} takes at most {most:,.0f} at once and rejects the rest"
        if pool_words(model):
            places, waiting = replicas * _places(model), replicas * model.waiting
            held = f"{service} works on at most {places:,.0f} at once"
            more = f", lets at most {waiting:,.0f} wait, each {_patience(model)}," if waiting else ""
            yield places + waiting, f"{held}{more} and rejects the rest"


def _places(model: Service) -> float:
    """Return how many requests a replica has in work at once."""
    if model.while_calling == "free":
        return UNLIMITED if model.in_flight is None else model.in_flight
    return model.workers


def _patience(model: Service) -> str:
    law = model.max_wait
    if law is None:
        return "for any time"
    longest = law.support[1]
    return f"{seconds(longest)} at most" if longest < math.inf else f"{seconds(law.mean)} on average"


def pool_words(model: Service) -> str:
    """Return how the line of a service bounds the wait of those that find no free worker; empty if it does not."""
    if _places(model) == UNLIMITED or model.waiting == UNLIMITED:
        return ""
    if not model.waiting:
        return "it has no queue and rejects what finds no free worker"
    if model.max_wait is None:
        return ""
    return f"at most {counted(int(model.waiting), 'call')} a replica wait, {_patience(model)}, and the rest is rejected"


def _rates(scenario: Scenario, path: Sequence[str]) -> Iterator[Bound]:
    """Yield the rate limits on *path*; one outside a link's retry or hedge counts calls and not their attempts."""
    for place in path:
        name, operation = _parts(place)
        link, service = scenario.link(name, operation), name.partition(" -> ")[2]
        owner = scenario.owner(name, "limit", operation) or ""
        of_calls = is_outside(link, "limit", "retry") or is_outside(link, "limit", "hedge")
        if link.limit is not None and not of_calls:
            rate = link_limit_per_s(scenario, name, owner)
            yield rate, f"the rate limit of {place} lets at most {rate:g}/s pass"
        if service in scenario.services and (rate := admission_limit_per_s(scenario, service)) < math.inf:
            yield rate, f"the rate limit of {service} lets at most {rate:g}/s in"


def unlimited_lines(scenario: Scenario) -> Iterator[str]:
    """Yield a sentence about each service with an unlimited queue, in file order, with what bounds the queue."""
    graph = system_graph(scenario)
    for name, model in scenario.services.items():
        if model.waiting != UNLIMITED or model.workers == UNLIMITED:
            continue
        if model.max_wait is not None:
            yield f"{name}: its queue is unlimited, but a call waits {_patience(model)} and is then rejected"
            continue
        links = [data["link"] for caller, _, data in graph.in_edges(name, data=True) if caller not in scenario.queues]
        out = sum(_out_of_all(scenario, link) for link in links) if links else math.inf
        text = f"{name}: its queue is unlimited, so it never rejects a call"
        if out < math.inf:
            text += f"; the bulkheads of its callers let at most {out:,.0f} calls out at once"
        if (rate := admission_limit_per_s(scenario, name)) < math.inf:
            text += f"; its rate limit lets at most {rate:g}/s in"
        yield text
