"""Measures of the effect ledger: effects due, applied once, duplicated, missing, and applied to failed requests.

Entries belong to the window in which their request arrived, whenever the effect was applied. A count includes the
entries that are decided when the run ends; the undecided ones give its bounds, and so do those of a key whose window
or workload depends on which of its requests is answered first.
"""

from __future__ import annotations

import numpy as np

from sim.results.book import Book
from sim.results.effect_accounting import DUE, DUPLICATED, MISSING, ONCE, OPEN, STATUSES, UNDECIDED, EffectLedger
from sim.results.index.columns import Bools, Floats, Ints
from sim.results.rows import Measure, Rows, count
from sim.results.wanted import ALL, Wanted
from sim.scenario import measures

NAMES = measures.EFFECTS
DECIDED = [(name, status) for status, name in enumerate(STATUSES) if status not in (UNDECIDED, OPEN)]
IF_DUE = 1 << ONCE | 1 << DUPLICATED | 1 << MISSING


def family(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the rows of every workload, of ``system`` and of every effect by name (unless a workload has its name)."""
    table, record = Rows(NAMES, book.windows, wanted), book.record
    if not record.effect_sites:
        return table.rows
    ledger = book.ledger
    entry, request = (
        np.concatenate(pair) for pair in zip((np.arange(len(ledger.request)), ledger.request), ledger.moves)
    )
    workload = book.requests["workload"][request]
    names = [site.effect for site in record.effect_sites]
    groups: dict[str, Bools] = {name: workload == code for code, name in enumerate(record.workloads)}
    groups["system"] = np.ones(len(workload), np.bool_)
    for effect in dict.fromkeys(names):
        sites = [code for code, name in enumerate(names) if name == effect]
        groups.setdefault(effect, np.isin(ledger.site[entry], sites))
    arrived_at = book.arrived_at[request]
    stays = np.ones(len(entry), np.bool_)
    stays[len(ledger.request) :] = stays[ledger.moves[0]] = False
    for of, in_group in groups.items():
        if table.wants_any(of):
            _entries(table, ledger, of, entry[in_group], arrived_at[in_group], stays[in_group])
    table.in_order()
    return table.rows


def _entries(table: Rows, ledger: EffectLedger, of: str, entry: Ints, at: Floats, stays: Bools) -> None:
    """Add the counts of these entries, each at the arrival of a request on which it is, or may be, booked."""
    status, may_be, windows = ledger.status[entry], ledger.may_be[entry], table.windows
    is_open = status == OPEN
    unsettled = is_open | (status == UNDECIDED)
    entries = windows.count(at)

    def add(measure: str, which: Bools, perhaps: Bools) -> None:
        if table.wants(measure, of):
            certain, possible = which & stays, (which & ~stays) | perhaps
            table.add(measure, of, count(windows, windows.count(at, certain), entries, windows.count(at, possible)))

    none = np.zeros(len(status), np.bool_)
    add("due", status <= DUE, is_open & ((may_be & IF_DUE) != 0))
    for name, code in DECIDED:
        add(name, status == code, unsettled & ((may_be & (1 << code)) != 0))
    add("undecided", status == UNDECIDED, none)
    add("open", is_open, none)
    too_often = ledger.too_often[entry]
    add("applied too often", too_often, ledger.more[entry] & ~too_often)
