"""Whom the services' own defences turned away or held up, by reason; only for services that have such a defence.

A reason is what the caller was told: one that had left before was told nothing and is not counted here.
"""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from sim.engine.record import MARKS, REASONS, REJECTED
from sim.results.book import Book
from sim.results.rows import Measure, Names, Rows

NAMES: Names = {
    "rate limited": ("calls", "calls rejected because the service's rate limit had no token for them"),
    "delayed": ("calls", "calls that waited for a token of the service's rate limit"),
    "shed": ("calls", "calls rejected by the service's load shedding, on joining or on leaving the line"),
}

TOLD: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "rate limited": ("rate limit", lambda service: service.limit is not None),
    "shed": ("shed", lambda service: service.shed is not None),
}
"""The measures that count a reason: (the reason, whether a service has what gives it)."""


def family(book: Book) -> list[Measure]:
    """Return the rows of every service that defends itself."""
    table, columns = Rows(NAMES), book.attempts
    rejected = columns["outcome"] == REJECTED
    for code, name in enumerate(book.record.services):
        model, place = book.model(name), book.record.places.index(name)
        for window in book.windows.values():
            rows = book.visit_shelf.within(code, window.spans)
            here = rows[rejected[rows] & (columns["where"][rows] == place)]
            for measure, (reason, has) in TOLD.items():
                if has(model):
                    count = int(np.count_nonzero(columns["why"][here] == REASONS.index(reason)))
                    table.add(measure, name, window.name, count if window.spans else None, count)
            if model.limit is not None and model.limit.when_full == "wait":
                count = _marked(book, "delayed", place, window.holds(book.record.marks["at"]))
                table.add("delayed", name, window.name, count if window.spans else None, count)
    return table.rows


def _marked(book: Book, kind: str, place: int, inside: Any) -> int:
    marks = book.record.marks
    return int(np.count_nonzero(inside & (marks["kind"] == MARKS.index(kind)) & (marks["place"] == place)))
