"""What a fault strikes, part by part: hosts and partitions become services, queues and links; and when, in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterable, Mapping

from sim.errors import not_played
from sim.scenario import models
from sim.scenario.fault_fields import After

Indexes = tuple[int, ...] | None
"""Numbers of replicas; None: all of them."""


@dataclass(frozen=True, slots=True)
class FaultTargets:
    """The parts that a fault strikes: services with the numbers of their replicas, queues, links and workloads.

    The *links* of a partition are all that could exist between its sides, used or not.
    """

    services: Mapping[str, Indexes] = field(default_factory=dict)
    queues: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()


def fault_targets(scenario: models.Scenario, fault: models.Fault) -> FaultTargets:
    """Return what *fault* strikes in a resolved *scenario*."""
    name = named(fault)
    if isinstance(fault, models.Partition):
        return FaultTargets(links=tuple(_between(scenario, list(fault.partition.values()))))
    if isinstance(fault, models.Poison):
        return FaultTargets(services={name.partition(".")[0]: None})
    if fault.befalls == ("links",):
        return FaultTargets(links=(name,))
    if fault.befalls == ("workload",):
        return FaultTargets(workloads=(name,))
    if "services" not in fault.befalls:
        raise not_played("fault", type(fault).__name__)
    chosen = fault.replicas if isinstance(fault, models.ServiceFault) else None
    if name in scenario.services:
        return FaultTargets(services={name: None if chosen is None else tuple(chosen)})
    if name in scenario.queues:
        return FaultTargets(queues=(name,))
    services, queues = on_host(scenario, name)
    return FaultTargets(services, queues if "queues" in fault.befalls else ())


def named(fault: models.Fault) -> str:
    """Return what the fault's verb names: a node, a link, a host; the sides of a partition."""
    kind = models.fault_kind(fault)
    if kind is None:
        raise not_played("fault", type(fault).__name__)
    value = getattr(fault, kind.replace(" ", "_"))
    return " | ".join(value) if isinstance(value, dict) else str(value)


def member(text: str) -> tuple[str, int | None]:
    """Return the node and the replica's number of a host's member.

    >>> member("payments#0"), member("orders")
    (('payments', 0), ('orders', None))
    """
    name, hash_, number = text.partition("#")
    return name, int(number) if hash_ else None


def on_host(scenario: models.Scenario, host: str) -> tuple[dict[str, Indexes], tuple[str, ...]]:
    """Return the services (with replicas) and the queues on a host."""
    services: dict[str, Indexes] = {}
    queues: list[str] = []
    for text in scenario.hosts[host]:
        name, number = member(text)
        if name in scenario.queues:
            queues.append(name)
        elif number is None or services.get(name, ()) is None:
            services[name] = None
        else:
            services[name] = tuple(sorted({*(services.get(name) or ()), number}))
    return services, tuple(queues)


def _between(scenario: models.Scenario, sides: list[list[str]]) -> Iterable[str]:
    """Yield every link that could lead from one side to another; a single side is parted from everything else."""
    nodes = [*scenario.workload, *scenario.services, *scenario.queues]
    groups = [list(_members(scenario, side)) for side in sides]
    if len(groups) == 1:
        groups.append([name for name in nodes if name not in groups[0]])
    for i, one in enumerate(groups):
        for other in groups[i + 1 :]:
            for a in one:
                for b in other:
                    yield from (f"{a} -> {b}", f"{b} -> {a}")


def _members(scenario: models.Scenario, side: list[str]) -> Iterable[str]:
    for name in side:
        yield from scenario.hosts.get(name, [name])


def when(fault: models.Fault) -> str:
    """Return when a fault strikes, in the words of its file: ``at 60s for 30s``.

    What it hangs on is named: ``5s after db down ends, for 10s``.
    """
    words = "" if fault.at is None else f"{fault.at}," if isinstance(fault.at, After) else f"at {fault.at}"
    span = "" if fault.for_ is None else f"for {fault.for_:g}s"
    again = "" if fault.up is None else f"again and again, up {fault.up}, down {fault.down}"
    return " ".join(part for part in (words, span, again) if part)
