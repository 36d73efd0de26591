"""Circuit breakers: by failures in a row, or by rates over a window."""

from __future__ import annotations

from math import inf
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.fields.labels import percent, seconds
from sim.fields.presets import Preset
from sim.fields.quantity import BackoffField, PositiveDuration, Share
from sim.mechanisms.links.base import Decision, LinkDefence
from sim.mechanisms.links.breaker_presets import PRESETS
from sim.mechanisms.links.parts import LinkPart, OnChange
from sim.policies.breaker import CLOSED, OPEN, CircuitBreaker
from sim.policies.rule_breaker import OpeningRule, ProbeRule, RuleBreaker
from sim.policies.tallies import Buckets, LatestCalls, LatestSpan, Tally
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
    presets: ClassVar[tuple[Preset, ...]] = PRESETS

    preset: Literal["resilience4j", "polly", "gobreaker", "opossum", "pybreaker", "failsafe"] | None = None
    """The rules of a product, and its defaults; other keys change its settings."""
    failures: Annotated[int, Field(ge=1)] = 5
    """Consecutive failures that open it, unless a rate is given; with `calls` or `window`: failures in the window."""
    open_for: PositiveDuration = 30.0
    """It stays open for at least this long; calls meanwhile are short-circuited."""
    open_times: BackoffField | None = None
    """Open times that grow, instead of `open for`: the n-th since it last closed (resilience4j's
    `waitIntervalFunctionInOpenState`, Polly's `BreakDurationGenerator`): `exponential 1s factor 2 cap 60s`."""
    stays_open: Literal["at least", "longer than"] = "at least"
    """A call at exactly the end of the open time is a probe, or not yet (resilience4j and gobreaker)."""
    automatic_half_open: bool = False
    """It becomes half-open when the time has come, not when the next call comes (resilience4j's
    `automaticTransitionFromOpenToHalfOpenEnabled`; always in opossum)."""
    probes: Annotated[int, Field(ge=1)] = 1
    """Calls that pass half-open. By failures: all must succeed, the first failure opens it again. By rates: the rates
    over the probes decide."""
    successes: Annotated[int, Field(ge=1)] | None = None
    """Probes that must succeed, if not all (Failsafe's `successThreshold` m of n, pybreaker's `success_threshold`): it
    opens when they no longer can."""
    probe_limit: Literal["in all", "at once", "none"] = "in all"
    """As many probes pass `in all`; or as many are out `at once`, and each outcome frees a place (Failsafe); or every
    call passes while it is half-open (pybreaker)."""
    half_open_judges: Literal["each probe", "at the minimum", "all probes"] | None = None
    """When the probes decide: `each probe` at once (by failures always, and in most products); or by the rates, `at the
    minimum`, after the smaller of `minimum calls` and `probes` (resilience4j; by rates the default); or after `all
    probes`."""
    half_open_at_most: PositiveDuration | None = None
    """Without a decision it stays half-open for this long (resilience4j's `maxWaitDurationInHalfOpenState`)."""
    after_half_open: Literal["open", "closed"] = "open"
    """Its state after that (resilience4j's `transitionToStateAfterWaitDuration`)."""
    failure_rate: Share | None = None
    """Share of failed calls in the window that opens it (resilience4j's `failureRateThreshold`, Polly's
    `FailureRatio`, opossum's `errorThresholdPercentage`)."""
    slow_rate: Share | None = None
    """Share of slow calls in the window that opens it (resilience4j's `slowCallRateThreshold`)."""
    slow_call: PositiveDuration | None = None
    """A call that took longer is slow."""
    calls: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """The window is this many of the latest calls. Without `calls` and `window`: all calls since it last closed."""
    window: PositiveDuration | None = None
    """The window is the calls that ended in this latest span of time (resilience4j's TIME_BASED `slidingWindowSize`,
    Polly's `SamplingDuration`, opossum's `rollingCountTimeout`)."""
    buckets: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """The window is divided into this many buckets, each of which leaves it at once; without them calls leave one by
    one (10 in Polly, Failsafe and by default in opossum; one for each second in resilience4j)."""
    buckets_begin: Literal["clock", "closed", "call"] = "clock"
    """Where a bucket begins: at multiples of its length (resilience4j, opossum), counted from when the breaker `closed`
    (gobreaker, Failsafe), or with the first `call` after the last bucket (Polly)."""
    clears_every: PositiveDuration | None = None
    """While closed, it clears its counts at the first call after this span, and outcomes of calls from before count no
    more (gobreaker's `Interval`)."""
    minimum_calls: Annotated[int, Field(ge=1)] = 10
    """Calls in the window below which a rate opens nothing (resilience4j's `minimumNumberOfCalls`, Polly's
    `MinimumThroughput`, opossum's `volumeThreshold`)."""
    judged_after: Literal["each call", "failures"] = "each call"
    """It can open after each call, or only after one that failed (Polly, gobreaker, opossum, pybreaker)."""
    threshold: Literal["reached", "exceeded"] = "reached"
    """A rate opens it when it is reached, or only above (opossum)."""
    counted_calls: Literal["ended", "sent", "asked"] = "ended"
    """A rate is a share of the calls that ended, of those that were sent (gobreaker), or of all that were asked for,
    stopped ones included (opossum)."""
    late_outcomes: Literal["ignored", "counted"] = "ignored"
    """Outcomes of calls from before the last change of state change nothing (gobreaker), or count in the state that
    they arrive in."""
    keeps_window: bool = False
    """The window continues through all states; without this it is empty when the breaker closes (opossum keeps it)."""
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
        in_row = of or ("" if self.window is not None else " in a row")
        rule = " or ".join(rules) or f"{self.failures} failed{in_row}"
        rule += "" if self.window is None else f" in {seconds(self.window)}"
        which = "retry breaker" if self.guards == "retries" else "breaker"
        which += "" if self.preset is None else f" of {self.preset}"
        whose = {"link": "", "caller": ", per caller", "callee": ", per replica"}[self.scope]
        span = seconds(self.open_for) if self.open_times is None else str(self.open_times)
        return (f"{which}: {rule}", f"opens for {span}{whose}", *self._half_open_label())

    def _half_open_label(self) -> tuple[str, ...]:
        """What closes it, if that is not the common rule."""
        needed = self.probes if self.successes is None else self.successes
        if self.preset is None and self.successes is None:
            return ()
        if self.judged == "each":
            return (f"closes after {needed} of {self.probes} probes",)
        enough = self.probes if self.judged == "all" else min(self.minimum_calls, self.probes)
        return (f"half-open: {self.probes} probes, judged after {enough}",)

    @property
    def judges_rates(self) -> bool:
        """Whether it judges shares of a window instead of failures in a row."""
        return self.failure_rate is not None or self.slow_rate is not None

    @property
    def judged(self) -> str:
        """When its probes decide: ``each``, ``at minimum`` or ``all``."""
        words = {"each probe": "each", "at the minimum": "at minimum", "all probes": "all"}
        if self.half_open_judges is not None:
            return words[self.half_open_judges]
        return "at minimum" if self.judges_rates else "each"

    @property
    def is_plain(self) -> bool:
        """Whether only the rule by failures in a row is given."""
        return self._given_beyond(("failures", "open_for", "probes")) == []

    @property
    def has_rules(self) -> bool:
        """Whether anything is given in which products differ."""
        counts_failures = not self.judges_rates and (self.calls is not None or self.window is not None)
        return counts_failures or self._given_beyond(_COMMON) != []

    def _given_beyond(self, names: tuple[str, ...]) -> list[str]:
        """Return the fields that are not among *names* and have another value than their default."""
        fields = type(self).model_fields.items()
        return [name for name, info in fields if name not in names and getattr(self, name) != info.default]

    def policy(self, on_change: OnChange) -> CircuitBreaker | WindowBreaker | RuleBreaker:
        """Return the policy that decides."""
        if self.has_rules:
            return self._by_rules(on_change)
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

    def _by_rules(self, on_change: OnChange) -> RuleBreaker:
        law, open_for = self.open_times, self.open_for
        opening = OpeningRule(
            None if self.judges_rates else self.failures, self.calls is not None or self.window is not None,
            self.failure_rate, self.slow_rate, self.slow_call, self._least_calls(),
            self.judged_after == "failures", self.threshold == "exceeded", self.counted_calls,
        )  # fmt: skip
        probing = ProbeRule(
            self.probes, self.probes if self.successes is None else self.successes, self.probe_limit, self.judged,
            inf if self.half_open_at_most is None else self.half_open_at_most,
            OPEN if self.after_half_open == "open" else CLOSED,
        )  # fmt: skip
        return RuleBreaker(
            opening, probing, self._tally(), (lambda n: open_for) if law is None else law.wait_s,
            longer=self.stays_open == "longer than", by_itself=self.automatic_half_open,
            clears_s=inf if self.clears_every is None else self.clears_every,
            counts_late=self.late_outcomes == "counted", keeps_tally=self.keeps_window, on_change=on_change,
        )  # fmt: skip

    def _least_calls(self) -> int:
        """Return the minimum of calls: a number of failures needs none that is not given."""
        return self.minimum_calls if self.judges_rates or "minimum_calls" in self.model_fields_set else 1

    def _tally(self) -> Tally:
        if self.calls is not None:
            return LatestCalls(self.calls)
        if self.window is None:
            return Tally()
        if self.buckets is None:
            return LatestSpan(self.window)
        return Buckets(self.window, self.buckets, self.buckets_begin, self.counted_calls == "sent")

    def build(self, link: LinkPart) -> None:
        """Put the breaker in."""
        link.break_circuit(self.scope, self.policy, "breaker open", self.guards == "retries", self.has_rules)


_COMMON = (
    "failures", "open_for", "probes", "failure_rate", "slow_rate", "slow_call", "calls", "window", "minimum_calls",
    "guards", "scope",
)  # fmt: skip
"""What the two common sets of rules play."""
