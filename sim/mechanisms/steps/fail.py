"""A failure by chance."""

from __future__ import annotations

from typing import ClassVar

from sim.fields.quantity import RetryAfterField, Share
from sim.mechanisms.steps.base import Meaning, Step
from sim.mechanisms.steps.parts import StepVerbs


class Fail(Step):
    """Answer error with this probability, independently each time."""

    verb: ClassVar[str] = "fail"

    fail: Share
    """The share of executions that fail here."""
    retry_after: RetryAfterField | None = None
    """What the caller is asked for with the error: to try again after a time, or `never` (gRPC
    `grpc-retry-pushback-ms`, negative). A caller listens if its retry has `pushback`."""
    as_: str | None = None
    """A name for this step."""

    def express(self, verbs: StepVerbs[Meaning]) -> Meaning:
        """Fail, or continue."""
        return verbs.fail(self.fail, None if self.retry_after is None else self.retry_after.after_s)
