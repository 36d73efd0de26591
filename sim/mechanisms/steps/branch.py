"""A choice of two ways."""

from __future__ import annotations

from typing import ClassVar

from sim.fields.quantity import ConditionField
from sim.mechanisms.steps.base import CONDITION, Meaning, Recipe, Step
from sim.mechanisms.steps.parts import StepVerbs


class Branch(Step):
    """Go one of two ways: by a share of requests (a request's retries go the same way), by key, or by an outcome."""

    verb: ClassVar[str] = "branch"
    value: ClassVar[str] = CONDITION
    recipes: ClassVar[tuple[str, ...]] = ("then", "else")

    branch: ConditionField
    """`share 30%`, `key 7 8`, or an earlier step's name and outcome: `charge failed`, `charge timeout`."""
    then: Recipe
    """Steps to do when the condition holds."""
    else_: Recipe = []
    """Steps to do otherwise."""
    as_: str | None = None
    """A name for this step."""

    def express(self, verbs: StepVerbs[Meaning]) -> Meaning:
        """Choose."""
        return verbs.branch(self.branch, self.then, self.else_)
