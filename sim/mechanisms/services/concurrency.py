"""Adaptive limits on the calls in flight at a replica."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.errors import not_played
from sim.fields.quantity import Factor, PositiveDuration, Share
from sim.mechanisms.services.base import Rejection, ServiceRule
from sim.mechanisms.services.parts import ReplicaPart
from sim.policies.concurrency import Aimd, Gradient


class Concurrency(ServiceRule):
    """A limit on calls in flight that finds its own size, in each replica: the next call is answered rejected.

    A call is in flight from entering the replica to leaving it, its time in line included.
    """

    layer: ClassVar[int] = 90  # the last to be asked at entry: a call that it admits is inside
    rejections: ClassVar[tuple[Rejection, ...]] = (
        Rejection(
            "over concurrency limit", "calls rejected because as many were in flight as the limit allows",
            "concurrency limit", "its limit on calls in flight", "with `concurrency`",
        ),
    )  # fmt: skip
    loads: ClassVar[str] = "limits on calls in flight"

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
    """`gradient`: latency up to this many times the long-term mean is not a sign of overload."""
    queue: Annotated[int, Field(ge=1)] = 4
    """`gradient`: how many more calls it tries to let in each time."""
    window: Annotated[int, Field(ge=1)] = 600
    """`gradient`: over about how many calls the long-term mean is taken."""

    def labels(self) -> tuple[str, ...]:
        """Which limit it is."""
        return (f"{'AIMD' if self.kind == 'aimd' else self.kind} limit",)

    def policy(self) -> Aimd | Gradient:
        """Return a fresh policy."""
        if self.kind == "aimd":
            slow_s = {} if self.slow_call is None else {"timeout_s": float(self.slow_call)}
            return Aimd(self.initial, self.least, self.most, float(self.backoff), **slow_s)
        if self.kind != "gradient":
            raise not_played("limit on calls in flight", self.kind)
        smoothing, tolerance = float(self.smoothing), float(self.tolerance)
        return Gradient(self.initial, self.least, self.most, smoothing, tolerance, self.queue, self.window)

    def build(self, replica: ReplicaPart) -> None:
        """Put the limit in."""
        replica.limit_in_flight(self.policy(), "concurrency limit", self.kind == "aimd")
