"""Time without CPU."""

from __future__ import annotations

from typing import ClassVar

from sim.fields.quantity import LawField
from sim.mechanisms.steps.base import LAW, Meaning, Step
from sim.mechanisms.steps.parts import StepVerbs


class Wait(Step):
    """Time without CPU (I/O, a pause): the worker is held, but `slow` does not stretch it."""

    verb: ClassVar[str] = "wait"
    value: ClassVar[str] = LAW

    wait: LawField
    """How long, a duration or a law."""
    as_: str | None = None
    """A name for this step."""

    def express(self, verbs: StepVerbs[Meaning]) -> Meaning:
        """Wait."""
        return verbs.wait(self.wait)
