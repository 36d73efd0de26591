"""Replicas that an operator sets: as many as the latest action wants that still lasts, or as at first.

Not modelled: see ``sim.engine.services.replica_group``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.engine.clock.kernel import CENSUS
from sim.engine.services.replica_group import DRAINING, ReplicaGroup

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel
    from sim.engine.services.service import Service
    from sim.record.recorder import Recorder

LOOK_S = 0.25
"""How often a replica that drains is asked whether it has finished, as under an autoscaler that decides each 15 s."""

Order = tuple[int, float]
"""A number of replicas, and the boot of a new one (s)."""


class ScaledByHand(ReplicaGroup):
    """The replicas of one service that actions scale."""

    __slots__ = ("initial", "wishes", "is_looking")

    def __init__(self, kernel: Kernel, recorder: Recorder, service: Service, initial: int) -> None:
        super().__init__(kernel, recorder, service, initial, "scaled by hand")
        self.initial = initial
        self.wishes: list[Order] = []
        """What the actions that last want, the latest last."""
        self.is_looking = False

    def want(self, order: Order) -> None:
        """Have as many replicas as *order* says."""
        self.wishes.append(order)
        self._obey(order[1])

    def want_no_more(self, order: Order) -> None:
        """Have as many as the latest action that still lasts wants; new ones boot as long as those of *order*."""
        self.wishes.remove(order)
        self._obey(order[1])

    def _obey(self, boot_s: float) -> None:
        self.boot_s = self.wishes[-1][1] if self.wishes else boot_s
        self._scale_to(self.wishes[-1][0] if self.wishes else self.initial)
        if not self.is_looking and DRAINING in self.states:
            self._look_later()

    def _look_later(self) -> None:
        self.is_looking = True
        self.kernel.at(self.kernel.now + LOOK_S, CENSUS, self._look)

    def _look(self, _: Any) -> None:
        """Let go what has drained; look again while something drains."""
        self.is_looking = False
        self._let_go()
        if DRAINING in self.states:
            self._look_later()
