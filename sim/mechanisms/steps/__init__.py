"""Every kind of step: a declaration each, and the one tuple that lists them."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import BeforeValidator, Discriminator, Tag

from sim.mechanisms.steps.base import OnError, Recipe, Step, StepWithOutcome
from sim.mechanisms.steps.branch import Branch
from sim.mechanisms.steps.call import Call
from sim.mechanisms.steps.effect import Effect
from sim.mechanisms.steps.fail import Fail
from sim.mechanisms.steps.parallel import Parallel
from sim.mechanisms.steps.read import Read
from sim.mechanisms.steps.repeat import Repeat
from sim.mechanisms.steps.reply import Reply
from sim.mechanisms.steps.send import Send
from sim.mechanisms.steps.wait import Wait
from sim.mechanisms.steps.work import Work
from sim.mechanisms.steps.write import Write

__all__ = [
    "AnyStep", "Branch", "Call", "Effect", "Fail", "OnError", "Parallel", "Read", "Recipe", "Repeat", "Reply", "STEPS",
    "Send", "Step", "StepWithOutcome", "WRAPPERS", "Wait", "Work", "Write", "step_kind", "unfold_step",
]  # fmt: skip

KINDS: tuple[type[Step], ...] = (
    Work, Wait, Call, Send, Effect, Read, Write, Fail, Reply, Branch, Repeat, Parallel,
)  # fmt: skip
"""All steps, in the order of the reference."""

STEPS: dict[str, type[Step]] = {kind.verb: kind for kind in KINDS}
"""Every kind of step by its verb."""

WRAPPERS: tuple[type[Step], ...] = tuple(kind for kind in KINDS if kind.wraps)
"""The steps whose verb may be written next to another's."""


def step_kind(step: Any) -> str | None:
    """Return the verb of a step (a wrapper's before the verb that it wraps), or None."""
    if isinstance(step, Step):
        return step.verb
    if not isinstance(step, dict):
        return None
    return next((kind.verb for kind in (*WRAPPERS, *KINDS) if kind.verb in step), None)


def unfold_step(step: Any) -> Any:
    """Return *step* in its full form: a bare word, and a verb written next to a wrapper's, are short ones."""
    return reduce(lambda written, kind: kind.unfold(written), KINDS, step)


if TYPE_CHECKING:
    AnyStep = Step
else:
    AnyStep = Annotated[
        Union[tuple(Annotated[kind, Tag(verb)] for verb, kind in STEPS.items())],
        Discriminator(step_kind),
        BeforeValidator(unfold_step),
    ]
