"""Request outcomes and latencies as clients see them, on two clocks: *answered* and *done*.

Requests belong to the window they arrive in; rates count what happens in the window. ``system`` is all workloads
together, each request judged by its own workload's limits. If requests are undecided at the run's end, a measure counts
the decided ones and has bounds.
"""

from __future__ import annotations

import numpy as np

from sim.record.record import OUTCOMES
from sim.results.book import Book
from sim.results.effect_accounting import EffectLedger
from sim.results.index.columns import Ints
from sim.results.index.windows import Window
from sim.results.rows import Measure, Rows
from sim.scenario import measures
from sim.scenario.measures import LATENCY, TIMES

NAMES = measures.REQUESTS


def family(book: Book) -> list[Measure]:
    """Return the rows of every workload, every ``workload/operation`` and ``system``."""
    table = Rows(NAMES)
    ledger = book.ledger
    for name, grouped, group in book.request_groups:
        everyone = grouped.rows(group)
        for window in book.windows.values():
            rows = grouped.within(group, window.spans)
            _ratios(table, book, name, window, rows)
            _rates(table, book, name, window, everyone, len(rows))
            _times(table, book, ledger, name, window, rows)
    return table.rows


def _ratios(table: Rows, book: Book, of: str, window: Window, rows: Ints) -> None:
    n, during = len(rows), window.name
    answered, is_open = (int(np.count_nonzero(which[rows])) for which in (book.answered, book.open))
    table.add("offered", of, during, n if window.spans else None, n)
    table.add_share("answered ratio", of, during, answered, n, more=is_open)
    done, good = int(book.done[rows].sum()), int(book.good[rows].sum())
    table.add_share("done ratio", of, during, done, n, more=int(book.ledger.may_be_in_time[rows].sum()) - done)
    table.add_share("goodput ratio", of, during, good, n, more=int(book.may_be_good[rows].sum()) - good)
    table.add_share("undecided ratio", of, during, int(book.undecided[rows].sum()), n)
    table.add_share("failure ratio", of, during, n - answered, n, less=is_open)
    counts = np.bincount(book.requests["outcome"][rows], minlength=len(OUTCOMES)).tolist()
    for outcome, count in zip(OUTCOMES, counts, strict=True):
        table.add_share(f"{outcome} ratio", of, during, count, n, more=0 if outcome == "open" else is_open)
    tries = int(book.requests["attempts"][rows].sum())
    table.add_share("attempts per request", of, during, tries, n)


def _rates(table: Rows, book: Book, of: str, window: Window, rows: Ints, arrived: int) -> None:
    answered_at = book.answered_at[rows]
    answers = int(np.count_nonzero(window.holds(answered_at) & book.succeeded[rows]))
    good = int(np.count_nonzero(window.holds(book.good_at[rows])))
    table.add("throughput", of, window.name, window.per_second(answers), answers)
    table.add("requests in flight mean", of, window.name, window.mean(book.arrived_at[rows], answered_at), arrived)
    rate, most = window.per_second(good), window.per_second(good + _may_be_good_in(book, window, rows))
    table.add("goodput", of, window.name, rate, good, None if rate is None or most is None else (rate, most))


def _may_be_good_in(book: Book, window: Window, rows: Ints) -> int:
    """Return the number of undecided requests of *rows* that may have become good in the window."""
    rows = rows[book.undecided[rows]]
    became_at = np.maximum(book.answered_at[rows], book.ledger.last_applied_at[rows])
    later = any(end > book.end for _, end in window.spans)
    return int(np.count_nonzero(window.holds(became_at))) if not later else len(rows)


def _times(table: Rows, book: Book, ledger: EffectLedger, of: str, window: Window, rows: Ints) -> None:
    arrived_at, answered_at = book.arrived_at[rows], book.answered_at[rows]
    to_outcome, is_open = answered_at - arrived_at, book.open[rows]
    so_long = np.maximum(book.end - arrived_at, 0.0)
    table.add_spread("latency", of, window.name, to_outcome[book.succeeded[rows]], LATENCY, so_long[is_open])
    table.add_spread("time to outcome", of, window.name, to_outcome[np.isfinite(to_outcome)], TIMES, so_long[is_open])
    kept = ledger.fulfilled[rows] & ledger.expected[rows]
    # with `once per: key` an effect may be older than the request that needs it: then it was done on arrival
    to_done = np.maximum(ledger.fulfilled_at[rows[kept]] - arrived_at[kept], 0.0)
    yet = ledger.may_be_fulfilled[rows] & ~ledger.fulfilled[rows]
    last_applied_at = ledger.last_applied_at[rows]
    least = np.where(np.isfinite(last_applied_at), np.maximum(last_applied_at - arrived_at, 0.0), so_long)
    table.add_spread("done latency", of, window.name, to_done, TIMES, least[yet])
