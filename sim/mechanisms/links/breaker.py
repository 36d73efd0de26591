"""Circuit breakers: by failures in a row, or by rates over a window."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.fields.labels import percent, seconds
from sim.fields.quantity import PositiveDuration, Share
from sim.mechanisms.links.base import Decision, LinkDefence
from sim.mechanisms.links.parts import LinkPart, OnChange
from sim.policies.breaker import CircuitBreaker
from sim.policies.window_breaker import WindowBreaker


class Breaker(LinkDefence):
    """Stop calling after too many failures, and try again after a while. The guide's defaults: 5 in a row, 30 s, 1.

    With a failure rate or a slow rate it judges shares of a window instead of failures in a row.
    """

    layer: ClassVar[int] = 60
    decisions: ClassVar[tuple[Decision, ...]] = (
        Decision(
            "stopped by breaker", "tries that were not sent: breaker open", reason="breaker open",
            whose="with a `breaker`",
        ),
    )  # fmt: skip
    loads: ClassVar[str] = "breakers"

    failures: Annotated[int, Field(ge=1)] = 5
    """Consecutive failures that open it, unless a rate is given."""
    open_for: PositiveDuration = 30.0
    """It stays open for at least this long; calls meanwhile are short-circuited."""
    probes: Annotated[int, Field(ge=1)] = 1
    """Calls that pass half-open. By failures: all must succeed, the first failure opens it again. By rates: the rates
    over the probes decide after the last one."""
    failure_rate: Share | None = None
    """Share of failed calls in the window that opens it (resilience4j's `failureRateThreshold`, Polly's
    `FailureRatio`)."""
    slow_rate: Share | None = None
    """Share of slow calls in the window that opens it (resilience4j's `slowCallRateThreshold`)."""
    slow_call: PositiveDuration | None = None
    """A call that took longer is slow."""
    calls: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """The window is this many of the latest calls. Without `calls` and `window`: all calls since it last closed."""
    window: PositiveDuration | None = None
    """The window is the calls that ended in this latest span of time."""
    minimum_calls: Annotated[int, Field(ge=1)] = 10
    """Calls in the window below which a rate opens nothing."""
    guards: Literal["calls", "retries"] = "calls"
    """What it stops: every call, or `retries` only. First tries (and hedges) then always pass. They count while it is
    closed; afterwards only a retry can be a probe."""
    scope: Literal["link", "caller", "callee"] = "link"
    """One breaker for the `link`, one for each `caller` (replica or client instance), or one for each replica of the
    `callee`: a call then goes to a replica whose breaker lets it pass."""

    def labels(self) -> tuple[str, ...]:
        """What opens it, by the rule that it has, for how long, and whose it is."""
        of = "" if self.calls is None else f" of {self.calls} calls"
        rules = [] if self.failure_rate is None else [f"{percent(self.failure_rate)}{of} failed"]
        if self.slow_rate is not None:
            limit = "slow" if self.slow_call is None else f"over {seconds(self.slow_call)}"
            rules.append(f"{percent(self.slow_rate)}{of} {limit}")
        rule = " or ".join(rules) or f"{self.failures} failed in a row"
        rule += "" if self.window is None else f" in {seconds(self.window)}"
        which = "retry breaker" if self.guards == "retries" else "breaker"
        whose = {"link": "", "caller": ", per caller", "callee": ", per replica"}[self.scope]
        return (f"{which}: {rule}", f"opens for {seconds(self.open_for)}{whose}")

    @property
    def judges_rates(self) -> bool:
        """Whether it judges shares of a window instead of failures in a row."""
        return self.failure_rate is not None or self.slow_rate is not None

    @property
    def is_plain(self) -> bool:
        """Whether only the rule by failures in a row is given."""
        plain = ("failures", "open_for", "probes")
        fields = type(self).model_fields.items()
        return all(name in plain or getattr(self, name) == info.default for name, info in fields)

    def policy(self, on_change: OnChange) -> CircuitBreaker | WindowBreaker:
        """Return the policy that decides."""
        if not self.judges_rates:
            return CircuitBreaker(self.failures, self.open_for, self.probes, on_change)
        return WindowBreaker(
            failure_rate=self.failure_rate,
            slow_rate=self.slow_rate,
            slow_call_s=self.slow_call,
            calls=self.calls,
            window_s=self.window,
            minimum_calls=self.minimum_calls,
            open_for_s=self.open_for,
            probes=self.probes,
            on_change=on_change,
        )

    def build(self, link: LinkPart) -> None:
        """Put the breaker in."""
        link.break_circuit(self.scope, self.policy, "breaker open", self.guards == "retries")
