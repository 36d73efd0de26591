"""A rate limiter at the caller."""

from __future__ import annotations

from math import inf
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.fields.quantity import PositiveDuration, RateNumber
from sim.mechanisms.links.base import Decision, LinkDefence
from sim.mechanisms.links.parts import LinkPart
from sim.mechanisms.links.scope import Scope
from sim.mechanisms.loads import IN_LOADS
from sim.policies.limiter import TokenBucket


class CallLimit(LinkDefence):
    """A rate limiter at the caller: a token bucket, full at the start."""

    layer: ClassVar[int] = 80
    decisions: ClassVar[tuple[Decision, ...]] = (
        Decision(
            "stopped by limit", "tries that were not sent: rate limit", reason="rate limit", thing="try",
            does="be stopped by the rate limit", whose="with a `limit`",
        ),
    )  # fmt: skip
    loads: ClassVar[str] = IN_LOADS

    rate: RateNumber
    """Calls per second in the long run."""
    burst: Annotated[int, Field(ge=1)] = 1
    """Calls that may go at once after a pause."""
    when_full: Literal["reject", "wait"] = "reject"
    """Without a token: stop the call, or let it wait for one."""
    max_wait: PositiveDuration | None = None
    """With `wait`: a call that would have to wait longer is stopped."""
    scope: Scope = "link"
    """Who shares it."""

    def labels(self) -> tuple[str, ...]:
        """How many pass a second, and whether the others wait."""
        return (f"limit {self.rate:g}/s{', waits' if self.when_full == 'wait' else ''}",)

    def build(self, link: LinkPart) -> None:
        """Put the rate limiter in."""
        most_s = inf if self.max_wait is None else float(self.max_wait)
        waits = self.when_full == "wait"
        link.limit_rate(self.scope, lambda: TokenBucket(self.rate, self.burst), "rate limit", waits, most_s)
