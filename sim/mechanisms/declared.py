"""Mechanisms that are fields of a model: each found once, in the types of the fields, with what it declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator, get_args

from sim.fields.model import Model


@dataclass(frozen=True, slots=True)
class Declared:
    """A mechanism at the *field* that holds it; *default* is the field's value where it is not given.

    Its *declaration* is a model with the settings (``LinkDefence``, ``ServiceRule``), or a switch, which is metadata of
    the field's type (``LinkSwitch``, ``ServiceSwitch``).
    """

    field: str
    declaration: Any
    default: Any

    @property
    def layer(self) -> int:
        """Its place among the mechanisms of its part, lowest first."""
        return int(self.declaration.layer)

    @property
    def loads(self) -> str:
        """Its effect on the arithmetic of loads (``loads``)."""
        return str(self.declaration.loads)

    def given(self, model: Model) -> Any:
        """Return its value in *model*; None where it is not given."""
        value = getattr(model, self.field, self.default)
        return None if value == self.default else value

    def build(self, part: Any, value: Any) -> None:
        """Put it, with the *value* that is given, into *part* (the Protocol of its room's ``parts``)."""
        if isinstance(self.declaration, type):
            value.build(part)
        else:
            self.declaration.put(part, value)


def declarations(model: type[Model], kind: type[Model], switch: type) -> Iterator[tuple[str, Any, Any]]:
    """Yield field, declaration and default of each mechanism in *model*: a model of *kind*, or a *switch*."""
    for name, info in model.model_fields.items():
        models = [one for one in get_args(info.annotation) if isinstance(one, type) and issubclass(one, kind)]
        found = [*(part for part in info.metadata if isinstance(part, switch)), *models]
        if found:
            yield name, found[0], info.default
