"""What every defence of a link declares: its place in the pipeline, its decisions, its effect on loads, its labels.

A new defence is a subclass of ``LinkDefence`` in a file of its own and a field of ``Link``; a defence that is a single
word or switch is a ``LinkSwitch``, metadata of its type. ``tests/test_mechanisms.py`` asks for all of its parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, ClassVar

from sim.errors import not_played
from sim.fields.labels import Label
from sim.fields.model import Model
from sim.mechanisms.links.parts import LinkPart
from sim.mechanisms.loads import LEAVES_LOADS


def _always(given: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Decision:
    """A kind of decision of a defence: its measure, what the record knows it by, and its sentence in the story.

    *measure* counts it (``stopped by throttle``), *meaning* explains the measure. It is known by the *reason* of the
    attempts that were not sent, or by a *mark*. The story says that a *thing* (``try``) begins to *does* (``be stopped
    by the rate limit``); without *does* another sentence reports it. *whose* narrows the links that have it (``with a
    `cache` that coalesces``), and *made_by* is asked of the field's value.
    """

    measure: str
    meaning: str
    reason: str = ""
    mark: str = ""
    thing: str = ""
    does: str = ""
    whose: str = ""
    made_by: Callable[[Any], bool] = _always


class LinkDefence(Model):
    """A defence of a caller, on one of its links."""

    layer: ClassVar[int]
    """Its usual place in the pipeline, from the outside in: cache 10, fallback 20, total timeout 25, hedge 30, retry
    40, breaker 60, throttle 70, rate limit 80, bulkhead 90; the link itself is innermost."""
    decisions: ClassVar[tuple[Decision, ...]] = ()
    """What it decides."""
    loads: ClassVar[str] = LEAVES_LOADS
    """Its effect on the arithmetic of loads: IN_LOADS, LEAVES_LOADS, or its name in the plural if it is left out."""

    @property
    def is_plain(self) -> bool:
        """Whether the fast kind of call plays it, without a pipeline."""
        return False

    def labels(self) -> tuple[str, ...]:
        """Return its words on an arrow."""
        raise not_played("defence of a picture", type(self).__name__)

    def build(self, link: LinkPart) -> None:
        """Put it into the pipeline of *link*."""
        raise not_played("defence of a link", type(self).__name__)


@dataclass(frozen=True, slots=True)
class LinkSwitch(Label):
    """A defence whose field holds a single word or switch; metadata of the field's type, and its label on an arrow."""

    layer: int
    put: Callable[[LinkPart, Any], None]
    """Put it, with the field's value, into the pipeline of a link."""
    decisions: tuple[Decision, ...] = ()
    loads: str = LEAVES_LOADS
