"""Stores: rows written, and writes refused because the row had changed since it was read."""

from __future__ import annotations

import numpy as np

from sim.record.record import MARKS
from sim.results.book import Book
from sim.results.index.columns import GroupedRows
from sim.results.rows import Measure, Rows, count, share
from sim.results.wanted import ALL, Wanted
from sim.scenario import measures

NAMES = measures.STORES


def family(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the rows of every store."""
    table, marks = Rows(NAMES, book.windows, wanted), book.record.marks
    for name in book.record.scenario.stores:
        if not table.wants_any(name):
            continue
        of_store = marks["place"] == book.record.places.index(name)
        grouped = GroupedRows(np.where(of_store, marks["kind"], -1), len(MARKS), marks["at"])
        written, refused = (
            table.windows.counted.cut(grouped.times(MARKS.index(kind))).sizes for kind in ("written", "conflict")
        )
        table.add("writes", name, count(table.windows, written, written))
        table.add("conflicts", name, count(table.windows, refused, refused))
        table.add("conflict share", name, share(refused, written + refused))
        table.in_order()
    return table.rows
