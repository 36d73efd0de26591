"""Measures of the effect ledger: effects due, applied once, duplicated, missing, and applied to failed requests.

Entries belong to the window in which their request arrived, whenever the effect was applied. A count includes the
entries that are decided when the run ends; the undecided ones give its bounds, and so do those of a key whose window
or workload depends on which of its requests is answered first.
"""

from __future__ import annotations

import numpy as np

from sim.results.book import Book
from sim.results.effect_accounting import DUE, DUPLICATED, MISSING, ONCE, OPEN, STATUSES, UNDECIDED, EffectLedger
from sim.results.index.columns import Bools
from sim.results.index.cuts import WindowSet
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
    bookings = _Bookings(book, table.windows)
    workload = book.requests["workload"][bookings.request]
    names = [site.effect for site in record.effect_sites]
    groups: dict[str, Bools] = {name: workload == code for code, name in enumerate(record.workloads)}
    groups["system"] = np.ones(len(workload), np.bool_)
    for effect in dict.fromkeys(names):
        sites = [code for code, name in enumerate(names) if name == effect]
        groups.setdefault(effect, np.isin(ledger.site[bookings.entry], sites))
    for of, in_group in groups.items():
        if table.wants_any(of):
            _entries(table, ledger, of, bookings, in_group)
    table.in_order()
    return table.rows


class _Bookings:
    """The requests on which entries are booked, entry by entry, and behind them those on which some may be instead."""

    def __init__(self, book: Book, windows: WindowSet) -> None:
        ledger, self.windows = book.ledger, windows
        now, moves = (np.arange(len(ledger.request)), ledger.request), ledger.moves
        self.entry, self.request = (np.concatenate(pair) for pair in zip(now, moves, strict=True))
        self.at = book.arrived_at[self.request]
        self.moving = np.unique(moves[0])
        """The entries that may be booked elsewhere."""
        self._of_moving = np.flatnonzero(np.isin(self.entry, self.moving))
        self._row = np.searchsorted(self.moving, self.entry[self._of_moving])
        self._ways = np.bincount(self._row, minlength=len(self.moving))

    def inside(self, in_group: Bools) -> tuple[Bools, Bools]:
        """Return where the moving entries are, wherever they go, and where they may be: each (entries, windows)."""
        counts = np.zeros((len(self.moving), len(self.windows)), np.int64)
        mine = in_group[self._of_moving]
        for code, window in enumerate(self.windows.windows if mine.any() else ()):
            held = mine & window.holds(self.at[self._of_moving])
            counts[:, code] = np.bincount(self._row[held], minlength=len(self.moving))
        return counts == self._ways[:, np.newaxis], counts > 0


def _entries(table: Rows, ledger: EffectLedger, of: str, bookings: _Bookings, in_group: Bools) -> None:
    """Add the counts of the entries in a group of bookings."""
    status, may_be, windows = ledger.status, ledger.may_be, table.windows
    is_open = status == OPEN
    unsettled = is_open | (status == UNDECIDED)
    here, at, moving = in_group[: len(status)], bookings.at[: len(status)], bookings.moving
    entries = windows.count(at, here)
    stays = here.copy()
    stays[moving] = False
    certainly, possibly = bookings.inside(in_group)

    def add(measure: str, which: Bools, perhaps: Bools) -> None:
        if table.wants(measure, of):
            found = windows.count(at, which & stays) + np.count_nonzero(certainly[which[moving]], axis=0)
            most = windows.count(at, (which | perhaps) & stays)
            most += np.count_nonzero(possibly[(which | perhaps)[moving]], axis=0)
            table.add(measure, of, count(windows, found, entries, most - found))

    none = np.zeros(len(status), np.bool_)
    add("due", status <= DUE, is_open & ((may_be & IF_DUE) != 0))
    for name, code in DECIDED:
        add(name, status == code, unsettled & ((may_be & (1 << code)) != 0))
    add("undecided", status == UNDECIDED, none)
    add("open", is_open, none)
    add("applied too often", ledger.too_often, ledger.more & ~ledger.too_often)
