"""Request outcomes and latencies as clients see them, on two clocks: *answered* and *done*.

Requests belong to the window they arrive in; rates count what happens in the window. ``system`` is all workloads
together, each request judged by its own workload's limits. If requests are undecided at the run's end, a measure counts
the decided ones and has bounds.
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import Callable

import numpy as np

from sim.record.record import OUTCOMES
from sim.results.book import Book
from sim.results.index.columns import Bools, Floats, GroupedRows, Ints
from sim.results.index.cuts import WindowSet
from sim.results.index.intervals import Intervals
from sim.results.rows import Column, Measure, Rows, Samples, count, share
from sim.results.wanted import ALL, Wanted
from sim.scenario import measures
from sim.scenario.measures import LATENCY, TIMES

NAMES = measures.REQUESTS


def family(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the rows of every workload, every ``workload/operation`` and ``system``."""
    table = Rows(NAMES, book.windows, wanted)
    for name, grouped, group in book.request_groups:
        if table.wants_any(name):
            table.fill(COLUMNS, name, _Requests(book, table.windows, grouped, group))
            table.in_order()
    return table.rows


class _Requests:
    """The requests of one subject by arrival, and how the windows cut them."""

    def __init__(self, book: Book, windows: WindowSet, grouped: GroupedRows, group: int) -> None:
        self.book = book
        self.windows = windows
        self.rows = grouped.index(group)
        self.cut = windows.cut(grouped.times(group))

    @property
    def n(self) -> Ints:
        """The number of requests that arrived in each window."""
        return self.cut.sizes

    def count(self, which: Bools) -> Ints:
        """Return the number of requests in each window that *which* marks in the record."""
        return self.cut.count(which[self.rows])

    @cached_property
    def open(self) -> Ints:
        """The number of requests without an outcome."""
        return self.count(self.book.open)

    @cached_property
    def answered(self) -> Ints:
        """The number of requests answered within their deadline."""
        return self.count(self.book.answered)

    @cached_property
    def arrived_at(self) -> Floats:
        """When each request arrived."""
        return self.book.arrived_at[self.rows]

    @cached_property
    def answered_at(self) -> Floats:
        """When each request had its outcome."""
        return self.book.answered_at[self.rows]

    @cached_property
    def so_long(self) -> Floats:
        """The time from each arrival to the run's end."""
        return np.maximum(self.book.end - self.arrived_at, 0.0)

    @cached_property
    def latency(self) -> Samples:
        """The times to an answer ok or degraded."""
        is_open = self.book.open[self.rows]
        took = self.answered_at - self.arrived_at
        return Samples(self.cut, self.book.succeeded[self.rows], took, is_open, self.so_long)

    @cached_property
    def to_outcome(self) -> Samples:
        """The times to any outcome."""
        is_open = self.book.open[self.rows]
        took = self.answered_at - self.arrived_at
        return Samples(self.cut, np.isfinite(took), took, is_open, self.so_long)

    @cached_property
    def to_done(self) -> Samples:
        """The times to the last due effect."""
        ledger, rows, arrived_at = self.book.ledger, self.rows, self.arrived_at
        kept = ledger.fulfilled[rows] & ledger.expected[rows]
        # with `once per: key` an effect may be older than the request that needs it: then it was done on arrival
        took = np.maximum(ledger.fulfilled_at[rows] - arrived_at, 0.0)
        yet = ledger.may_be_fulfilled[rows] & ~ledger.fulfilled[rows]
        last_applied_at = ledger.last_applied_at[rows]
        least = np.where(np.isfinite(last_applied_at), np.maximum(last_applied_at - arrived_at, 0.0), self.so_long)
        return Samples(self.cut, kept, took, yet, least)


def _offered(view: _Requests) -> Column:
    return count(view.windows, view.n, view.n)


def _throughput(view: _Requests) -> Column:
    answers = view.windows.count(view.answered_at, view.book.succeeded[view.rows])
    return Column(view.windows.per_second(answers), answers)


def _answered(view: _Requests) -> Column:
    return share(view.answered, view.n, more=view.open)


def _failed(view: _Requests) -> Column:
    return share(view.n - view.answered, view.n, less=view.open)


def _done(view: _Requests) -> Column:
    done = view.count(view.book.done)
    return share(done, view.n, more=view.count(view.book.ledger.may_be_in_time) - done)


def _good(view: _Requests) -> Column:
    good = view.count(view.book.good)
    return share(good, view.n, more=view.count(view.book.may_be_good) - good)


def _undecided(view: _Requests) -> Column:
    return share(view.count(view.book.undecided), view.n)


def _ended(code: int, view: _Requests) -> Column:
    ended = view.count(view.book.requests["outcome"] == code)
    return share(ended, view.n, more=0 if OUTCOMES[code] == "open" else view.open)


def _goodput(view: _Requests) -> Column:
    became_at = np.maximum(view.answered_at, view.book.ledger.fulfilled_at[view.rows])
    good = view.windows.count(became_at, view.book.good[view.rows])
    rate, most = (view.windows.per_second(counts) for counts in (good, good + _may_be_good_in(view)))
    return Column(rate, good, rate, most)


def _may_be_good_in(view: _Requests) -> Ints:
    """Return the number of undecided requests that may have become good in each window."""
    book, rows = view.book, view.rows
    undecided = book.undecided[rows]
    if not undecided.any():
        return np.zeros(len(view.windows), np.int64)
    became_at = np.maximum(view.answered_at, book.ledger.last_applied_at[rows])
    later = [any(end > book.end for _, end in window.spans) for window in view.windows.windows]
    return np.where(later, np.count_nonzero(undecided), view.windows.count(became_at, undecided))


def _in_flight(view: _Requests) -> Column:
    return Column(view.windows.means(Intervals(view.arrived_at, view.answered_at)), view.n)


def _tries(view: _Requests) -> Column:
    return share(view.cut.total(view.book.requests["attempts"][view.rows]), view.n)


def _latency(statistic: str, view: _Requests) -> Column:
    return view.latency.column(statistic)


def _to_outcome(statistic: str, view: _Requests) -> Column:
    return view.to_outcome.column(statistic)


def _to_done(statistic: str, view: _Requests) -> Column:
    return view.to_done.column(statistic)


COLUMNS: dict[str, Callable[[_Requests], Column]] = {
    "offered": _offered,
    "answered ratio": _answered,
    "done ratio": _done,
    "goodput ratio": _good,
    "undecided ratio": _undecided,
    "failure ratio": _failed,
    **{f"{outcome} ratio": partial(_ended, code) for code, outcome in enumerate(OUTCOMES)},
    "attempts per request": _tries,
    "throughput": _throughput,
    "requests in flight mean": _in_flight,
    "goodput": _goodput,
    **{f"latency {name}": partial(_latency, name) for name in LATENCY},
    **{f"time to outcome {name}": partial(_to_outcome, name) for name in TIMES},
    **{f"done latency {name}": partial(_to_done, name) for name in TIMES},
}
"""How each measure is computed, in the order of the rows."""
