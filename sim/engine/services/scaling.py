"""The kinds of autoscalers: what each reads from the replicas and queues of its service, and the policy that it asks.

::

    HeldTimeScaler     held worker time alone, without limits: ``sim.policies.autoscaler``
    HorizontalScaler   several metrics, windows and steps, as Kubernetes and KEDA do
    ConcurrencyScaler  calls in flight, as Knative does

Each is asked at every tick (``sample``) and at every look (``decide``). ``AutoscalingGroup`` starts and stops replicas.

Not modelled: the delay of a metrics pipeline; a reading is up to date.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sim.mechanisms.services.autoscale import METRICS
from sim.mechanisms.services.scaling import ConcurrencyTarget
from sim.policies.activation import Activation
from sim.policies.autoscaler import Autoscaler
from sim.policies.concurrency_autoscaler import ConcurrencyAutoscaler, WindowMeans
from sim.policies.scaling_behaviour import Direction, ScalingBehaviour
from sim.policies.scaling_metrics import Tolerance, replicas_for_mean, replicas_for_ratio, replicas_for_total

if TYPE_CHECKING:
    from sim.engine.services.replica import Replica
    from sim.mechanisms.services.autoscale import Autoscale

HELD, CPU, BACKLOG, CONCURRENCY = METRICS


class Group(Protocol):
    """The replicas of a service as its autoscaler sees them."""

    waiting: list[Any]
    """Calls that wait outside for the first replica."""
    queues: tuple[Any, ...]
    """The queues that the service consumes."""
    cores: float
    """The cores of a replica, of which the target for CPU is a share."""

    @property
    def model(self) -> Autoscale:
        """The description."""
        ...

    @property
    def service(self) -> Any:
        """The service."""
        ...

    @property
    def now(self) -> float:
        """The instant."""
        ...

    def up(self) -> list[Replica]:
        """Return the replicas in service."""
        ...

    def ordered(self) -> int:
        """Return the number of replicas in service or booting."""
        ...

    def since(self, replica: Replica) -> float:
        """Return when *replica* came into service."""
        ...

    def note(self, kind: str, detail: str) -> None:
        """Write an event."""
        ...


class Scaler(Protocol):
    """Decides about the number of replicas."""

    def sample(self) -> None:
        """Take the samples of one tick."""
        ...

    def decide(self) -> int:
        """Return the number of replicas to have."""
        ...

    def poll(self) -> int:
        """Return that number after a look whether there is anything to do at all."""
        ...


def scaler_of(group: Group, initial: int) -> Scaler:
    """Return the autoscaler that the model of *group* describes."""
    model = group.model
    if model.concurrency is not None:
        return ConcurrencyScaler(group, initial)
    if model.is_recorded:
        return HorizontalScaler(group)
    return HeldTimeScaler(group)


class HeldTime:
    """Held worker time over all worker time: the mean of samples of busy workers; a replica that boots is idle."""

    __slots__ = ("group", "samples")

    def __init__(self, group: Group) -> None:
        self.group = group
        self.samples: list[float] = []

    def sample(self) -> None:
        """Count the busy workers."""
        counted = self.group.ordered()
        busy = sum(replica.census()[0] for replica in self.group.up())
        self.samples.append(busy / (counted * self.group.service.replicas[0].workers) if counted else 0.0)

    def read(self) -> float:
        """Return the mean since the last reading."""
        mean = sum(self.samples) / len(self.samples)
        self.samples.clear()
        return mean


class HeldTimeScaler:
    """Follows held worker time without limits."""

    __slots__ = ("group", "held", "policy")

    def __init__(self, group: Group) -> None:
        self.group, self.held, model = group, HeldTime(group), group.model
        self.policy = Autoscaler(
            model.target_utilisation or 0.0, model.min_replicas, model.max_replicas, model.tolerance, model.down_after
        )

    def sample(self) -> None:
        """Take a sample."""
        self.held.sample()

    def decide(self) -> int:
        """Return the number of replicas to have."""
        return self.policy.desired(self.group.now, self.group.ordered(), self.held.read())

    def poll(self) -> int:
        """Return the number of replicas there are: this autoscaler does not poll."""
        return self.group.ordered()


class HorizontalScaler:
    """Reads its metrics, takes the highest of the numbers that they ask for, and follows it within windows and steps.

    A replica is read for CPU if it was in service all the time since the last reading. One that joined meanwhile or
    still boots is not ready; of one that has crashed the reading is missing.
    """

    __slots__ = ("group", "held", "tolerance", "behaviour", "activation", "used_s", "read_at")

    def __init__(self, group: Group) -> None:
        self.group, model = group, group.model
        self.held = HeldTime(group) if model.target_utilisation is not None else None
        self.tolerance, self.behaviour, self.activation = _tolerance(model), _behaviour(model), _activation(model)
        self.used_s: dict[int, float] = {}
        """Core seconds of each replica at the last reading."""
        self.read_at = 0.0

    def sample(self) -> None:
        """Take a sample where held time is read."""
        if self.held is not None:
            self.held.sample()

    def decide(self) -> int:
        """Return the number of replicas to have; without any, only a poll starts one."""
        group, replicas = self.group, self.group.ordered()
        asked = []
        if self.held is not None:
            asked.append(self._held(self.held.read(), replicas))
        if group.model.target_cpu is not None:
            asked.append(self._cpu(replicas))
        if group.model.backlog is not None:
            asked.append(self._backlog(replicas))
        if not replicas:
            return 0
        wanted = self.behaviour.desired(group.now, replicas, max(asked))
        if self.behaviour.limited_by:
            group.note("autoscaler held back", f"{max(asked)} {wanted} {self.behaviour.limited_by}")
        return wanted

    def poll(self) -> int:
        """Return the number of replicas after a look whether there are enough messages for any."""
        replicas = self.group.ordered()
        return replicas if self.activation is None else self.activation.polled(self.group.now, self._total(), replicas)

    def _held(self, utilisation: float, replicas: int) -> int:
        target = float(self.group.model.target_utilisation or 0.0)
        asked = replicas_for_ratio(replicas, utilisation / target, self.tolerance)
        note_reading(self.group, HELD, utilisation, target, asked)
        return asked

    def _cpu(self, replicas: int) -> int:
        group, model = self.group, self.group.model
        target, span_s = float(model.target_cpu or 0.0), group.now - self.read_at
        cores = group.cores
        before, self.used_s = self.used_s, {}
        read, missing = [], 0
        for replica in group.up():
            used_s = self.used_s[replica.index] = group.service.processor_time.read(replica)
            if replica.down:
                missing += 1
            elif group.since(replica) <= self.read_at:
                read.append((used_s - before.get(replica.index, 0.0)) / (span_s * cores))
        self.read_at = group.now
        unready = replicas - len(read) - missing
        asked = replicas_for_mean(replicas, read, target, self.tolerance, unready, missing)
        note_reading(group, CPU, sum(read) / len(read) if read else 0.0, target, asked)
        return asked

    def _total(self) -> int:
        """Return the messages that count."""
        backlog, queues = self.group.model.backlog, self.group.queues
        if backlog is None:
            return 0
        return sum(
            queue.core.visible if backlog.counts == "waiting" else queue.backlog + queue.in_flight
            for queue in queues
            if backlog.of is None or queue.name == backlog.of
        )

    def _backlog(self, replicas: int) -> int:
        group, total = self.group, self._total()
        target = group.model.backlog.target if group.model.backlog is not None else 0.0
        asked = replicas_for_total(replicas, total, target, self.tolerance) if replicas else 0
        note_reading(group, BACKLOG, total / max(replicas, 1), target, asked)
        return asked


class ConcurrencyScaler:
    """Follows the calls in flight: samples at every tick, in the replicas in service and outside of them."""

    __slots__ = ("group", "policy", "in_flight", "panic_s")

    def __init__(self, group: Group, initial: int) -> None:
        self.group = group
        model = group.model.concurrency or ConcurrencyTarget()
        stable_s = float(model.stable_window)
        self.in_flight, self.panic_s = WindowMeans(stable_s), stable_s * model.panic_window
        self.policy = ConcurrencyAutoscaler(
            model.per_replica,
            stable_s,
            model.panic_threshold,
            model.max_scale_up_rate,
            model.max_scale_down_rate,
            model.scale_down_delay,
            model.activation,
            model.grace_period,
            initial,
        )

    def sample(self) -> None:
        """Count the calls in flight."""
        inside = sum(replica.begun() + len(replica.line) for replica in self.group.up())
        self.in_flight.read(self.group.now, inside + len(self.group.waiting))

    def decide(self) -> int:
        """Return the number of replicas to have."""
        group, model, policy = self.group, self.group.model, self.policy
        now, ready = group.now, len(group.up())
        calls, just_now = (self.in_flight.mean(now, span_s) for span_s in (policy.stable_s, self.panic_s))
        wanted = policy.desired(now, ready, calls, just_now)
        note_reading(group, CONCURRENCY, calls / max(ready, 1), policy.target, wanted)
        bounded = max(model.min_replicas, min(model.max_replicas, wanted))
        if bounded != wanted:
            group.note("autoscaler held back", f"{wanted} {bounded} bounds")
        return bounded

    def poll(self) -> int:
        """Return the number of replicas to have when a call has come and there is none."""
        return max(self.group.ordered(), self.group.model.min_replicas, self.policy.activation)


def note_reading(group: Group, metric: str, value: float, target: float, asked: int) -> None:
    """Write what a metric read for each replica, its target, and how many replicas it asks for."""
    group.note("autoscaler reads", f"{metric} {value:.6g} {target:.6g} {asked}")


def _tolerance(model: Autoscale) -> Tolerance:
    both = float(model.tolerance)
    up, down = (
        both if rules is None or rules.tolerance is None else float(rules.tolerance)
        for rules in (model.scale_up, model.scale_down)
    )
    return Tolerance(up, down)


def _behaviour(model: Autoscale) -> ScalingBehaviour:
    """Return the windows and steps; with KEDA's zero the least number of the horizontal autoscaler is one."""
    up = Direction(0.0, ()) if model.scale_up is None else model.scale_up.direction(True, 0.0)
    after_s = float(model.down_after)
    if model.scale_down is None:
        down = Direction(after_s, (), keeps_edge=True)
    else:
        down = model.scale_down.direction(False, after_s)
    return ScalingBehaviour(max(model.min_replicas, 1), model.max_replicas, up, down)


def _activation(model: Autoscale) -> Activation | None:
    if model.backlog is None or model.min_replicas > 0:
        return None
    return Activation(model.backlog.activation, float(model.backlog.cooldown))
