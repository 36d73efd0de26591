"""A failure by chance."""

from __future__ import annotations

from typing import ClassVar

from sim.fields.quantity import Share
from sim.mechanisms.steps.base import Meaning, Step
from sim.mechanisms.steps.parts import StepVerbs


class Fail(Step):
    """Answer error with this probability, independently each time."""

    verb: ClassVar[str] = "fail"

    fail: Share
    """The share of executions that fail here."""
    as_: str | None = None
    """A name for this step."""

    def express(self, verbs: StepVerbs[Meaning]) -> Meaning:
        """Fail, or continue."""
        return verbs.fail(self.fail)
