"""Rejections and delays by the defences of services, by reason; only for services that have one.

A rejection counts when its reason reaches the caller, so not for callers that had already left.
"""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from sim.quantities import UNLIMITED
from sim.record.record import MARKS, REASONS, REJECTED
from sim.results.book import Book
from sim.results.index.columns import Floats, exact_sum
from sim.results.index.windows import Window
from sim.results.rows import Measure, Rows
from sim.scenario import measures
from sim.scenario.models.nodes import SERVICE_RULES

NAMES = measures.OVERLOAD

REJECTIONS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    rejection.measure: (rejection.reason, NAMES[rejection.measure].of[0].has)
    for rule in SERVICE_RULES.values()
    for rejection in rule.rejections
}
"""The measures that count a reason: (the reason, whether a service has its defence)."""


def family(book: Book) -> list[Measure]:
    """Return the rows of every service with a defence."""
    table, columns = Rows(NAMES), book.attempts
    rejected = columns["outcome"] == REJECTED
    for code, name in enumerate(book.record.services):
        model, place = book.model(name), book.record.places.index(name)
        for window in book.windows.values():
            rows = book.visits_by_service.within(code, window.counted.spans)
            here = rows[rejected[rows] & (columns["where"][rows] == place)]
            for measure, (reason, has) in REJECTIONS.items():
                if has(model):
                    count = int(np.count_nonzero(columns["why"][here] == REASONS.index(reason)))
                    table.add(measure, name, window.name, count if window.spans else None, count)
            if model.limit is not None and model.limit.when_full == "wait":
                count = _marked(book, "delayed", place, window.counted.holds(book.record.marks["at"]))
                table.add("delayed", name, window.name, count if window.spans else None, count)
            if model.concurrency is not None:
                at, limit = levels(book, "concurrency limit", name)
                table.add("concurrency limit mean", name, window.name, mean_level(window, at, limit), len(at))
    for name in book.record.queues:
        if book.record.scenario.queues[name].max_length != UNLIMITED:
            _queue(table, book, name)
    return table.rows


def _queue(table: Rows, book: Book, name: str) -> None:
    """Add the rejected and waiting sends of a bounded queue."""
    place, columns = book.record.places.index(name), book.attempts
    sites = [code for code, site in enumerate(book.record.sites) if site.callee == name]
    full = np.isin(columns["site"], sites) & (columns["outcome"] == REJECTED) & (columns["where"] == place)
    for window in book.windows.values():
        rejected = int(np.count_nonzero(full & window.counted.holds(book.entered_at)))
        waited = _marked(book, "delayed", place, window.counted.holds(book.record.marks["at"]))
        for measure, count in (("pushed back", rejected), ("delayed", waited)):
            table.add(measure, name, window.name, count if window.spans else None, count)


def levels(book: Book, kind: str, name: str) -> tuple[Floats, Floats]:
    """Return (instants, level from each on) that the events of *kind* report for the component *name*."""
    reported = [(at, float(detail)) for at, what, of, detail in book.record.events if what == kind and of == name]
    pairs = np.array(reported, np.float64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def mean_level(window: Window, at: Floats, level: Floats) -> float | None:
    """Return the time-weighted mean of a level over *window*; None for an empty one."""
    if not window.spans:
        return None
    until = np.append(at[1:], np.inf)
    return exact_sum(level * window.lengths_s(at, until)) / window.seconds


def marked_at(book: Book, kind: str, name: str) -> Floats:
    """Return the instants of decisions of *kind* (one of ``MARKS``) by the component *name*, in order."""
    marks, places = book.record.marks, book.record.places
    if name not in places:
        return np.zeros(0)
    of_kind = (marks["kind"] == MARKS.index(kind)) & (marks["place"] == places.index(name))
    return np.sort(np.asarray(marks["at"], np.float64)[of_kind])


def _marked(book: Book, kind: str, place: int, inside: Any) -> int:
    marks = book.record.marks
    return int(np.count_nonzero(inside & (marks["kind"] == MARKS.index(kind)) & (marks["place"] == place)))
