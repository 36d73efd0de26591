"""The rules that a service's replicas may have, each a decision of ``sim.policies`` where the engine asks for it.

Left out: what the rules cost (deciding takes no time and no worker).
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, Callable, Sequence

from sim.engine.assembly.needs import service_defences
from sim.engine.services.admission_control import Door
from sim.engine.services.in_flight import InFlight
from sim.errors import not_played
from sim.policies.limiter import TokenBucket
from sim.policies.shedding import AdaptiveLifo, CoDel, ControlledDelay, PriorityShed
from sim.record.recorder import MarkCodes, cause
from sim.scenario import models

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.services.admission import Guarded
    from sim.engine.services.interfaces import Patience
    from sim.engine.services.replica import Replica
    from sim.engine.system import System
    from sim.quantities import LineOrder

DELAYED = MarkCodes()["delayed"]


class TokenLine:
    """Calls pass with a token; without one they are turned away, or wait outside for theirs (up to *most_s*)."""

    __slots__ = ("bucket", "waits", "most_s", "why", "mark", "place", "after")

    def __init__(self, system: System, name: str, model: models.RateLimit) -> None:
        self.bucket = TokenBucket(model.rate, model.burst)
        self.waits = model.when_full == "wait"
        self.most_s = inf if model.max_wait is None else float(model.max_wait)
        self.place = system.place(name)
        self.why = cause(self.place, "rate limit")
        self.mark, self.after = system.recorder.marks.write, system.kernel.after

    def pass_on(self, replica: Guarded, attempt: Attempt) -> None:
        """Let *attempt* in, now or later, or turn it away."""
        now = replica.env._now
        if not self.waits:
            if self.bucket.admit(now):
                replica.enter(attempt)
            else:
                replica.turn_away(attempt, self.why)
        elif self.bucket.wait_s(now) > self.most_s:
            replica.turn_away(attempt, self.why)
        elif wait_s := self.bucket.reserve(now):
            self.mark((now, DELAYED, self.place, attempt.request.number))
            self.after(wait_s, replica.come_in, attempt)
        else:
            replica.enter(attempt)


class ShortLine:
    """Turns away who finds *length* in line."""

    __slots__ = ("length", "why")

    def __init__(self, length: int, why: int) -> None:
        self.length, self.why = length, why

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Whether *attempt* may join the line."""
        return len(replica.line) < self.length


class ByPriority:
    """Keeps the last places of the line for what is important; *priorities* are those of the workloads."""

    __slots__ = ("policy", "priorities", "why")

    def __init__(self, shares: Sequence[float], priorities: Sequence[int], why: int) -> None:
        self.policy, self.priorities, self.why = PriorityShed(shares), priorities, why

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Whether *attempt* may join the line."""
        priority = self.priorities[int(attempt.request.client.code)]
        return self.policy.admits(priority, len(replica.line), replica.places)


class StandingLine:
    """CoDel, asked for everyone who leaves the line."""

    __slots__ = ("policy", "why")

    def __init__(self, target_s: float, interval_s: float, why: int) -> None:
        self.policy, self.why = CoDel(target_s, interval_s), why

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Whether *attempt* may begin."""
        return self.policy.keep(now, now - attempt.entered_at, not replica.line)


class InTime:
    """Turns away what can only be late: its caller's time, which came with the call, ends before *least_s* is over."""

    __slots__ = ("least_s", "why")

    def __init__(self, least_s: float, why: int) -> None:
        self.least_s, self.why = float(least_s), why

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Whether *attempt* can still be answered in time."""
        return bool(now + self.least_s <= attempt.due_at)


def guard(system: System, name: str, model: models.Service, replica: Guarded) -> None:
    """Give *replica*, just built, the door that its service describes."""
    for field in service_defences(model):
        if field not in _RULES:
            raise not_played(f"defence of the service {name}", field)

    def anew() -> Door:
        door = Door(anew)
        for field, rule in _RULES.items():
            if (described := getattr(model, field)) is not None:
                rule(system, name, described, replica, door)
        return door

    replica.door = anew()


def _refuse_late(system: System, name: str, model: models.RefuseLate, replica: Guarded, door: Door) -> None:
    in_time = InTime(model.least_time, cause(system.place(name), "out of time"))
    door.at_entry.append(in_time)
    door.to_begin.append(in_time)


def _limit(system: System, name: str, model: models.RateLimit, replica: Guarded, door: Door) -> None:
    door.tokens = TokenLine(system, name, model)


def _line(system: System, name: str, order: LineOrder, replica: Guarded, door: Door) -> None:
    match order.kind:
        case "fifo":
            pass
        case "lifo":
            door.newest_first = _always
        case "priority":
            priorities = _priorities(system)
            door.rank = lambda attempt: priorities[int(attempt.request.client.code)]
        case "adaptive lifo":
            door.newest_first = AdaptiveLifo(order.above, order.after_s).newest_first
        case _:
            raise not_played(f"line of the service {name}", order.kind)


def _always(now: float, waiting: int, empty_at: float) -> bool:
    return True


def _priorities(system: System) -> list[int]:
    return [workload.priority for workload in system.scenario.workload.values()]


def _concurrency(system: System, name: str, model: models.Concurrency, replica: Guarded, door: Door) -> None:
    door.in_flight = InFlight(model, system.place(name))
    door.at_entry.append(door.in_flight)


def _autoscale(system: System, name: str, model: models.Autoscale, replica: Guarded, door: Door) -> None:
    """Replicas that come and go are the fleet's business, which adds what it asks at the door itself."""


def _shed(system: System, name: str, model: models.Shed, replica: Guarded, door: Door) -> None:
    why = cause(system.place(name), "shed")
    if model.line_length is not None:
        door.to_join.append(ShortLine(model.line_length, why))
    if model.by_priority is not None:
        door.to_join.append(ByPriority(model.by_priority, _priorities(system), why))
    if model.codel is not None:
        door.to_begin.append(StandingLine(model.codel.target_s, model.codel.interval_s, why))
    if model.controlled_delay is not None:
        door.patience = _controlled(system, replica, model.controlled_delay, why)


def _controlled(
    system: System, replica: Guarded, target: Any, why: int
) -> Callable[[Patience, float, float], None]:  # fmt: skip
    """Return what starts the timer of one who joins the line: a long one, or a short one while the line stands."""
    policy = ControlledDelay(target.target_s, target.interval_s)

    def leave(patience: Patience) -> None:
        replica.line.remove(patience.attempt)
        replica.service.reject(patience.attempt, why)

    lanes = {wait_s: system.kernel.lane(wait_s, leave) for wait_s in (policy.interval_s, policy.target_s)}
    replica.patience = lanes[policy.interval_s]

    def start(patience: Patience, now: float, empty_at: float) -> None:
        lanes[policy.patience_s(now, empty_at)].add(patience)

    return start


_RULES: dict[str, Callable[[System, str, Any, Guarded, Door], None]] = {
    "refuse_late": _refuse_late,
    "limit": _limit,
    "line": _line,
    "shed": _shed,
    "autoscale": _autoscale,
    "concurrency": _concurrency,  # the last to be asked at entry: who it admits is inside
}
"""What puts a service's rules into the door of a replica, by its fields."""
