"""A message to a queue."""

from __future__ import annotations

from typing import ClassVar

from sim.mechanisms.steps.base import QUEUE, Meaning, OnError, StepWithOutcome
from sim.mechanisms.steps.parts import StepVerbs


class Send(StepWithOutcome):
    """Publish a message to a queue and continue when it has acknowledged it. An acknowledgement is not success."""

    verb: ClassVar[str] = "send"
    value: ClassVar[str] = QUEUE

    send: str
    """The queue."""
    on_error: OnError = "fail"
    """What a failed send means here, as for `call`."""
    as_: str | None = None
    """A name for this step."""

    def express(self, verbs: StepVerbs[Meaning]) -> Meaning:
        """Send."""
        return verbs.send(self.send, self.rule)
