"""The blast radius of the faults of a run, and the first symptom of each part, as measures.

They are measured over the whole run (`all`), and only if there are faults. ``sim.results.symptoms`` defines symptoms,
and ``sim.results.blast`` the distances.
"""

from __future__ import annotations

import numpy as np

from sim.mechanisms.nodes import recorded_nodes
from sim.results.blast import blast_radius
from sim.results.book import Book
from sim.results.onset import BeforeAfter
from sim.results.rows import Column, Measure, Rows
from sim.results.wanted import ALL, Wanted
from sim.scenario import measures

NAMES = measures.BLAST_RADIUS


def family(book: Book, wanted: Wanted = ALL) -> list[Measure]:
    """Return the rows of ``system`` and, for the first symptom, of every workload, service and queue."""
    record = book.record
    table = Rows(NAMES, {"all": book.windows["all"]}, wanted)
    if not record.windows or not len(table.windows):
        return table.rows
    blast, begin = blast_radius(book), BeforeAfter.of(book).begin
    first = {hit.node: hit.first_at_s - begin for hit in blast.hit}
    table.add("nodes hit", "system", _one(len(blast.hit), blast.nodes))
    table.add("blast radius", "system", _one(blast.radius, len(blast.hit)))
    table.add("first symptom", "system", _one(min(first.values(), default=None), len(first)))
    for node in recorded_nodes(record):
        table.add("first symptom", node, _one(first.get(node), int(node in first)))
    table.in_order()
    return table.rows


def _one(value: float | None, n: int) -> Column:
    """Return the column of a value in one window."""
    return Column(np.array([value], np.float64), np.array([n]))
