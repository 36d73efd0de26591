"""The parts of an autoscaler: what it reads besides held worker time, and how fast it follows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.fields.model import Model
from sim.fields.quantity import Duration, Factor, PositiveDuration, PositiveNumber, ScalingStepField, Share
from sim.policies.scaling_behaviour import DOWN_STEPS, UP_STEPS, Direction


class ScalingRules(Model):
    """How fast an autoscaler follows in one direction (Kubernetes: `behavior.scaleUp` and `scaleDown`)."""

    window: Duration | None = None
    """No further than the lowest (up) or the highest (down) number that was asked for within this time
    (`stabilizationWindowSeconds`). Default: 0s up, `down after` down."""
    steps: Annotated[list[ScalingStepField], Field(min_length=1, max_length=10)] | None = None
    """The most it changes within a period (`policies`). Default: `[4 replicas per 15s, 100% per 15s]` up,
    `[100% per 15s]` down."""
    select: Literal["max", "min", "disabled"] = "max"
    """Which step decides: the one that allows the largest change or the smallest; or never scale in this direction
    (`selectPolicy`)."""
    tolerance: Share | None = None
    """A reading within this of its target changes nothing in this direction. Default: `tolerance`."""

    def direction(self, up: bool, window_s: float) -> Direction:
        """Return the rules of this direction; *window_s* is the default of `window`."""
        steps = (UP_STEPS if up else DOWN_STEPS) if self.steps is None else self.steps
        return Direction(window_s if self.window is None else float(self.window), steps, self.select)


class BacklogTarget(Model):
    """Scale by the messages of the queues that the service consumes (KEDA, SQS backlog per instance)."""

    per_replica: PositiveNumber | None = None
    """Messages for each replica that it aims at (KEDA: `queueLength`, default 5, or `lagThreshold`, default 10)."""
    acceptable_latency: PositiveDuration | None = None
    """Together with `time per message` instead of `per replica`: how long a message may wait. AWS: acceptable backlog
    per instance = acceptable latency / time per message."""
    time_per_message: PositiveDuration | None = None
    """How long a replica takes for a message on average."""
    of: str | None = None
    """The queue that counts. Default: all that the service consumes."""
    counts: Literal["all", "waiting"] = "all"
    """All messages, those in delivery and delayed ones included (KEDA: `scaleOnInFlight`), or only those that could be
    delivered now (SQS: `ApproximateNumberOfMessages`)."""
    activation: Annotated[int, Field(ge=0)] = 0
    """With `min replicas: 0`: the source is active with more messages than this (KEDA: `activationQueueLength`)."""
    polls_every: PositiveDuration = 30.0
    """With `min replicas: 0`: how often it looks whether the source is active (KEDA: `pollingInterval`, 30s)."""
    cooldown: Duration = 300.0
    """With `min replicas: 0`: the last replicas are stopped when the source was last active this long ago (KEDA:
    `cooldownPeriod`, 300s)."""

    @property
    def target(self) -> float:
        """Messages for each replica."""
        if self.acceptable_latency is not None and self.time_per_message is not None:
            return float(self.acceptable_latency) / float(self.time_per_message)
        return float(self.per_replica or 0.0)


class ConcurrencyTarget(Model):
    """Scale by the calls in flight, those that wait included, as Knative's pod autoscaler does.

    It is the only metric, and it has its own windows and rates. With `min replicas: 0` calls wait outside for the
    first replica, as at Knative's activator, which is ordered at once. Knative looks every 2s (`every`).
    """

    target: PositiveNumber = 100.0
    """Calls in flight that a replica could have (Knative: `containerConcurrency` or the `target` annotation, 100)."""
    share: Share = 0.7
    """The part of `target` that it aims at (Knative: `target-utilization-percentage`, 70%)."""
    stable_window: PositiveDuration = 60.0
    """It takes the mean over this time (Knative: `stable-window`, 60s)."""
    panic_window: Share = 0.1
    """In panic it takes the mean over this part of the stable window (Knative: `panic-window-percentage`, 10%)."""
    panic_threshold: Factor = 2.0
    """It panics while the panic window asks for this many times the replicas that take calls, and only adds replicas
    until a stable window later (Knative: `panic-threshold-percentage`, 200%)."""
    max_scale_up_rate: Factor = 1000.0
    """At one look, at most this many times the replicas that take calls (Knative: `max-scale-up-rate`, 1000)."""
    max_scale_down_rate: Factor = 2.0
    """At one look, at least one part in this many of them is left (Knative: `max-scale-down-rate`, 2)."""
    scale_down_delay: Duration = 0.0
    """The highest number that was wanted within this time holds (Knative: `scale-down-delay`, 0s)."""
    activation: Annotated[int, Field(ge=1)] = 1
    """Where any replica is wanted, at least this many are (Knative: `activation-scale`, 1)."""
    grace_period: Duration = 30.0
    """With `min replicas: 0`: the last replica stays this long after none is wanted any more (Knative:
    `scale-to-zero-grace-period`, 30s)."""

    @property
    def per_replica(self) -> float:
        """Calls in flight at each replica that it aims at."""
        return float(self.target) * float(self.share)
