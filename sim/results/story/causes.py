"""Causes that the rows show: the callees that workers waited for, retries, and services busy to the end.

Each function counts; if the count decides nothing, it returns nothing.

Not modelled: causes that only a second run can show.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.record.record import DEGRADED, OUTCOMES, REASONS, REJECTED
from sim.results.book import Book
from sim.results.index import occupancy
from sim.results.index.columns import Ints, exact_sum
from sim.results.index.intervals import area_s
from sim.results.recovery_time import FOR_SECONDS

BUSY = 0.99
"""A service is saturated to the end above this share of worker time held in the last 10 s of arrivals."""


def held_by(book: Book, service: str, at: float) -> tuple[str, int]:
    """Return the callee that most held workers of *service* wait for at *at*, and their number.

    A worker waits for a callee if the attempt it works on has an open attempt there at that instant. Empty and 0 unless
    it is more than half of the held workers; and if workers are freed while calling, because then no worker waits.
    """
    if occupancy.has_segments(book, service):
        return "", 0
    held = np.zeros(len(book.sent_at) + 1, np.bool_)
    visits = book.service == book.record.services.index(service)
    held[:-1] = visits & (book.started_at <= at) & (book.left_at > at)
    waiting = held[book.parent] & (book.sent_at <= at) & (book.ended_at > at) & book.tried
    counts: dict[str, int] = {}
    for code, link in enumerate(book.links):
        callee = link.partition(" -> ")[2]
        counts[callee] = counts.get(callee, 0) + len(np.unique(book.parent[waiting & (book.link == code)]))
    callee, most = max(counts.items(), key=lambda pair: pair[1], default=("", 0))
    return (callee, most) if 2 * most > int(held.sum()) else ("", 0)


def retried_share(book: Book, link: str, begin: float, end: float) -> float:
    """Return the share of the attempts on *link* in [begin, end) that retries and repeats caused."""
    rows = book.attempts_by_link.within(book.links.index(link), ((begin, end),))
    sent = rows[book.tried[rows]]
    return float(1.0 - book.tried_once[sent].mean()) if len(sent) else 0.0


def rejected_by(book: Book, service: str, since: float) -> list[tuple[str, int]]:
    """Return the reasons of rejections by *service* from *since* on, with their counts, the most frequent first."""
    rows = book.visits_by_service.rows(book.record.services.index(service))
    rows = rows[(book.attempts["outcome"][rows] == REJECTED) & (book.left_at[rows] >= since)]
    counts = np.bincount(book.attempts["why"][rows[~np.isfinite(book.started_at[rows])]], minlength=len(REASONS))
    found = [(REASONS[why], int(counts[why])) for why in np.flatnonzero(counts)]
    return sorted(found, key=lambda pair: -pair[1])


@dataclass(frozen=True, slots=True)
class Busy:
    """A service saturated to the end: visits that arrived and finished per second, and the share of wasted work."""

    service: str
    workers: int
    came_per_s: float
    finished_per_s: float
    wasted_ratio: float | None


def busy_at_the_end(book: Book) -> list[Busy]:
    """Return the services whose workers were held 99 % of the last 10 s of arrivals."""
    end = min(book.record.duration_s, book.end)
    begin, found = max(end - FOR_SECONDS, 0.0), []
    for code, name in enumerate(book.record.services):
        workers = occupancy.workers(book, name)
        there_s = workers * (end - begin) - area_s(*occupancy.absent_workers(book, name), begin, end)
        if math.isinf(workers) or area_s(*occupancy.held(book, code), begin, end) < BUSY * there_s:
            continue
        rows = book.visits_by_service.rows(code)
        entered = (book.entered_at[rows] >= begin) & (book.entered_at[rows] < end)
        left = (book.left_at[rows] >= begin) & (book.left_at[rows] < end) & np.isfinite(book.started_at[rows])
        span = end - begin
        there = round(there_s / span)
        found.append(Busy(name, there, entered.sum() / span, left.sum() / span, _wasted(book, rows[left])))
    return found


def _wasted(book: Book, rows: Ints) -> float | None:
    work, wasted, _ = book.work
    worked = exact_sum(work[rows])
    return exact_sum(wasted[rows]) / worked if worked else None


def worst_outcome(book: Book, rows: Ints) -> tuple[str, int] | None:
    """Return the most frequent outcome of the failed requests of *rows*, and their number; None if all succeeded.

    With the outcome come, if the rows have them, the reason and the place where it began.
    """
    record, columns = book.record, book.requests
    rows = rows[columns["outcome"][rows] > DEGRADED]
    if not len(rows):
        return None
    ends = np.stack([columns[name][rows].astype(np.int64) for name in ("outcome", "why", "where")])
    kinds, counts = np.unique(ends, axis=1, return_counts=True)
    outcome, why, where = kinds[:, int(counts.argmax())].tolist()
    place = f" at {record.places[where]}" if where >= 0 else ""
    cause = f" ({REASONS[why]}{place})" if why > 0 else ""
    return OUTCOMES[outcome] + cause, int(counts.max())
