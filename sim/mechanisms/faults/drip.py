"""A link with a limited throughput."""

from __future__ import annotations

from typing import ClassVar

from sim.fields.quantity import LinkName, RateNumber
from sim.mechanisms.faults.base import LinkFault
from sim.mechanisms.faults.injection import Injection
from sim.mechanisms.faults.parts import Edges, LinkPart
from sim.number_words import number


class Drip(LinkFault):
    """A link carries a limited number of messages a second; the others wait in order for their turn.

    Each direction has its own queue, without a bound. When the window ends, all that wait leave at once.
    """

    verb: ClassVar[str] = "drip"
    tried: ClassVar[tuple[Injection, ...]] = (Injection(("links",), size="rate", default="5/s"),)

    drip: LinkName
    """The link, as `caller -> callee`."""
    rate: RateNumber
    """Messages a second, each way, one at a time in equal spaces: `5/s`. The lowest of overlapping ones counts."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return f"{self.rate:g}/s through"

    def sentence(self) -> str:
        """Return what it does, as the story's first clause."""
        return f"{self.struck_part} lets {number(self.rate)} messages a second through{self.one_way or ' each way'},"

    def on_link(self, part: LinkPart) -> Edges:
        """Limit the throughput."""
        return part.limit(float(self.rate), self.ways)
