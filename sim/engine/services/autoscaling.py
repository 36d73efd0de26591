"""Replicas that come and go: an autoscaler looks at utilisation, new replicas boot, old ones drain.

All replicas that there can ever be are built before the run; those that are not in service take nothing, and no call
is sent to them. Utilisation is the mean of samples of busy workers, as a metrics pipeline takes them, over the replicas
that are up or booting (booting ones are idle). A replica that joins is cold: its rules begin again, and so does
everything that a fault lets grow with its age.

Not modelled: replicas that fail to boot, and machines for them to run on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.engine.clock.kernel import CENSUS
from sim.engine.services.balancing import Pool
from sim.policies.autoscaler import Autoscaler
from sim.record.recorder import reason_code

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel
    from sim.engine.services.admission_control import AdmissionControl
    from sim.engine.services.interfaces import MessageSource
    from sim.engine.services.replica import Replica
    from sim.engine.services.service import Service
    from sim.mechanisms.services.autoscale import Autoscale
    from sim.record.recorder import Event

ABSENT, BOOTING, UP, DRAINING = range(4)

SAMPLES = 60
"""How often utilisation is sampled between two decisions."""


class InServiceRule:
    """Turns away calls that were meant for a replica which has gone since."""

    __slots__ = ("autoscaling_group", "reason")

    def __init__(self, autoscaling_group: AutoscalingGroup, component: int) -> None:
        self.autoscaling_group, self.reason = autoscaling_group, reason_code(component, "unhealthy")

    def admits(self, replica: Replica, attempt: Any, now: float) -> bool:
        """Whether the replica is there."""
        return self.autoscaling_group.states[replica.index] >= UP


class AutoscalingGroup:
    """The replicas of one autoscaled service, and the state of each."""

    __slots__ = (
        "kernel",
        "events",
        "service",
        "model",
        "policy",
        "states",
        "orders",
        "homes",
        "admissions",
        "samples",
        "ticks",
    )

    def __init__(self, kernel: Kernel, events: list[Event], service: Service, scale: Autoscale, initial: int) -> None:
        self.kernel, self.events, self.service, self.model = kernel, events, service, scale
        self.policy = Autoscaler(
            scale.target_utilisation, scale.min_replicas, scale.max_replicas, scale.tolerance, scale.down_after
        )
        replicas = service.replicas
        self.states = [UP if replica.index < initial else ABSENT for replica in replicas]
        self.orders = [0] * len(replicas)
        """Counts what was decided about each replica, so that a boot that was called off does not end."""
        self.homes: dict[Replica, tuple[MessageSource, ...]] = {}
        """The queues that a replica which is not up would take from."""
        self.samples: list[float] = []
        self.ticks = 0
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

        admission.put_rules = put_rules
        admission.renew()

    def begin(self) -> None:
        """Start to sample, once queues and consumers are wired."""
        for replica in self.service.replicas:
            if self.states[replica.index] == ABSENT:
                self._shut(replica)
                replica.blocked += 1
        self._next_tick()

    # --- looking ------------------------------------------------------------------------------------------

    def _next_tick(self) -> None:
        self.ticks += 1
        self.kernel.at(self.ticks * float(self.model.every) / SAMPLES, CENSUS, self._tick)

    def _tick(self, _: Any) -> None:
        """Take a sample, let go the replicas that have drained, and decide when it is time."""
        counted = self._count(UP) + self._count(BOOTING)
        busy = sum(replica.census()[0] for replica in self.service.replicas if self.states[replica.index] == UP)
        self.samples.append(busy / (counted * self.service.replicas[0].workers))
        for replica in self.service.replicas:
            if self.states[replica.index] == DRAINING and self._is_empty(replica):
                self._leave(replica)
        if self.ticks % SAMPLES == 0:
            self._decide(sum(self.samples) / len(self.samples))
            self.samples.clear()
        self._next_tick()

    def _count(self, state: int) -> int:
        return self.states.count(state)

    @staticmethod
    def _is_empty(replica: Replica) -> bool:
        """Whether nothing is here, not even a fork branch that its attempt has left behind on a worker."""
        return not (replica.begun() or replica.reserved or any(replica.census()))

    def _decide(self, utilisation: float) -> None:
        now, there = self.kernel.now, self._count(UP) + self._count(BOOTING)
        wanted = self.policy.desired(now, there, utilisation)
        if wanted != there:
            self.events.append((now, "autoscaler", self.service.name, str(wanted)))
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
            self.kernel.after(float(self.model.boot), self._booted, (index, self.orders[index]))

    def _booted(self, order: tuple[int, int]) -> None:
        index, number = order
        if self.orders[index] != number:
            return
        replica = self.service.replicas[index]
        self.states[index] = UP
        self.admissions[index].renew()
        for tell in self.service.on_restart:
            tell(replica)
        self._open(replica)
        self._note("replica joins", replica)
        replica.blocked -= 1
        replica.take_next()

    def _dismiss(self) -> None:
        """Call off the last boot, or let the last replica drain."""
        if BOOTING in self.states:
            index = len(self.states) - 1 - self.states[::-1].index(BOOTING)
            self.states[index] = ABSENT
            self.orders[index] += 1
            return
        replica = self.service.pool[-1]
        self.states[replica.index] = DRAINING
        self._shut(replica)
        self._note("replica drains", replica)

    def _leave(self, replica: Replica) -> None:
        self.states[replica.index] = ABSENT
        replica.blocked += 1
        self._note("replica leaves", replica)

    def _shut(self, replica: Replica) -> None:
        """Neither calls nor messages go to *replica* any more."""
        if replica in self.service.pool:
            self.service.pool.remove(replica)
            self._tell_rotation()
        self.homes[replica], replica.queues = replica.queues, ()
        for queue in self.homes[replica]:
            queue.forget(replica)

    def _open(self, replica: Replica) -> None:
        self.service.pool.append(replica)
        self.service.pool.sort(key=lambda one: one.index)
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
        self.events.append((self.kernel.now, kind, self.service.name, str(replica.index)))
