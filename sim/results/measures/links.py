"""Attempts on each link: counts, outcomes for the caller, and calls that the breaker stopped.

Attempts belong to the window in which they are sent, those of the drain to one that reaches `duration`. A call that
the breaker stopped is not an attempt. ``system`` counts all calls together.

Not modelled: bytes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.record.record import DEGRADED, SHORT_CIRCUITED, TIMEOUT
from sim.results.book import Book
from sim.results.index import breakers
from sim.results.index.columns import Ints
from sim.results.index.cuts import Cut, WindowSet
from sim.results.index.intervals import Intervals
from sim.results.rows import Column, Measure, Rows, count, share
from sim.results.wanted import ALL, Wanted
from sim.scenario import measures

NAMES = measures.LINKS
CALL = 0
"""The kind of an attempt of a call, as in ``RecordIndex.kind``; a link has attempts of one kind."""


def family(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the rows of every link, and of ``system`` for attempts and amplification."""
    table, open_periods = Rows(NAMES, book.windows, wanted), breakers.open_periods(book)
    windows, of_system = table.windows, table.wants_any("system")
    none = np.zeros(len(windows), np.int64)
    calls = _Tries(windows, none, none, none)
    for code, name in enumerate(book.links):
        if not (of_system or table.wants_any(name)):
            continue
        rows = book.attempts_by_link.rows(code)
        cut, inside = (each.cut(book.attempts_by_link.times(code)) for each in (windows.counted, windows))
        tried = book.tried[rows]
        first = tried & book.tried_once[rows]
        sent = _Tries(windows, cut.count(tried), inside.count(tried), cut.count(first))
        if len(rows) and book.kind[rows[0]] == CALL:
            calls = calls.plus(sent)
        if table.wants_any(name):
            _counts(table, book, name, cut, rows, sent)
            if name in open_periods:
                opened = Intervals(*open_periods[name])
                shares = windows.means(opened) / breakers.how_many(book, name)
                table.add("breaker open share", name, Column(shares, np.full(len(windows), len(opened))))
    table.add("attempts", "system", count(windows, calls.n, calls.n))
    table.add("attempts rate", "system", calls.rate)
    table.add("amplification", "system", calls.amplification)
    table.in_order()
    return table.rows


class _Tries(NamedTuple):
    """How many attempts were sent in each window of counts, how many of them before the drain, and as first tries."""

    windows: WindowSet
    n: Ints
    before_the_drain: Ints
    first: Ints

    def plus(self, other: _Tries) -> _Tries:
        """Return the attempts of both."""
        numbers = (mine + its for mine, its in zip(self[1:], other[1:], strict=True))
        return _Tries(self.windows, *numbers)

    @property
    def rate(self) -> Column:
        """Attempts per second."""
        return Column(self.windows.per_second(self.before_the_drain), self.before_the_drain)

    @property
    def amplification(self) -> Column:
        """All attempts over the attempts that are first tries at every level; unknown without any of these."""
        return Column(self.n / np.where(self.first > 0, self.first, np.nan), self.n)


def _counts(table: Rows, book: Book, of: str, cut: Cut, rows: Ints, sent: _Tries) -> None:
    outcome, tried, windows = book.attempts["outcome"][rows], book.tried[rows], table.windows
    ok = cut.count(tried & (outcome <= DEGRADED))
    timeouts = cut.count(tried & (outcome == TIMEOUT))
    stopped = cut.count(outcome == SHORT_CIRCUITED)
    table.add("attempts", of, count(windows, sent.n, sent.n))
    table.add("amplification", of, sent.amplification)
    table.add("attempt ok ratio", of, share(ok, sent.n))
    table.add("timeouts", of, count(windows, timeouts, sent.n))
    table.add("short-circuited", of, count(windows, stopped, cut.sizes))
    table.add("attempts rate", of, sent.rate)
