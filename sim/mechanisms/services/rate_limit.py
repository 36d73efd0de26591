"""A rate limiter in each replica of a service."""

from __future__ import annotations

from math import inf
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.fields.quantity import NextTokenField, PositiveDuration, RateNumber
from sim.mechanisms.loads import IN_LOADS
from sim.mechanisms.services.base import Rejection, ServiceRule
from sim.mechanisms.services.parts import ReplicaPart
from sim.policies.limiter import TokenBucket


class RateLimit(ServiceRule):
    """A rate limiter in each replica: a token bucket, full at the start; messages do not need a token."""

    layer: ClassVar[int] = 20
    rejections: ClassVar[tuple[Rejection, ...]] = (
        Rejection(
            "rate limited", "calls rejected because the service's rate limit had no token for them", "rate limit",
            "its rate limit", "with a `limit`",
        ),
    )  # fmt: skip
    loads: ClassVar[str] = IN_LOADS

    rate: RateNumber
    """Calls per second that may pass in the long run, at each replica."""
    burst: Annotated[int, Field(ge=1)] = 1
    """Calls that may pass at once after a pause."""
    when_full: Literal["reject", "wait"] = "reject"
    """Without a token: answer rejected, or let the call wait for one, outside the replica and its waiting places."""
    max_wait: PositiveDuration | None = None
    """With `wait`: a call that would have to wait longer is rejected at once (resilience4j's `timeoutDuration`)."""

    retry_after: NextTokenField | None = None
    """What a rejected caller is asked for: to try again at the `next token`, after a time, or `never` (HTTP
    `Retry-After`). A caller listens if its retry has `pushback`. Default what the service says."""

    def labels(self) -> tuple[str, ...]:
        """How many pass a second, and whether the others wait."""
        return (f"limit {self.rate:g}/s{', waits' if self.when_full == 'wait' else ''}",)

    def build(self, replica: ReplicaPart) -> None:
        """Put the rate limiter in."""
        most_s = inf if self.max_wait is None else float(self.max_wait)
        replica.limit_rate(TokenBucket(self.rate, self.burst), "rate limit", self.when_full == "wait", most_s)
