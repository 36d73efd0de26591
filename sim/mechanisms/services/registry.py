"""The rules of a service, found in the fields of its model: the one list that everything else is derived from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from sim.fields.model import Model
from sim.mechanisms.services.base import Rejection, ServiceRule, ServiceSwitch
from sim.mechanisms.services.parts import ReplicaPart


@dataclass(frozen=True, slots=True)
class DeclaredRule:
    """A rule at the *field* of a service that holds it; *default* is the field's value where it is not given."""

    field: str
    declaration: type[ServiceRule] | ServiceSwitch
    default: Any

    @property
    def layer(self) -> int:
        """When it is put in, lowest first."""
        return self.declaration.layer

    @property
    def rejections(self) -> tuple[Rejection, ...]:
        """How it rejects calls."""
        return self.declaration.rejections

    @property
    def loads(self) -> str:
        """Its effect on the arithmetic of loads."""
        return self.declaration.loads

    def given(self, service: Model) -> Any:
        """Return its value on *service*; None where it is not given."""
        value = getattr(service, self.field, self.default)
        return None if value == self.default else value

    def build(self, part: ReplicaPart, value: Any) -> None:
        """Put it, with the *value* that is given, into the admission control of a replica."""
        if isinstance(value, ServiceRule):
            value.build(part)
        elif isinstance(self.declaration, ServiceSwitch):
            self.declaration.put(part, value)


def declared_in(model: type[Model]) -> dict[str, DeclaredRule]:
    """Return the rules among the fields of *model*, a service, in the order of its fields."""
    found = {}
    for name, info in model.model_fields.items():
        switch = next((part for part in info.metadata if isinstance(part, ServiceSwitch)), None)
        kinds = [one for one in get_args(info.annotation) if isinstance(one, type) and issubclass(one, ServiceRule)]
        declaration = switch or (kinds[0] if kinds else None)
        if declaration is not None:
            found[name] = DeclaredRule(name, declaration, info.default)
    return found
