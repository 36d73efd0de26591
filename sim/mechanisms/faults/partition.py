"""Parts of the system cannot reach each other."""

from __future__ import annotations

from typing import ClassVar, Iterable, Literal

from sim.mechanisms.faults.base import Fault
from sim.mechanisms.faults.injection import Injection
from sim.mechanisms.faults.parts import Edges, LinkPart, Nodes
from sim.mechanisms.faults.targets import FaultTargets
from sim.mechanisms.nodes import nodes_of


class Partition(Fault):
    """Parts of the system cannot reach each other: every link between two sides is cut, in both directions."""

    verb: ClassVar[str] = "partition"
    tried: ClassVar[tuple[Injection, ...]] = (
        Injection(("linked nodes",), {"mode": "silent"}, target=lambda name: {name: [name]}),
    )

    befalls: ClassVar[tuple[str, ...]] = ()

    partition: dict[str, list[str]]
    """Sides by name, each a list of workloads, services, queues or hosts: `{east: [a, b], west: [c]}`. A node on no
    side reaches all. A single side is cut off from everything else."""
    mode: Literal["silent", "refuse", "reset"]
    """As for `cut`."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return "cut"

    def sentence(self) -> str:
        """Return what it does, as the story's first clause."""
        refusing = {
            "silent": "",
            "refuse": "; calls are refused",
            "reset": "; calls are refused, those on their way too",
        }[self.mode]
        return f"{self.struck_part} cannot reach each other{refusing}"

    @property
    def struck_part(self) -> str:
        """Its sides."""
        sides = [", ".join(members) for members in self.partition.values()]
        return " and ".join(sides) if len(sides) > 1 else f"{sides[0]} and the rest"

    def targets(self, scenario: Nodes) -> FaultTargets:
        """Return every link that could lead from one side to another."""
        return FaultTargets(links=tuple(_between(scenario, list(self.partition.values()))))

    def on_link(self, part: LinkPart) -> Edges:
        """Cut it, both ways."""
        return part.cut(self.mode, ("out", "back"))


def _between(scenario: Nodes, sides: list[list[str]]) -> Iterable[str]:
    """Yield every link that could lead from one side to another; a single side is parted from everything else."""
    nodes = list(nodes_of(scenario))
    groups = [[name for one in side for name in scenario.placed.get(one, [one])] for side in sides]
    if len(groups) == 1:
        groups.append([name for name in nodes if name not in groups[0]])
    for i, one in enumerate(groups):
        for other in groups[i + 1 :]:
            for a in one:
                for b in other:
                    yield from (f"{a} -> {b}", f"{b} -> {a}")
