"""The cost of a fault against the same seed without it: requests that are missing among those well served.

Every workload is compared with itself: as many good requests are expected as without the fault or, where more came
(a spike), the same share of those. In a closed loop users who wait ask less, and that counts as lost too.
Not modelled: the waits of those that were served.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.results.blast import blast_radius
from sim.results.book import Book
from sim.results.recovery_time import recovery


@dataclass(frozen=True, slots=True)
class Observation:
    """The counts of one run: for each workload the requests that came and that were well served.

    *inside* counts those that came in the window, *since* those that came from its begin to the end of the arrivals.
    *recovery_s* is the longest of any workload (``NEVER`` if one did not recover, None if that is not known), *hit*
    the nodes with a symptom in order, *undecided* how many of those that came since may still turn out well served.
    """

    inside: tuple[tuple[int, int], ...]
    since: tuple[tuple[int, int], ...]
    recovery_s: float | None
    hit: tuple[str, ...]
    radius: int | None
    cut_off: str
    undecided: int = 0


def observe(book: Book, begin: float, end: float) -> Observation:
    """Return the counts of a run with a fault in [*begin*, *end*), or of one without."""
    spans = ((begin, end), (begin, book.record.duration_s))
    inside, since = (tuple(_counts(book, code, *span) for code in range(len(book.record.workloads))) for span in spans)
    blast = blast_radius(book) if book.record.windows else None
    hit = tuple(hit.node for hit in blast.hit) if blast else ()
    took = _longest_recovery(book, begin, end) if blast else None
    came = (book.arrived_at >= begin) & (book.arrived_at < book.record.duration_s)
    undecided = int(np.count_nonzero(book.undecided & came))
    return Observation(inside, since, took, hit, blast.radius if blast else None, book.record.cut_off, undecided)


def _counts(book: Book, workload: int, begin: float, end: float) -> tuple[int, int]:
    came = (book.requests["workload"] == workload) & (book.arrived_at >= begin) & (book.arrived_at < end)
    return int(came.sum()), int(np.count_nonzero(book.good & came))


def _longest_recovery(book: Book, begin: float, end: float) -> float | None:
    """Return the longest recovery of the workloads that came before the fault, by the rule of ``recovery time``."""
    times = []
    for _, grouped, group in book.request_groups[: len(book.record.workloads)]:
        before = grouped.within(group, ((book.record.warmup_s, begin),))
        time = recovery(book, grouped.rows(group), before, end)
        if time is not None:
            times.append(time)
    least, most = (max((getattr(time, side) for time in times), default=None) for side in ("least", "most"))
    return least if least == most else None


def lost(
    without: tuple[tuple[int, int], ...], with_: tuple[tuple[int, int], ...]
) -> tuple[float, float]:  # fmt: skip
    """Return the good requests that are missing *with_* a fault, and how many were expected, over all workloads.

    >>> lost(((100, 98),), ((100, 40),))
    (58.0, 98.0)
    >>> lost(((100, 100),), ((300, 100),))  # three times as many came, and only a third was served
    (200.0, 300.0)
    """
    expected, good = [], []
    for (came, served), (came_now, served_now) in zip(without, with_, strict=True):
        expected.append(served * max(1.0, came_now / came) if came else 0.0)
        good.append(served_now)
    total = math.fsum(expected)
    return math.fsum([total, *(-count for count in good)]), total
