"""A look at a row of a store."""

from __future__ import annotations

from typing import ClassVar

from sim.mechanisms.steps.base import STORE, Meaning, Step
from sim.mechanisms.steps.parts import StepVerbs


class Read(Step):
    """Read the request's row of a store (one row for each key), so that a later write can compare."""

    verb: ClassVar[str] = "read"
    value: ClassVar[str] = STORE

    read: str
    """The store."""
    as_: str | None = None
    """A name for this step."""

    def express(self, verbs: StepVerbs[Meaning]) -> Meaning:
        """Read."""
        return verbs.read(self.read)
