"""A cache in front of a call."""

from __future__ import annotations

from typing import ClassVar

from sim.fields.labels import many, percent, seconds
from sim.fields.quantity import PositiveCount, PositiveDuration, Share
from sim.mechanisms.links.base import Decision, LinkDefence
from sim.mechanisms.links.parts import LinkPart
from sim.mechanisms.links.scope import Scope
from sim.mechanisms.loads import IN_LOADS
from sim.policies import cache as policies
from sim.quantities import UNLIMITED


class Cache(LinkDefence):
    """Keep good answers in front of the call, by business key; empty at the start. Cache only reads."""

    layer: ClassVar[int] = 10
    decisions: ClassVar[tuple[Decision, ...]] = (
        Decision("cache hits", "calls answered from the cache", mark="cache hit", whose="with a `cache`"),
        Decision(
            "coalesced", "calls that waited for another's answer to the same key", mark="coalesced",
            whose="with a `cache` that coalesces", made_by=lambda cache: bool(cache.coalesce),
        ),
    )  # fmt: skip
    loads: ClassVar[str] = IN_LOADS

    entries: PositiveCount = UNLIMITED
    """Answers that fit; the one unused for longest makes room."""
    expire_after: PositiveDuration | None = None
    """How long an answer is good; default for ever."""
    hit_ratio: Share | None = None
    """Instead of keys: each call is answered from the cache with this probability."""
    coalesce: bool = False
    """Calls for a key that is being fetched wait for that answer instead of calling too (single flight)."""
    scope: Scope = "link"
    """One cache for all callers, or one in each `caller`, which is lost when that caller crashes."""

    def labels(self) -> tuple[str, ...]:
        """What it holds, or how often it answers."""
        parts = [f"{percent(self.hit_ratio)} hits"] if self.hit_ratio is not None else []
        parts += [f"{many(self.entries)} entries"] if self.entries != UNLIMITED else []
        parts += [seconds(self.expire_after)] if self.expire_after is not None else []
        parts += ["coalescing"] if self.coalesce else []
        return (" ".join(["cache", ", ".join(parts)]).strip(),)

    def build(self, link: LinkPart) -> None:
        """Put the cache in."""
        link.cache(self.scope, lambda: policies.Cache(self.entries, self.expire_after), self.coalesce, self.hit_ratio)
