"""Outlier detection and panic: how many replicas were ejected, what share of them at a time, and the time in panic.

Ejections belong to the window in which they begin. Where each caller has a view of its own, shares are the mean of all
views, and ejections are counted together.

Not modelled: the calls that an ejection saved (``pileup compare`` and ``pileup ablate`` play the run without it).
"""

from __future__ import annotations

import numpy as np

from sim.results.book import Book
from sim.results.index import ejections, occupancy
from sim.results.index.intervals import Intervals, steps
from sim.results.rows import Column, Measure, Rows, count
from sim.results.wanted import ALL, Wanted
from sim.scenario import measures

NAMES = measures.OUTLIERS


def family(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the rows of every link with outlier detection or subsets, and of services with a panic threshold."""
    table = Rows(NAMES, book.windows, wanted)
    for name in ejections.detecting(book):
        if table.wants_any(name):
            _ejected(book, table, name)
            _panic(book, table, name, ejections.views(book, name))
            table.in_order()
    for name in ejections.with_views(book):
        if table.wants_any(name):
            _panic(book, table, name, ejections.views(book, name))
            table.in_order()
    for name in book.record.services:
        if measures.panics(book.model(name)) and table.wants_any(name):
            _panic(book, table, name, 1)
            table.in_order()
    return table.rows


def _ejected(book: Book, table: Rows, link: str) -> None:
    found = ejections.ejections(book, link)
    begin, end = np.array([(one.at_s, one.until_s) for one in found], np.float64).reshape(-1, 2).T
    begun = table.windows.counted.cut(np.sort(begin)).sizes
    hosts = ejections.views(book, link) * occupancy.replicas(book, link.partition(" -> ")[2])
    n = np.full(len(table.windows), len(found))
    table.add("ejections", link, count(table.windows, begun, begun))
    table.add("ejected share mean", link, Column(table.windows.means(Intervals(begin, end)) / hosts, n))
    table.add("ejected share peak", link, Column(table.windows.peaks(*steps(begin, end)) / hosts, n))


def _panic(book: Book, table: Rows, of: str, views: int) -> None:
    spans = Intervals(*ejections.panics(book, of))
    table.add("panic share", of, Column(table.windows.means(spans) / views, np.full(len(table.windows), len(spans))))
