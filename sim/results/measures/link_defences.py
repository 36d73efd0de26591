"""Decisions of the defences on a link: cache hits, hedges, fallbacks, denied retries, cancelled or stopped calls.

Each measure exists for links that have the defence. Decisions belong to the window in which they are made. Not
modelled: the run without them (``pileup compare`` and ``pileup ablate`` play that).
"""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Iterator

import numpy as np

from sim.record.record import MARKS, REASONS, SHORT_CIRCUITED
from sim.results.book import Book
from sim.results.index.columns import Floats, GroupedRows
from sim.results.rows import Measure, Rows, count, share
from sim.results.wanted import ALL, Wanted
from sim.scenario import measures
from sim.scenario.models.links import LINK_DEFENCES

NAMES = measures.LINK_DEFENCES

COUNTED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    decision.measure: (decision.mark, partial(defence.makes, decision))
    for defence in LINK_DEFENCES.values()
    for decision in defence.decisions
    if decision.mark
}
"""Measures that count marks: name to (kind of mark, whether a link has them)."""

STOPS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    decision.measure: (decision.reason, partial(defence.makes, decision))
    for defence in LINK_DEFENCES.values()
    for decision in defence.decisions
    if decision.reason
}
"""Measures that count tries stopped by the caller itself: name to (reason, whether a link has them)."""


def family(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the rows of every link that has a defence."""
    table = Rows(NAMES, book.windows, wanted)
    counted = table.windows.counted
    for name, link in _deciding(book):
        if not table.wants_any(name):
            continue
        marks, stops = _marks(book, name), _stops(book, name)
        counts = {kind: counted.cut(marks.times(code)).sizes for code, kind in enumerate(MARKS)}
        for measure, (kind, has) in COUNTED.items():
            if has(link):
                table.add(measure, name, count(table.windows, counts[kind], counts[kind]))
        if link.has("cache"):
            asked = counts["cache hit"] + counts["cache miss"]
            table.add("cache hit ratio", name, share(counts["cache hit"], asked))
        for measure, (reason, has) in STOPS.items():
            if has(link):
                stopped = counted.cut(stops.times(REASONS.index(reason))).sizes
                table.add(measure, name, count(table.windows, stopped, stopped))
        table.in_order()
    return table.rows


def _deciding(book: Book) -> Iterator[tuple[str, Any]]:
    """Iterate over the links of the run that have a defence."""
    links = book.record.scenario.links
    for name in book.links:
        link = links.get(name)
        if link is not None and any(has(link) for _, has in COUNTED.values()):
            yield name, link
        elif link is not None and any(has(link) for _, has in STOPS.values()):
            yield name, link


def _marks(book: Book, link: str) -> GroupedRows:
    """Return the marks of *link*, by kind and time."""
    table = book.record.marks
    mine = table["place"] == book.record.places.index(link) if link in book.record.places else table["place"] < 0
    return GroupedRows(np.where(mine, table["kind"], -1), len(MARKS), table["at"])


def _stops(book: Book, link: str) -> GroupedRows:
    """Return the tries on *link* that the caller itself stopped, by reason and time."""
    columns = book.attempts
    mine = (columns["outcome"] == SHORT_CIRCUITED) & (book.link == book.links.index(link))
    return GroupedRows(np.where(mine, columns["why"], -1), len(REASONS), book.sent_at)


def decided_at(book: Book, link: str, measure: str) -> Floats:
    """Return the instants of *link*'s decisions of one kind (a name of ``COUNTED`` or ``STOPS``), in order."""
    if measure in COUNTED:
        rows = _marks(book, link).rows(MARKS.index(COUNTED[measure][0]))
        return np.asarray(book.record.marks["at"], np.float64)[rows]
    return book.sent_at[_stops(book, link).rows(REASONS.index(STOPS[measure][0]))]


def stopped_since(book: Book, link: str, measure: str, begin: float) -> tuple[int, int]:
    """Return the number of tries that *link* stopped (by a name of ``STOPS``) from *begin* on, and of wanted tries."""
    wanted = book.attempts_by_link.rows(book.links.index(link))
    stopped = np.count_nonzero(decided_at(book, link, measure) >= begin)
    return int(stopped), int(np.count_nonzero(book.sent_at[wanted] >= begin))


def told(book: Book, link: str) -> list[str]:
    """Return the names of the decisions that *link* can make."""
    model = book.record.scenario.links.get(link)
    if model is None:
        return []
    counted = [name for name, (_, has) in COUNTED.items() if has(model)]
    return counted + [name for name, (_, has) in STOPS.items() if has(model)]
