"""The rules that a service's replicas may have, each a decision of ``sim.policies`` where the engine asks for it.

Left out: what the rules cost (deciding takes no time and no worker).
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, Callable, Sequence

from sim.engine.assembly.needs import service_defences
from sim.engine.services.admission_control import AdmissionControl
from sim.engine.services.in_flight import InFlight
from sim.errors import not_played
from sim.policies.limiter import TokenBucket
from sim.policies.shedding import AdaptiveLifo, CoDel, ControlledDelay, PriorityShed
from sim.record.recorder import MarkCodes, reason_code
from sim.scenario import models

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.services.admission import WithAdmission
    from sim.engine.services.interfaces import QueueTimer
    from sim.engine.services.replica import Replica
    from sim.engine.system import System
    from sim.quantities import LineOrder

DELAYED = MarkCodes()["delayed"]


class RateLimiter:
    """Calls pass with a token; without one they are turned away, or wait outside for theirs (up to *most_s*)."""

    __slots__ = ("bucket", "waits", "most_s", "reason", "mark", "component", "after")

    def __init__(self, system: System, name: str, model: models.RateLimit) -> None:
        self.bucket = TokenBucket(model.rate, model.burst)
        self.waits = model.when_full == "wait"
        self.most_s = inf if model.max_wait is None else float(model.max_wait)
        self.component = system.component_code(name)
        self.reason = reason_code(self.component, "rate limit")
        self.mark, self.after = system.recorder.marks.write, system.kernel.after

    def pass_on(self, replica: WithAdmission, attempt: Attempt) -> None:
        """Let *attempt* in, now or later, or turn it away."""
        now = replica.env._now
        if not self.waits:
            if self.bucket.admit(now):
                replica.enter(attempt)
            else:
                replica.turn_away(attempt, self.reason)
        elif self.bucket.wait_s(now) > self.most_s:
            replica.turn_away(attempt, self.reason)
        elif wait_s := self.bucket.reserve(now):
            self.mark((now, DELAYED, self.component, attempt.request.number))
            self.after(wait_s, replica.on_token, attempt)
        else:
            replica.enter(attempt)


class QueueLengthLimit:
    """Turns away who finds *length* in line."""

    __slots__ = ("length", "reason")

    def __init__(self, length: int, reason: int) -> None:
        self.length, self.reason = length, reason

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Whether *attempt* may join the line."""
        return len(replica.line) < self.length


class PriorityShedding:
    """Keeps the last places of the line for what is important; *priorities* are those of the workloads."""

    __slots__ = ("policy", "priorities", "reason")

    def __init__(self, shares: Sequence[float], priorities: Sequence[int], reason: int) -> None:
        self.policy, self.priorities, self.reason = PriorityShed(shares), priorities, reason

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Whether *attempt* may join the line."""
        priority = self.priorities[int(attempt.request.client.code)]
        return self.policy.admits(priority, len(replica.line), replica.places)


class CoDelRule:
    """CoDel, asked for everyone who leaves the line."""

    __slots__ = ("policy", "reason")

    def __init__(self, target_s: float, interval_s: float, reason: int) -> None:
        self.policy, self.reason = CoDel(target_s, interval_s), reason

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Whether *attempt* may begin."""
        return self.policy.keep(now, now - attempt.entered_at, not replica.line)


class DeadlineRule:
    """Turns away what can only be late: its caller's time, which came with the call, ends before *least_s* is over."""

    __slots__ = ("least_s", "reason")

    def __init__(self, least_s: float, reason: int) -> None:
        self.least_s, self.reason = float(least_s), reason

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Whether *attempt* can still be answered in time."""
        return bool(now + self.least_s <= attempt.due_at)


def install_admission_control(system: System, name: str, model: models.Service, replica: WithAdmission) -> None:
    """Give *replica*, just built, the door that its service describes."""
    for field in service_defences(model):
        if field not in _RULES:
            raise not_played(f"defence of the service {name}", field)

    def renewed() -> AdmissionControl:
        admission = AdmissionControl(renewed)
        for field, rule in _RULES.items():
            if (described := getattr(model, field)) is not None:
                rule(system, name, described, replica, admission)
        return admission

    replica.admission = renewed()


def _refuse_late(
    system: System, name: str, model: models.RefuseLate, replica: WithAdmission, admission: AdmissionControl
) -> None:
    in_time = DeadlineRule(model.least_time, reason_code(system.component_code(name), "out of time"))
    admission.at_entry.append(in_time)
    admission.to_begin.append(in_time)


def _limit(
    system: System, name: str, model: models.RateLimit, replica: WithAdmission, admission: AdmissionControl
) -> None:
    admission.tokens = RateLimiter(system, name, model)


def _line(system: System, name: str, order: LineOrder, replica: WithAdmission, admission: AdmissionControl) -> None:
    match order.kind:
        case "fifo":
            pass
        case "lifo":
            admission.newest_first = _always
        case "priority":
            priorities = _priorities(system)
            admission.rank = lambda attempt: priorities[int(attempt.request.client.code)]
        case "adaptive lifo":
            admission.newest_first = AdaptiveLifo(order.above, order.after_s).newest_first
        case _:
            raise not_played(f"line of the service {name}", order.kind)


def _always(now: float, waiting: int, empty_at: float) -> bool:
    return True


def _priorities(system: System) -> list[int]:
    return [workload.priority for workload in system.scenario.workload.values()]


def _concurrency(
    system: System, name: str, model: models.Concurrency, replica: WithAdmission, admission: AdmissionControl
) -> None:
    admission.in_flight = InFlight(model, system.component_code(name))
    admission.at_entry.append(admission.in_flight)


def _autoscale(
    system: System, name: str, model: models.Autoscale, replica: WithAdmission, admission: AdmissionControl
) -> None:
    """Replicas that come and go are the fleet's business, which adds what it asks at the door itself."""


def _shed(system: System, name: str, model: models.Shed, replica: WithAdmission, admission: AdmissionControl) -> None:
    reason = reason_code(system.component_code(name), "shed")
    if model.line_length is not None:
        admission.to_join.append(QueueLengthLimit(model.line_length, reason))
    if model.by_priority is not None:
        admission.to_join.append(PriorityShedding(model.by_priority, _priorities(system), reason))
    if model.codel is not None:
        admission.to_begin.append(CoDelRule(model.codel.target_s, model.codel.interval_s, reason))
    if model.controlled_delay is not None:
        admission.wait_timer = _controlled(system, replica, model.controlled_delay, reason)


def _controlled(
    system: System, replica: WithAdmission, target: Any, reason: int
) -> Callable[[QueueTimer, float, float], None]:
    """Return what starts the timer of one who joins the line: a long one, or a short one while the line stands."""
    policy = ControlledDelay(target.target_s, target.interval_s)

    def leave(wait_timer: QueueTimer) -> None:
        replica.line.remove(wait_timer.attempt)
        replica.service.reject(wait_timer.attempt, reason)

    timer_queues = {wait_s: system.kernel.timer_queue(wait_s, leave) for wait_s in (policy.interval_s, policy.target_s)}
    replica.wait_timer = timer_queues[policy.interval_s]

    def start(wait_timer: QueueTimer, now: float, empty_at: float) -> None:
        timer_queues[policy.patience_s(now, empty_at)].add(wait_timer)

    return start


_RULES: dict[str, Callable[[System, str, Any, WithAdmission, AdmissionControl], None]] = {
    "refuse_late": _refuse_late,
    "limit": _limit,
    "line": _line,
    "shed": _shed,
    "autoscale": _autoscale,
    "concurrency": _concurrency,  # the last to be asked at entry: who it admits is inside
}
"""What puts a service's rules into the door of a replica, by its fields."""
