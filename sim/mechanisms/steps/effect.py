"""An effect of the business."""

from __future__ import annotations

from typing import ClassVar, Literal

from sim.mechanisms.steps.base import EFFECT, Meaning, Step
from sim.mechanisms.steps.parts import StepVerbs


class Effect(Step):
    """What the business sees (charged, shipped): counted in the ledger at the instant it is reached."""

    verb: ClassVar[str] = "effect"
    value: ClassVar[str] = EFFECT

    effect: str
    """The name of the effect."""
    once_per: Literal["request", "key"] = "request"
    """Whose effect it is: one for each request (default), or one for each business key."""
    as_: str | None = None
    """A name for this step."""

    def express(self, verbs: StepVerbs[Meaning]) -> Meaning:
        """Apply the effect."""
        return verbs.effect(self.effect, self.once_per)
