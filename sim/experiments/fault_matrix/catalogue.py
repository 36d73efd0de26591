"""Which faults can be tried on which parts of a system, one at a time: the rows and columns of a fault matrix.

A new fault joins by an entry in ``INJECTIONS``. Left out: several faults at once, and faults at random times.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Iterator, Mapping

from sim.errors import ParameterError, did_you_mean
from sim.scenario.models import Scenario
from sim.topology import system_graph


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault to try on every part of the kinds *on*: its *verb*, what is fixed, and how large it is by default.

    *size* is the key that says how large; *default* is meant to hurt a healthy system, and is a convention. *target*
    turns a part's name into what the verb names.
    """

    verb: str
    on: tuple[str, ...]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    size: str = ""
    default: str = ""
    target: Callable[[str], Any] = str

    @property
    def kind(self) -> str:
        """What it is called: the verb, the mode where it has several, and whether it strikes one replica only."""
        replica = "one replica" if "replicas" in self.fixed else ""
        return " ".join(word for word in (self.verb, self.fixed.get("mode"), replica) if word)


NODES = ("services", "queues", "hosts")
INJECTIONS = (
    Injection("slow", ("services",), size="by", default="10x"),
    Injection("slow", ("replicated services",), {"replicas": 1}, size="by", default="10x"),
    Injection("leak", ("services",), {"within": "10s"}, size="by", default="10x"),
    Injection("crash", NODES, {"mode": "silent"}),
    Injection("crash", NODES, {"mode": "refuse"}),
    Injection("crash loop", ("services",), {"mode": "refuse"}, size="lives", default="2s"),
    Injection("pause", NODES),
    Injection("errors", ("services",), size="share", default="50%"),
    Injection("deploy", ("replicated services",), {"replicas": 1}, size="share", default="50%"),
    Injection("partition", ("linked nodes",), {"mode": "silent"}, target=lambda name: {name: [name]}),
    Injection("cut", ("links",), {"mode": "silent"}),
    Injection("cut", ("links",), {"mode": "refuse"}),
    Injection("cut", ("links",), {"mode": "reset"}),
    Injection("delay", ("links",), size="by", default="1s"),
    Injection("lose", ("links",), size="share", default="20%"),
    Injection("drip", ("links",), size="rate", default="5/s"),
    Injection("spike", ("open loops",), size="by", default="3x"),
    Injection("synchronise", ("open loops",), size="every", default="5s"),
)
"""Every fault that is tried; a partition parts one node from all others."""

LEFT_OUT = {"poison": "which keys an operation cannot handle is for its author to say"}
"""Faults of the format that are not tried, with the reason."""

KINDS = tuple(one.kind for one in INJECTIONS)


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
        "linked nodes": [name for name in (*scenario.services, *scenario.queues) if name in ends],
        "links": [data["link"] for _, _, data in edges],
    }


def injections(
    scenario: Scenario, kinds: Iterable[str] = (), on: Iterable[str] = (), sizes: Mapping[str, str] | None = None
) -> list[Attempted]:
    """Return every fault to try on a resolved *scenario*, in the order of its parts, then of ``INJECTIONS``.

    *kinds* and *on* choose among the faults (a verb stands for all its modes) and the parts; *sizes* maps a verb to
    another size. Raises ``ParameterError`` for a name that does not exist, or where nothing is left.
    """
    there, wanted, sizes = parts(scenario), list(kinds), dict(sizes or {})
    known = [*dict.fromkeys(one.verb for one in INJECTIONS), *KINDS]
    _must_exist("faults", wanted, known)
    _must_exist("sizes", sizes, [one.verb for one in INJECTIONS if one.size])
    chosen = list(on)
    _must_exist("on", chosen, [name for names in there.values() for name in names])
    found = [
        _attempted(one, where, sizes)
        for part, names in there.items() for where in names if not chosen or where in chosen
        for one in INJECTIONS if part in one.on and (not wanted or one.verb in wanted or one.kind in wanted)
    ]  # fmt: skip
    if not found:
        raise ParameterError("name faults that its parts can have", wanted, place="matrix")
    return found


def _attempted(one: Injection, where: str, sizes: Mapping[str, str]) -> Attempted:
    size = sizes.get(one.verb, one.default)
    settings = {one.verb: one.target(where), **one.fixed, **({one.size: size} if one.size else {})}
    return Attempted(one.kind, where, size, settings)


def _must_exist(place: str, names: Iterable[str], known: Iterable[str]) -> None:
    among = list(dict.fromkeys(known))
    for name in _unknown(names, among):
        hint = did_you_mean(name, among) or f"there are {', '.join(among)}"
        raise ParameterError("name something that can be tried", name, hint, place)


def _unknown(names: Iterable[str], known: list[str]) -> Iterator[str]:
    return (name for name in names if name not in known)
