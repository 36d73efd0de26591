"""The recovery time of a group of requests after a fault.

For each second from the fault's end it takes the share of well-served requests among those that arrived. It is a share,
not a rate, so that neither chance arrivals nor a changing load look like a failure or a recovery. If requests are
undecided at the run's end, the time is a number only if it is the same for all their possible outcomes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Sequence

import numpy as np

from sim.results.book import Book
from sim.results.index.columns import Floats, Ints

GOOD_ENOUGH = 0.95
"""A second is good from this share of the usual goodput on."""
FOR_SECONDS = 10
"""Good seconds in a row that make a recovery."""

FEW_SECONDS = 32
"""Seconds that are read first after each fault: most groups have recovered by then."""
MOST_SECONDS = 1_000_000
"""Seconds that are read at once, of all faults together."""

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
        return self.after_each([fault_end])[0]

    def after_each(self, fault_ends: Sequence[float]) -> list[Recovery | None]:
        """Return the recovery after each of *fault_ends*."""
        ends = np.array(fault_ends, np.float64)
        seconds = np.floor(self._book.record.duration_s - ends + 1e-9).astype(np.int64)
        if not self._known:
            return [None] * len(ends)
        least = most = self._first(ends, seconds, self._may_be_good, self._usual)
        if self._good is not self._may_be_good or self._usual != self._usual_at_most:
            most = self._first(ends, seconds, self._good, self._usual_at_most)
        enough = (seconds >= FOR_SECONDS).tolist()
        found = zip(least.tolist(), most.tolist(), enough, strict=True)
        return [Recovery(least, most) if known else None for least, most, known in found]

    def _first(self, ends: Floats, seconds: Ints, good: Ints, usual: float) -> Floats:
        """Return the first of ten seconds in a row, after each end, with the *usual* share of *good* (running counts).

        Few seconds are read at first, and more of those ends after which nothing has recovered in them.
        """
        found = np.full(len(ends), NEVER)
        left, read, at_once = np.flatnonzero(seconds >= FOR_SECONDS), 0, FEW_SECONDS
        while len(left):
            second = np.arange(read, read + at_once)
            cuts = self._cuts(ends[left], np.append(second, read + at_once))
            well = np.diff(good[cuts]) >= GOOD_ENOUGH * usual * np.diff(cuts)
            well &= second < seconds[left, np.newaxis]
            in_row = np.cumsum(well, axis=1, dtype=np.int64)
            in_row[:, FOR_SECONDS:] -= in_row[:, :-FOR_SECONDS].copy()
            complete = in_row[:, FOR_SECONDS - 1 :] == FOR_SECONDS
            recovered = complete.any(axis=1)
            found[left[recovered]] = read + complete[recovered].argmax(axis=1)
            read += at_once - FOR_SECONDS + 1  # the next rows of ten begin where these could not
            left = left[~recovered & (seconds[left] - read >= FOR_SECONDS)]
            at_once = max(FEW_SECONDS, min(4 * at_once, MOST_SECONDS // max(len(left), 1)))
        return found

    def _cuts(self, ends: Floats, second: Ints) -> Ints:
        """Return the number of requests that arrived before each *second* after each end, shape (ends, seconds)."""
        end = ends[:, np.newaxis]
        begin = end + second
        # an arrival is in a second if its difference to the end is, and both sums are rounded: by one step at most
        earlier = np.nextafter(begin, -np.inf)
        begin = np.where(begin - end < second, np.nextafter(begin, np.inf), begin)
        return np.searchsorted(self._arrived_at, np.where(earlier - end >= second, earlier, begin))
