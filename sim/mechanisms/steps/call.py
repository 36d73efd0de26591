"""A synchronous call."""

from __future__ import annotations

from typing import ClassVar

from sim.mechanisms.steps.base import OPERATION, Meaning, OnError, StepWithOutcome
from sim.mechanisms.steps.parts import StepVerbs


class Call(StepWithOutcome):
    """A synchronous call: the recipe continues when the answer is here, or the link's policies gave up."""

    verb: ClassVar[str] = "call"
    value: ClassVar[str] = OPERATION

    call: str
    """The operation called, as `service.operation`."""
    on_error: OnError = "fail"
    """What a failed call means here: `fail` answers error, `ignore` continues, `degraded` continues with a
    degraded answer, or a list of steps to do instead."""
    as_: str | None = None
    """A name for this step; a later `branch` can ask how it ended."""

    def express(self, verbs: StepVerbs[Meaning]) -> Meaning:
        """Call."""
        return verbs.call(self.call, self.rule)
