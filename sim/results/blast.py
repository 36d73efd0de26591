"""The blast radius of a fault: the parts that showed a symptom, and how many links each is from the faulty part.

A symptom of a link belongs to its caller, which waits, gives up, retries or opens a breaker. Links are those of calls,
sends and deliveries, and the one from a queue to its dead-letter queue.

Not modelled: the kinds of symptoms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Literal

from sim.mechanisms.nodes import recorded_nodes
from sim.record.record import Record
from sim.results.book import Book
from sim.results.symptoms import Symptom, symptoms

Direction = Literal["struck", "upstream", "downstream", "aside", "apart"]
Neighbours = dict[str, list[str]]
HARMLESS = ("recovered", "drained", "breaker closed", "arrivals")
"""Kinds that report an end, or load: they affect no further part."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A node with a symptom: its distance in links from the nearest faulty node, its side, and the time of the symptom.

    *upstream* nodes call a faulty node (directly or through others), *downstream* nodes are called by it, *aside* nodes
    only share a caller or a callee with it, *apart* nodes have no connection (*links* is None).
    """

    node: str
    links: int | None
    direction: Direction
    first_at_s: float
    kind: str


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """The faulty nodes (*struck*), the affected nodes (*hit*) by first symptom, and the number of all nodes."""

    struck: tuple[str, ...]
    hit: tuple[Hit, ...]
    nodes: int

    @property
    def radius(self) -> int | None:
        """The largest number of links between a faulty node and an affected one; None if none was affected."""
        return max((hit.links for hit in self.hit if hit.links is not None), default=None)


def blast_radius(book: Book, found: Iterable[Symptom] | None = None) -> BlastRadius:
    """Return the blast radius of a run's faults; *found* are its symptoms, if they are known already."""
    record = book.record
    hit_by_fault = struck(record)
    callees, callers = _neighbours(record)
    both = {node: [*callees[node], *callers[node]] for node in callees}
    up, down, any_way = (_distances(hit_by_fault, graph) for graph in (callers, callees, both))
    hits: dict[str, Hit] = {}
    for symptom in symptoms(book) if found is None else found:
        node = symptom.of.partition(" -> ")[0]
        if node in hits or symptom.kind in HARMLESS:
            continue
        direction, links = _place(node, up, down, any_way)
        hits[node] = Hit(node, links, direction, symptom.at_s, symptom.kind)
    return BlastRadius(hit_by_fault, tuple(hits.values()), len(callees))


def struck(record: Record) -> tuple[str, ...]:
    """Return the targets of the faults of *record*, each once; of a link both ends."""
    found: list[str] = []
    for name in dict.fromkeys(name for name, begin, _ in record.windows if begin <= record.ended_at):
        hit = record.scenario.faults[name].targets(record.scenario)
        found += [*hit.services, *hit.queues, *hit.workloads]
        used = {site.link: None for site in record.sites}
        found += [end for link in hit.links if link in used for end in link.split(" -> ")]
    return tuple(dict.fromkeys(found))


def _neighbours(record: Record) -> tuple[Neighbours, Neighbours]:
    """Return the callees and the callers of every node."""
    nodes = recorded_nodes(record)
    callees: Neighbours = {node: [] for node in nodes}
    callers: Neighbours = {node: [] for node in nodes}
    pairs = [(site.caller, site.callee) for site in record.sites]
    queues = record.scenario.queues
    pairs += [(name, queues[name].dead_letters) for name in record.queues if queues[name].dead_letters]
    for caller, callee in dict.fromkeys(pairs):
        callees[caller].append(callee)
        callers[callee].append(caller)
    return callees, callers


def _distances(origins: Iterable[str], graph: Neighbours) -> dict[str, int]:
    """Return the fewest links from any of *origins* to every node that can be reached."""
    found = dict.fromkeys(origins, 0)
    front = list(found)
    while front:
        ahead = [(beyond, found[node] + 1) for node in front for beyond in graph[node] if beyond not in found]
        front = list(dict.fromkeys(node for node, _ in ahead))
        found.update(ahead)
    return found


def _place(
    node: str, up: dict[str, int], down: dict[str, int], any_way: dict[str, int]
) -> tuple[Direction, int | None]:  # fmt: skip
    """Return the side and the distance of *node*; on a circle the shorter way counts, and of equal ones upstream."""
    if up.get(node) == 0:
        return "struck", 0
    if node in up and up[node] <= down.get(node, up[node]):
        return "upstream", up[node]
    if node in down:
        return "downstream", down[node]
    return ("aside", any_way[node]) if node in any_way else ("apart", None)
