"""A change of a row of a store."""

from __future__ import annotations

from typing import ClassVar

from sim.mechanisms.steps.base import STORE, Meaning, Step
from sim.mechanisms.steps.parts import StepVerbs


class Write(Step):
    """Write the request's row of a store."""

    verb: ClassVar[str] = "write"
    value: ClassVar[str] = STORE

    write: str
    """The store."""
    if_unchanged: bool = False
    """Only if the row has not been written since this request read it (compare and set); otherwise fail, and the answer
    is an error."""
    as_: str | None = None
    """A name for this step."""

    def express(self, verbs: StepVerbs[Meaning]) -> Meaning:
        """Write."""
        return verbs.write(self.write, self.if_unchanged)
