"""What every rule of a service declares: when it is asked, its rejections, its effect on loads, its labels.

A new rule is a subclass of ``ServiceRule`` in a file of its own and a field of ``Service``; a rule that is a value in
words is a ``ServiceSwitch`` as metadata of the field's type. ``tests/test_mechanisms.py`` asks it for all of its parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, ClassVar

from sim.errors import not_played
from sim.fields.labels import Label
from sim.fields.model import Model
from sim.mechanisms.loads import LEAVES_LOADS
from sim.mechanisms.services.parts import ReplicaPart


@dataclass(frozen=True, slots=True)
class Rejection:
    """A way in which a rule rejects calls: its measure, the record's *reason*, and *by* what, for the story."""

    measure: str
    meaning: str
    reason: str
    by: str
    whose: str


class ServiceRule(Model):
    """A rule of a service's replicas."""

    layer: ClassVar[int]
    """When it is put in, lowest first; of rules that are asked at the same point the first put in is asked first."""
    rejections: ClassVar[tuple[Rejection, ...]] = ()
    """How it rejects calls."""
    reasons: ClassVar[tuple[str, ...]] = ()
    """The record's reasons for which calls that have begun end by it."""
    loads: ClassVar[str] = LEAVES_LOADS
    """Its effect on the arithmetic of loads: IN_LOADS, LEAVES_LOADS, or its name if it is left out."""

    def labels(self) -> tuple[str, ...]:
        """Return its words under a box."""
        raise not_played("rule of a picture", type(self).__name__)

    def build(self, replica: ReplicaPart) -> None:
        """Put it into the admission control of *replica*."""
        raise not_played("rule of a service", type(self).__name__)


@dataclass(frozen=True, slots=True)
class ServiceSwitch(Label):
    """A rule whose field holds a value in words; metadata of the field's type, and its label under a box."""

    layer: int
    put: Callable[[ReplicaPart, Any], None]
    """Put it, with the field's value, into the admission control of a replica."""
    rejections: tuple[Rejection, ...] = ()
    loads: str = LEAVES_LOADS
