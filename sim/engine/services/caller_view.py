"""The replicas that one caller knows and may use, where callers differ: by their subsets, or by their zones.

Not modelled: the time that a caller needs to connect to a replica that is new in its subset.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Sequence

from sim.engine.services.host_set import HostSet
from sim.policies.health import is_panic

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel
    from sim.engine.services.replica import Replica
    from sim.engine.services.service import Service
    from sim.record.recorder import Event
    from sim.scenario import models

Choosing = Callable[[HostSet, str], Callable[[], "Replica"]]
"""Makes the balancer of a caller over its host set."""


class CallerView:
    """One caller's host set without outlier detection: those it knows that *checks*, if there are any, find well.

    When too few are, or none, all that it knows are used, or none, as the health checks say.
    """

    __slots__ = ("hosts", "choose")

    def __init__(
        self,
        kernel: Kernel,
        events: list[Event],
        service: Service,
        known: Callable[[], Sequence[Replica]],
        link: str,
        whose: str,
        checks: models.HealthChecks | None,
        choosing: Choosing,
    ) -> None:
        threshold = 0.0 if checks is None else float(checks.panic_threshold)
        self.hosts = HostSet(
            service,
            known,
            lambda index: False,
            lambda healthy, all_known: not healthy or is_panic(healthy, all_known, threshold),
            checks is None or checks.when_none == "all",
            lambda how: events.append((kernel.now, f"panic {how}", link, whose)),
        )
        self.choose = choosing(self.hosts, whose)
        service.on_pool_change.append(self.hosts.refresh)
        self.hosts.refresh()
