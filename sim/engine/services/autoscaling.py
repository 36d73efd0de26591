"""Replicas that come and go: an autoscaler (``scaling``) decides how many, new replicas boot, old ones drain or die.

All replicas that there can ever be are built before the run; those that are not in service take nothing, and no call
is sent to them. A replica that joins is cold: its rules begin again, and so does everything that a fault lets grow with
its age. The pool of balancers is never empty: without any replica its last one stays there, and calls to it are turned
away, or wait outside for the first that joins.

Not modelled: replicas that fail to boot, and machines for them to run on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.engine.clock.kernel import CENSUS, TIMER
from sim.engine.services.balancing import Pool
from sim.engine.services.scaling import scaler_of
from sim.record.recorder import reason_code

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.clock.kernel import Kernel
    from sim.engine.services.admission_control import AdmissionControl
    from sim.engine.services.interfaces import MessageSource, TokenLimit
    from sim.engine.services.replica import Replica
    from sim.engine.services.service import Service
    from sim.mechanisms.services.autoscale import Autoscale
    from sim.record.recorder import Recorder

ABSENT, BOOTING, UP, DRAINING = range(4)

SAMPLES = 60
"""How often it is sampled between two decisions."""


class InServiceRule:
    """Turns away calls that were meant for a replica which has gone since."""

    __slots__ = ("autoscaling_group", "reason")

    def __init__(self, autoscaling_group: AutoscalingGroup, component: int) -> None:
        self.autoscaling_group, self.reason = autoscaling_group, reason_code(component, "unhealthy")

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Whether the replica is there."""
        return self.autoscaling_group.states[replica.index] >= UP


class WaitOutside:
    """Lets calls wait outside while there is no replica, in front of the service's own rate limit."""

    __slots__ = ("autoscaling_group", "tokens")

    def __init__(self, autoscaling_group: AutoscalingGroup, tokens: TokenLimit | None) -> None:
        self.autoscaling_group, self.tokens = autoscaling_group, tokens

    def pass_on(self, admission: AdmissionControl, attempt: Attempt) -> None:
        """Let *attempt* pass, or wait for the first replica that joins."""
        if UP not in self.autoscaling_group.states:
            self.autoscaling_group.wait_outside(attempt)
        elif self.tokens is None:
            admission.enter(attempt)
        else:
            self.tokens.pass_on(admission, attempt)


class AutoscalingGroup:
    """The replicas of one autoscaled service, and the state of each."""

    __slots__ = (
        "kernel",
        "recorder",
        "service",
        "model",
        "scaler",
        "states",
        "orders",
        "up_since",
        "killed",
        "wanted",
        "homes",
        "queues",
        "admissions",
        "waiting",
        "ticks",
        "priority",
        "cores",
    )

    def __init__(
        self, kernel: Kernel, recorder: Recorder, service: Service, scale: Autoscale, initial: int, cores: float
    ) -> None:
        self.kernel, self.recorder, self.service, self.model = kernel, recorder, service, scale
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
        self.queues: tuple[Any, ...] = ()
        self.waiting: list[Attempt] = []
        self.ticks = 0
        self.priority = TIMER if scale.kills else CENSUS
        """It looks last at each instant, but before all is counted where it may end what is under way."""
        self.cores = cores
        self.scaler = scaler_of(self, initial)
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
            if self.model.concurrency is not None and self.model.min_replicas == 0:
                renewed.tokens = WaitOutside(self, renewed.tokens)

        admission.put_rules = put_rules
        admission.renew()

    def begin(self) -> None:
        """Start to sample, once queues and consumers are wired."""
        self.queues = tuple(self.service.replicas[0].queues)
        for replica in self.service.replicas:
            if self.states[replica.index] == ABSENT:
                self._shut(replica)
                replica.blocked += 1
        self._next_tick()
        if self.model.backlog is not None and self.model.min_replicas == 0:
            self._poll(float(self.model.backlog.polls_every))

    # --- what its autoscaler sees -------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """The instant."""
        return self.kernel.now

    def up(self) -> list[Replica]:
        """Return the replicas in service."""
        return [replica for replica in self.service.replicas if self._is_up(replica)]

    def ordered(self) -> int:
        """Return the number of replicas in service or booting."""
        return self.states.count(UP) + self.states.count(BOOTING)

    def _is_up(self, replica: Replica) -> bool:
        return self.states[replica.index] == UP

    def since(self, replica: Replica) -> float:
        """Return when *replica* came into service."""
        return self.up_since[replica.index]

    def note(self, kind: str, detail: str) -> None:
        """Write an event."""
        self.recorder.events.append((self.kernel.now, kind, self.service.name, detail))

    # --- looking ------------------------------------------------------------------------------------------

    def _next_tick(self) -> None:
        self.ticks += 1
        self.kernel.at(self.ticks * float(self.model.every) / SAMPLES, self.priority, self._tick)

    def _tick(self, _: Any) -> None:
        """Take a sample, let go the replicas that have drained, and decide when it is time."""
        self.scaler.sample()
        for replica in self.service.replicas:
            if self.states[replica.index] == DRAINING and self._is_empty(replica):
                self._leave(replica)
        if self.ticks % SAMPLES == 0:
            self._scale_to(self.scaler.decide())
        self._next_tick()

    def _poll(self, every_s: float) -> None:
        """Look every *every_s* seconds whether there is anything to do."""

        def look(number: int) -> None:
            self._scale_to(self.scaler.poll())
            self.kernel.at((number + 1) * every_s, self.priority, look, number + 1)

        self.kernel.at(every_s, self.priority, look, 1)

    @staticmethod
    def _is_empty(replica: Replica) -> bool:
        """Whether nothing is here, not even a fork branch that its attempt has left behind on a worker."""
        return not (replica.begun() or replica.reserved or any(replica.census()))

    def _scale_to(self, wanted: int) -> None:
        there = self.ordered()
        if wanted != there:
            self.note("autoscaler", str(wanted))
        self.wanted = wanted
        for _ in range(wanted - there):
            self._order()
        for _ in range(there - wanted):
            self._dismiss()

    # --- without any replica ------------------------------------------------------------------------------

    def wait_outside(self, attempt: Attempt) -> None:
        """Keep *attempt* until a replica joins, and order one at once if none boots."""
        self.waiting.append(attempt)
        if not self.ordered():
            self.kernel.at(self.kernel.now, self.priority, self._first)

    def _first(self, _: Any) -> None:
        if not self.ordered():
            self._scale_to(self.scaler.poll())

    def _let_in(self, replica: Replica) -> None:
        """Pass the calls that wait outside to *replica*, which has joined."""
        waiting, self.waiting = self.waiting, []
        for attempt in waiting:
            attempt.replica.outstanding -= 1
            replica.outstanding += 1
            attempt.replica = replica
            self.admissions[replica.index].on_token(attempt)

    # --- coming and going ---------------------------------------------------------------------------------

    def _order(self) -> None:
        """Boot the first replica that is not there; none where all the others still drain."""
        if ABSENT in self.states:
            index = self.states.index(ABSENT)
            self.states[index] = BOOTING
            self.orders[index] += 1
            self.kernel.after(float(self.model.boot), self._booted, (index, self.orders[index]))

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
        if self.waiting:
            self._let_in(replica)

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
        if self.model.scale_in == "kill":
            self._kill(replica)
            return
        self._note("replica drains", replica)
        if self.model.longest_drain is not None:
            at, which = self.kernel.now + float(self.model.longest_drain), (replica.index, self.orders[replica.index])
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
        if self.model.is_recorded and self.ordered() < self.wanted:
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
