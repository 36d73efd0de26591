"""Defences of a service: what it does about more work than it can do. Each replica decides by itself."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.fields import PositiveDuration, RateNumber, Share, TargetField
from sim.scenario.models.base import Model


class RateLimit(Model):
    """A rate limiter at the door: a token bucket in each replica, full at the start; messages do not need a token."""

    rate: RateNumber
    """Calls per second that may pass in the long run, at each replica."""
    burst: Annotated[int, Field(ge=1)] = 1
    """Calls that may pass at once after a pause."""
    when_full: Literal["reject", "wait"] = "reject"
    """Without a token: answer rejected, or let the call wait for one, outside the door and its waiting places."""
    max_wait: PositiveDuration | None = None
    """With `wait`: a call that would have to wait longer is rejected at once (resilience4j's `timeoutDuration`)."""


class Shed(Model):
    """Load shedding: answer rejected at once rather than too late. Several rules may stand side by side."""

    line_length: Annotated[int, Field(ge=1)] | None = None
    """A call that finds so many in line is turned away."""
    by_priority: Annotated[list[Share], Field(min_length=1, max_length=10)] | None = None
    """The share of the waiting places up to which each priority may join the line, priority 0 first: `[100%, 50%]`.
    Less important priorities than there are shares count as the last."""
    codel: TargetField | None = None
    """CoDel, when a worker takes from the line: drop one, then ever more, while all have waited longer than the target
    for an interval: `target 5ms interval 100ms`."""
    controlled_delay: TargetField | None = None
    """How long one may wait in line: the interval, but only the target once the line has not been empty for an
    interval: `target 5ms interval 100ms`. Goes well with `line: adaptive lifo`."""
