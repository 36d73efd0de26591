"""Requests with certain keys cannot be handled."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Mapping

from pydantic import Field

from sim.fields.quantity import PositiveDuration
from sim.mechanisms.faults.base import Fault
from sim.mechanisms.faults.parts import CAN_FAIL, CAN_PAUSE, Edges, Nodes, ServicePart
from sim.mechanisms.faults.targets import FaultTargets, Indexes


class Poison(Fault):
    """Requests with certain keys cannot be handled by one operation."""

    verb: ClassVar[str] = "poison"
    not_tried: ClassVar[str] = "which keys an operation cannot handle is for its author to say"
    form_starts: ClassVar[Mapping[str, str]] = {"keys": "[1, 2, 3]"}

    befalls: ClassVar[tuple[str, ...]] = ()

    poison: str
    """The operation, as `service.operation`."""
    keys: Annotated[list[int], Field(min_length=1)]
    """The keys."""
    effect: Literal["error", "crash"]
    """`error`: they are answered error at once. `crash`: the replica that begins one dies, with all its work,
    and refuses calls while it is down."""
    restarts_after: PositiveDuration = 1.0
    """With `effect: crash`: how long a replica stays down."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return "poison"

    def sentence(self) -> str:
        """Return what it does, as the story's first clause."""
        what = "fail in" if self.effect == "error" else "kill the replicas of"
        return f"requests for key {', '.join(map(str, self.keys))} {what} {self.struck_part}"

    def targets(self, scenario: Nodes) -> FaultTargets:
        """Return the service of the operation."""
        return FaultTargets(services={self.poison.partition(".")[0]: None})

    def needs(self, indexes: Indexes) -> frozenset[str]:
        """Return that an operation can be made to fail, or its replica to die."""
        return frozenset({CAN_FAIL, CAN_PAUSE} if self.effect == "crash" else {CAN_FAIL})

    def on_service(self, part: ServicePart) -> list[Edges]:
        """Let requests with the keys fail, or kill."""
        operation = self.poison.partition(".")[2]
        return [
            part.poison(operation, tuple(self.keys), float(self.restarts_after) if self.effect == "crash" else None)
        ]
