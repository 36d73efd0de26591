"""Health checks: a balancer asks each replica now and then, and takes those that do not answer out of the rotation.

A check asks the process, not its work: it needs no worker and does not wait in the line, so a replica that answers
checks and fails requests stays in (gray failure); a `deep` one fails with the share of errors that faults inject. A
check takes its own `work`, stretched by everything that slows the replica. Whether a replica lives is decided when the
check is sent and when its answer is due.

Not modelled: the network between the two, and checks at times of their own for each replica.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Callable

from sim.engine.calls.ends import turn_away
from sim.engine.clock.kernel import TIMER
from sim.engine.services.balancing import Pool
from sim.engine.services.injected_errors import ErrorInjector
from sim.outcomes import REFUSED
from sim.policies.health import HealthChecker, is_panic
from sim.record.recorder import reason_code

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt, Then
    from sim.engine.clock.kernel import Kernel
    from sim.engine.clock.streams import Streams
    from sim.engine.services.replica import Replica
    from sim.engine.services.service import Service
    from sim.record.recorder import Event
    from sim.scenario import models


class Rotation:
    """The replicas that a balancer uses, as its checks see them.

    ``replicas`` is changed in place and never empty: when none is healthy, or fewer than the panic threshold, all are
    in it, and ``is_closed`` says whether the balancer sends to none instead.
    """

    def __init__(
        self, kernel: Kernel, events: list[Event], streams: Streams, service: Service, model: models.HealthChecks
    ) -> None:
        self.kernel, self.events, self.service, self.model = kernel, events, service, model
        self.replicas = Pool(service.pool)
        self.is_closed = False
        self.unhealthy = reason_code(service.component, "unhealthy")
        self.work = streams.draw(model.work, service.name, "health checks")
        self.uniform = streams.uniform(service.name, "deep health checks")
        self.checkers: dict[int, HealthChecker] = {}
        self.on_good_check: list[Callable[[Replica], None]] = []
        self.is_panicking = False
        self.rounds = 0
        self._next_round()

    def _next_round(self) -> None:
        self.rounds += 1
        self.kernel.at(self.rounds * self.model.every, TIMER, self._check_all)

    def _check_all(self, _: object) -> None:
        """Ask every replica that there is now."""
        for replica in self.service.pool:
            self._check(replica)
        self._next_round()

    def _check(self, replica: Replica) -> None:
        """Send one check: refused at once, answered after its work, or given up at the timeout."""
        now = self.kernel.now
        time_s = self.work()
        for factor in self.service.slow_factors.values():
            time_s *= factor
        for pace in self.service.speed_factors.values():
            time_s *= pace(replica, now)
        if replica.down and replica.refuses:
            self._told(replica, False)
        elif replica.down or time_s >= self.model.timeout:
            self.kernel.at(now + self.model.timeout, TIMER, self._given_up, replica)
        elif time_s:
            self.kernel.at(now + time_s, TIMER, self._due, (replica, now + self.model.timeout))
        else:
            self._due((replica, now + self.model.timeout))

    def _given_up(self, replica: Replica) -> None:
        self._told(replica, False)

    def _due(self, what: tuple[Replica, float]) -> None:
        """The answer of a check is ready; one that is frozen may still be in time."""
        replica, expires_at = what
        if not replica.frozen and not replica.down:
            self._told(replica, not (self.model.deep and self.uniform() < self._failing_share(replica)))
        else:
            self.kernel.at(expires_at, TIMER, self._last_look, replica)

    def _failing_share(self, replica: Replica) -> float:
        """Return the share of requests that faults let fail at *replica* now."""
        healthy = 1.0
        for harm in (*self.service.error_injectors.values(), *self.service.late_error_injectors.values()):
            if isinstance(harm, ErrorInjector):
                healthy *= 1.0 - harm.share_at(replica)
        return 1.0 - healthy

    def _last_look(self, replica: Replica) -> None:
        self._told(replica, not replica.frozen and not replica.down)

    def _told(self, replica: Replica, ok: bool) -> None:
        """Fold in one check, and change the rotation if that changes what is believed."""
        model, index = self.model, replica.index
        if index not in self.checkers:
            self.checkers[index] = HealthChecker(model.unhealthy_after, model.healthy_after)
        checker = self.checkers[index]
        before = checker.healthy
        if checker.record(ok) != before:
            kind = "unhealthy" if before else "healthy"
            self.events.append((self.kernel.now, kind, self.service.name, str(index)))
            if not before and self.service.slow_starts is not None:
                self.service.slow_starts.begin(replica)
            self.change()
        if ok and checker.healthy:
            for take_back in self.on_good_check:
                take_back(replica)

    def is_healthy(self, replica: Replica) -> bool:
        """Whether *replica* is believed healthy; a new one is."""
        return replica.index not in self.checkers or self.checkers[replica.index].healthy

    def change(self) -> None:
        """Put into the rotation the replicas that are in service and believed healthy, or all in panic."""
        pool = self.service.pool
        well = [one for one in pool if self.is_healthy(one)]
        panics = is_panic(len(well), len(pool), float(self.model.panic_threshold))
        if panics != self.is_panicking:
            self.is_panicking = panics
            self.events.append((self.kernel.now, f"panic {'begins' if panics else 'ends'}", self.service.name, ""))
        is_without = panics or not well
        self.is_closed = is_without and self.model.when_none == "none"
        self.replicas[:] = pool if is_without else well
        for tell in self.service.on_pool_change:
            tell()

    def guarding(self, enter: Then) -> Then:
        """Refuse calls while the rotation is closed, else *enter*."""

        def enter_if_open(attempt: Attempt) -> None:
            if self.is_closed:
                turn_away(attempt, REFUSED, self.unhealthy, nan)
            else:
                enter(attempt)

        return enter_if_open
