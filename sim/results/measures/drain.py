"""The share of a run that happened in its drain, after the arrivals had stopped: counts include it, rates do not.

One rule makes a table consistent. Requests and messages belong to the window in which they arrive and are followed to
the run's end. Events are counted in the window in which they happen, and those of the drain in each window that reaches
`duration`. So `all` holds everything after the warm-up. Rates and levels are those of the time in which clients arrive.

Not modelled: events after the warm-up of requests that arrived in it; they count.
"""

from __future__ import annotations

import math

import numpy as np

from sim import number_words
from sim.number_words import seconds
from sim.results.book import Book
from sim.results.index.cuts import WindowSet
from sim.results.index.windows import Window
from sim.results.measures.services import started_in
from sim.results.rows import Column, Measure, Rows, share
from sim.results.wanted import ALL, Wanted
from sim.scenario import measures

WORTH_A_NOTE = 0.01
"""A run gets a note from this share of attempts or work in the drain on."""

NAMES = measures.DRAIN


def family(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the rows of ``system``, over `all`: the shares in the drain."""
    table = Rows(NAMES, {"all": book.windows["all"]}, wanted)
    drain = WindowSet([Window("drain", ((book.record.duration_s, math.inf),))])
    if not len(table.windows):
        return table.rows
    if table.wants("attempts in drain", "system"):
        late, every = (windows.count(book.sent_at, book.tried) for windows in (drain, table.windows.counted))
        table.add("attempts in drain", "system", share(late, every))
    if table.wants("work in drain", "system"):
        visits, work = np.flatnonzero(book.service >= 0), book.work[0]
        cut, rows = started_in(book, table.windows, visits)
        worked, n = cut.exact_sums(work[rows]), cut.sizes
        after = drain.cut(book.started_at[rows]).exact_sums(work[rows])
        table.add("work in drain", "system", Column(after / np.where(worked != 0, worked, np.nan), n))
    table.in_order()
    return table.rows


def note(duration_s: float, attempts: float | None, work: float | None) -> str:
    """Return the sentence about a drain that holds these shares; empty if both are small.

    >>> note(60.0, 0.004, None)
    ''
    >>> note(60.0, 0.12, 0.3)
    'the drain, after 60 s, holds 12 % of the attempts and 30 % of the work: counts include it, rates and levels do not'
    """
    parts = [
        f"{number_words.share(ratio)} of the {what}"
        for ratio, what in ((attempts, "attempts"), (work, "work"))
        if ratio is not None
    ]
    if max(attempts or 0.0, work or 0.0) <= WORTH_A_NOTE:
        return ""
    held = " and ".join(parts)
    return f"the drain, after {seconds(duration_s)}, holds {held}: counts include it, rates and levels do not"


def note_of(book: Book) -> str:
    """Return the sentence about the drain of one run; empty if its share is small."""
    attempts, work = (row.value for row in family(book))
    return note(book.record.duration_s, attempts, work)
