"""The share of a run that happened in its drain, after the arrivals had stopped: counts include it, rates do not.

One rule makes a table consistent. Requests and messages belong to the window in which they arrive and are followed to
the run's end. Events are counted in the window in which they happen, and those of the drain in each window that reaches
`duration`. So `all` holds everything after the warm-up. Rates and levels are those of the time in which clients arrive.

Not modelled: events after the warm-up of requests that arrived in it; they count.
"""

from __future__ import annotations

import numpy as np

from sim.number_words import seconds, share
from sim.results.book import Book
from sim.results.index.columns import exact_sum
from sim.results.rows import Measure, Rows
from sim.scenario import measures

WORTH_A_NOTE = 0.01
"""A run gets a note from this share of attempts or work in the drain on."""

NAMES = measures.DRAIN


def family(book: Book) -> list[Measure]:
    """Return the rows of ``system``, over `all`: the shares in the drain."""
    table, window, drained_from = Rows(NAMES), book.windows["all"].counted, book.record.duration_s
    sent = book.sent_at[book.tried]
    late, every = (int(np.count_nonzero(times)) for times in (sent >= drained_from, window.holds(sent)))
    table.add_share("attempts in drain", "system", "all", late, every)
    work, _, _ = book.work
    visits = np.flatnonzero((book.service >= 0) & window.holds(book.started_at))
    after = visits[book.started_at[visits] >= drained_from]
    worked = exact_sum(work[visits])
    table.add("work in drain", "system", "all", exact_sum(work[after]) / worked if worked else None, len(visits))
    return table.rows


def note(duration_s: float, attempts: float | None, work: float | None) -> str:
    """Return the sentence about a drain that holds these shares; empty if both are small.

    >>> note(60.0, 0.004, None)
    ''
    >>> note(60.0, 0.12, 0.3)
    'the drain, after 60 s, holds 12 % of the attempts and 30 % of the work: counts include it, rates and levels do not'
    """
    parts = [
        f"{share(ratio)} of the {what}" for ratio, what in ((attempts, "attempts"), (work, "work")) if ratio is not None
    ]
    if max(attempts or 0.0, work or 0.0) <= WORTH_A_NOTE:
        return ""
    held = " and ".join(parts)
    return f"the drain, after {seconds(duration_s)}, holds {held}: counts include it, rates and levels do not"


def note_of(book: Book) -> str:
    """Return the sentence about the drain of one run; empty if its share is small."""
    attempts, work = (row.value for row in family(book))
    return note(book.record.duration_s, attempts, work)
