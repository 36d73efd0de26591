"""Wasted work per link: work done for callers that had already left.

The links into a service share its wasted work among them. Work belongs to the window in which its visit got a worker.

Not modelled: the reasons why callers left (``run.waste`` has them).
"""

from __future__ import annotations

import numpy as np

from sim.results.book import Book
from sim.results.measures.services import started_in
from sim.results.rows import Column, Measure, Rows
from sim.results.wanted import ALL, Wanted
from sim.scenario import measures

NAMES = measures.WASTED_WORK


def family(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the rows of every link that leads to a service."""
    table = Rows(NAMES, book.windows, wanted)
    for code, name in enumerate(book.links):
        if name.partition(" -> ")[2] not in book.record.services or not table.wants_any(name):
            continue
        work, wasted, _ = book.work
        cut, rows = started_in(book, table.windows, book.attempts_by_link.rows(code))
        worked, in_vain = cut.exact_sums(work[rows]), cut.exact_sums(wasted[rows])
        table.add("wasted work", name, Column(np.where(table.windows.present, in_vain, np.nan), cut.sizes))
        table.add("wasted share", name, Column(in_vain / np.where(worked != 0, worked, np.nan), cut.sizes))
        table.in_order()
    return table.rows
