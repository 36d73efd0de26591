"""The blast radius of the faults of a run, and the first symptom of each part, as measures.

They are measured over the whole run (`all`), and only if there are faults. ``sim.results.symptoms`` defines symptoms,
and ``sim.results.blast`` the distances.
"""

from __future__ import annotations

from sim.mechanisms.nodes import recorded_nodes
from sim.results.blast import blast_radius
from sim.results.book import Book
from sim.results.onset import BeforeAfter
from sim.results.rows import Measure, Rows
from sim.scenario import measures

NAMES = measures.BLAST_RADIUS


def family(book: Book) -> list[Measure]:
    """Return the rows of ``system`` and, for the first symptom, of every workload, service and queue."""
    table, record = Rows(NAMES), book.record
    if not record.windows:
        return table.rows
    blast, begin = blast_radius(book), BeforeAfter.of(book).begin
    first = {hit.node: hit.first_at_s - begin for hit in blast.hit}
    table.add("nodes hit", "system", "all", len(blast.hit), blast.nodes)
    table.add("blast radius", "system", "all", blast.radius, len(blast.hit))
    table.add("first symptom", "system", "all", min(first.values(), default=None), len(first))
    for node in recorded_nodes(record):
        table.add("first symptom", node, "all", first.get(node), int(node in first))
    return table.rows
