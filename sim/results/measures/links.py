"""Attempts on each link: counts, outcomes for the caller, and calls that the breaker stopped.

Attempts belong to the window in which they are sent, those of the drain to one that reaches `duration`. A call that
the breaker stopped is not an attempt. ``system`` counts all calls together.

Not modelled: bytes.
"""

from __future__ import annotations

import numpy as np

from sim.record.record import DEGRADED, SHORT_CIRCUITED, TIMEOUT
from sim.results.book import Book
from sim.results.index import breakers
from sim.results.index.columns import Ints
from sim.results.index.windows import Window
from sim.results.rows import Measure, Rows
from sim.scenario import measures

NAMES = measures.LINKS


def family(book: Book) -> list[Measure]:
    """Return the rows of every link, and of ``system`` for attempts and amplification."""
    table, open_periods = Rows(NAMES), breakers.open_periods(book)
    for window in book.windows.values():
        calls: list[Ints] = []
        for code, name in enumerate(book.links):
            rows = book.attempts_by_link.within(code, window.counted.spans)
            sent = rows[book.tried[rows]]
            calls.append(sent[book.kind[sent] == 0])
            _counts(table, book, name, window.name, rows, sent, bool(window.spans))
            _rate(table, book, name, window, sent)
            if name in open_periods:
                opened, closed = open_periods[name]
                open_mean = window.mean(opened, closed)
                open_share = None if open_mean is None else open_mean / breakers.how_many(book, name)
                table.add("breaker open share", name, window.name, open_share, len(opened))
        every = np.concatenate([*calls, np.zeros(0, np.int64)])
        table.add("attempts", "system", window.name, len(every) if window.spans else None, len(every))
        _rate(table, book, "system", window, every)
        table.add("amplification", "system", window.name, _amplification(book, every), len(every))
    return table.rows


def _rate(table: Rows, book: Book, of: str, window: Window, sent: Ints) -> None:
    n = int(np.count_nonzero(window.holds(book.sent_at[sent])))
    table.add("attempts rate", of, window.name, window.per_second(n), n)


def _counts(table: Rows, book: Book, of: str, during: str, rows: Ints, sent: Ints, here: bool) -> None:
    outcome = book.attempts["outcome"]
    n = len(sent)
    ok = int(np.count_nonzero(outcome[sent] <= DEGRADED))
    timeouts = int(np.count_nonzero(outcome[sent] == TIMEOUT))
    stopped = int(np.count_nonzero(outcome[rows] == SHORT_CIRCUITED))
    table.add("attempts", of, during, n if here else None, n)
    table.add("amplification", of, during, _amplification(book, sent), n)
    table.add_share("attempt ok ratio", of, during, ok, n)
    table.add("timeouts", of, during, timeouts if here else None, n)
    table.add("short-circuited", of, during, stopped if here else None, len(rows))


def _amplification(book: Book, sent: Ints) -> float | None:
    """Return all attempts over the attempts that are first tries at every level; None without any of these."""
    first = int(np.count_nonzero(book.tried_once[sent]))
    return len(sent) / first if first else None
