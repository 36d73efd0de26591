"""Time series of every component, for each second of the clock from zero to the end of the run.

Counts are of events in the second [t, t+1), levels are time-weighted means over it, and values of an instant (a
breaker's state, the age of the oldest message) are those at the second's beginning. The last second may be cut short by
the run's end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterator

import numpy as np

from sim.record.record import OUTCOMES, Record
from sim.results.book import Book
from sim.results.index import occupancy, processors
from sim.results.index.breakers import changes
from sim.results.index.columns import Bools, Floats, Ints
from sim.results.index.intervals import areas_per_second, lowest_at
from sim.results.index.processors import rows_of_host, rows_of_service
from sim.results.index.readings import asked, deciding
from sim.results.measures import link_defences
from sim.results.measures.overload import levels

NAMES: dict[str, tuple[str, str]] = {
    "arrivals": ("/s", "requests or visits that arrived"),
    **{outcome: ("/s", f"requests that ended {outcome}") for outcome in OUTCOMES if outcome not in ("lost", "open")},
    "answered": ("/s", "requests answered ok or degraded within the deadline"),
    "done": ("/s", "requests whose last due effect was applied, all exactly once and within `done within`"),
    "goodput": ("/s", "requests that became both answered and done"),
    "in flight": ("", "requests without an outcome yet; messages in delivery"),
    "in service": ("visits", "visits that have begun and not left"),
    "waiting": ("visits", "visits in line for a worker"),
    "utilisation": ("ratio", "held worker time over all worker time; none for unlimited workers"),
    "cores used": ("cores", "cores in use, of a service that shares cores, and of a host whose cores are shared"),
    "at work": ("steps", "work steps that run, or would if they had a core"),
    "replicas": ("", "replicas that are up, of services where they come and go; draining ones included"),
    "replicas asked": ("", "replicas that the metrics of the autoscaler ask for, before windows, steps and bounds"),
    "reading": ("targets", "what the metric that asks for most reads, as a multiple of its target"),
    "concurrency limit": ("calls", "limit on calls in flight, of all replicas together"),
    "attempts": ("/s", "attempts sent"),
    "breaker state": ("", "0 closed, 0.5 half-open, 1 open; of several breakers, the mean"),
    **{name: ("/s", about.meaning) for name, about in link_defences.NAMES.items() if name != "cache hit ratio"},
    "published": ("/s", "messages published"),
    "deliveries": ("/s", "deliveries begun"),
    "backlog": ("messages", "messages that wait, those in flight excluded"),
    "oldest age": ("s", "age of the oldest waiting message"),
}


@dataclass(frozen=True, slots=True)
class Series:
    """One value a second: ``values[t]`` is for the second that begins at t."""

    of: str
    name: str
    values: Floats

    @property
    def unit(self) -> str:
        """The unit of its values."""
        return NAMES[self.name][0]


def series(record: Record | Book) -> list[Series]:
    """Return every series of a run, each of the same length."""
    book = record if isinstance(record, Book) else Book(record)
    seconds = max(math.ceil(book.end), 1)
    found = [*_workloads(book, seconds), *_services(book, seconds), *_links(book, seconds), *_queues(book, seconds)]
    return [*found, *_hosts(book, seconds)]


def _count(times: Floats, seconds: int) -> Floats:
    """Return the number of *times* in each second; infinity is in none."""
    happened = times[np.isfinite(times)]
    second = np.minimum(happened, seconds - 1).astype(np.int64)  # the instant of the run's end belongs to its last
    counts: Floats = np.bincount(second, minlength=seconds).astype(np.float64)
    return counts


def _level(book: Book, begin: Floats, end: Floats, seconds: int) -> Floats:
    levels: Floats = areas_per_second(np.minimum(begin, book.end), np.minimum(end, book.end), seconds)[0]
    return levels


def _workloads(book: Book, seconds: int) -> Iterator[Series]:
    outcome, workload = book.requests["outcome"], book.requests["workload"]
    done_at = np.where(book.ledger.expected, book.ledger.fulfilled_at, book.answered_at)
    groups: list[tuple[str, Bools]] = [(name, workload == code) for code, name in enumerate(book.record.workloads)]
    for of, mine in [*groups, ("system", np.ones(len(outcome), np.bool_))]:
        yield Series(of, "arrivals", _count(book.arrived_at[mine], seconds))
        for code, name in enumerate(OUTCOMES):
            if name in NAMES:
                yield Series(of, name, _count(book.answered_at[mine & (outcome == code)], seconds))
        yield Series(of, "answered", _count(book.answered_at[mine & book.answered], seconds))
        yield Series(of, "done", _count(done_at[mine & book.done], seconds))
        yield Series(of, "goodput", _count(book.good_at[mine], seconds))
        yield Series(of, "in flight", _level(book, book.arrived_at[mine], book.answered_at[mine], seconds))


def _services(book: Book, seconds: int) -> Iterator[Series]:
    for code, of in enumerate(book.record.services):
        rows, workers = book.visits_by_service.rows(code), occupancy.workers(book, of)
        yield Series(of, "arrivals", _count(book.entered_at[rows], seconds))
        yield Series(of, "in service", _level(book, *occupancy.in_service(book, code), seconds))
        yield Series(of, "waiting", _level(book, *occupancy.queued(book, code), seconds))
        if not math.isinf(workers):
            there = workers - _level(book, *occupancy.absent_workers(book, of), seconds)
            held = _level(book, *occupancy.held(book, code), seconds)
            yield Series(of, "utilisation", np.divide(held, there, out=np.zeros(seconds), where=there > 0))
        if of in book.record.scenario.sharing:
            yield from _processors(book, of, rows_of_service(book, of), seconds)
        if book.model(of).has_varying_replicas:
            yield Series(of, "replicas", _level(book, *occupancy.present_replicas(book, of), seconds))
            if book.model(of).autoscale is not None and book.model(of).autoscale.is_recorded:
                yield from _read(book, of, seconds)
        if book.model(of).concurrency is not None:
            yield Series(of, "concurrency limit", _told(book, "concurrency limit", of, seconds))


def _read(book: Book, of: str, seconds: int) -> Iterator[Series]:
    """Yield what an autoscaler reads and asks for, at the beginning of each second."""
    instants, (at, level) = np.arange(seconds, dtype=np.float64), asked(book, of)
    last = np.searchsorted(at, instants, side="right") - 1
    over = np.array([0.0, *(look.value / look.target for look in deciding(book, of))], np.float64)
    yield Series(of, "replicas asked", level[last].astype(np.float64))
    yield Series(of, "reading", over[last])


def _hosts(book: Book, seconds: int) -> Iterator[Series]:
    for of in book.record.scenario.machines:
        yield from _processors(book, of, rows_of_host(book, of), seconds)


def _processors(book: Book, of: str, rows: Ints, seconds: int) -> Iterator[Series]:
    """Yield the means over each second of the cores in use and of the work that runs."""
    edges = np.minimum(np.arange(seconds + 1, dtype=np.float64), max(book.end, 0.0))
    lengths = np.maximum(np.diff(edges), np.finfo(np.float64).tiny)
    running, busy = processors.levels(book.record.processors, rows)
    yield Series(of, "cores used", np.maximum(np.diff(busy.until(edges)) / lengths, 0.0))
    yield Series(of, "at work", np.maximum(np.diff(running.until(edges)) / lengths, 0.0))


def _told(book: Book, kind: str, of: str, seconds: int) -> Floats:
    """Return the level that events report, at the beginning of each second."""
    at, level = levels(book, kind, of)
    at_second: Floats = level[np.searchsorted(at, np.arange(seconds, dtype=np.float64), side="right") - 1]
    return at_second


def _links(book: Book, seconds: int) -> Iterator[Series]:
    instants = np.arange(seconds, dtype=np.float64)
    states = changes(book)
    for code, of in enumerate(book.links):
        rows = book.attempts_by_link.rows(code)
        yield Series(of, "attempts", _count(book.sent_at[rows[book.tried[rows]]], seconds))
        if of in states:
            at, state = states[of]
            yield Series(of, "breaker state", np.append(0.0, state)[np.searchsorted(at, instants, side="right")])
        for decision in link_defences.told(book, of):
            yield Series(of, decision, _count(link_defences.decided_at(book, of, decision), seconds))


def _queues(book: Book, seconds: int) -> Iterator[Series]:
    instants = np.arange(seconds, dtype=np.float64)
    for code, of in enumerate(book.record.queues):
        begin, end, published = book.backlog(code)
        flying = book.in_flight(code)
        oldest = lowest_at(instants, begin, end, published)
        yield Series(of, "published", _count(book.published_at[book.messages_by_queue.rows(code)], seconds))
        yield Series(of, "deliveries", _count(flying[0], seconds))
        yield Series(of, "backlog", _level(book, begin, end, seconds))
        yield Series(of, "in flight", _level(book, *flying, seconds))
        yield Series(of, "oldest age", np.where(np.isfinite(oldest), instants - oldest, 0.0))
