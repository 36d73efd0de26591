"""Bulkheads: a bound on how many calls of a link are out at once."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from sim.fields.labels import many
from sim.fields.quantity import Count, PositiveDuration
from sim.mechanisms.links.base import Decision, LinkDefence
from sim.mechanisms.links.parts import LinkPart
from sim.mechanisms.links.scope import Scope


class Bulkhead(LinkDefence):
    """Limit the number of concurrent calls on this link, so that one callee cannot take all the caller's workers."""

    layer: ClassVar[int] = 90
    decisions: ClassVar[tuple[Decision, ...]] = (
        Decision(
            "stopped by bulkhead", "tries that were not sent: bulkhead full", reason="bulkhead full", thing="try",
            does="be stopped by the full bulkhead", whose="with a `bulkhead`",
        ),
    )  # fmt: skip
    loads: ClassVar[str] = "bulkheads"

    max_concurrent_calls: Annotated[int, Field(ge=1)]
    """Attempts out at once (resilience4j's `maxConcurrentCalls`, Polly's `PermitLimit`)."""
    max_waiting: Count = 0
    """Attempts that may wait for a place (Polly's `QueueLimit`); a further one is stopped at once."""
    max_wait: PositiveDuration | None = None
    """How long one may wait (resilience4j's `maxWaitDuration`)."""
    scope: Scope = "link"
    """Who shares it: all callers together, or each `caller` has its own."""

    def labels(self) -> tuple[str, ...]:
        """How many calls may be out, and how many may wait."""
        waiting = f" + {many(self.max_waiting)} waiting" if self.max_waiting else ""
        return (f"bulkhead {self.max_concurrent_calls}{waiting}",)

    def build(self, link: LinkPart) -> None:
        """Put the bulkhead in."""
        link.limit_concurrency(self.scope, self.max_concurrent_calls, "bulkhead full", self.max_waiting, self.max_wait)
