"""Rules that every run must keep by the meaning of the format's words, judged by the rows alone."""

from __future__ import annotations

import numpy as np

from sim.mechanisms.links.breaker import Breaker
from sim.mechanisms.links.order import is_outside
from sim.record.record import OUTCOMES, Record
from sim.scenario.models import Link

TINY_S = 1e-9
SHORT_CIRCUITED, REJECTED = OUTCOMES.index("short-circuited"), OUTCOMES.index("rejected")


def obeys_the_rules(record: Record) -> None:
    """Assert every rule."""
    _callers(record)
    _shared_by_callers(record)
    _clients(record)
    _queues(record)
    _replicas(record)


def _on(record: Record, *kinds: str) -> dict[str, np.ndarray]:
    """Return, by link, which attempt rows of these kinds were made on it."""
    found: dict[str, np.ndarray] = {}
    for code, site in enumerate(record.sites):
        if site.kind in kinds:
            mine = record.attempts["site"] == code
            found[site.link] = found.get(site.link, np.zeros(len(mine), np.bool_)) | mine
    return found


def _asked(record: Record) -> dict[tuple[str, str], np.ndarray]:
    """Return, by link and operation of its callee, which attempt rows were calls or sends."""
    found: dict[tuple[str, str], np.ndarray] = {}
    for code, site in enumerate(record.sites):
        if site.kind != "delivery":
            mine = record.attempts["site"] == code
            at = site.link, site.operation
            found[at] = found.get(at, np.zeros(len(mine), np.bool_)) | mine
    return found


STOPS = (
    "breaker", "throttle", "limit", "bulkhead", "propagate_deadline", "outlier_detection", "subset", "zone_routing",
)  # fmt: skip
"""The policies of a link that may stop an attempt."""


def _callers(record: Record) -> None:
    """No attempt outlasts its timeout; no call is tried more often than allowed; only a gate short-circuits."""
    columns, links = record.attempts, record.scenario.links
    lasted = columns["ended_at"] - columns["sent_at"]
    for (link_name, operation), mine in _asked(record).items():
        name, link = f"{link_name} {operation}", links.get(link_name) and links[link_name].of(operation)
        if link is not None and link.timeout is not None:
            assert np.nanmax(lasted[mine], initial=0.0) <= link.timeout + TINY_S, f"timeout of {name}"
        short = columns["outcome"][mine] == SHORT_CIRCUITED
        tries = columns["number"][mine][~short]
        most = link.retry.max_attempts if link is not None and link.retry is not None else 1
        if link is not None and link.hedge is not None:
            most *= 1 + link.hedge.most
        assert tries.max(initial=0) <= most, f"attempts on {name}"
        if link is None or not any(getattr(link, policy) for policy in STOPS):
            assert not short.any(), f"short-circuits on {name}"


def _shared_by_callers(record: Record) -> None:
    """Bulkhead, limit and breaker of a whole link: so many out at once, so many a second, none while it is open."""
    columns, scenario = record.attempts, record.scenario
    for name in scenario.links:
        for field in ("bulkhead", "limit", "breaker"):
            for owner in scenario.owners(name, field):
                met = {
                    operation: mine
                    for (link, operation), mine in _asked(record).items()
                    if link == name and scenario.owner(name, field, operation) == owner
                }
                mine = np.logical_or.reduce([*met.values(), np.zeros(len(columns["id"]), bool)])
                sent = np.flatnonzero(mine & (columns["outcome"] != SHORT_CIRCUITED))
                if all(_asks_each(scenario.link(name, operation), field) for operation in met):
                    _shared(record, name, owner, field, sent)


def _shared(record: Record, name: str, owner: str, field: str, sent: np.ndarray) -> None:
    """Hold the attempts *sent* past one policy, of a link or of an operation with its own, to the policy's rule."""
    columns, link, whole = record.attempts, record.scenario.link(name, owner), record.scenario.link(name)
    sent_at, ended_at = columns["sent_at"][sent], columns["ended_at"][sent]
    if field == "bulkhead" and link.bulkhead.scope == "link":
        assert _most(sent_at, ended_at) <= link.bulkhead.max_concurrent_calls, f"bulkhead of {name} {owner}"
    if field == "limit" and link.limit.scope == "link":
        tokens = link.limit.burst + link.limit.rate * np.sort(sent_at)
        assert (np.arange(1, len(sent) + 1) <= tokens + TINY_S).all(), f"limit of {name} {owner}"
    # no row tells a hedge from a retry, and one abandoned gives its place back; what waits after it was let through
    waits = any(one.limit is not None and one.limit.when_full == "wait" for one in whole.versions)
    waits = waits or whole.has("bulkhead") or whole.has("hedge")
    if field == "breaker" and link.breaker.scope == "link" and not waits:
        first = columns["number"][sent] == 1
        tried_at = sent_at[~first] if link.breaker.guards == "retries" else sent_at
        _breaker(record, name, owner, tried_at, link.breaker)


def _asks_each(link: Link, policy: str) -> bool:
    """Whether *policy* is asked for each attempt, not once for a call with its retries and hedges."""
    return not any(is_outside(link, policy, maker) for maker in ("retry", "hedge"))


def _breaker(record: Record, name: str, owner: str, sent_at: np.ndarray, model: Breaker) -> None:
    changes = [(at, kind.removeprefix("breaker ")) for at, kind, where, whose in record.events
               if (where, whose) == (name, owner) and kind.startswith("breaker ")]  # fmt: skip
    least_s = model.open_for if model.open_times is None else model.open_times.wait_s(1)
    for (at, state), (then, next_state) in zip(changes, [*changes[1:], (np.inf, "half-open")]):
        inside = int(((sent_at > at) & (sent_at < then)).sum())
        if state == "open":
            assert next_state == "half-open" and then - at >= least_s - TINY_S, f"{name} was open {at} to {then}"
            assert inside == 0, f"{inside} calls on {name}, open from {at} to {then}"
        elif state == "half-open" and model.probe_limit == "in all":
            assert inside <= model.probes, f"{inside} probes on {name} from {at} to {then}"


def _clients(record: Record) -> None:
    """No client waits beyond its deadline."""
    columns = record.requests
    lasted = columns["ended_at"] - columns["arrived_at"]
    for code, name in enumerate(record.workloads):
        deadline = record.scenario.workload[name].deadline
        if deadline is not None:
            assert np.nanmax(lasted[columns["workload"] == code], initial=0.0) <= deadline + TINY_S


def _queues(record: Record) -> None:
    """No message is delivered more often than allowed, and no delivery outlasts its visibility."""
    columns = record.attempts
    lasted = columns["ended_at"] - columns["sent_at"]
    deliveries = _on(record, "delivery")
    for code, name in enumerate(record.queues):
        queue = record.scenario.queues[name]
        assert record.messages["deliveries"][record.messages["queue"] == code].max(initial=0) <= queue.most_deliveries
        for link, mine in deliveries.items():
            if link.startswith(f"{name} -> "):
                assert np.nanmax(lasted[mine], initial=0.0) <= queue.visibility_timeout + TINY_S


def _replicas(record: Record) -> None:
    """Each replica has its own workers and waiting places, serves calls in order, and nothing while it is down."""
    columns = record.attempts
    for name in record.services:
        model = record.scenario.services[name]
        sites = [code for code, site in enumerate(record.sites) if site.callee == name]
        calls = [code for code in sites if record.sites[code].kind == "call"]
        here = np.isin(columns["site"], sites) & ~np.isnan(columns["entered_at"])
        waited = columns["started_at"] - columns["entered_at"]
        if model.max_wait is not None:
            assert np.nanmax(waited[here], initial=0.0) <= model.max_wait.support[1] + TINY_S, f"max wait at {name}"
        for service, replica, begin, end in record.down:
            if service == name:
                mine = here & (columns["replica"] == replica)
                started, left = columns["started_at"][mine], columns["left_at"][mine]
                inside = (started >= begin) & (started < end) & (left != begin)  # a poison kills in its own instant
                assert not inside.any(), f"{name}#{replica} serves while it is down"
        for replica in range(model.replicas if model.autoscale is None else model.autoscale.max_replicas):
            mine = np.flatnonzero(here & (columns["replica"] == replica))
            line_end = np.fmin(columns["started_at"][mine], columns["left_at"][mine])
            most_in_line = _most(columns["entered_at"][mine], line_end)
            assert most_in_line <= model.places, f"line of {name} {replica}"
            if model.shed is not None and model.shed.line_length is not None:
                assert most_in_line <= model.shed.line_length, f"line of {name} {replica}"
            of_calls = mine[np.isin(columns["site"][mine], calls)]
            if model.concurrency is not None:
                inside = _most(columns["entered_at"][of_calls], columns["left_at"][of_calls])
                assert inside <= model.concurrency.most, f"calls in flight at {name} {replica}"
            if model.limit is not None and not record.down and model.autoscale is None:
                begun_at = columns["started_at"][of_calls]
                passed = model.limit.burst + model.limit.rate * np.nanmax(begun_at, initial=0.0)
                assert (~np.isnan(begun_at)).sum() <= passed + TINY_S, f"rate limit at {name} {replica}"
            if not model.has_segments:
                begun = mine[~np.isnan(columns["started_at"][mine])]
                busy = _most(columns["started_at"][begun], columns["left_at"][begun])
                assert busy <= model.threads, f"workers of {name} {replica}"
                of_calls = begun[np.isin(columns["site"][begun], calls)]
                if model.line.kind != "fifo":
                    continue
                # those who enter at one instant enter in no order that the rows tell: ids are given when sending
                in_order = of_calls[np.lexsort((columns["started_at"][of_calls], columns["entered_at"][of_calls]))]
                assert (np.diff(columns["started_at"][in_order]) >= 0).all(), f"order of service at {name} {replica}"


def _most(begins: np.ndarray, ends: np.ndarray) -> int:
    """Return the largest number of intervals [begin, end) that are open at once; NaN: never ends."""
    ends = np.where(np.isnan(ends), np.inf, ends)
    real = ends > begins
    begins, ends = begins[real], ends[real]
    times = np.concatenate([begins, ends])
    steps = np.concatenate([np.ones(len(begins)), -np.ones(len(ends))])
    order = np.lexsort((steps, times))
    return int(np.cumsum(steps[order]).max(initial=0))
