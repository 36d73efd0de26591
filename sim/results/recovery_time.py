"""The recovery time of a group of requests after a fault.

Counted on seconds from the fault's end: of those who arrived in that second, the share that was well served. A share,
not a rate, so that neither the luck of a second's arrivals nor a changing load looks like a failure or a recovery.
Where requests are undecided at the run's end, it is a number only if it is the same however they turn out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.results.book import Book
from sim.results.index.columns import Bools, Ints

GOOD_ENOUGH = 0.95
"""The share of the usual goodput from which on a second is good."""
FOR_SECONDS = 10
"""Good seconds in a row that make a recovery."""

NEVER = math.inf
"""The recovery time of what had not recovered when the arrivals ended."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """How long it took to recover, in seconds (``NEVER``): between *least* and *most* where that is undecided."""

    least: float
    most: float

    @property
    def undecided(self) -> bool:
        """Whether requests that are undecided at the run's end may still move it."""
        return self.least < self.most

    @property
    def value(self) -> float | None:
        """The time where it is decided and not never."""
        return None if self.undecided or self.least == NEVER else self.least


def recovery(book: Book, rows: Ints, before: Ints, fault_end: float) -> Recovery | None:
    """Return the seconds from *fault_end* until ten good seconds in a row begin; None if that is not known.

    *rows* are all requests, *before* those that came before the fault. A second without arrivals is good. A second is
    certainly good where enough of its requests are, and perhaps where enough may turn out so.
    """
    seconds = int(np.floor(book.record.duration_s - fault_end + 1e-9))
    if seconds < FOR_SECONDS or not len(before):
        return None
    after = rows[book.arrived_at[rows] >= fault_end]
    second = (book.arrived_at[after] - fault_end).astype(np.int64)
    arrived = np.bincount(second, minlength=seconds)[:seconds]
    usual, usual_at_most = float(book.good[before].mean()), float(book.may_be_good[before].mean())
    most = _begins(np.bincount(second, book.good[after], seconds)[:seconds] >= GOOD_ENOUGH * usual_at_most * arrived)
    least = _begins(np.bincount(second, book.may_be_good[after], seconds)[:seconds] >= GOOD_ENOUGH * usual * arrived)
    return Recovery(least, most)


def _begins(well: Bools) -> float:
    """Return the first of ten seconds in a row that are all *well*."""
    runs = np.convolve(well, np.ones(FOR_SECONDS), mode="valid")
    first = np.flatnonzero(runs == FOR_SECONDS)
    return float(first[0]) if len(first) else NEVER
