"""A link loses messages."""

from __future__ import annotations

from typing import ClassVar, Mapping

from sim.fields.labels import percent
from sim.fields.quantity import LinkName, Share
from sim.mechanisms.faults.base import LinkFault
from sim.mechanisms.faults.injection import Injection
from sim.mechanisms.faults.parts import Edges, LinkPart
from sim.number_words import share


class Lose(LinkFault):
    """A link loses messages."""

    verb: ClassVar[str] = "lose"
    tried: ClassVar[tuple[Injection, ...]] = (
        Injection(("links",), size="share", default="20%"),
        Injection(("links with paths",), {"replicas": 1}, size="share", default="20%"),
    )
    form_starts: ClassVar[Mapping[str, str]] = {"share": "50%"}

    lose: LinkName
    """The link, as `caller -> callee`."""
    share: Share
    """The share lost; overlapping ones combine independently."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return f"{percent(self.share)} lost"

    def sentence(self) -> str:
        """Return what it does, as the story's first clause."""
        return f"{self.struck_part} loses {share(self.share)} of what it carries,{self.one_way or ' each way'},"

    def on_link(self, part: LinkPart) -> Edges:
        """Lose the share."""
        return part.lose(float(self.share), self.ways)
