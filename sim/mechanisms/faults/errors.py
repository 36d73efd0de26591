"""A share of requests fails."""

from __future__ import annotations

from typing import ClassVar, Mapping

from sim.fields.labels import percent
from sim.fields.quantity import Share
from sim.mechanisms.faults.base import ServiceFault
from sim.mechanisms.faults.injection import Injection
from sim.mechanisms.faults.parts import CAN_FAIL, Edges, ServicePart
from sim.mechanisms.faults.targets import Indexes
from sim.number_words import share


class Errors(ServiceFault):
    """A share of requests is answered error."""

    verb: ClassVar[str] = "errors"
    tried: ClassVar[tuple[Injection, ...]] = (Injection(("services",), size="share", default="50%"),)
    form_starts: ClassVar[Mapping[str, str]] = {"share": "50%"}

    errors: str
    """The service, or a host."""
    share: Share
    """The share of requests; overlapping ones combine independently."""
    after_work: bool = False
    """Fail after the work is done instead of before it."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return f"{percent(self.share)} errors"

    def sentence(self) -> str:
        """Return what it does, as the story's first clause."""
        return f"{self.struck_part} answers {share(self.share)} of requests with an error"

    def needs(self, indexes: Indexes) -> frozenset[str]:
        """Return that an operation can be made to fail."""
        return frozenset({CAN_FAIL})

    def on_service(self, part: ServicePart) -> list[Edges]:
        """Let some requests fail."""
        return [part.fail(float(self.share), self.after_work)]
