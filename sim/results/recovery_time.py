"""The recovery time of a group of requests after a fault.

For each second from the fault's end it takes the share of well-served requests among those that arrived. It is a share,
not a rate, so that neither chance arrivals nor a changing load look like a failure or a recovery. If requests are
undecided at the run's end, the time is a number only if it is the same for all their possible outcomes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.results.book import Book
from sim.results.index.columns import Ints

GOOD_ENOUGH = 0.95
"""A second is good from this share of the usual goodput on."""
FOR_SECONDS = 10
"""Good seconds in a row that make a recovery."""

FEW_SECONDS = 32
"""Seconds that are read first: most groups have recovered by then."""

NEVER = math.inf
"""The recovery time of a group that had not recovered when the arrivals ended."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """A recovery time in seconds (``NEVER``): between *least* and *most* if it is undecided."""

    least: float
    most: float

    @property
    def undecided(self) -> bool:
        """Whether requests that are undecided at the run's end may still change it."""
        return self.least < self.most

    @property
    def value(self) -> float | None:
        """The time, if it is decided and not never."""
        return None if self.undecided or self.least == NEVER else self.least


def recovery(book: Book, rows: Ints, before: Ints, fault_end: float) -> Recovery | None:
    """Return the seconds from *fault_end* until ten good seconds in a row begin; None if unknown.

    *rows* are all requests by arrival, *before* those before the fault.
    """
    return Recoveries(book, rows, before).after(fault_end)


class Recoveries:
    """The recovery times of one group of requests, after any instant.

    *rows* are all requests by arrival, *before* those before the fault. A second without arrivals is good. A second is
    certainly good if enough of its requests are, and perhaps good if enough may become so. A second is two look-ups in
    the times of arrival and in running counts of good requests, and no second is read after the recovery.
    """

    def __init__(self, book: Book, rows: Ints, before: Ints) -> None:
        self._book = book
        self._arrived_at = book.arrived_at[rows]
        self._good = self._may_be_good = np.append(0, np.cumsum(book.good[rows]))
        if book.undecided[rows].any():
            self._may_be_good = np.append(0, np.cumsum(book.may_be_good[rows]))
        self._known = len(before) > 0
        if self._known:
            self._usual, self._usual_at_most = float(book.good[before].mean()), float(book.may_be_good[before].mean())

    def after(self, fault_end: float) -> Recovery | None:
        """Return the seconds from *fault_end* until ten good seconds in a row begin; None if unknown."""
        seconds = int(np.floor(self._book.record.duration_s - fault_end + 1e-9))
        if seconds < FOR_SECONDS or not self._known:
            return None
        least = self._first(fault_end, seconds, self._may_be_good, self._usual)
        if self._good is self._may_be_good and self._usual == self._usual_at_most:
            return Recovery(least, least)
        return Recovery(least, self._first(fault_end, seconds, self._good, self._usual_at_most))

    def _first(self, fault_end: float, seconds: int, good: Ints, usual: float) -> float:
        """Return the first of ten seconds in a row in which the share of *good* requests (a running count) is usual."""
        row, read, at_once = 0, 0, FEW_SECONDS
        while read < seconds:
            cuts = self._cuts(fault_end, read, min(read + at_once, seconds))
            well = np.diff(good[cuts]) >= GOOD_ENOUGH * usual * np.diff(cuts)
            for second, is_well in enumerate(well.tolist(), start=read):
                row = row + 1 if is_well else 0
                if row == FOR_SECONDS:
                    return float(second + 1 - FOR_SECONDS)
            read, at_once = read + len(well), 4 * at_once
        return NEVER

    def _cuts(self, fault_end: float, first: int, last: int) -> Ints:
        """Return the number of requests that arrived before each second from *first* to *last*, after *fault_end*."""
        second = np.arange(first, last + 1)
        begin = fault_end + second
        # an arrival is in a second if its difference to the end is, and both sums are rounded: by one step at most
        earlier = np.nextafter(begin, -np.inf)
        begin = np.where(begin - fault_end < second, np.nextafter(begin, np.inf), begin)
        return np.searchsorted(self._arrived_at, np.where(earlier - fault_end >= second, earlier, begin))
