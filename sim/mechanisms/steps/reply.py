"""An early answer."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from sim.mechanisms.steps.base import Meaning, Step
from sim.mechanisms.steps.parts import StepVerbs


class Reply(Step):
    """Answer now and continue (202 Accepted): the worker stays held to the end of the recipe."""

    verb: ClassVar[str] = "reply"
    bare_word: ClassVar[str] = "reply"

    reply: Literal["accepted"]
    """The word `accepted`; the step may also be written as the bare word `reply`."""
    as_: str | None = None
    """A name for this step."""

    @classmethod
    def unfold(cls, written: Any) -> Any:
        """Return the step for the bare word."""
        return {"reply": "accepted"} if written == cls.bare_word else written

    def express(self, verbs: StepVerbs[Meaning]) -> Meaning:
        """Answer."""
        return verbs.reply()
