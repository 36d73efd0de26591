"""Attempts on each link: counts, outcomes for the caller, and calls that the breaker stopped.

Attempts belong to the window in which they are sent, those of the drain to one that reaches `duration`. A call that
the breaker stopped is not an attempt. ``system`` counts all calls together.

Not modelled: bytes.
"""

from __future__ import annotations

from functools import cached_property
from typing import Callable

import numpy as np

from sim.record.record import DEGRADED, SHORT_CIRCUITED, TIMEOUT
from sim.results.book import Book
from sim.results.index import breakers
from sim.results.index.columns import Bools, Ints
from sim.results.index.cuts import Cut, WindowSet
from sim.results.index.intervals import Intervals
from sim.results.rows import Column, Measure, Rows, count, share
from sim.results.wanted import ALL, Wanted
from sim.scenario import measures

NAMES = measures.LINKS


def family(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the rows of every link, and of ``system`` for attempts and amplification."""
    table = Rows(NAMES, book.windows, wanted)
    links = {name: _Link(book, table.windows, code) for code, name in enumerate(book.links)}
    guarded = breakers.guarded(book)
    for name, link in links.items():
        table.fill(COLUMNS, name, link)
        if name in guarded:
            table.fill(COLUMNS_OF_BREAKERS, name, link)
    table.fill(COLUMNS_OF_ALL, "system", _Together(table.windows, [one for one in links.values() if one.is_call]))
    table.in_order()
    return table.rows


class _Link:
    """The attempts of one link by sending, and how the windows of counts cut them."""

    def __init__(self, book: Book, windows: WindowSet, code: int) -> None:
        self.book, self.windows, self.code = book, windows, code

    @cached_property
    def rows(self) -> Ints | slice:
        """What reads all attempts, with those that were never made."""
        return self.book.attempts_by_link.index(self.code)

    @cached_property
    def cut(self) -> Cut:
        """Where the windows of counts cut them."""
        return self.windows.counted.cut(self.book.attempts_by_link.times(self.code))

    @property
    def is_call(self) -> bool:
        """Whether it is a link of calls, and not of sends or deliveries."""
        kinds = {site.kind for site in self.book.record.sites if site.link == self.book.links[self.code]}
        return kinds == {"call"}

    @cached_property
    def outcome(self) -> Ints:
        """The outcome of each attempt."""
        found: Ints = self.book.attempts["outcome"][self.rows]
        return found

    @cached_property
    def tried(self) -> Bools:
        """Whether each attempt was made."""
        return self.book.tried[self.rows]

    @cached_property
    def n(self) -> Ints:
        """The number of attempts in each window of counts."""
        return self.cut.count(self.tried)

    @cached_property
    def before_the_drain(self) -> Ints:
        """The number of attempts in each window."""
        return self.windows.cut(self.book.attempts_by_link.times(self.code)).count(self.tried)

    @cached_property
    def first(self) -> Ints:
        """The number of attempts that are first tries at every level."""
        return self.cut.count(self.tried & self.book.tried_once[self.rows])


class _Together:
    """The attempts of several links together."""

    def __init__(self, windows: WindowSet, links: list[_Link]) -> None:
        self.windows, self.links = windows, links

    def _sum(self, counts: Callable[[_Link], Ints]) -> Ints:
        return sum(map(counts, self.links), np.zeros(len(self.windows), np.int64))

    @cached_property
    def n(self) -> Ints:
        """The number of attempts in each window of counts."""
        return self._sum(lambda link: link.n)

    @cached_property
    def before_the_drain(self) -> Ints:
        """The number of attempts in each window."""
        return self._sum(lambda link: link.before_the_drain)

    @cached_property
    def first(self) -> Ints:
        """The number of attempts that are first tries at every level."""
        return self._sum(lambda link: link.first)


def _attempts(view: _Link | _Together) -> Column:
    return count(view.windows, view.n, view.n)


def _rate(view: _Link | _Together) -> Column:
    return Column(view.windows.per_second(view.before_the_drain), view.before_the_drain)


def _amplification(view: _Link | _Together) -> Column:
    """Return all attempts over the attempts that are first tries at every level; unknown without any of these."""
    return Column(view.n / np.where(view.first > 0, view.first, np.nan), view.n)


def _ok(view: _Link) -> Column:
    return share(view.cut.count(view.tried & (view.outcome <= DEGRADED)), view.n)


def _timeouts(view: _Link) -> Column:
    return count(view.windows, view.cut.count(view.tried & (view.outcome == TIMEOUT)), view.n)


def _stopped(view: _Link) -> Column:
    return count(view.windows, view.cut.count(view.outcome == SHORT_CIRCUITED), view.cut.sizes)


def _open_share(view: _Link) -> Column:
    link = view.book.links[view.code]
    opened = Intervals(*breakers.open_periods(view.book)[link])
    shares = view.windows.means(opened) / breakers.how_many(view.book, link)
    return Column(shares, np.full(len(view.windows), len(opened)))


COLUMNS: dict[str, Callable[[_Link], Column]] = {
    "attempts": _attempts,
    "amplification": _amplification,
    "attempt ok ratio": _ok,
    "timeouts": _timeouts,
    "short-circuited": _stopped,
    "attempts rate": _rate,
}
"""How each measure of a link is computed, in the order of the rows."""

COLUMNS_OF_BREAKERS: dict[str, Callable[[_Link], Column]] = {"breaker open share": _open_share}
"""The measures of a link with a breaker."""

COLUMNS_OF_ALL: dict[str, Callable[[_Together], Column]] = {
    "attempts": _attempts,
    "attempts rate": _rate,
    "amplification": _amplification,
}
"""The measures of all calls together."""
