"""Which faults can be tried on which parts of a system, one at a time: the rows and columns of a fault matrix.

Each fault declares how it is tried (``Fault.tried``), or why it is not.

Not modelled: several faults at once, and faults at random times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Iterator, Mapping

from sim.errors import ParameterError, did_you_mean
from sim.mechanisms.faults import FAULTS
from sim.mechanisms.faults.injection import Injection
from sim.mechanisms.nodes import HOSTED, nodes_of
from sim.scenario.models import Scenario
from sim.topology import system_graph

INJECTIONS: tuple[tuple[str, Injection], ...] = tuple(
    (verb, one) for verb, fault in FAULTS.items() for one in fault.tried
)
"""Every way in which a fault is tried, with the fault's verb; a partition parts one node from all others."""

KINDS = tuple(one.kind(verb) for verb, one in INJECTIONS)


@dataclass(frozen=True, slots=True)
class Attempted:
    """A fault to inject: its *kind*, the part it strikes, its *size* (empty where it has none), its keys in a file."""

    kind: str
    where: str
    size: str
    settings: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What it is called in tables: ``slow 10x: payments``."""
        return f"{' '.join([self.kind, *([self.size] if self.size else [])])}: {self.where}"

    def on(self, at_s: float, for_s: float) -> dict[str, Any]:
        """Return the fault as it would be written in a file."""
        return {**self.settings, "at": f"{at_s:.6g}s", "for": f"{for_s:.6g}s"}


def parts(scenario: Scenario) -> dict[str, list[str]]:
    """Return the parts of a resolved scenario that a fault can strike, by kind."""
    edges = [edge for edge in system_graph(scenario).edges(data=True) if edge[2]["kind"] != "dead letters"]
    ends = {end for edge in edges for end in edge[:2]}
    return {
        "open loops": [name for name, workload in scenario.workload.items() if workload.rate is not None],
        "services": list(scenario.services),
        "replicated services": [name for name, service in scenario.services.items() if service.replicas > 1],
        "queues": list(scenario.queues),
        "hosts": list(scenario.hosts),
        "linked nodes": [name for name in nodes_of(scenario, HOSTED) if name in ends],
        "links": [data["link"] for _, _, data in edges],
        "links with paths": [
            data["link"]
            for _, callee, data in edges
            if callee in scenario.services and scenario.services[callee].replicas > 1
        ],
    }


def injections(
    scenario: Scenario, kinds: Iterable[str] = (), on: Iterable[str] = (), sizes: Mapping[str, str] | None = None
) -> list[Attempted]:
    """Return every fault to try on a resolved *scenario*, in the order of its parts, then of ``INJECTIONS``.

    *kinds* and *on* choose among the faults (a verb stands for all its modes) and the parts; *sizes* maps a verb to
    another size. Raises ``ParameterError`` for a name that does not exist, or where nothing is left.
    """
    there, wanted, sizes = parts(scenario), list(kinds), dict(sizes or {})
    known = [*dict.fromkeys(verb for verb, _ in INJECTIONS), *KINDS]
    _must_exist("faults", wanted, known)
    _must_exist("sizes", sizes, [verb for verb, one in INJECTIONS if one.size])
    chosen = list(on)
    _must_exist("on", chosen, [name for names in there.values() for name in names])
    found = [
        _attempted(verb, one, where, sizes)
        for part, names in there.items()
        for where in names
        if not chosen or where in chosen
        for verb, one in INJECTIONS
        if part in one.on and (not wanted or verb in wanted or one.kind(verb) in wanted)
    ]
    if not found:
        raise ParameterError("name faults that its parts can have", wanted, place="matrix")
    return found


def _attempted(verb: str, one: Injection, where: str, sizes: Mapping[str, str]) -> Attempted:
    size = sizes.get(verb, one.default)
    settings = {verb: one.target(where), **one.fixed, **({one.size: size} if one.size else {})}
    return Attempted(one.kind(verb), where, size, settings)


def _must_exist(place: str, names: Iterable[str], known: Iterable[str]) -> None:
    among = list(dict.fromkeys(known))
    for name in _unknown(names, among):
        hint = did_you_mean(name, among) or f"there are {', '.join(among)}"
        raise ParameterError("name something that can be tried", name, hint, place)


def _unknown(names: Iterable[str], known: list[str]) -> Iterator[str]:
    return (name for name in names if name not in known)
