"""Recovery time: how long after a fault the system still fails its clients (rule of ``sim.results.recovery_time``)."""

from __future__ import annotations

import numpy as np

from sim.results.book import Book
from sim.results.recovery_time import Recoveries
from sim.results.rows import Column, Measure, Rows
from sim.results.wanted import ALL, Wanted
from sim.scenario import measures

NAMES = measures.RECOVERY


def family(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the rows of every workload, operation and ``system``: after the last fault, and after each by name."""
    if "before" not in book.windows:
        return []
    ends = {name: end for name in book.windows if (end := book.ends_of_faults(name)) is not None}
    table = Rows(NAMES, {name: book.windows[name] for name in ends}, wanted)
    for of, grouped, group in book.request_groups:
        if not len(table.windows) or not table.wants_any(of):
            continue
        before = grouped.within(group, book.windows["before"].spans)
        recoveries = Recoveries(book, grouped.rows(group), before)
        found = recoveries.after_each([ends[name] for name in table.windows.names])
        numbers = [(np.nan,) * 3 if one is None else (one.value, one.least, one.most) for one in found]
        values, least, most = np.array(numbers, np.float64).T
        table.add("recovery time", of, Column(values, np.full(len(found), len(before)), least, most))
        table.in_order()
    return table.rows
