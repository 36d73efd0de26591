"""The verbs in which a step says what it does; each room that reads operations gives them a meaning of its own.

The engine compiles them (``sim.engine.assembly.operations``), the arithmetic of loads weighs them
(``sim.topology.operation_costs``), and ``facts`` notes where they lead. A new step that the verbs can say needs
nothing but its declaration; a new verb is asked of each of these by its type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Sequence, TypeVar

from sim.quantities import Condition, Law

Meaning = TypeVar("Meaning", covariant=True)
"""What a room makes of a step: its start, its cost, its facts."""
Steps = Sequence[Any]
"""The steps of a recipe."""


@dataclass(frozen=True, slots=True)
class OutcomeRule:
    """The name under which a later step can ask how a step ended, and what its failure means: a word, or steps."""

    name: str | None
    on_error: str | Steps

    @property
    def instead(self) -> Steps:
        """The steps to do when it fails; empty where a word says what failing means."""
        return () if isinstance(self.on_error, str) else self.on_error


class StepVerbs(Protocol[Meaning]):
    """What a step can do."""

    def work(self, law: Law) -> Meaning:
        """Keep the worker busy; faults may stretch it."""
        ...

    def wait(self, law: Law) -> Meaning:
        """Hold the worker without CPU; no fault stretches it."""
        ...

    def call(self, operation: str, rule: OutcomeRule) -> Meaning:
        """Call ``service.operation`` and wait for its answer."""
        ...

    def send(self, queue: str, rule: OutcomeRule) -> Meaning:
        """Publish a message to *queue* and wait for its acknowledgement."""
        ...

    def effect(self, name: str, once_per: str) -> Meaning:
        """Apply an effect of the business, due once per ``request`` or per ``key``."""
        ...

    def read(self, store: str) -> Meaning:
        """Read the request's row of *store*."""
        ...

    def write(self, store: str, if_unchanged: bool) -> Meaning:
        """Write the request's row of *store*; *if_unchanged*: fail where it was written since it was read."""
        ...

    def fail(self, share: float, retry_after_s: float | None) -> Meaning:
        """Fail with a probability; the error may say when the caller may try again (infinite: never)."""
        ...

    def reply(self) -> Meaning:
        """Answer now, and continue."""
        ...

    def branch(self, condition: Condition, then: Steps, otherwise: Steps) -> Meaning:
        """Do *then* where *condition* holds, and *otherwise* elsewhere."""
        ...

    def repeat(self, times: int, steps: Steps) -> Meaning:
        """Do *steps* again and again."""
        ...

    def parallel(self, recipes: Sequence[Steps], times: int, needed: int, rule: OutcomeRule) -> Meaning:
        """Do all *recipes* at once, each *times* times, until *needed* of them have ended well."""
        ...
