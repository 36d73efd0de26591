"""The rules of a service, found in the fields of its model: the one list that everything else is derived from."""

from __future__ import annotations

from sim.fields.model import Model
from sim.mechanisms.declared import Declared, declarations
from sim.mechanisms.services.base import Rejection, ServiceRule, ServiceSwitch


class DeclaredRule(Declared):
    """A rule of a service."""

    __slots__ = ()

    @property
    def rejections(self) -> tuple[Rejection, ...]:
        """How it rejects calls."""
        found: tuple[Rejection, ...] = self.declaration.rejections
        return found

    @property
    def reasons(self) -> tuple[str, ...]:
        """The record's reasons for which calls that have begun end by it."""
        found: tuple[str, ...] = getattr(self.declaration, "reasons", ())
        return found


def declared_in(model: type[Model]) -> dict[str, DeclaredRule]:
    """Return the rules among the fields of *model*, a service, in the order of its fields."""
    return {name: DeclaredRule(name, *rest) for name, *rest in declarations(model, ServiceRule, ServiceSwitch)}
