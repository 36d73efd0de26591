"""Every kind of action: a declaration each, and the one tuple that lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import Discriminator, Tag

from sim.fields.model import Model
from sim.mechanisms.actions.base import Action
from sim.mechanisms.actions.scale import Scale
from sim.mechanisms.actions.stop import Stop

__all__ = ["ACTIONS", "Action", "AnyAction", "action_kind"]

KINDS: tuple[type[Action], ...] = (Scale, Stop)
"""All actions, in the order of the reference."""

ACTIONS: dict[str, type[Action]] = {kind.verb: kind for kind in KINDS}
"""Every kind of action by its verb: the key that names its target."""


def action_kind(action: Any) -> str | None:
    """Return the verb of an action, as a model or as it is written in a file; None where it has none."""
    if isinstance(action, Model):
        return getattr(action, "verb", None)
    return next((verb for verb in ACTIONS if verb in action), None) if isinstance(action, dict) else None


if TYPE_CHECKING:
    AnyAction = Action
else:
    AnyAction = Annotated[
        Union[tuple(Annotated[model, Tag(verb)] for verb, model in ACTIONS.items())], Discriminator(action_kind)
    ]
