"""Rejections and delays by the defences of services, by reason; only for services that have one.

A rejection counts when its reason reaches the caller, so not for callers that had already left.
"""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from sim.quantities import UNLIMITED
from sim.quantities.line_order import PREEMPTIVE
from sim.record.record import MARKS, REASONS, REJECTED
from sim.results.book import Book
from sim.results.index.columns import Floats, exact_sum
from sim.results.index.windows import Window
from sim.results.rows import Column, Measure, Rows, count
from sim.results.wanted import ALL, Wanted
from sim.scenario import measures
from sim.scenario.models.nodes import SERVICE_RULES

NAMES = measures.OVERLOAD

REJECTIONS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    rejection.measure: (rejection.reason, NAMES[rejection.measure].of[0].has)
    for rule in SERVICE_RULES.values()
    for rejection in rule.rejections
}
"""The measures that count a reason: (the reason, whether a service has its defence)."""


def family(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the rows of every service with a defence."""
    table = Rows(NAMES, book.windows, wanted)
    for code, name in enumerate(book.record.services):
        if table.wants_any(name):
            _service(table, book, code, name)
            table.in_order()
    for name in book.record.queues:
        if book.record.scenario.queues[name].max_length != UNLIMITED and table.wants_any(name):
            _queue(table, book, name)
            table.in_order()
    return table.rows


def _service(table: Rows, book: Book, code: int, name: str) -> None:
    """Add the rejections and delays of a service."""
    model, place, columns = book.model(name), book.record.places.index(name), book.attempts
    reasons = {measure: reason for measure, (reason, has) in REJECTIONS.items() if has(model)}
    if reasons:
        rows = book.visits_by_service.rows(code)
        cut = table.windows.counted.cut(book.visits_by_service.times(code))
        here = (columns["outcome"][rows] == REJECTED) & (columns["where"][rows] == place)
        for measure, reason in reasons.items():
            counts = cut.count(here & (columns["why"][rows] == REASONS.index(reason)))
            table.add(measure, name, count(table.windows, counts, counts))
    if model.limit is not None and model.limit.when_full == "wait":
        _delayed(table, book, name)
    if model.line.kind == PREEMPTIVE:
        counts = table.windows.counted.cut(marked_at(book, "preempted", name)).sizes
        table.add("preempted", name, count(table.windows, counts, counts))
    if model.concurrency is not None:
        at, limit = levels(book, "concurrency limit", name)
        means = table.windows.each(lambda window: mean_level(window, at, limit))
        table.add("concurrency limit mean", name, Column(means, np.full(len(table.windows), len(at))))


def _queue(table: Rows, book: Book, name: str) -> None:
    """Add the rejected and waiting sends of a bounded queue."""
    place, columns = book.record.places.index(name), book.attempts
    sites = [code for code, site in enumerate(book.record.sites) if site.callee == name]
    full = np.isin(columns["site"], sites) & (columns["outcome"] == REJECTED) & (columns["where"] == place)
    rejected = table.windows.counted.count(book.entered_at[full])
    table.add("pushed back", name, count(table.windows, rejected, rejected))
    _delayed(table, book, name)


def _delayed(table: Rows, book: Book, name: str) -> None:
    counts = table.windows.counted.cut(marked_at(book, "delayed", name)).sizes
    table.add("delayed", name, count(table.windows, counts, counts))


def levels(book: Book, kind: str, name: str) -> tuple[Floats, Floats]:
    """Return (instants, level from each on) that the events of *kind* report for the component *name*."""
    reported = [(at, float(detail)) for at, what, of, detail in book.record.events if what == kind and of == name]
    pairs = np.array(reported, np.float64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def mean_level(window: Window, at: Floats, level: Floats) -> float | None:
    """Return the time-weighted mean of a level over *window*; None for an empty one."""
    if not window.spans:
        return None
    first, after = np.searchsorted(at, (window.spans[0][0], window.spans[-1][1]))
    here = slice(max(int(first) - 1, 0), int(after))  # the others have no part of the window
    until = np.append(at[1:], np.inf)[here]
    return exact_sum(level[here] * window.lengths_s(at[here], until)) / window.seconds


def marked_at(book: Book, kind: str, name: str) -> Floats:
    """Return the instants of decisions of *kind* (one of ``MARKS``) by the component *name*, in order."""
    marks, places = book.record.marks, book.record.places
    if name not in places:
        return np.zeros(0)
    of_kind = (marks["kind"] == MARKS.index(kind)) & (marks["place"] == places.index(name))
    return np.sort(np.asarray(marks["at"], np.float64)[of_kind])
