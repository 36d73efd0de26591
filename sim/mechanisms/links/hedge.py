"""Hedged calls: a second attempt in a race with a slow first one."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from sim.fields.labels import seconds
from sim.fields.quantity import PositiveDuration, Share
from sim.mechanisms.links.base import Decision, LinkDefence
from sim.mechanisms.links.parts import LinkPart
from sim.policies import hedge as policies


class Hedge(LinkDefence):
    """Send a second attempt when the first takes long, and use whichever answers first."""

    layer: ClassVar[int] = 30
    decisions: ClassVar[tuple[Decision, ...]] = (
        Decision("hedges", "second attempts sent because the first took long", mark="hedge", whose="with a `hedge`"),
    )
    loads: ClassVar[str] = "hedges"

    after: PositiveDuration | None = None
    """Send it after this long (Polly's `Delay`)."""
    percentile: Share | None = None
    """Or after this percentile of the latencies measured so far on the link, such as 95%."""
    most: Annotated[int, Field(ge=1, le=10)] = 1
    """Hedges at most, in addition to the first attempt (Polly's `MaxHedgedAttempts`)."""

    def labels(self) -> tuple[str, ...]:
        """When it sends another, and how many."""
        when = "" if self.after is None else f" after {seconds(self.after)}"
        when += "" if self.percentile is None else f" after p{self.percentile * 100:g}"
        return (f"{'hedge' if self.most == 1 else f'{self.most} hedges'}{when}",)

    def build(self, link: LinkPart) -> None:
        """Put the hedge in."""
        link.hedge(policies.Hedge(self.after, self.percentile, self.most))
