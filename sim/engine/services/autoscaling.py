"""The autoscaler of a service: ``scaling`` decides how many replicas, ``replica_group`` lets them come and go.

Without any replica, calls are turned away, or wait outside for the first that joins.

Not modelled: see ``replica_group``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.engine.clock.kernel import CENSUS, TIMER
from sim.engine.services.replica_group import UP, ReplicaGroup
from sim.engine.services.scaling import scaler_of
from sim.outcomes import PENDING

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.clock.kernel import Kernel
    from sim.engine.services.admission_control import AdmissionControl
    from sim.engine.services.interfaces import TokenLimit
    from sim.engine.services.replica import Replica
    from sim.engine.services.service import Service
    from sim.mechanisms.services.autoscale import Autoscale
    from sim.record.recorder import Recorder

SAMPLES = 60
"""How often it is sampled between two decisions."""


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


class AutoscalingGroup(ReplicaGroup):
    """The replicas of one autoscaled service."""

    __slots__ = ("model", "scaler", "queues", "waiting", "ticks", "priority", "cores")

    def __init__(
        self, kernel: Kernel, recorder: Recorder, service: Service, scale: Autoscale, initial: int, cores: float
    ) -> None:
        self.model = scale
        super().__init__(kernel, recorder, service, initial, "autoscaler")
        self.boot_s, self.kills_at_once = float(scale.boot), scale.scale_in == "kill"
        self.longest_drain_s = None if scale.longest_drain is None else float(scale.longest_drain)
        self.orders_again = scale.is_recorded
        self.queues: tuple[Any, ...] = ()
        self.waiting: list[Attempt] = []
        self.ticks = 0
        self.priority = TIMER if scale.kills else CENSUS
        """It looks last at each instant, but before all is counted where it may end what is under way."""
        self.cores = cores
        self.scaler = scaler_of(self, initial)

    def _also_admit(self, admission: AdmissionControl) -> None:
        if self.model.concurrency is not None and self.model.min_replicas == 0:
            admission.tokens = WaitOutside(self, admission.tokens)

    def begin(self) -> None:
        """Start to sample, once queues and consumers are wired."""
        self.queues = tuple(self.service.replicas[0].queues)
        super().begin()
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

    def since(self, replica: Replica) -> float:
        """Return when *replica* came into service."""
        return self.up_since[replica.index]

    # --- looking ------------------------------------------------------------------------------------------

    def _next_tick(self) -> None:
        self.ticks += 1
        self.kernel.at(self.ticks * float(self.model.every) / SAMPLES, self.priority, self._tick)

    def _tick(self, _: Any) -> None:
        """Take a sample, let go the replicas that have drained, and decide when it is time."""
        self.scaler.sample()
        self._let_go()
        if self.ticks % SAMPLES == 0:
            self._scale_to(self.scaler.decide())
        self._next_tick()

    def _poll(self, every_s: float) -> None:
        """Look every *every_s* seconds whether there is anything to do."""

        def look(number: int) -> None:
            self._scale_to(self.scaler.poll())
            self.kernel.at((number + 1) * every_s, self.priority, look, number + 1)

        self.kernel.at(every_s, self.priority, look, 1)

    # --- without any replica ------------------------------------------------------------------------------

    def wait_outside(self, attempt: Attempt) -> None:
        """Keep *attempt* until a replica joins, and order one at once if none boots."""
        self.waiting.append(attempt)
        if not self.ordered():
            self.kernel.at(self.kernel.now, self.priority, self._first)

    def _first(self, _: Any) -> None:
        if not self.ordered():
            self._scale_to(self.scaler.poll())

    def _has_joined(self, replica: Replica) -> None:
        """Pass the calls that wait outside to *replica*."""
        waiting, self.waiting = self.waiting, []
        for attempt in waiting:
            if attempt.step.route.counts and attempt.outcome == PENDING:  # its balancer counts it until it ends
                attempt.replica.outstanding -= 1
                replica.outstanding += 1
            attempt.replica = replica
            self.admissions[replica.index].on_token(attempt)
