"""The effects ledger: what was due, and whether it happened once, twice, never, or behind the caller's back.

Entries belong to the window in which their request arrived, whenever the effect was applied.
"""

from __future__ import annotations

import numpy as np

from sim.results.book import Book
from sim.results.columns import Bools
from sim.results.duties import MISSING, STATUSES
from sim.results.rows import Measure, Rows
from sim.scenario import measures

NAMES = measures.LEDGER


def family(book: Book) -> list[Measure]:
    """Return the rows of every workload, of ``system`` and of every effect by name (unless a workload has its name)."""
    table = Rows(NAMES)
    ledger, record = book.duties, book.record
    if not record.effect_sites:
        return table.rows
    workload = book.requests["workload"][ledger.request]
    names = [site.effect for site in record.effect_sites]
    groups: dict[str, Bools] = {name: workload == code for code, name in enumerate(record.workloads)}
    groups["system"] = np.ones(len(workload), np.bool_)
    for effect in dict.fromkeys(names):
        sites = [code for code, name in enumerate(names) if name == effect]
        groups.setdefault(effect, np.isin(ledger.site, sites))
    arrived_at = book.arrived_at[ledger.request]
    for window in book.windows.values():
        inside = window.holds(arrived_at)
        for of, mine in groups.items():
            counts = np.bincount(ledger.status[inside & mine], minlength=len(STATUSES)).tolist()
            due, entries = sum(counts[: MISSING + 1]), sum(counts)
            table.add("due", of, window.name, due if window.spans else None, entries)
            for status, count in zip(STATUSES, counts, strict=True):
                table.add(status, of, window.name, count if window.spans else None, entries)
            too_often = int(np.count_nonzero(ledger.too_often[inside & mine]))
            table.add("applied too often", of, window.name, too_often if window.spans else None, entries)
    return table.rows
