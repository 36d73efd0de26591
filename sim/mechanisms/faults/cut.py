"""A link carries nothing."""

from __future__ import annotations

from typing import ClassVar, Literal

from sim.fields.quantity import LinkName
from sim.mechanisms.faults.base import LinkFault
from sim.mechanisms.faults.injection import Injection
from sim.mechanisms.faults.parts import Edges, LinkPart


class Cut(LinkFault):
    """A link carries nothing; messages that already travel arrive."""

    verb: ClassVar[str] = "cut"
    tried: ClassVar[tuple[Injection, ...]] = (
        Injection(("links",), {"mode": "silent"}),
        Injection(("links",), {"mode": "refuse"}),
        Injection(("links",), {"mode": "reset"}),
    )

    cut: LinkName
    """The link, as `caller -> callee`."""
    mode: Literal["silent", "refuse", "reset"]
    """`silent` (a black hole): messages are lost, and only a timeout reveals it. `refuse`: a sender inside the window
    learns it at once, and so does a caller whose answer would be sent inside it. `reset`: every waiting caller learns
    it when the window begins; the callees continue."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return "cut"

    def sentence(self) -> str:
        """Return what it does, as the story's first clause."""
        refusing = {"silent": "", "refuse": " and refuses calls", "reset": " and resets the calls on it"}[self.mode]
        return f"{self.struck_part} is cut{self.one_way}{refusing}"

    def on_link(self, part: LinkPart) -> Edges:
        """Cut it."""
        return part.cut(self.mode, self.ways)
