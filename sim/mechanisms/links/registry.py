"""The defences of a link, found in the fields of its model: the one list that everything else is derived from."""

from __future__ import annotations

from typing import Any

from sim.fields.model import Model
from sim.mechanisms.declared import Declared, declarations
from sim.mechanisms.links.base import Decision, LinkDefence, LinkSwitch


class DeclaredDefence(Declared):
    """A defence of a link."""

    __slots__ = ()

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What it decides."""
        found: tuple[Decision, ...] = self.declaration.decisions
        return found

    def makes(self, decision: Decision, link: Any) -> bool:
        """Whether *link*, or an override of it, can make this decision."""
        values = [self.given(one) for one in link.versions]
        return any(value is not None and bool(decision.made_by(value)) for value in values)

    def is_plain(self, link: Model) -> bool:
        """Whether the fast kind of call plays what is given of it, or nothing is."""
        value = self.given(link)
        return value is None or (isinstance(value, LinkDefence) and value.is_plain)


def declared_in(model: type[Model]) -> dict[str, DeclaredDefence]:
    """Return the defences among the fields of *model*, a link, from the outside in."""
    found = [DeclaredDefence(*one) for one in declarations(model, LinkDefence, LinkSwitch)]
    return {one.field: one for one in sorted(found, key=lambda one: one.layer)}
