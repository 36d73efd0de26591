"""Replicas of autoscaled services: how many there are on average, and at most."""

from __future__ import annotations

import numpy as np

from sim.results.book import Book
from sim.results.index import occupancy
from sim.results.index.intervals import Intervals, steps
from sim.results.rows import Column, Measure, Rows
from sim.results.wanted import ALL, Wanted
from sim.scenario import measures

NAMES = measures.AUTOSCALING


def family(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the rows of every autoscaled service."""
    table = Rows(NAMES, book.windows, wanted)
    for name in book.record.services:
        if book.model(name).autoscale is None or not table.wants_any(name):
            continue
        there = Intervals(*occupancy.present_replicas(book, name))
        n = np.full(len(table.windows), len(there))
        table.add("replicas mean", name, Column(table.windows.means(there), n))
        table.add("replicas peak", name, Column(table.windows.peaks(*steps(there.starts, there.ends)), n))
        table.in_order()
    return table.rows
