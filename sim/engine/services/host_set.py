"""The replicas that one balancer may use, of those that it knows: the healthy ones, or all of them in panic.

::

    known ── without those that health checks or outlier detection hold to be bad ──> healthy
    healthy / known below the panic threshold ──> all that are known, or none

It is worked out again when a replica is ejected or returns, when health checks change their mind, and when replicas
come and go. So each call costs no more than its balancer.

Not modelled: priorities, and degraded hosts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Sequence

from sim.engine.services.balancing import Pool

if TYPE_CHECKING:
    from sim.engine.services.replica import Replica
    from sim.engine.services.service import Service

OnPanic = Callable[[str], None]
"""Notes that panic ``begins`` or ``ends``."""


class HostSet:
    """The replicas of *service* that one balancer may use; *is_out* says which it does not, besides unhealthy ones.

    *known* gives those that it knows, and *panics* is asked with how many are healthy and how many are known.
    ``replicas`` is changed in place. It is empty if no call may leave.
    """

    __slots__ = ("service", "known", "is_out", "panics", "all_in_panic", "on_panic", "replicas", "is_panicking")

    def __init__(
        self,
        service: Service,
        known: Callable[[], Sequence[Replica]],
        is_out: Callable[[int], bool],
        panics: Callable[[int, int], bool],
        all_in_panic: bool,
        on_panic: OnPanic,
    ) -> None:
        self.service, self.known, self.is_out, self.on_panic = service, known, is_out, on_panic
        self.panics, self.all_in_panic = panics, all_in_panic
        self.replicas = Pool(known())
        self.is_panicking = False

    def refresh(self) -> None:
        """Work out again which replicas may be used."""
        known, rotation = self.known(), self.service.rotation
        healthy: list[Replica] = [
            one for one in known if not self.is_out(one.index) and (rotation is None or rotation.is_healthy(one))
        ]
        panics = self.panics(len(healthy), len(known))
        if panics != self.is_panicking:
            self.is_panicking = panics
            self.on_panic("begins" if panics else "ends")
        self.replicas[:] = healthy if not panics else known if self.all_in_panic else ()
