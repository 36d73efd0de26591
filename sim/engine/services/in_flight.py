"""The calls inside one replica, and the limit on them that finds its own size."""

from __future__ import annotations

from typing import Any

from sim.errors import not_played
from sim.outcomes import PENDING
from sim.policies.concurrency import Aimd, Gradient
from sim.record.recorder import reason_code
from sim.scenario import models


def policy_of(model: models.Concurrency) -> Aimd | Gradient:
    """Return a fresh policy as *model* describes it."""
    if model.kind == "aimd":
        slow_s = {} if model.slow_call is None else {"timeout_s": float(model.slow_call)}
        return Aimd(model.initial, model.least, model.most, float(model.backoff), **slow_s)
    if model.kind != "gradient":
        raise not_played("limit on calls in flight", model.kind)
    return Gradient(
        model.initial,
        model.least,
        model.most,
        float(model.smoothing),
        float(model.tolerance),
        model.queue,
        model.window,
    )


class InFlight:
    """The calls inside one replica, and how many there may be."""

    __slots__ = ("policy", "inside", "hears_drops", "reason")

    def __init__(self, model: models.Concurrency, component: int) -> None:
        self.policy = policy_of(model)
        self.inside: dict[Any, int] = {}
        """Each call, with how many were inside when it began."""
        self.hears_drops = model.kind == "aimd"
        self.reason = reason_code(component, "concurrency limit")

    def admits(self, replica: Any, attempt: Any, now: float) -> bool:
        """Whether *attempt* may enter; it counts as inside from now on."""
        if len(self.inside) >= self.policy.limit:
            return False
        self.inside[attempt] = len(self.inside) + 1
        return True

    def left(self, attempt: Any, now: float, rejected: bool = False) -> None:
        """*attempt* is over here: learn from it."""
        in_flight = self.inside.pop(attempt, 0)
        if in_flight and (self.hears_drops or not rejected):
            dropped = rejected or attempt.outcome != PENDING
            self.policy.record(now, now - attempt.entered_at, in_flight, dropped)
