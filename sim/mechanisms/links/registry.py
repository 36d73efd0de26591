"""The defences of a link, found in the fields of its model: the one list that everything else is derived from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from sim.fields.model import Model
from sim.mechanisms.links.base import Decision, LinkDefence, LinkSwitch
from sim.mechanisms.links.parts import LinkPart


@dataclass(frozen=True, slots=True)
class DeclaredDefence:
    """A defence at the *field* of a link that holds it; *default* is the field's value where it is not given."""

    field: str
    declaration: type[LinkDefence] | LinkSwitch
    default: Any

    @property
    def layer(self) -> int:
        """Its place in the pipeline, from the outside in."""
        return self.declaration.layer

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What it decides."""
        return self.declaration.decisions

    @property
    def loads(self) -> str:
        """What the arithmetic of loads knows of it."""
        return self.declaration.loads

    def given(self, link: Model) -> Any:
        """Return its value on *link*; None where it is not given."""
        value = getattr(link, self.field, self.default)
        return None if value == self.default else value

    def makes(self, decision: Decision, link: Model) -> bool:
        """Whether *link* can make this decision."""
        value = self.given(link)
        return value is not None and bool(decision.made_by(value))

    def is_plain(self, link: Model) -> bool:
        """Whether the fast kind of call plays what is given of it, or nothing is."""
        value = self.given(link)
        return value is None or (isinstance(value, LinkDefence) and value.is_plain)

    def build(self, part: LinkPart, value: Any) -> None:
        """Put it, with the *value* that is given, into the pipeline of a link."""
        if isinstance(value, LinkDefence):
            value.build(part)
        elif isinstance(self.declaration, LinkSwitch):
            self.declaration.put(part, value)


def declared_in(model: type[Model]) -> dict[str, DeclaredDefence]:
    """Return the defences among the fields of *model*, a link, from the outside in."""
    found = []
    for name, info in model.model_fields.items():
        switch = next((part for part in info.metadata if isinstance(part, LinkSwitch)), None)
        kinds = [one for one in get_args(info.annotation) if isinstance(one, type) and issubclass(one, LinkDefence)]
        declaration = switch or (kinds[0] if kinds else None)
        if declaration is not None:
            found.append(DeclaredDefence(name, declaration, info.default))
    return {one.field: one for one in sorted(found, key=lambda one: one.layer)}
