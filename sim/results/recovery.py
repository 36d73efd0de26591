"""How long after a fault the system still fails its clients.

Counted on seconds from the fault's end: of those who arrived in that second, the share that was well served. A share,
not a rate, so that neither the luck of a second's arrivals nor a changing load looks like a failure or a recovery.
"""

from __future__ import annotations

import numpy as np

from sim.results.book import Book
from sim.results.columns import Bools, Ints
from sim.results.rows import Measure, Rows
from sim.scenario import measures

GOOD_ENOUGH = 0.95
FOR_SECONDS = 10

NAMES = measures.RECOVERY


def family(book: Book) -> list[Measure]:
    """Return the rows of every workload, operation and ``system``: after the last fault, and after each by name."""
    table = Rows(NAMES)
    if "before" not in book.windows:
        return table.rows
    for of, shelf, group in book.request_shelves:
        before = book.good[shelf.within(group, book.windows["before"].spans)]
        rows = shelf.rows(group)
        for during in book.windows:
            end = book.fault_end(None if during in ("all", "fault") else during)
            if end is not None:
                value = recovery_s(book, rows, float(before.mean()), end) if len(before) else None
                table.add("recovery time", of, during, value, len(before))
    return table.rows


def recovery_s(book: Book, rows: Ints, usual: float, fault_end: float) -> float | None:
    """Return seconds from *fault_end* until ten good seconds in a row begin; None if arrivals end before.

    A second in which nobody arrived is as good as any.
    """
    seconds = int(np.floor(book.record.duration_s - fault_end + 1e-9))
    if seconds < FOR_SECONDS:
        return None
    after = rows[book.arrived_at[rows] >= fault_end]
    second = (book.arrived_at[after] - fault_end).astype(np.int64)
    arrived = np.bincount(second, minlength=seconds)[:seconds]
    good = np.bincount(second, weights=book.good[after], minlength=seconds)[:seconds]
    well: Bools = good >= GOOD_ENOUGH * usual * arrived
    runs = np.convolve(well, np.ones(FOR_SECONDS), mode="valid")
    first = np.flatnonzero(runs == FOR_SECONDS)
    return float(first[0]) if len(first) else None
