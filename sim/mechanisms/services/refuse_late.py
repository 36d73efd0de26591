"""Refusing work that cannot be done in its caller's time."""

from __future__ import annotations

from typing import ClassVar

from sim.fields.quantity import Duration
from sim.mechanisms.services.base import Rejection, ServiceRule
from sim.mechanisms.services.parts import ReplicaPart


class RefuseLate(ServiceRule):
    """Reject a call that its caller cannot use any more: on arrival, and when a worker would take it.

    Only calls over links with `propagate deadline: true` bring along how much time is left.
    """

    layer: ClassVar[int] = 10
    rejections: ClassVar[tuple[Rejection, ...]] = (
        Rejection(
            "refused late", "calls rejected because they could not be done before their caller's time was over",
            "out of time", "refusing what its caller cannot use in time", "with `refuse late`",
        ),
    )  # fmt: skip

    least_time: Duration = 0.0
    """The least time that a request needs here: one whose caller's time ends sooner is refused."""

    def labels(self) -> tuple[str, ...]:
        """That it refuses."""
        return ("refuses late calls",)

    def build(self, replica: ReplicaPart) -> None:
        """Put the rule in."""
        replica.refuse_late(float(self.least_time), "out of time")
