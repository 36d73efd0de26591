"""Defences of a service against more work than it can do. Each replica decides by itself."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.fields.labels import seconds
from sim.fields.model import Model
from sim.fields.quantity import Duration, Factor, PositiveDuration, RateNumber, Share, TargetField


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

    def labels(self) -> tuple[str, ...]:
        """How many pass a second, and whether the others wait."""
        return (f"limit {self.rate:g}/s{', waits' if self.when_full == 'wait' else ''}",)


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

    def labels(self) -> tuple[str, ...]:
        """By which rules it turns away."""
        rules = [f"sheds from {self.line_length} in line"] if self.line_length is not None else []
        rules += ["sheds by priority"] if self.by_priority is not None else []
        rules += [f"CoDel {seconds(self.codel.target_s)}"] if self.codel is not None else []
        rules += [f"controlled delay {seconds(self.controlled_delay.target_s)}"] if self.controlled_delay else []
        return tuple(rules)


class Concurrency(Model):
    """A limit on calls in flight that finds its own size, in each replica: the next call is answered rejected.

    A call is in flight from entering the replica to leaving it, its time in line included.
    """

    kind: Literal["aimd", "gradient"]
    """`aimd` grows by one with each call that went well and shrinks with each that was dropped (it was rejected, took
    too long, or its caller had gone); `gradient` shrinks as latency grows beyond what it has been for long."""
    initial: Annotated[int, Field(ge=1)] = 20
    """The limit at the start, and after a crash."""
    least: Annotated[int, Field(ge=1)] = 1
    """It does not fall below this."""
    most: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    """It does not grow above this."""
    backoff: Share = 0.9
    """`aimd`: what is left of the limit after a drop."""
    slow_call: PositiveDuration | None = None
    """`aimd`: a call that took longer counts as dropped."""
    smoothing: Share = 0.2
    """`gradient`: how far the limit moves at a time towards where latency says it should be."""
    tolerance: Factor = 1.5
    """`gradient`: latency up to so many times the long-term mean is no sign of overload."""
    queue: Annotated[int, Field(ge=1)] = 4
    """`gradient`: how many more calls it tries to let in each time."""
    window: Annotated[int, Field(ge=1)] = 600
    """`gradient`: over about how many calls the long-term mean is taken."""

    def labels(self) -> tuple[str, ...]:
        """Which limit it is."""
        return (f"{'AIMD' if self.kind == 'aimd' else self.kind} limit",)


class RefuseLate(Model):
    """Answer rejected at once, on arrival and when a worker would take it, what its caller cannot use any more.

    Only calls over links with `propagate deadline: true` bring along how much time is left.
    """

    least_time: Duration = 0.0
    """The least time that a request needs here: one whose caller's time ends sooner is refused."""

    def labels(self) -> tuple[str, ...]:
        """That it refuses."""
        return ("refuses late calls",)


class Autoscale(Model):
    """Keep utilisation near a target by starting and stopping replicas; `replicas` is how many there are at first."""

    target_utilisation: Share
    """Held worker time over all worker time that it aims at."""
    max_replicas: Annotated[int, Field(ge=1, le=1000)]
    """Replicas at most."""
    min_replicas: Annotated[int, Field(ge=1, le=1000)] = 1
    """Replicas at least."""
    every: PositiveDuration = 15.0
    """How often it looks, at the mean utilisation since it last did (Kubernetes: 15s)."""
    boot: PositiveDuration = 60.0
    """How long after the decision a new replica takes its first call, cold."""
    tolerance: Share = 0.1
    """Nothing changes while utilisation over target is within this of 1 (Kubernetes: 10%)."""
    down_after: Duration = 300.0
    """Replicas are stopped only when so few would have done for this long (Kubernetes: 300s). They drain: finish what
    they have and take nothing new."""

    def labels(self) -> tuple[str, ...]:
        """Between which numbers of replicas it scales."""
        return (f"scales {self.min_replicas} to {self.max_replicas}",)
