"""Time on the worker."""

from __future__ import annotations

from typing import ClassVar

from sim.fields.quantity import WorkField
from sim.mechanisms.steps.base import LAW, Meaning, Step
from sim.mechanisms.steps.parts import StepVerbs


class Work(Step):
    """A worker is busy for this long; the `slow` fault stretches it."""

    verb: ClassVar[str] = "work"
    value: ClassVar[str] = LAW

    work: WorkField
    """Service time, a duration or a law; or one that grows with what else the replica has begun when the step begins:
    `1s plus 10ms per request in flight`."""
    as_: str | None = None
    """A name for this step, so that a patch or a reader can address it."""

    def express(self, verbs: StepVerbs[Meaning]) -> Meaning:
        """Work."""
        return verbs.work(self.work)
