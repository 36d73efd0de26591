"""Replicas that come and go: new ones boot, old ones drain or die. A subclass says how many.

All replicas that there can ever be are built before the run; those that are not in service take nothing, and no call
is sent to them. A replica that joins is cold: its rules begin again, and so does everything that a fault lets grow with
its age. The pool of balancers is never empty: without any replica its last one stays there, and calls to it are turned
away.

Not modelled: replicas that fail to boot, and machines for them to run on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.engine.clock.kernel import TIMER
from sim.engine.services.balancing import Pool
from sim.record.recorder import reason_code

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel
    from sim.engine.services.admission_control import AdmissionControl
    from sim.engine.services.interfaces import MessageSource
    from sim.engine.services.replica import Replica
    from sim.engine.services.service import Service
    from sim.record.recorder import Recorder

ABSENT, BOOTING, UP, DRAINING = range(4)


class InServiceRule:
    """Turns away calls that were meant for a replica which has gone since."""

    __slots__ = ("group", "reason")

    def __init__(self, group: ReplicaGroup, component: int) -> None:
        self.group, self.reason = group, reason_code(component, "unhealthy")

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Whether the replica is there."""
        return self.group.states[replica.index] >= UP


class ReplicaGroup:
    """The replicas of one service that come and go, and the state of each."""

    __slots__ = (
        "kernel",
        "recorder",
        "service",
        "states",
        "orders",
        "up_since",
        "killed",
        "wanted",
        "homes",
        "admissions",
        "asked_by",
        "boot_s",
        "kills_at_once",
        "longest_drain_s",
        "orders_again",
    )

    def __init__(self, kernel: Kernel, recorder: Recorder, service: Service, initial: int, asked_by: str) -> None:
        self.kernel, self.recorder, self.service = kernel, recorder, service
        replicas = service.replicas
        self.states = [UP if replica.index < initial else ABSENT for replica in replicas]
        self.orders = [0] * len(replicas)
        """Counts what was decided about each replica, so that a boot that was called off does not end."""
        self.up_since = [0.0] * len(replicas)
        self.killed = [False] * len(replicas)
        """Whether each was killed and has not booted again: what still travels to it is lost."""
        self.wanted = initial
        self.homes: dict[Replica, tuple[MessageSource, ...]] = {}
        """The queues that a replica which is not up would take from."""
        self.asked_by = asked_by
        """The kind of the event that notes how many are wanted."""
        self.boot_s = 0.0
        self.kills_at_once = False
        self.longest_drain_s: float | None = None
        self.orders_again = True
        """Whether a replica that leaves while too few are there boots again."""
        service.pool = Pool(replicas[:initial])
        self.admissions = [replica.admission for replica in replicas if replica.admission is not None]
        """The rules of each: every replica that comes and goes has some."""
        for admission in self.admissions:
            self._admit_only_in_service(admission)

    def _admit_only_in_service(self, admission: AdmissionControl) -> None:
        """Add the rule that comes first to *admission*, now and whenever it is renewed."""
        put_other_rules = admission.put_rules

        def put_rules(renewed: AdmissionControl) -> None:
            put_other_rules(renewed)
            renewed.at_entry.insert(0, InServiceRule(self, self.service.component))
            self._also_admit(renewed)

        admission.put_rules = put_rules
        admission.renew()

    def _also_admit(self, admission: AdmissionControl) -> None:
        """Add further rules of the group."""

    def begin(self) -> None:
        """Keep the replicas that are not there from work, once queues and consumers are wired."""
        for replica in self.service.replicas:
            if self.states[replica.index] == ABSENT:
                self._shut(replica)
                replica.blocked += 1

    def ordered(self) -> int:
        """Return the number of replicas in service or booting."""
        return self.states.count(UP) + self.states.count(BOOTING)

    def _is_up(self, replica: Replica) -> bool:
        return self.states[replica.index] == UP

    def note(self, kind: str, detail: str) -> None:
        """Write an event."""
        self.recorder.events.append((self.kernel.now, kind, self.service.name, detail))

    def _let_go(self) -> None:
        """Let go the replicas that have drained."""
        for replica in self.service.replicas:
            if self.states[replica.index] == DRAINING and self._is_empty(replica):
                self._leave(replica)

    @staticmethod
    def _is_empty(replica: Replica) -> bool:
        """Whether nothing is here, not even a fork branch that its attempt has left behind on a worker."""
        return not (replica.begun() or replica.reserved or any(replica.census()))

    def _scale_to(self, wanted: int) -> None:
        there = self.ordered()
        if wanted != there:
            self.note(self.asked_by, str(wanted))
        self.wanted = wanted
        for _ in range(wanted - there):
            self._order()
        for _ in range(there - wanted):
            self._dismiss()

    # --- coming and going ---------------------------------------------------------------------------------

    def _order(self) -> None:
        """Boot the first replica that is not there; none where all the others still drain."""
        if ABSENT in self.states:
            index = self.states.index(ABSENT)
            self.states[index] = BOOTING
            self.orders[index] += 1
            self.kernel.after(self.boot_s, self._booted, (index, self.orders[index]))

    def _booted(self, order: tuple[int, int]) -> None:
        index, number = order
        if self.orders[index] != number:
            return
        replica = self.service.replicas[index]
        self.states[index], self.up_since[index] = UP, self.kernel.now
        if self.killed[index]:
            self.killed[index] = False
            self.service.start_again(replica)
        self.admissions[index].renew()
        for tell in self.service.on_restart:
            tell(replica)
        self._open(replica)
        self._note("replica joins", replica)
        replica.blocked -= 1
        replica.take_next()
        self._has_joined(replica)

    def _has_joined(self, replica: Replica) -> None:
        """Do what waits for a replica that has joined."""

    def _dismiss(self) -> None:
        """Call off the last boot, or let the last replica drain or die."""
        if BOOTING in self.states:
            index = len(self.states) - 1 - self.states[::-1].index(BOOTING)
            self.states[index] = ABSENT
            self.orders[index] += 1
            return
        replica = self.service.pool[-1]
        self.states[replica.index] = DRAINING
        self._shut(replica)
        if self.kills_at_once:
            self._kill(replica)
            return
        self._note("replica drains", replica)
        if self.longest_drain_s is not None:
            at, which = self.kernel.now + self.longest_drain_s, (replica.index, self.orders[replica.index])
            self.kernel.at(at, TIMER, self._end_drain, which)

    def _end_drain(self, order: tuple[int, int]) -> None:
        index, number = order
        if self.states[index] == DRAINING and self.orders[index] == number:
            self._kill(self.service.replicas[index])

    def _kill(self, replica: Replica) -> None:
        """End *replica* with what it has: its calls are refused, and its messages come back in time."""
        reason = reason_code(self.service.component, "scaled in")
        self._note("replica killed", replica)
        if not replica.down:
            self.killed[replica.index] = True
            ended = self.service.stop(replica, list(self.recorder.open_attempts.values()), reason)
            self.note("ended by scale-in", str(ended))
        self._leave(replica)

    def _leave(self, replica: Replica) -> None:
        self.states[replica.index] = ABSENT
        replica.blocked += 1
        self._note("replica leaves", replica)
        if self.orders_again and self.ordered() < self.wanted:
            self._order()

    def _shut(self, replica: Replica) -> None:
        """Neither calls nor messages go to *replica* any more; the last of all stays in the pool."""
        if replica in self.service.pool and len(self.service.pool) > 1:
            self.service.pool.remove(replica)
            self._tell_rotation()
        self.homes[replica], replica.queues = replica.queues, ()
        for queue in self.homes[replica]:
            queue.forget(replica)

    def _open(self, replica: Replica) -> None:
        pool = self.service.pool
        pool[:] = [one for one in self.service.replicas if one is replica or (one in pool and self._is_up(one))]
        self._tell_rotation()
        replica.queues = self.homes.pop(replica)
        for queue in replica.queues:
            queue.remember(replica)

    def _tell_rotation(self) -> None:
        """Balancers with health checks or outlier detection use those of the pool that they hold to be healthy."""
        if self.service.rotation is not None:
            self.service.rotation.change()
        else:
            for tell in self.service.on_pool_change:
                tell()

    def _note(self, kind: str, replica: Replica) -> None:
        self.note(kind, str(replica.index))
