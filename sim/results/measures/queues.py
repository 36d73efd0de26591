"""Queues: backlog, age of the oldest message, drain time, and messages that were never handled.

Messages belong to the window in which they are published, deliveries to the one in which they begin. The backlog
excludes messages in flight.

Not modelled: the consumer of each message.
"""

from __future__ import annotations

import numpy as np

from sim.record.record import DEAD_LETTERED, DONE, IN_FLIGHT, MESSAGE_LOST, WAITING
from sim.results.book import Book
from sim.results.index.columns import Floats
from sim.results.index.intervals import first_at_or_below, peak, steps
from sim.results.index.windows import Window
from sim.results.rows import Measure, Rows
from sim.scenario import measures
from sim.scenario.measures import DELAYS

NAMES = measures.QUEUES


def family(book: Book) -> list[Measure]:
    """Return the rows of every queue."""
    table = Rows(NAMES)
    for code, name in enumerate(book.record.queues):
        begin, end, published = book.backlog(code)
        times, levels = steps(begin, end)
        for window in book.windows.values():
            _flow(table, book, name, code, window)
            level = window.mean(begin, end)
            highest = max((peak(times, levels, *span) for span in window.spans), default=None)
            table.add("backlog mean", name, window.name, level, len(begin))
            table.add("backlog peak", name, window.name, highest, len(begin))
            table.add("oldest age", name, window.name, _oldest_age(window, begin, end, published), len(begin))
        _drain(table, book, name, begin, end)
    return table.rows


def _flow(table: Rows, book: Book, of: str, code: int, window: Window) -> None:
    rows = book.messages_by_queue.within(code, window.counted.spans)
    outcome, n, here = book.messages["outcome"][rows], len(rows), bool(window.spans)
    begun = int(np.count_nonzero(window.counted.holds(book.deliveries_in_flight[1][book.queue_of_delivery == code])))
    counts: dict[str, float] = {
        "published": n,
        "deliveries": begun,
        "done": int(np.count_nonzero(outcome == DONE)),
        "dead-lettered": int(np.count_nonzero(outcome == DEAD_LETTERED)),
        "lost": int(np.count_nonzero(outcome == MESSAGE_LOST)),
        "in queue at end": int(np.count_nonzero((outcome == WAITING) | (outcome == IN_FLIGHT))),
    }
    for name, count in counts.items():
        table.add(name, of, window.name, count if here else None, n)
    table.add_share("deliveries per message", of, window.name, int(book.messages["deliveries"][rows].sum()), n)
    handled = rows[outcome == DONE]
    times = book.settled_at[handled] - book.published_at[handled]
    table.add_spread("message latency", of, window.name, times, DELAYS)


def _oldest_age(window: Window, begin: Floats, end: Floats, published: Floats) -> float | None:
    """Return the largest age of a waiting message: each is oldest for itself at the end of its wait."""
    if not window.spans:
        return None
    lows, highs = np.array(window.spans, np.float64).T
    last = np.searchsorted(lows, end) - 1  # the last span that begins before the wait ends: -1 where none does
    here = (last >= 0) & (highs[last] > begin)
    return float((np.minimum(end, highs[last]) - published)[here].max(initial=0.0))


def _drain(table: Rows, book: Book, of: str, begin: Floats, end: Floats) -> None:
    """Add the drain time after the last fault (`all`, `fault`) and after each fault by name."""
    if "before" not in book.windows:
        return
    usual = book.windows["before"].mean(begin, end)
    times, levels = steps(begin, end)
    for during in book.windows:
        fault_end = book.fault_end(None if during in ("all", "fault") else during)
        if fault_end is not None and usual is not None:
            drained = first_at_or_below(times, levels, usual, fault_end)
            table.add("drain time", of, during, None if drained is None else drained - fault_end, len(begin))
