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
from sim.results.index.columns import Bools, Ints

GOOD_ENOUGH = 0.95
"""A second is good from this share of the usual goodput on."""
FOR_SECONDS = 10
"""Good seconds in a row that make a recovery."""

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

    *rows* are all requests, *before* those before the fault. A second without arrivals is good. A second is certainly
    good if enough of its requests are, and perhaps good if enough may become so.
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
