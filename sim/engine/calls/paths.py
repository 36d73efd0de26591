"""The paths of a link, one to each replica of its callee: faults can strike some of them and leave the others alone.

A link whose faults name replicas chooses the replica when an attempt is sent, because a message on its way to one
replica has another path than a message to the next::

    step ── choose ── send ── link ──┬── path to #0 ──> replica 0
                                     └── path to #1 ──> replica 1

The link itself and the path are in series, each way: what strikes the whole link strikes every message, then what
strikes the path strikes those of its replica. A path that no fault strikes is not made.

Not modelled: a path that two links share, and a balancer that stands behind the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from sim.engine.calls.network import FaultyNetwork, Network

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.clock.kernel import Kernel
    from sim.engine.clock.streams import Draw


class PathNetwork(FaultyNetwork):
    """A network with paths that faults strike; the replica of an attempt is known when it is sent.

    *uniform* makes the stream of one purpose, which decides what a path loses.
    """

    __slots__ = ("component", "uniform", "paths")

    def __init__(
        self,
        kernel: Kernel,
        component: int,
        out: Draw,
        back: Draw,
        losses: tuple[float, float],
        lost_out: Draw,
        lost_back: Draw,
        uniform: Callable[[str], Draw],
    ) -> None:
        super().__init__(kernel, component, out, back, losses, lost_out, lost_back)
        self.component, self.uniform = component, uniform
        self.paths: dict[int, FaultyNetwork] = {}
        self.forth.go, self.back_way.go = self._send_on_path, self._answer_on_path

    def path(self, index: int) -> FaultyNetwork:
        """Return the path to the replica with this number; its times are those of the link, and what faults add."""
        if index not in self.paths:
            self.paths[index] = FaultyNetwork(
                self.kernel,
                self.component,
                lambda: self.out(),  # as it is at the time: faults of the whole link replace it
                lambda: self.back(),
                (0.0, 0.0),
                self.uniform(f"lost out to {index}"),
                self.uniform(f"lost back from {index}"),
            )
        return self.paths[index]

    def _send_on_path(self, attempt: Attempt) -> None:
        path = self.paths.get(attempt.replica.index)
        if path is None:
            Network.send(self, attempt)
        else:
            path.send(attempt)

    def _answer_on_path(self, attempt: Attempt) -> None:
        path = self.paths.get(attempt.replica.index)
        if path is None:
            Network.answer(self, attempt)
        else:
            path.answer(attempt)
