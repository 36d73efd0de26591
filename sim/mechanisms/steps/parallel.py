"""Several recipes at once."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Union

from pydantic import BeforeValidator, Discriminator, Field, Tag

from sim.mechanisms.steps.base import Meaning, OnError, Recipe, StepWithOutcome
from sim.mechanisms.steps.parts import StepVerbs


class Parallel(StepWithOutcome):
    """Do several recipes at once and continue when enough of them ended well.

    Losers are abandoned and run on until the recipe around them has ended; then they begin nothing more, no retry
    either.
    """

    verb: ClassVar[str] = "parallel"
    recipe_list: ClassVar[str] = "parallel"
    counted_by: ClassVar[str] = "times"

    parallel: list[Annotated[Recipe, BeforeValidator(lambda x: [x] if isinstance(x, dict) else x)]] = Field(
        min_length=1
    )
    """The recipes; a single step needs no list."""
    times: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Play the whole set this many times."""
    join: Annotated[
        Union[Annotated[Literal["all"], Tag("a word")], Annotated[int, Field(ge=1), Tag("a number")]],
        Discriminator(lambda value: "a word" if isinstance(value, str) else "a number"),
    ] = "all"
    """`all`, or how many must end well; it fails as soon as that is impossible."""
    on_error: OnError = "fail"
    """What a failed join means here, as for `call`."""
    as_: str | None = None
    """A name for this step."""

    def express(self, verbs: StepVerbs[Meaning]) -> Meaning:
        """Begin all recipes, and join them."""
        total = len(self.parallel) * self.times
        needed = total if self.join == "all" else int(self.join)
        return verbs.parallel(self.parallel, self.times, needed, self.rule)
