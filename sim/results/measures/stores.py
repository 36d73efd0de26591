"""Stores: rows written, and writes refused because the row had changed since it was read."""

from __future__ import annotations

import numpy as np

from sim.record.record import MARKS
from sim.results.book import Book
from sim.results.index.columns import GroupedRows
from sim.results.rows import Measure, Rows
from sim.scenario import measures

NAMES = measures.STORES


def family(book: Book) -> list[Measure]:
    """Return the rows of every store."""
    table, marks = Rows(NAMES), book.record.marks
    for name in book.record.scenario.stores:
        of_store = marks["place"] == book.record.places.index(name)
        grouped = GroupedRows(np.where(of_store, marks["kind"], -1), len(MARKS), marks["at"])
        for window in book.windows.values():
            written, refused = (
                len(grouped.within(MARKS.index(kind), window.counted.spans)) for kind in ("written", "conflict")
            )
            here = bool(window.spans)
            table.add("writes", name, window.name, written if here else None, written)
            table.add("conflicts", name, window.name, refused if here else None, refused)
            table.add_share("conflict share", name, window.name, refused, written + refused)
    return table.rows
