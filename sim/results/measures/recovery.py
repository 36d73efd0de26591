"""Recovery time: how long after a fault the system still fails its clients (rule of ``sim.results.recovery_time``)."""

from __future__ import annotations

from sim.results.book import Book
from sim.results.recovery_time import recovery
from sim.results.rows import Measure, Rows
from sim.scenario import measures

NAMES = measures.RECOVERY


def family(book: Book) -> list[Measure]:
    """Return the rows of every workload, operation and ``system``: after the last fault, and after each by name."""
    table = Rows(NAMES)
    if "before" not in book.windows:
        return table.rows
    for of, grouped, group in book.request_groups:
        before = grouped.within(group, book.windows["before"].spans)
        rows = grouped.rows(group)
        for during in book.windows:
            end = book.fault_end(None if during in ("all", "fault") else during)
            if end is not None:
                found = recovery(book, rows, before, end)
                between = None if found is None else (found.least, found.most)
                table.add("recovery time", of, during, None if found is None else found.value, len(before), between)
    return table.rows
