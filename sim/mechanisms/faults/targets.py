"""The parts that a fault strikes: hosts become the services and queues on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping

from sim.mechanisms.faults.parts import Nodes

Indexes = tuple[int, ...] | None
"""Numbers of replicas; None: all of them."""


@dataclass(frozen=True, slots=True)
class FaultTargets:
    """Services with the numbers of their replicas, queues, links and workloads that one fault strikes.

    The *links* of a partition are all that could exist between its sides, used or not. *paths* are the numbers of the
    callee's replicas to which a link is struck.
    """

    services: Mapping[str, Indexes] = field(default_factory=dict)
    queues: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    paths: Indexes = None


def member(text: str) -> tuple[str, int | None]:
    """Return the node and the replica's number of a host's member.

    >>> member("payments#0"), member("orders")
    (('payments', 0), ('orders', None))
    """
    name, hash_, number = text.partition("#")
    return name, int(number) if hash_ else None


def on_host(scenario: Nodes, host: str) -> tuple[dict[str, Indexes], tuple[str, ...]]:
    """Return the services (with replicas) and the queues on a host."""
    services: dict[str, Indexes] = {}
    queues: list[str] = []
    for text in scenario.placed[host]:
        name, number = member(text)
        if name in scenario.queues:
            queues.append(name)
        elif number is None or services.get(name, ()) is None:
            services[name] = None
        else:
            services[name] = tuple(sorted({*(services.get(name) or ()), number}))
    return services, tuple(queues)
