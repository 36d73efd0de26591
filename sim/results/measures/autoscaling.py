"""Replicas of autoscaled services: how many there are on average, and at most."""

from __future__ import annotations

from sim.results.book import Book
from sim.results.index import occupancy
from sim.results.index.intervals import peak, steps
from sim.results.rows import Measure, Rows
from sim.scenario import measures

NAMES = measures.AUTOSCALING


def family(book: Book) -> list[Measure]:
    """Return the rows of every autoscaled service."""
    table = Rows(NAMES)
    for name in book.record.services:
        if book.model(name).autoscale is None:
            continue
        begin, end = occupancy.present_replicas(book, name)
        times, levels = steps(begin, end)
        for window in book.windows.values():
            table.add("replicas mean", name, window.name, window.mean(begin, end), len(begin))
            most = [peak(times, levels, *span) for span in window.spans]
            table.add("replicas peak", name, window.name, float(max(most)) if most else None, len(begin))
    return table.rows
