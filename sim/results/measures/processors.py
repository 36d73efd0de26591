"""Processors: how much of shared cores is used, how much work runs on them, and how much longer it takes for that.

Levels are time-weighted. The stretch of all work in a window is its time at work over the processor time that it had.

Not modelled: single steps, and single replicas.
"""

from __future__ import annotations

import math

import numpy as np

from sim.results.book import Book
from sim.results.index.columns import Ints
from sim.results.index.processors import Level, cores_of_service, levels, rows_of_host, rows_of_service
from sim.results.index.windows import Window
from sim.results.rows import Column, Measure, Rows
from sim.results.wanted import ALL, Wanted
from sim.scenario import measures

NAMES = measures.PROCESSORS


def family(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the rows of every service that shares cores, and of every host whose cores are shared."""
    table = Rows(NAMES, book.windows, wanted)
    scenario = book.record.scenario
    for name in scenario.sharing:
        if table.wants_any(name):
            cpu = scenario.services[name].cpu
            has_quota = cpu is not None and cpu.quota is not None
            _rows(table, book, name, rows_of_service(book, name), cores_of_service(book, name), has_quota)
    for name, host in scenario.machines.items():
        if table.wants_any(name):
            _rows(table, book, name, rows_of_host(book, name), float(host.cores), False)
    return table.rows


def _rows(table: Rows, book: Book, of: str, rows: Ints, cores: float, has_quota: bool) -> None:
    """Add the measures of a service or a host with these *rows*."""
    columns = book.record.processors
    running, busy = levels(columns, rows)
    n = np.full(len(table.windows), len(rows))

    def mean(window: Window) -> float | None:
        return busy.area(window) / window.seconds if window.spans else None

    used = table.windows.each(mean)
    table.add("cpu utilisation", of, Column(used / cores if math.isfinite(cores) else np.full(len(used), np.nan), n))
    table.add("cores used", of, Column(used, n))
    table.add("at work mean", of, Column(table.windows.each(lambda window: _mean(running, window)), n))
    table.add("cpu stretch", of, Column(table.windows.each(lambda window: _over(running, busy, window)), n))
    if has_quota:
        still = rows[columns["busy"][rows] == 0]
        stopped, there = (Level(columns, some, np.ones(len(some))) for some in (still, rows))
        table.add("cpu throttled", of, Column(table.windows.each(lambda window: _over(stopped, there, window)), n))
    table.in_order()


def _mean(level: Level, window: Window) -> float | None:
    return level.area(window) / window.seconds if window.spans else None


def _over(one: Level, other: Level, window: Window) -> float | None:
    """Return the area of *one* over that of the *other*; None where that is zero."""
    whole = other.area(window) if window.spans else 0.0
    return one.area(window) / whole if whole > 0 else None
