"""What one caller knows of the replicas of a service by its own calls: which are ejected, and which it may use.

It asks the detector (``sim.policies.outliers``) at each sweep, and works out its host set again after each change.

Not modelled: sweeps of different callers at different instants; all sweep at the multiples of the interval.
"""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING, Callable, Sequence

from sim.engine.clock.kernel import TIMER
from sim.engine.services.host_set import HostSet
from sim.policies.health import is_panic

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel
    from sim.engine.services.replica import Replica
    from sim.engine.services.service import Service
    from sim.mechanisms.links.outlier_detection import OutlierDetection
    from sim.record.recorder import Event


class OutlierView:
    """One caller's view: its detector, its host set, and the balancer that chooses from it.

    *whose* names the caller in events; it is empty where all callers share the view.
    """

    __slots__ = ("kernel", "service", "detector", "hosts", "choose", "every_s", "rounds", "_note")

    def __init__(
        self,
        kernel: Kernel,
        events: list[Event],
        service: Service,
        known: Callable[[], Sequence[Replica]],
        link: str,
        whose: str,
        model: OutlierDetection,
        choosing: Callable[[HostSet, str], Callable[[], Replica]],
        uniform: Callable[[], float],
    ) -> None:
        self.kernel, self.service = kernel, service

        def note(now: float, kind: str, *details: str) -> None:
            events.append((now, kind, link, " | ".join((*details, whose))))

        self._note = note
        self.detector = model.policy(uniform=uniform, on_ejection=self._ejected, on_return=self._returned)
        self.hosts = HostSet(
            service,
            known,
            self.detector.is_ejected,
            lambda healthy, all_known: is_panic(healthy, all_known, float(model.panic_threshold)),
            model.in_panic == "all",
            lambda how: note(kernel.now, f"panic {how}"),
        )
        self.choose = choosing(self.hosts, whose)
        self.every_s = float(model.every)
        self.rounds = floor(kernel.now / self.every_s)
        service.on_pool_change.append(self._on_pool_change)
        if model.checks_take_back and service.rotation is not None:
            service.rotation.on_good_check.append(self._on_good_check)
        self._on_pool_change()
        self._next_sweep()

    def _next_sweep(self) -> None:
        self.rounds += 1
        self.kernel.at(self.rounds * self.every_s, TIMER, self._sweep)

    def _sweep(self, _: object) -> None:
        self.detector.sweep(self.kernel.now)
        self._next_sweep()

    def _ejected(self, now: float, host: int, test: str, span_s: float) -> None:
        self._note(now, "ejected", str(host), test, str(self.detector.monitors[host].multiplier))
        self.hosts.refresh()

    def _returned(self, now: float, host: int) -> None:
        self._note(now, "returned", str(host))
        self.hosts.refresh()

    def _on_pool_change(self) -> None:
        """Replicas have come or gone, or health checks have changed their mind."""
        self.detector.watch(one.index for one in self.hosts.known())
        self.hosts.refresh()

    def _on_good_check(self, replica: Replica) -> None:
        self.detector.take_back(replica.index, self.kernel.now)
