"""Queues: backlog, age of the oldest message, drain time, and messages that were never handled.

Messages belong to the window in which they are published, deliveries to the one in which they begin. The backlog
excludes messages in flight.

Not modelled: the consumer of each message.
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import Callable

import numpy as np

from sim.record.record import DEAD_LETTERED, DONE, IN_FLIGHT, MESSAGE_LOST, WAITING
from sim.results.book import Book
from sim.results.index.columns import Floats, Ints
from sim.results.index.cuts import WindowSet
from sim.results.index.intervals import FirstAtOrBelow, Intervals, steps
from sim.results.index.windows import Window
from sim.results.measures.overload import marked_at
from sim.results.rows import Column, Measure, Rows, Samples, count, share
from sim.results.wanted import ALL, Wanted
from sim.scenario import measures
from sim.scenario.measures import DELAYS

NAMES = measures.QUEUES


def family(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the rows of every queue."""
    table = Rows(NAMES, book.windows, wanted)
    faults = {name: window for name, window in book.windows.items() if book.ends_of_faults(name) is not None}
    drains = Rows(NAMES, faults if "before" in book.windows else {}, wanted)
    for code, name in enumerate(book.record.queues):
        if table.wants_any(name):
            queue = _Queue(book, table.windows, code)
            table.fill(COLUMNS, name, queue)
            if NAMES["late acknowledgements"].of[0].has(book.record.scenario.queues[name]):
                refused = table.windows.counted.cut(marked_at(book, "late acknowledgement", name)).sizes
                table.add("late acknowledgements", name, count(table.windows, refused, refused))
            table.in_order()
            if len(drains.windows) and (times := queue.drain_times(drains.windows)) is not None:
                drains.add("drain time", name, times)
                drains.in_order()
            table.rows += drains.rows
            drains.rows = []
    return table.rows


class _Queue:
    """The messages of one queue by publication, their waits, and how the windows of counts cut them."""

    def __init__(self, book: Book, windows: WindowSet, code: int) -> None:
        self.book, self.windows, self.code = book, windows, code
        self.rows = book.messages_by_queue.rows(code)
        self.cut = windows.counted.cut(book.messages_by_queue.times(code))

    @cached_property
    def outcome(self) -> Ints:
        """The outcome of each message."""
        found: Ints = self.book.messages["outcome"][self.rows]
        return found

    @cached_property
    def latency(self) -> Samples:
        """The times from publication to acknowledgement."""
        took = self.book.settled_at[self.rows] - self.book.published_at[self.rows]
        return Samples(self.cut, self.outcome == DONE, took)

    @cached_property
    def waits(self) -> Intervals:
        """Begin and end of every wait."""
        return Intervals(*self.book.backlog(self.code)[:2])

    @cached_property
    def levels(self) -> tuple[Floats, Ints]:
        """The instants at which the backlog may change, and its level from each on."""
        return steps(self.waits.starts, self.waits.ends)

    @property
    def waited(self) -> Ints:
        """The number of all waits, for each window."""
        return np.full(len(self.windows), len(self.waits))

    def ended(self, *outcomes: int) -> Column:
        """Return the number of messages that ended in one of *outcomes*."""
        counts = sum((self.cut.count(self.outcome == one) for one in outcomes), np.zeros(len(self.windows), np.int64))
        return count(self.windows, counts, self.cut.sizes)

    def drain_times(self, windows: WindowSet) -> Column | None:
        """Return the drain time after the last fault (`all`, `fault`) and after each fault by name."""
        usual = self.book.windows["before"].mean(self.waits)
        if usual is None:
            return None
        below = FirstAtOrBelow(*self.levels, usual)
        ends = [self.book.ends_of_faults(name) or 0.0 for name in windows.names]
        drained = [(end, below.since(end)) for end in ends]
        values = [None if at is None else at - end for end, at in drained]
        return Column(np.array(values, np.float64), np.full(len(windows), len(self.waits)))


def _published(view: _Queue) -> Column:
    return count(view.windows, view.cut.sizes, view.cut.sizes)


def _deliveries(view: _Queue) -> Column:
    begun = view.windows.counted.count(view.book.in_flight(view.code)[0])
    return count(view.windows, begun, view.cut.sizes)


def _per_message(view: _Queue) -> Column:
    return share(view.cut.total(view.book.messages["deliveries"][view.rows]), view.cut.sizes)


def _latency(statistic: str, view: _Queue) -> Column:
    return view.latency.column(statistic)


def _mean(view: _Queue) -> Column:
    return Column(view.windows.means(view.waits), view.waited)


def _peak(view: _Queue) -> Column:
    return Column(view.windows.peaks(*view.levels), view.waited)


def _oldest(view: _Queue) -> Column:
    published = view.book.backlog(view.code)[2]
    return Column(view.windows.each(lambda window: _oldest_age(window, view.waits, published)), view.waited)


def _oldest_age(window: Window, waits: Intervals, published: Floats) -> float | None:
    """Return the largest age of a waiting message: each is oldest for itself at the end of its wait."""
    if not window.spans:
        return None
    near = waits.near(window.spans)
    begin, end, published = waits.starts[near], waits.ends[near], published[near]
    lows, highs = np.array(window.spans, np.float64).T
    last = np.searchsorted(lows, end) - 1  # the last span that begins before the wait ends: -1 where none does
    here = (last >= 0) & (highs[last] > begin)
    return float((np.minimum(end, highs[last]) - published)[here].max(initial=0.0))


COLUMNS: dict[str, Callable[[_Queue], Column]] = {
    "published": _published,
    "deliveries": _deliveries,
    "done": lambda view: view.ended(DONE),
    "dead-lettered": lambda view: view.ended(DEAD_LETTERED),
    "lost": lambda view: view.ended(MESSAGE_LOST),
    "in queue at end": lambda view: view.ended(WAITING, IN_FLIGHT),
    "deliveries per message": _per_message,
    **{f"message latency {name}": partial(_latency, name) for name in DELAYS},
    "backlog mean": _mean,
    "backlog peak": _peak,
    "oldest age": _oldest,
}
"""How each measure of a window is computed, in the order of the rows."""
