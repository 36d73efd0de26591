"""The kinds of nodes of a system: where a file names them, and what each takes part in.

A rule, a graph or a drawing that concerns several kinds iterates over these. What only one kind has (its consumers, its
replicas' numbers) is asked of that kind by name.

Not modelled: hosts, which are places for nodes, and links, which join them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Literal


@dataclass(frozen=True, slots=True)
class NodeKind:
    """One kind of node."""

    key: str
    """The key of the format under which its nodes are named; their model is the type of this field of ``Scenario``."""
    word: str
    """What one of them is called: by measures, graphs, drawings and messages."""
    recorded: str = ""
    """The field of a record that holds their names by code; empty if rows of a record refer to none."""
    requests: bool = False
    """Whether it makes requests of its own accord."""
    is_linked: bool = True
    """Whether links join it, so that it is an end in a graph, can be parted from others, and can be hit by a fault."""
    is_hosted: bool = True
    """Whether it runs on a host, and fails with it."""
    shape: Literal["arrow", "box", "cylinder", ""] = ""
    """Its outline in drawings; empty if it is not drawn."""


NODE_KINDS: tuple[NodeKind, ...] = (
    NodeKind("workload", "workload", "workloads", requests=True, is_hosted=False, shape="arrow"),
    NodeKind("services", "service", "services", shape="box"),
    NodeKind("queues", "queue", "queues", shape="cylinder"),
    NodeKind("stores", "store", is_linked=False, is_hosted=False),
)
"""All kinds, in the order of a file."""

NODE_KEYS: tuple[str, ...] = tuple(kind.key for kind in NODE_KINDS)
LINKED: tuple[NodeKind, ...] = tuple(kind for kind in NODE_KINDS if kind.is_linked)
UNLINKED: tuple[NodeKind, ...] = tuple(kind for kind in NODE_KINDS if not kind.is_linked)
HOSTED: tuple[NodeKind, ...] = tuple(kind for kind in NODE_KINDS if kind.is_hosted)
SHAPES: dict[str, str] = {kind.word: kind.shape for kind in NODE_KINDS if kind.shape}
"""The outline of each kind that is drawn, by its word."""


def nodes_of(scenario: object, kinds: Iterable[NodeKind] = LINKED) -> dict[str, NodeKind]:
    """Return the nodes of a scenario by name, kind by kind in file order, each with its kind."""
    return {name: kind for kind in kinds for name in getattr(scenario, kind.key)}


def recorded_nodes(record: object) -> tuple[str, ...]:
    """Return the names of the linked nodes of a record, kind by kind, by code."""
    return tuple(name for kind in LINKED for name in getattr(record, kind.recorded))
