"""Replicas that come and go: how many there are, and how many an autoscaler asked for, why, and in vain."""

from __future__ import annotations

import numpy as np

from sim.mechanisms.services.autoscale import METRICS
from sim.results.book import Book
from sim.results.index import occupancy
from sim.results.index.intervals import Intervals, steps
from sim.results.index.readings import asked, deciding, held_back, readings
from sim.results.measures.overload import levels, mean_level
from sim.results.rows import Column, Measure, Rows, Samples, count
from sim.results.wanted import ALL, Wanted
from sim.scenario import measures

NAMES = measures.AUTOSCALING


def family(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the rows of every service whose replicas come and go."""
    table = Rows(NAMES, book.windows, wanted)
    for name in book.record.services:
        scale = book.model(name).autoscale
        if not book.model(name).has_varying_replicas or not table.wants_any(name):
            continue
        there = Intervals(*occupancy.present_replicas(book, name))
        n = np.full(len(table.windows), len(there))
        table.add("replicas mean", name, Column(table.windows.means(there), n))
        table.add("replicas peak", name, Column(table.windows.peaks(*steps(there.starts, there.ends)), n))
        if scale is not None and scale.is_recorded:
            _decisions(table, book, name)
        if scale is not None and scale.target_cpu is not None:
            cpu = [reading for reading in readings(book, name) if reading.metric == METRICS[1]]
            _mean(table, "cpu mean", name, [(reading.at, reading.value) for reading in cpu])
        if scale is not None and scale.kills:
            _killed(table, book, name)
        table.in_order()
    return table.rows


def _decisions(table: Rows, book: Book, name: str) -> None:
    """Add the numbers that were asked for, and how often something held them back."""
    at, level = asked(book, name)
    n = np.full(len(table.windows), len(at) - 1)
    means = table.windows.each(lambda window: mean_level(window, at, level.astype(np.float64)))
    table.add("replicas asked mean", name, Column(means, n))
    table.add("replicas asked peak", name, Column(table.windows.peaks(at, level), n))
    _mean(table, "reading mean", name, [(look.at, look.value / look.target) for look in deciding(book, name)])
    for by in ("window", "steps", "bounds"):
        counts = table.windows.counted.count(held_back(book, name, by))
        table.add(f"held by {by}", name, count(table.windows, counts, counts))


def _mean(table: Rows, measure: str, name: str, read: list[tuple[float, float]]) -> None:
    at, values = np.array(read, np.float64).reshape(-1, 2).T
    cut = table.windows.counted.cut(at)
    table.add(measure, name, Samples(cut, np.ones(len(at), np.bool_), values).column("mean"))


def _killed(table: Rows, book: Book, name: str) -> None:
    at, ended = levels(book, "ended by scale-in", name)
    counts = table.windows.counted.cut(at).total(ended.astype(np.int64))
    table.add("killed by scale-in", name, count(table.windows, counts, counts))
