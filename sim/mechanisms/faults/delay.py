"""A link takes longer."""

from __future__ import annotations

from typing import ClassVar, Mapping

from sim.fields.quantity import LawField, LinkName
from sim.mechanisms.faults.base import LinkFault
from sim.mechanisms.faults.injection import Injection
from sim.mechanisms.faults.parts import Edges, LinkPart
from sim.number_words import seconds


class Delay(LinkFault):
    """A link takes longer."""

    verb: ClassVar[str] = "delay"
    tried: ClassVar[tuple[Injection, ...]] = (
        Injection(("links",), size="by", default="1s"),
        Injection(("links with paths",), {"replicas": 1}, size="by", default="1s"),
    )
    form_starts: ClassVar[Mapping[str, str]] = {"by": "500ms"}

    delay: LinkName
    """The link, as `caller -> callee`."""
    by: LawField
    """The added one-way time; overlapping ones add."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return f"{self.by} later"

    def sentence(self) -> str:
        """Return what it does, as the story's first clause."""
        return f"{self.struck_part} takes longer, by {seconds(self.by.mean)} on average{self.one_way or ' each way'},"

    def on_link(self, part: LinkPart) -> Edges:
        """Add the time."""
        return part.delay(self.by, self.ways)
