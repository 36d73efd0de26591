"""Wasted work per link: work done for callers that had already left.

The links into a service share its wasted work among them. Work belongs to the window in which its visit got a worker.

Not modelled: the reasons why callers left (``run.waste`` has them).
"""

from __future__ import annotations

from sim.results.book import Book
from sim.results.index.columns import exact_sum
from sim.results.rows import Measure, Rows
from sim.scenario import measures

NAMES = measures.WASTED_WORK


def family(book: Book) -> list[Measure]:
    """Return the rows of every link that leads to a service."""
    table = Rows(NAMES)
    work, wasted, _ = book.work
    for code, name in enumerate(book.links):
        if name.partition(" -> ")[2] not in book.record.services:
            continue
        everyone = book.attempts_by_link.rows(code)
        for window in book.windows.values():
            rows = everyone[window.counted.holds(book.started_at[everyone])]
            worked, in_vain = exact_sum(work[rows]), exact_sum(wasted[rows])
            table.add("wasted work", name, window.name, in_vain if window.spans else None, len(rows))
            table.add("wasted share", name, window.name, in_vain / worked if worked else None, len(rows))
    return table.rows
