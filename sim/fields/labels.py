"""Labels of pictures: the few words about a field on an arrow or under a box.

A defence says its words itself (``labels``), a plain field by a ``Label`` next to its type.

Not modelled: fields that are not given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Collection, Sequence

from sim.fields.model import Model
from sim.quantities import UNLIMITED


@dataclass(frozen=True, slots=True)
class Label:
    """How the value of a field reads; metadata of its type."""

    words: Callable[[Any], str]


UNSAID = Label(lambda value: "")
"""For a field that a picture leaves out, or shows elsewhere."""


def labels(model: Model, first: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the words for what is given in *model*, field by field; one without words of its own is named.

    The fields named in *first* come first, in this order.
    """
    fields = type(model).model_fields
    names = (*first, *(name for name in fields if name not in first))
    return tuple(words for name in names for words in _words(model, name) if words)


def differences(model: Model, base: Model, own: Collection[str]) -> tuple[str, ...]:
    """Return the words for what *model* has instead of *base*, or as its *own*: also what it does not have."""
    found: list[str] = []
    for name in type(model).model_fields:
        if name == "operations" or (getattr(model, name) == getattr(base, name) and name not in own):
            continue
        found += _words(model, name) or [f"no {name.replace('_', ' ')}"]
    return tuple(words for words in found if words)


def _words(model: Model, name: str) -> Sequence[str]:
    """Return the words for the field *name* of *model*; none if it is not given."""
    info, value = type(model).model_fields[name], getattr(model, name)
    if value == info.default:
        return ()
    own = next((part for part in info.metadata if isinstance(part, Label)), None)
    if own is not None:
        return (own.words(value),)
    return tuple(value.labels()) if hasattr(value, "labels") else (name.replace("_", " "),)


def seconds(value: float) -> str:
    """Return a span in the unit that reads best.

    >>> [seconds(x) for x in (0.0015, 0.25, 1.5, 30)]
    ['1.5 ms', '250 ms', '1.5 s', '30 s']
    """
    return f"{value * 1e3:.3g} ms" if value < 1 else f"{value:.4g} s"


def many(value: float) -> str:
    """Return a count, or the sign for one without a bound."""
    return "∞" if value == UNLIMITED else f"{value:,g}"


def percent(share: float) -> str:
    """Return a share as a percentage with as few digits as it has.

    >>> percent(0.3), percent(0.005)
    ('30%', '0.5%')
    """
    return f"{share * 100:.3g}%"
