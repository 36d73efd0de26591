"""Replicas that come and go, read from their events, and the measures of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.results.index.columns import Floats
from sim.results.index.intervals import peak, steps
from sim.results.measures.rows import Measure, Rows
from sim.scenario import measures

if TYPE_CHECKING:
    from sim.results.index.book import Book

NAMES = measures.FLEET


def absences(book: Book, service: str) -> dict[int, list[tuple[float, float]]]:
    """Return when each replica of *service* was not there, by its number; nothing for services that do not scale."""
    model = book.model(service)
    if model.autoscale is None:
        return {}
    found: dict[int, list[tuple[float, float]]] = {index: [] for index in range(model.autoscale.max_replicas)}
    since: dict[int, float] = dict.fromkeys(range(model.replicas, model.autoscale.max_replicas), 0.0)
    for at, kind, of, detail in book.record.events:
        if of == service and kind == "replica leaves":
            since[int(detail)] = at
        elif of == service and kind == "replica joins":
            found[int(detail)].append((since.pop(int(detail)), at))
    for index, begin in since.items():
        found[index].append((begin, max(book.end, begin)))
    return found


def present(book: Book, service: str) -> tuple[Floats, Floats]:
    """Return begin and end of the time that each replica of *service* was there."""
    spans = []
    for away in absences(book, service).values():
        edges = [0.0, *(edge for span in away for edge in span), book.end]
        spans += [(begin, end) for begin, end in zip(edges[::2], edges[1::2]) if end > begin]
    begin, end = np.array(spans, np.float64).reshape(-1, 2).T
    return begin, end


def family(book: Book) -> list[Measure]:
    """Return the rows of every service whose replicas come and go."""
    table = Rows(NAMES)
    for name in book.record.services:
        if book.model(name).autoscale is None:
            continue
        begin, end = present(book, name)
        times, levels = steps(begin, end)
        for window in book.windows.values():
            table.add("replicas mean", name, window.name, window.mean(begin, end), len(begin))
            most = [peak(times, levels, *span) for span in window.spans]
            table.add("replicas peak", name, window.name, float(max(most)) if most else None, len(begin))
    return table.rows
