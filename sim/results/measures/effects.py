"""Measures of the effect ledger: effects due, applied once, duplicated, missing, and applied to failed requests.

Entries belong to the window in which their request arrived, whenever the effect was applied. A count includes the
entries that are decided when the run ends; the undecided ones give its bounds.
"""

from __future__ import annotations

import numpy as np

from sim.results.book import Book
from sim.results.effect_accounting import DUE, DUPLICATED, MISSING, ONCE, OPEN, STATUSES, UNDECIDED, EffectLedger
from sim.results.index.columns import Bools
from sim.results.index.windows import Window
from sim.results.rows import Measure, Rows
from sim.scenario import measures

NAMES = measures.EFFECTS
DECIDED = [(name, status) for status, name in enumerate(STATUSES) if status not in (UNDECIDED, OPEN)]
IF_DUE = 1 << ONCE | 1 << DUPLICATED | 1 << MISSING


def family(book: Book) -> list[Measure]:
    """Return the rows of every workload, of ``system`` and of every effect by name (unless a workload has its name)."""
    table = Rows(NAMES)
    ledger, record = book.ledger, book.record
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
        for of, entries in groups.items():
            _entries(table, ledger, of, window, inside & entries)
    return table.rows


def _entries(table: Rows, ledger: EffectLedger, of: str, window: Window, chosen: Bools) -> None:
    """Add the counts of the *chosen* entries."""
    status, may_be = ledger.status[chosen], ledger.may_be[chosen]
    entries, during, is_open = len(status), window.name, status == OPEN
    unsettled = is_open | (status == UNDECIDED)

    def add(measure: str, which: Bools, perhaps: Bools) -> None:
        count = int(np.count_nonzero(which)) if window.spans else None
        table.add_count(measure, of, during, count, entries, int(np.count_nonzero(perhaps)))

    none = np.zeros(entries, np.bool_)
    add("due", status <= DUE, is_open & ((may_be & IF_DUE) != 0))
    for name, code in DECIDED:
        add(name, status == code, unsettled & ((may_be & (1 << code)) != 0))
    add("undecided", status == UNDECIDED, none)
    add("open", is_open, none)
    too_often = ledger.too_often[chosen]
    add("applied too often", too_often, ledger.more[chosen] & ~too_often)
