"""The same steps several times."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from sim.mechanisms.steps.base import Meaning, Recipe, Step
from sim.mechanisms.steps.parts import StepVerbs

_OWN = ("repeat", "as")


class Repeat(Step):
    """Do the same steps several times, one after another."""

    verb: ClassVar[str] = "repeat"
    recipes: ClassVar[tuple[str, ...]] = ("steps",)
    counted_by: ClassVar[str] = "repeat"
    wraps: ClassVar[bool] = True

    repeat: Annotated[int, Field(ge=1, le=100_000)]
    """How many times."""
    steps: Recipe
    """The steps; a single one may be written next to `repeat`."""
    as_: str | None = None
    """A name for this step."""

    @classmethod
    def unfold(cls, written: Any) -> Any:
        """Return the step with the verb that is written next to `repeat` as its only step."""
        if not isinstance(written, dict) or "repeat" not in written or "steps" in written:
            return written
        inner = {key: value for key, value in written.items() if key not in _OWN}
        return {**{key: value for key, value in written.items() if key in _OWN}, "steps": [inner]}

    def express(self, verbs: StepVerbs[Meaning]) -> Meaning:
        """Do the steps again and again."""
        return verbs.repeat(self.repeat, self.steps)
