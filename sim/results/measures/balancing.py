"""How evenly the attempts on a link fall on the callee's replicas, where a caller does not know all of them.

Attempts belong to the window in which they are sent. Replicas that came or went meanwhile count as all others.

Not modelled: connections.
"""

from __future__ import annotations

import numpy as np

from sim.results.book import Book
from sim.results.index import occupancy
from sim.results.rows import Column, Measure, Rows
from sim.results.wanted import ALL, Wanted
from sim.scenario import measures

NAMES = measures.BALANCING


def family(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the rows of every link with subsets or zone routing."""
    table = Rows(NAMES, book.windows, wanted)
    links = book.record.scenario.links
    for code, name in enumerate(book.links):
        if name in links and measures.is_uneven(links[name]) and table.wants_any(name):
            _busiest(book, table, code, name)
            table.in_order()
    return table.rows


def _busiest(book: Book, table: Rows, code: int, name: str) -> None:
    rows, times = book.attempts_by_link.index(code), book.attempts_by_link.times(code)
    tried, chosen = book.tried[rows], book.attempts["replica"][rows]
    hosts, windows = occupancy.replicas(book, name.partition(" -> ")[2]), table.windows.counted
    counts = np.array([windows.count(times, tried & (chosen == host)) for host in range(hosts)])
    n = counts.sum(axis=0)
    ratio = np.divide(counts.max(axis=0) * hosts, n, out=np.full(len(n), np.nan), where=n > 0)
    table.add("busiest replica", name, Column(ratio, n))
    table.add("replicas used", name, Column((counts > 0).sum(axis=0).astype(np.float64), n))
