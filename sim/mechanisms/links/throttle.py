"""Adaptive throttling by the caller."""

from __future__ import annotations

from typing import ClassVar

from sim.fields.quantity import Factor, PositiveDuration
from sim.mechanisms.links.base import Decision, LinkDefence
from sim.mechanisms.links.parts import LinkPart
from sim.mechanisms.links.scope import Scope
from sim.policies.throttle import AdaptiveThrottle


class Throttle(LinkDefence):
    """Adaptive client-side throttling: the caller itself stops calls while the callee rejects many."""

    layer: ClassVar[int] = 70
    decisions: ClassVar[tuple[Decision, ...]] = (
        Decision(
            "stopped by throttle", "tries that were not sent: throttled", reason="throttled", thing="try",
            does="be stopped by the adaptive throttle", whose="with a `throttle`",
        ),
    )  # fmt: skip
    loads: ClassVar[str] = "throttles"

    factor: Factor = 2.0
    """How many times the accepted calls may be sent (K): with 2x, half of the calls sent may be rejected."""
    window: PositiveDuration = 120.0
    """The time over which sent and accepted calls are counted."""
    scope: Scope = "link"
    """Who shares it."""

    def labels(self) -> tuple[str, ...]:
        """How many times the accepted calls it sends."""
        return (f"throttle {self.factor:g}x",)

    def build(self, link: LinkPart) -> None:
        """Put the throttle in."""
        uniform = link.uniform("throttling")
        link.admit_by_outcomes(self.scope, lambda: AdaptiveThrottle(self.factor, self.window, uniform), "throttled")
