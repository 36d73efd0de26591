"""What became of the requests: the clients' view, on two clocks, *answered* and *done*.

Requests belong to the window they arrive in; rates count what happens in the window. ``system`` is all workloads
together, each request judged by its own workload's limits.
"""

from __future__ import annotations

import numpy as np

from sim.engine.record import OUTCOMES
from sim.results.book import Book
from sim.results.columns import Ints
from sim.results.duties import Duties
from sim.results.rows import Measure, Rows
from sim.results.windows import Window
from sim.scenario import measures
from sim.scenario.measures import LATENCY, TIMES

NAMES = measures.REQUESTS


def family(book: Book) -> list[Measure]:
    """Return the rows of every workload, every ``workload/operation`` and ``system``."""
    table = Rows(NAMES)
    ledger = book.duties
    for name, shelf, group in book.request_shelves:
        everyone = shelf.rows(group)
        for window in book.windows.values():
            rows = shelf.within(group, window.spans)
            _ratios(table, book, name, window, rows)
            _rates(table, book, name, window, everyone, len(rows))
            _times(table, book, ledger, name, window, rows)
    return table.rows


def _ratios(table: Rows, book: Book, of: str, window: Window, rows: Ints) -> None:
    n, during = len(rows), window.name
    answered = int(np.count_nonzero(book.answered[rows]))
    table.add("offered", of, during, n if window.spans else None, n)
    table.add_share("answered ratio", of, during, answered, n)
    table.add_share("done ratio", of, during, int(book.done[rows].sum()), n)
    table.add_share("goodput ratio", of, during, int(book.good[rows].sum()), n)
    table.add_share("failure ratio", of, during, n - answered, n)
    counts = np.bincount(book.requests["outcome"][rows], minlength=len(OUTCOMES)).tolist()
    for outcome, count in zip(OUTCOMES, counts, strict=True):
        table.add_share(f"{outcome} ratio", of, during, count, n)
    tries = int(book.requests["attempts"][rows].sum())
    table.add_share("attempts per request", of, during, tries, n)


def _rates(table: Rows, book: Book, of: str, window: Window, rows: Ints, arrived: int) -> None:
    answered_at = book.answered_at[rows]
    answers = int(np.count_nonzero(window.holds(answered_at) & book.succeeded[rows]))
    good = int(np.count_nonzero(window.holds(book.good_at[rows])))
    table.add("throughput", of, window.name, window.per_second(answers), answers)
    table.add("goodput", of, window.name, window.per_second(good), good)
    table.add("requests in flight mean", of, window.name, window.mean(book.arrived_at[rows], answered_at), arrived)


def _times(table: Rows, book: Book, ledger: Duties, of: str, window: Window, rows: Ints) -> None:
    arrived_at, answered_at = book.arrived_at[rows], book.answered_at[rows]
    to_outcome = answered_at - arrived_at
    table.add_spread("latency", of, window.name, to_outcome[book.succeeded[rows]], LATENCY)
    table.add_spread("time to outcome", of, window.name, to_outcome[np.isfinite(to_outcome)], TIMES)
    kept = ledger.kept[rows] & ledger.owed[rows]
    # with `once per: key` an effect may be older than the request that needs it: then it was done on arrival
    to_done = np.maximum(ledger.kept_at[rows[kept]] - arrived_at[kept], 0.0)
    table.add_spread("done latency", of, window.name, to_done, TIMES)
