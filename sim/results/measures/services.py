"""Services: time in the queue, utilisation of workers, and useful and wasted work.

A visit is an attempt that reached the service, a delivery included; it belongs to the window in which it entered.
Levels are time-weighted. Work belongs to the window in which its visit got a worker.

Not modelled: single replicas.
"""

from __future__ import annotations

import math
from functools import cached_property, partial
from typing import Callable

import numpy as np

from sim.results.book import Book
from sim.results.index import occupancy
from sim.results.index.columns import Bools, Floats, Ints
from sim.results.index.cuts import Cut, WindowSet
from sim.results.index.intervals import Intervals
from sim.results.rows import Column, Measure, Rows, Samples, count, share
from sim.results.wanted import ALL, Wanted
from sim.scenario import measures
from sim.scenario.measures import TIMES

NAMES = measures.SERVICES


def family(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the rows of every service."""
    table = Rows(NAMES, book.windows, wanted)
    for code, name in enumerate(book.record.services):
        if table.wants_any(name):
            table.fill(COLUMNS, name, _Visits(book, table.windows, code))
            table.in_order()
    return table.rows


class _Visits:
    """The visits of one service by entry, and how the windows of counts cut them."""

    def __init__(self, book: Book, windows: WindowSet, code: int) -> None:
        self.book, self.windows, self.code = book, windows, code
        self.of = book.record.services[code]
        self.rows = book.visits_by_service.index(code)
        self.entered = book.visits_by_service.times(code)
        self.cut = windows.counted.cut(self.entered)

    @cached_property
    def started(self) -> Floats:
        """When each visit got a worker."""
        return self.book.started_at[self.rows]

    @cached_property
    def left(self) -> Floats:
        """When each visit left."""
        return self.book.left_at[self.rows]

    @cached_property
    def begun(self) -> Bools:
        """Whether each visit got a worker."""
        return np.isfinite(self.started)

    @cached_property
    def waits(self) -> Samples:
        """The times in the queue of the visits that started."""
        return Samples(self.cut, self.begun, self.started - self.entered)

    @cached_property
    def killed(self) -> Bools:
        """Visits that were queued when their replica went down: they did not withdraw."""
        killed = np.zeros(len(self.entered), np.bool_)
        for replica, down in occupancy.outages(self.book, self.of).items():
            here = self.book.attempts["replica"][self.rows] == replica
            killed[here] |= np.isin(self.left[here], [begin for begin, _ in down])
        return killed

    @cached_property
    def work(self) -> tuple[Ints, Floats, Floats, Floats]:
        """(visits, work, the part for callers that had left, time held) of those that got their worker in a window."""
        cut, rows = started_in(self.book, self.windows, self.book.visits_by_service.rows(self.code))
        worked, wasted, held = (cut.exact_sums(column[rows]) for column in self.book.work)
        return cut.sizes, worked, wasted, held


def started_in(book: Book, windows: WindowSet, rows: Ints) -> tuple[Cut, Ints]:
    """Return how the windows of counts cut the visits among attempt *rows* by the time of their worker, in order."""
    started = book.started_at[rows]
    order = np.argsort(started, kind="stable")
    order = order[: np.count_nonzero(np.isfinite(started))]
    return windows.counted.cut(started[order]), rows[order]


def _arrivals(view: _Visits) -> Column:
    came = view.windows.cut(view.entered).sizes
    return Column(view.windows.per_second(came), came)


def _throughput(view: _Visits) -> Column:
    served = view.windows.count(view.left, view.begun)
    return Column(view.windows.per_second(served), served)


def _wait(statistic: str, view: _Visits) -> Column:
    return view.waits.column(statistic)


def _waited(view: _Visits) -> Column:
    return share(view.cut.count(view.begun & (view.started > view.entered)), view.cut.count(view.begun))


def _sojourn(view: _Visits) -> Column:
    return Samples(view.cut, view.begun & np.isfinite(view.left), view.left - view.entered).column("mean")


def _rejected(view: _Visits) -> Column:
    counts = view.cut.count(~view.begun & (view.left == view.entered))
    return count(view.windows, counts, counts)


def _withdrawn(view: _Visits) -> Column:
    gave_up = ~view.begun & np.isfinite(view.left) & (view.left > view.entered) & ~view.killed
    counts = view.cut.count(gave_up)
    return count(view.windows, counts, counts)


def _waiting(view: _Visits) -> Column:
    return Column(view.windows.means(Intervals(*occupancy.queued(view.book, view.code))), view.cut.sizes)


def _in_service(view: _Visits) -> Column:
    return Column(view.windows.means(Intervals(view.started, view.left)), view.cut.sizes)


def _in_system(view: _Visits) -> Column:
    return Column(view.windows.means(Intervals(view.entered, view.left)), view.cut.sizes)


def _utilisation(view: _Visits) -> Column:
    workers = occupancy.workers(view.book, view.of)
    if math.isinf(workers):
        return Column(np.full(len(view.windows), np.nan), view.cut.sizes)
    held = view.windows.means(Intervals(*occupancy.held(view.book, view.code)))
    missing = view.windows.means(Intervals(*occupancy.absent_workers(view.book, view.of)))
    there = workers - missing
    return Column(np.divide(held, there, out=np.full(len(there), np.nan), where=there != 0), view.cut.sizes)


def _useful(view: _Visits) -> Column:
    n, worked, wasted, _ = view.work
    return Column(np.where(view.windows.present, worked - wasted, np.nan), n)


def _wasted(view: _Visits) -> Column:
    n, _, wasted, _ = view.work
    return Column(np.where(view.windows.present, wasted, np.nan), n)


def _held_waiting(view: _Visits) -> Column:
    n, worked, _, held = view.work
    return Column(np.where(view.windows.present, held - worked, np.nan), n)


def _wasted_share(view: _Visits) -> Column:
    n, worked, wasted, _ = view.work
    return Column(wasted / np.where(worked != 0, worked, np.nan), n)


COLUMNS: dict[str, Callable[[_Visits], Column]] = {
    "arrivals rate": _arrivals,
    "throughput": _throughput,
    **{f"wait {name}": partial(_wait, name) for name in TIMES},
    "waited ratio": _waited,
    "sojourn mean": _sojourn,
    "rejected": _rejected,
    "withdrawn": _withdrawn,
    "waiting mean": _waiting,
    "in service mean": _in_service,
    "in system mean": _in_system,
    "utilisation": _utilisation,
    "useful work": _useful,
    "wasted work": _wasted,
    "held waiting": _held_waiting,
    "wasted share": _wasted_share,
}
"""How each measure is computed, in the order of the rows."""
