"""Load shedding by a service."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from sim.fields.labels import seconds
from sim.fields.quantity import RetryAfterField, Share, TargetField
from sim.mechanisms.services.base import Rejection, ServiceRule
from sim.mechanisms.services.parts import ReplicaPart
from sim.policies.shedding import CoDel, ControlledDelay


class Shed(ServiceRule):
    """Load shedding: reject at once rather than answer too late. Several rules can be given together."""

    layer: ClassVar[int] = 40
    rejections: ClassVar[tuple[Rejection, ...]] = (
        Rejection(
            "shed", "calls rejected by the service's load shedding, on joining or on leaving the line", "shed",
            "load shedding", "with `shed`",
        ),
    )  # fmt: skip
    loads: ClassVar[str] = "load shedding"

    line_length: Annotated[int, Field(ge=1)] | None = None
    """A call that finds this many calls in the queue is rejected."""
    by_priority: Annotated[list[Share], Field(min_length=1, max_length=10)] | None = None
    """The share of the waiting places up to which each priority may join the line, priority 0 first: `[100%, 50%]`.
    Less important priorities than there are shares count as the last."""
    codel: TargetField | None = None
    """CoDel, when a worker takes from the line: drop one, then ever more, while all have waited longer than the target
    for an interval: `target 5ms interval 100ms`."""
    controlled_delay: TargetField | None = None
    """How long one may wait in line: the interval, but only the target once the line has not been empty for an
    interval: `target 5ms interval 100ms`. Goes well with `line: adaptive lifo`."""

    retry_after: RetryAfterField | None = None
    """What a rejected caller is asked for: to try again after a time, or `never`. Default what the service says."""

    def labels(self) -> tuple[str, ...]:
        """By which rules it turns away."""
        rules = [f"sheds from {self.line_length} in line"] if self.line_length is not None else []
        rules += ["sheds by priority"] if self.by_priority is not None else []
        rules += [f"CoDel {seconds(self.codel.target_s)}"] if self.codel is not None else []
        rules += [f"controlled delay {seconds(self.controlled_delay.target_s)}"] if self.controlled_delay else []
        return tuple(rules)

    def build(self, replica: ReplicaPart) -> None:
        """Put in the rules that are given."""
        if self.line_length is not None:
            replica.limit_queue(self.line_length, "shed")
        if self.by_priority is not None:
            replica.shed_by_priority(self.by_priority, "shed")
        if self.codel is not None:
            replica.drop_on_leaving(CoDel(self.codel.target_s, self.codel.interval_s), "shed")
        if self.controlled_delay is not None:
            target = self.controlled_delay
            replica.bound_waits(ControlledDelay(target.target_s, target.interval_s), "shed")
