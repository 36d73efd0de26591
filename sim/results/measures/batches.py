"""Services that take messages in batches: how many, how large, and what returns because another message failed.

A batch belongs to the window in which its worker begins it, a message to the one in which it is delivered, and one that
returns to the one of its return.

Not modelled: batches that were lost on their way to a worker; their messages count.
"""

from __future__ import annotations

from typing import Collection

import numpy as np

from sim.record.record import REASONS
from sim.results.book import Book
from sim.results.index.columns import Floats
from sim.results.measures.overload import marked_at
from sim.results.rows import Measure, Rows, count, share
from sim.results.wanted import ALL, Wanted
from sim.scenario import measures

NAMES = measures.BATCHES


def family(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the rows of every service that takes batches."""
    table = Rows(NAMES, book.windows, wanted)
    for name, model in book.record.scenario.services.items():
        if not model.batches or not table.wants_any(name):
            continue
        counted = table.windows.counted
        begun = counted.cut(marked_at(book, "batch", name)).sizes
        messages = counted.cut(_delivered_at(book, name, model.batches)).sizes
        returned = counted.cut(returned_at(book, name)).sizes
        table.add("batches", name, count(table.windows, begun, begun))
        table.add("messages per batch", name, share(messages, begun))
        table.add("returned with batch", name, count(table.windows, returned, returned))
        table.in_order()
    return table.rows


def _delivered_at(book: Book, service: str, queues: Collection[str]) -> Floats:
    """Return when messages of *queues* were delivered to *service*, in order."""
    links = [book.links.index(f"{queue} -> {service}") for queue in queues]
    return np.sort(book.sent_at[np.isin(book.link, links)])


def returned_at(book: Book, service: str) -> Floats:
    """Return when messages returned with a batch of *service* that failed, in order."""
    columns, place = book.attempts, book.record.places.index(service)
    failed = (columns["why"] == REASONS.index("batch failed")) & (columns["where"] == place)
    return np.sort(book.ended_at[failed])
