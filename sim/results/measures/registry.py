"""All measures of a run: a list of families, each of which declares its names and reads the same book.

A mechanism brings its own family: declarations in ``sim.scenario.measures``, and a module with ``NAMES`` and
``family(book, wanted)``, added to ``FAMILIES``.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import Callable, Iterable, Iterator

from sim.record.record import Record
from sim.results.book import Book
from sim.results.measures import (
    autoscaling,
    balancing,
    batches,
    blast_radius,
    drain,
    effects,
    link_defences,
    links,
    outliers,
    overload,
    processors,
    queues,
    recovery,
    requests,
    services,
    stores,
    wasted_work,
)
from sim.results.rows import Measure
from sim.results.wanted import ALL, Wanted
from sim.scenario.measures import MEASURES, Names

FAMILIES: tuple[tuple[Names, Callable[[Book, Wanted], list[Measure]]], ...] = tuple(
    (module.NAMES, module.family)
    for module in (
        requests,
        services,
        overload,
        processors,
        autoscaling,
        links,
        link_defences,
        outliers,
        balancing,
        queues,
        batches,
        stores,
        effects,
        recovery,
        blast_radius,
        wasted_work,
        drain,
    )
)

NAMES: Names = MEASURES
"""All measures, as declared in ``sim.scenario.measures``."""


def measures(record: Record, during: Iterable[str] = ()) -> list[Measure]:
    """Return every measure of *record* in all of its windows, and in the written ones (``500s to 600s``) of *during*.

    An unknown value (no arrivals, too few samples for a percentile, an empty window) is None.
    """
    return measures_of(Book(record, during))


def measures_of(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the *wanted* measures of a book, in the order in which all of them would be."""
    found: list[Measure] = []
    with _quiet_collector():
        for names, family in FAMILIES:
            if wanted.any_of(names):
                found += family(book, wanted)
                book.release()
    return found


@contextmanager
def _quiet_collector() -> Iterator[None]:
    """Collect garbage rarely: the rows of many windows are many objects, and none of them is in a circle."""
    threshold = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
