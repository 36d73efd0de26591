"""Services: time in the queue, utilisation of workers, and useful and wasted work.

A visit is an attempt that reached the service, a delivery included; it belongs to the window in which it entered.
Levels are time-weighted. Work belongs to the window in which its visit got a worker.

Not modelled: single replicas.
"""

from __future__ import annotations

import math

import numpy as np

from sim.results.book import Book
from sim.results.index import occupancy
from sim.results.index.columns import Floats, Ints, exact_sum
from sim.results.index.windows import Window
from sim.results.rows import Measure, Rows
from sim.scenario import measures
from sim.scenario.measures import TIMES

NAMES = measures.SERVICES


def family(book: Book) -> list[Measure]:
    """Return the rows of every service."""
    table = Rows(NAMES)
    for code, name in enumerate(book.record.services):
        everyone = book.visits_by_service.rows(code)
        holds, lines = occupancy.held(book, code), occupancy.queued(book, code)
        for window in book.windows.values():
            entered = book.visits_by_service.within(code, window.counted.spans)
            _flow(table, book, name, window, entered, everyone)
            _levels(table, book, name, window, everyone, holds, lines, len(entered))
            _work(table, book, name, window, everyone)
    return table.rows


def _flow(table: Rows, book: Book, of: str, window: Window, rows: Ints, everyone: Ints) -> None:
    entered, started, left = book.entered_at[rows], book.started_at[rows], book.left_at[rows]
    begun = np.isfinite(started)
    leaves = window.holds(book.left_at[everyone]) & np.isfinite(book.started_at[everyone])
    served = int(np.count_nonzero(leaves))
    came = int(np.count_nonzero(window.holds(entered)))
    table.add("arrivals rate", of, window.name, window.per_second(came), came)
    table.add("throughput", of, window.name, window.per_second(served), served)
    table.add_spread("wait", of, window.name, (started - entered)[begun], TIMES)
    waited = int(np.count_nonzero(started[begun] > entered[begun]))
    table.add_share("waited ratio", of, window.name, waited, int(np.count_nonzero(begun)))
    stayed = (left - entered)[begun & np.isfinite(left)]
    table.add("sojourn mean", of, window.name, float(stayed.mean()) if len(stayed) else None, len(stayed))
    turned_away = ~begun & (left == entered)
    # visits that were queued when their replica went down were killed, they did not withdraw
    killed = np.zeros(len(left), np.bool_)
    for replica, down in occupancy.outages(book, of).items():
        here = book.attempts["replica"][rows] == replica
        killed[here] |= np.isin(left[here], [begin for begin, _ in down])
    gave_up = ~begun & np.isfinite(left) & (left > entered) & ~killed
    for name, which in (("rejected", turned_away), ("withdrawn", gave_up)):
        count = int(np.count_nonzero(which))
        table.add(name, of, window.name, count if window.spans else None, count)


def _levels(
    table: Rows, book: Book, of: str, window: Window, rows: Ints,
    holds: tuple[Floats, Floats], lines: tuple[Floats, Floats], n: int,
) -> None:  # fmt: skip
    entered, started, left = book.entered_at[rows], book.started_at[rows], book.left_at[rows]
    table.add("waiting mean", of, window.name, window.mean(*lines), n)
    table.add("in service mean", of, window.name, window.mean(started, left), n)
    table.add("in system mean", of, window.name, window.mean(entered, left), n)
    workers, held, missing = (
        occupancy.workers(book, of),
        window.mean(*holds),
        window.mean(*occupancy.absent_workers(book, of)),
    )
    utilisation = None if held is None or missing is None or math.isinf(workers) else held / (workers - missing)
    table.add("utilisation", of, window.name, utilisation, n)


def _work(table: Rows, book: Book, of: str, window: Window, everyone: Ints) -> None:
    work, wasted, held = book.work
    rows = everyone[window.counted.holds(book.started_at[everyone])]
    worked, wasted_s, held_s = (exact_sum(column[rows]) for column in (work, wasted, held))
    here = bool(window.spans)
    table.add("useful work", of, window.name, worked - wasted_s if here else None, len(rows))
    table.add("wasted work", of, window.name, wasted_s if here else None, len(rows))
    table.add("held waiting", of, window.name, held_s - worked if here else None, len(rows))
    table.add("wasted share", of, window.name, wasted_s / worked if worked else None, len(rows))
