"""What every step declares: its fields, its verb, what the verb's value is, its recipes, and what it does.

A new step is a subclass of ``Step``, or of ``StepWithOutcome`` if it can fail and continue, in a file of its own, named
in the tuple of ``sim.mechanisms.steps``. ``tests/test_mechanisms.py`` asks it for all of its parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, ForwardRef, Literal, TypeVar, Union

from pydantic import Discriminator, Tag

from sim.errors import not_played
from sim.fields.model import Model
from sim.mechanisms.steps.parts import OutcomeRule, StepVerbs

Meaning = TypeVar("Meaning")

LAW, OPERATION, QUEUE, STORE, CONDITION, EFFECT = "law", "operation", "queue", "store", "condition", "effect"
"""What the value of a verb can be for the rules between steps and the rest of a file."""
ON_ERROR = "on error"
"""The key of the steps that stand in for one that failed."""


class Step(Model):
    """One step of a recipe."""

    verb: ClassVar[str]
    """The key of the format that names it."""
    value: ClassVar[str] = ""
    """What the value of its verb is: LAW, OPERATION, QUEUE, STORE, CONDITION or EFFECT; empty if it is only its own."""
    recipes: ClassVar[tuple[str, ...]] = ()
    """The keys that hold steps of its own."""
    recipe_list: ClassVar[str] = ""
    """The key that holds several recipes of its own."""
    counted_by: ClassVar[str] = ""
    """The key that says how often its own recipes are done."""
    wraps: ClassVar[bool] = False
    """Whether its verb may be written next to another step's, which is then its recipe."""
    bare_word: ClassVar[str] = ""
    """The word that may be written instead of the whole step."""

    @classmethod
    def unfold(cls, written: Any) -> Any:
        """Return what is *written* in its full form, if it is a short form of this step."""
        return written

    def express(self, verbs: StepVerbs[Meaning]) -> Meaning:
        """Say in *verbs* what it does."""
        raise not_played("step", type(self).__name__)


if TYPE_CHECKING:
    Recipe = list[Step]
else:
    Recipe = list[ForwardRef("AnyStep", module="sim.mechanisms.steps")]
"""Steps in turn. All kinds of steps are known only where they are listed, so the type is looked up there."""

OnError = Annotated[
    Union[
        Annotated[Literal["fail", "ignore", "degraded"], Tag("a word")],
        Annotated[Recipe, Tag("steps")],
    ],
    Discriminator(lambda value: "steps" if isinstance(value, list) else "a word"),
]


class StepWithOutcome(Step):
    """A step that can fail without failing its recipe, and whose outcome a later `branch` can ask for."""

    if TYPE_CHECKING:
        on_error: OnError
        as_: str | None

    @property
    def rule(self) -> OutcomeRule:
        """Its name, and what its failure means."""
        return OutcomeRule(self.as_, self.on_error)
