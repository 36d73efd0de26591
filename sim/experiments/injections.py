"""Which faults can be tried on which parts of a system, one at a time: the rows and columns of a fault matrix.

A new fault joins by an entry in ``INJECTIONS``. Left out: several faults at once, and faults at random times.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Iterator, Mapping

from sim.errors import ParameterError, did_you_mean
from sim.scenario.models import Scenario
from sim.topology import system_graph


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault to try on every part of the kinds *on*: its *verb*, what is fixed, and how large it is by default.

    *size* is the key that says how large; *default* is meant to hurt a healthy system, and is a convention.
    """

    verb: str
    on: tuple[str, ...]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    size: str = ""
    default: str = ""

    @property
    def kind(self) -> str:
        """What it is called: the verb, and the mode where it has several."""
        return " ".join([self.verb, *([str(self.fixed["mode"])] if "mode" in self.fixed else [])])


NODES = ("services", "queues")
INJECTIONS = (
    Injection("slow", ("services",), size="by", default="10x"),
    Injection("crash", NODES, {"mode": "silent"}),
    Injection("crash", NODES, {"mode": "refuse"}),
    Injection("pause", NODES),
    Injection("errors", ("services",), size="share", default="50%"),
    Injection("cut", ("links",), {"mode": "silent"}),
    Injection("cut", ("links",), {"mode": "refuse"}),
    Injection("delay", ("links",), size="by", default="1s"),
    Injection("lose", ("links",), size="share", default="20%"),
    Injection("spike", ("open loops",), size="by", default="3x"),
)
"""Every fault that is tried; a crash of a queue is one too, for its messages survive and nobody can send meanwhile."""

KINDS = tuple(one.kind for one in INJECTIONS)


@dataclass(frozen=True, slots=True)
class Attempted:
    """A fault to inject: its *kind*, the part it strikes, how large it is (empty where it has no size)."""

    kind: str
    where: str
    size: str
    verb: str
    settings: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What it is called in tables: ``slow 10x: payments``."""
        return f"{' '.join([self.kind, *([self.size] if self.size else [])])}: {self.where}"

    def on(self, at_s: float, for_s: float) -> dict[str, Any]:
        """Return the fault as it would be written in a file."""
        return {self.verb: self.where, **self.settings, "at": f"{at_s:.6g}s", "for": f"{for_s:.6g}s"}


def parts(scenario: Scenario) -> dict[str, list[str]]:
    """Return the parts of a resolved scenario that a fault can strike, by kind."""
    edges = system_graph(scenario).edges(data=True)
    return {
        "open loops": [name for name, workload in scenario.workload.items() if workload.rate is not None],
        "services": list(scenario.services),
        "queues": list(scenario.queues),
        "links": [data["link"] for _, _, data in edges if data["kind"] != "dead letters"],
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
    settings = {**one.fixed, **({one.size: size} if one.size else {})}
    return Attempted(one.kind, where, size, one.verb, settings)


def _must_exist(place: str, names: Iterable[str], known: Iterable[str]) -> None:
    among = list(known)
    for name in _unknown(names, among):
        hint = did_you_mean(name, among) or f"there are {', '.join(among)}"
        raise ParameterError("name something that can be tried", name, hint, place)


def _unknown(names: Iterable[str], known: list[str]) -> Iterator[str]:
    return (name for name in names if name not in known)
