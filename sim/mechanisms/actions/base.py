"""What every action declares: its target, its words, and what it does to the part that it names.

An action is what an operator does about a fault: it is not a fault, so that no window of measures moves with it. A new
one is a subclass of ``Action`` in its own file, listed in the tuple of ``sim.mechanisms.actions``.
``tests/test_mechanisms.py`` asks it for all of its parts.
"""

from __future__ import annotations

from typing import ClassVar

from sim.errors import not_played
from sim.fields.quantity import PositiveDuration
from sim.mechanisms.actions.parts import Edges, ReplicasPart, WorkloadPart
from sim.mechanisms.timed import Timed


class Action(Timed):
    """Something that an operator does, at an instant or a while after a condition holds."""

    not_tried: ClassVar[str] = "an operator acts against a fault; a toggle of the scenario tries it"

    for_: PositiveDuration | None = None
    """How long it lasts; then it is undone. Default: until the run ends."""

    def undone(self) -> str:
        """Return what is undone at its end, as a clause of the story."""
        raise not_played("story", type(self).__name__)

    def on_service(self, part: ReplicasPart) -> Edges:
        """Return what one of its windows does to a service."""
        raise not_played("action on a service", type(self).__name__)

    def on_workload(self, part: WorkloadPart) -> Edges:
        """Return what one of its windows does to the arrivals of a workload."""
        raise not_played("action on a workload", type(self).__name__)
