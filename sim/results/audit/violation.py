"""A violation of an identity, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from sim.errors import describe


@dataclass(frozen=True, slots=True)
class Breach:
    """A violation: *component* must *rule*, but is *got*, at *at_s* if that is known."""

    component: str
    rule: str
    got: object
    at_s: float | None = None

    def __str__(self) -> str:
        place = self.component if self.at_s is None else f"{self.component} at {self.at_s:.9g}s"
        return describe(place, self.rule, self.got)
