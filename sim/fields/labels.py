"""Labels of pictures: the few words about a field on an arrow or under a box.

A defence says its words itself (``labels``), a plain field by a ``Label`` next to its type.

Not modelled: fields that are not given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Sequence

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
    found: list[str] = []
    fields = type(model).model_fields
    for name in (*first, *(name for name in fields if name not in first)):
        info = fields[name]
        value = getattr(model, name)
        if value == info.default:
            continue
        own = next((part for part in info.metadata if isinstance(part, Label)), None)
        if own is not None:
            found.append(own.words(value))
        elif hasattr(value, "labels"):
            found += value.labels()
        else:
            found.append(name.replace("_", " "))
    return tuple(words for words in found if words)


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
