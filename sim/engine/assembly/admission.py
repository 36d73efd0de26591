"""The admission rules of a service's replicas: each calls a policy of ``sim.policies`` at one place of the engine.

Not modelled: the cost of the rules (deciding takes no time and no worker).
"""

from __future__ import annotations

from collections import Counter, deque
from math import isnan
from typing import TYPE_CHECKING, Any, Callable, Hashable, Sequence

from sim.engine.assembly.needs import service_defences
from sim.engine.services.admission_control import AdmissionControl
from sim.engine.services.in_flight import InFlight
from sim.errors import not_played
from sim.outcomes import OK
from sim.policies.fair_line import FairLine
from sim.policies.limiter import TokenBucket
from sim.policies.shedding import CoDel, ControlledDelay, PriorityShed
from sim.quantities.line_order import KEY, PRIORITY_CLASS, WORKLOAD
from sim.record.recorder import MarkCodes, reason_code
from sim.scenario import models
from sim.scenario.models.nodes import SERVICE_RULES

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.clock.streams import Draw
    from sim.engine.services.interfaces import QueueTimer
    from sim.engine.services.replica import Replica
    from sim.engine.system import System
    from sim.policies.concurrency import Aimd, Gradient

DELAYED = MarkCodes()["delayed"]


class RateLimiter:
    """Calls pass with a token; without one they are turned away, or wait outside for one (up to *most_s*)."""

    __slots__ = ("bucket", "waits", "most_s", "reason", "mark", "component", "after")

    def __init__(
        self, system: System, component: int, bucket: TokenBucket, reason: int, waits: bool, most_s: float
    ) -> None:
        self.bucket, self.component, self.reason, self.waits, self.most_s = bucket, component, reason, waits, most_s
        self.mark, self.after = system.recorder.marks.rows.write, system.kernel.after

    def pass_on(self, admission: AdmissionControl, attempt: Attempt) -> None:
        """Let *attempt* enter, now or later, or reject it."""
        now = admission.kernel.now
        if not self.waits:
            if self.bucket.admit(now):
                admission.enter(attempt)
            else:
                admission.turn_away(attempt, self.reason)
        elif self.bucket.wait_s(now) > self.most_s:
            admission.turn_away(attempt, self.reason)
        elif wait_s := self.bucket.reserve(now):
            self.mark((now, DELAYED, self.component, attempt.request.id))
            self.after(wait_s, admission.on_token, attempt)
        else:
            admission.enter(attempt)


class QueueLengthLimit:
    """Rejects an attempt that finds *length* others in the line."""

    __slots__ = ("length", "reason")

    def __init__(self, length: int, reason: int) -> None:
        self.length, self.reason = length, reason

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Whether *attempt* may join the line."""
        return len(replica.line) < self.length


class PriorityShedding:
    """Keeps the last places of the line for important calls; *priorities* are those of the workloads."""

    __slots__ = ("policy", "priorities", "reason")

    def __init__(self, shares: Sequence[float], priorities: Sequence[int], reason: int) -> None:
        self.policy, self.priorities, self.reason = PriorityShed(shares), priorities, reason

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Whether *attempt* may join the line."""
        priority = self.priorities[int(attempt.request.client.code)]
        return self.policy.admits(priority, len(replica.line), replica.places)


class CoDelRule:
    """CoDel, asked for every attempt that leaves the line."""

    __slots__ = ("policy", "reason")

    def __init__(self, policy: CoDel, reason: int) -> None:
        self.policy, self.reason = policy, reason

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Whether *attempt* may begin."""
        return self.policy.keep(now, now - attempt.entered_at, not replica.line)


class FairShares:
    """A fair line of attempts by their class: it hears of each that joins, and puts the next one to the front.

    Those that have left the line are passed over.
    """

    __slots__ = ("policy", "class_of", "line", "reason")

    def __init__(self, policy: FairLine, class_of: Callable[[Any], int], line: deque[Any], reason: int) -> None:
        self.policy, self.class_of, self.line, self.reason = policy, class_of, line, reason

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Know of *attempt*, which joins the line unless another rule rejects it."""
        self.policy.join(self.class_of(attempt), attempt)
        return True

    def to_front(self, now: float, waiting: int, empty_at: float) -> bool:
        """Put the attempt that is next to the front of the line, from which it is taken: it is not the newest."""
        chosen = self.policy.take(lambda attempt: attempt.left_at is None and isnan(attempt.started_at))
        self.line.remove(chosen)
        self.line.appendleft(chosen)
        return False


class FairRoom:
    """Makes room in a full line: the newest of the class with the most waiting for its weight is rejected instead.

    Source: dropping from the longest line, P. McKenney, "Stochastic fairness queueing", IEEE INFOCOM 1990; fq_codel
    drops from its flow with the largest backlog (RFC 8290, section 4.1.3).
    """

    __slots__ = ("shares", "reason")

    def __init__(self, shares: FairShares, reason: int) -> None:
        self.shares, self.reason = shares, reason

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Push out another attempt, if the line is full and *attempt* is of a class that has less of it."""
        line, class_of, weights = replica.line, self.shares.class_of, self.shares.policy.weights
        if not line or len(line) < replica.places:
            return True
        counts = Counter(class_of(other) for other in line)
        most = max(counts, key=lambda kind: counts[kind] / weights.get(kind, 1.0))
        own = class_of(attempt)
        if counts[most] / weights.get(most, 1.0) > (counts[own] + 1) / weights.get(own, 1.0):
            newest = next(other for other in reversed(line) if class_of(other) == most)
            line.remove(newest)
            if replica.wait_timer is not None:
                newest.wait_timer.outcome = OK
            replica.service.reject(newest, self.reason)
        return True


class DeadlineRule:
    """Rejects a call that can only be late: the deadline that it carries ends within *least_s*."""

    __slots__ = ("least_s", "reason")

    def __init__(self, least_s: float, reason: int) -> None:
        self.least_s, self.reason = float(least_s), reason

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Whether *attempt* can still be answered in time."""
        return bool(now + self.least_s <= attempt.due_at)


class Baulking:
    """A client leaves by chance, by how many it finds at the replica."""

    __slots__ = ("leaves", "only_line", "uniform", "reason")

    def __init__(self, leaves: Callable[[int], float], only_line: bool, uniform: Draw, reason: int) -> None:
        self.leaves, self.only_line, self.uniform, self.reason = leaves, only_line, uniform, reason

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Whether *attempt* stays."""
        found = len(replica.line) + (0 if self.only_line else int(replica.begun()))
        return bool(self.uniform() >= self.leaves(found))


class PolicyRule:
    """Any policy with a method ``admit(now)``."""

    __slots__ = ("policy", "reason")

    def __init__(self, policy: Any, reason: int) -> None:
        self.policy, self.reason = policy, reason

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Whether *attempt* may enter."""
        return bool(self.policy.admit(now))


def install_admission_control(system: System, name: str, model: models.Service, replica: Replica) -> None:
    """Give *replica*, just built, the admission control that its service declares."""
    for field in service_defences(model):
        if field not in SERVICE_RULES:
            raise not_played(f"defence of the service {name}", field)
    rules = sorted(SERVICE_RULES.values(), key=lambda rule: rule.layer)

    def put_rules(admission: AdmissionControl) -> None:
        builder = AdmissionBuilder(system, name, replica, admission)
        for rule in rules:
            if (value := rule.given(model)) is not None:
                rule.build(builder, value)

    replica.put_in(AdmissionControl(replica, put_rules))


class AdmissionBuilder:
    """Builds the admission control of one replica; each declared rule calls one of its methods."""

    def __init__(self, system: System, name: str, replica: Replica, made: AdmissionControl) -> None:
        self.system, self.replica, self.made = system, replica, made
        self.component = system.component_code(name)

    def limit_rate(self, bucket: TokenBucket, reason: str, waits: bool, most_s: float) -> None:
        """Ask *bucket* for a token before the replica is entered."""
        code = reason_code(self.component, reason)
        self.made.tokens = RateLimiter(self.system, self.component, bucket, code, waits, most_s)

    def let_clients_leave(self, leaves: Callable[[int], float], only_line: bool, reason: str) -> None:
        """Let a client leave at entry, by how many it finds."""
        uniform = self.system.streams.uniform(f"{self.replica.service.name}#{self.replica.index}", "baulk")
        self.made.at_entry.append(Baulking(leaves, only_line, uniform, reason_code(self.component, reason)))

    def admit(self, policy: Any, reason: str) -> None:
        """Ask ``policy.admit(now)`` at entry."""
        self.made.at_entry.append(PolicyRule(policy, reason_code(self.component, reason)))

    def refuse_late(self, least_s: float, reason: str) -> None:
        """Reject a call whose caller's time ends in less than *least_s*."""
        rule = DeadlineRule(least_s, reason_code(self.component, reason))
        self.made.at_entry.append(rule)
        self.made.to_begin.append(rule)

    def limit_in_flight(self, policy: Aimd | Gradient, reason: str, hears_drops: bool) -> None:
        """Bound the calls inside by ``policy.limit``."""
        self.made.in_flight = InFlight(policy, reason_code(self.component, reason), hears_drops)
        self.made.at_entry.append(self.made.in_flight)

    def limit_queue(self, length: int, reason: str) -> None:
        """Reject a call that finds *length* calls in the queue."""
        self.made.to_join.append(QueueLengthLimit(length, reason_code(self.component, reason)))

    def shed_by_priority(self, shares: Sequence[float], reason: str) -> None:
        """Keep the last waiting places for important calls."""
        rule = PriorityShedding(shares, self._priorities(), reason_code(self.component, reason))
        self.made.to_join.append(rule)

    def drop_on_leaving(self, policy: CoDel, reason: str) -> None:
        """Ask *policy* when a worker takes a call from the queue."""
        self.made.to_begin.append(CoDelRule(policy, reason_code(self.component, reason)))

    def bound_waits(self, policy: ControlledDelay, reason: str) -> None:
        """Withdraw calls from the queue after a long wait, or a short one while the queue does not empty."""
        replica, kernel, code = self.replica, self.system.kernel, reason_code(self.component, reason)

        def leave(wait_timer: QueueTimer) -> None:
            replica.line.remove(wait_timer.attempt)
            replica.service.reject(wait_timer.attempt, code)

        timer_queues = {wait_s: kernel.timer_queue(wait_s, leave) for wait_s in (policy.interval_s, policy.target_s)}
        replica.wait_timer = timer_queues[policy.interval_s]

        def start(wait_timer: QueueTimer, now: float, empty_at: float) -> None:
            timer_queues[policy.patience_s(now, empty_at)].add(wait_timer)

        self.made.wait_timer = start

    def take_newest_first(self, newest_first: Callable[[float, int, float], bool]) -> None:
        """Ask *newest_first* whether the newest is next."""
        self.made.newest_first = newest_first

    def take_important_first(self) -> None:
        """Order the queue by the priorities of the workloads."""
        priorities = self._priorities()
        self.made.rank = lambda attempt: priorities[int(attempt.request.client.code)]

    def take_by_shares(self, by: str, weights: Sequence[tuple[str, float]]) -> None:
        """Take from the lines of classes by their weights."""
        priorities, workloads = self._priorities(), list(self.system.scenario.workload)
        shares: dict[Hashable, float] = {}
        for name, weight in weights:
            shares[workloads.index(name) if by == WORKLOAD else int(name)] = weight
        class_of: dict[str, Callable[[Any], int]] = {
            WORKLOAD: lambda attempt: int(attempt.request.client.code),
            KEY: lambda attempt: int(attempt.request.key),
            PRIORITY_CLASS: lambda attempt: priorities[int(attempt.request.client.code)],
        }
        reason = reason_code(self.component, "line full")
        line = FairShares(FairLine(shares), class_of[by], self.replica.line, reason)
        self.made.at_entry.append(FairRoom(line, reason))
        self.made.to_join.append(line)
        self.made.newest_first = line.to_front

    def _priorities(self) -> list[int]:
        return [workload.priority for workload in self.system.scenario.workload.values()]
