"""The network between two ends: the transport of a link that has latency, loss or faults.

Each way draws its own times and losses; a lost message leaves the caller to its timers::

    step ── send ── out: lost? latency ──> endpoint
         <──────── back: lost? latency ── answer ──┘

A link without latency, loss and faults has no network: its steps call the endpoint. Faults strike each way for itself
(``Way``): they cut it, add latency and loss, or let messages through one by one.

Not modelled: bandwidth, connections, and packets within a message.
"""

from __future__ import annotations

from collections import deque
from math import inf
from typing import TYPE_CHECKING, Callable

from sim.engine.calls.attempt import Attempt
from sim.engine.calls.ends import lose_answer, refuse
from sim.engine.clock.heap import heappush
from sim.engine.clock.kernel import ANSWER
from sim.outcomes import PENDING, REFUSED
from sim.record.recorder import reason_code

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel
    from sim.engine.clock.streams import Draw


class Network:
    """Carries requests out and answers back; ``out`` and ``back`` draw one-way times, each from its own stream."""

    __slots__ = (
        "kernel",
        "heap",
        "next_id",
        "out",
        "back",
        "loss",
        "loss_back",
        "lost_out",
        "lost_back",
        "lost_reason",
        "cut_reason",
    )

    def __init__(
        self,
        kernel: Kernel,
        component: int,
        out: Draw,
        back: Draw,
        losses: tuple[float, float],
        lost_out: Draw,
        lost_back: Draw,
    ) -> None:
        self.kernel, self.heap, self.next_id = kernel, kernel.heap, kernel.next_id
        self.out, self.back = out, back
        self.loss, self.loss_back = losses
        self.lost_out, self.lost_back = lost_out, lost_back
        self.lost_reason, self.cut_reason = reason_code(component, "lost on the link"), reason_code(component, "cut")

    def send(self, attempt: Attempt) -> None:
        """Carry a request to the endpoint."""
        if self.loss and self.lost_out() < self.loss:
            self.lose(attempt, self.lost_reason)
            return
        time_s = self.out()
        if time_s:
            attempt.callbacks = (attempt.step.route.deliver,)
            heappush(self.heap, (self.kernel.now + time_s, ANSWER, self.next_id(), attempt))
        else:
            attempt.step.route.deliver(attempt)

    def answer(self, attempt: Attempt) -> None:
        """Carry an answer to the caller."""
        if self.loss_back and self.lost_back() < self.loss_back:
            self.lose(attempt, self.lost_reason)
            return
        time_s = self.back()
        if not time_s:
            attempt.step.receive(attempt)
        elif attempt.left_at is None:  # an early reply: the attempt is still the frame of its operation
            self.kernel.at(self.kernel.now + time_s, ANSWER, _receive, attempt)
        else:
            attempt.callbacks = (attempt.step.receive,)
            heappush(self.heap, (self.kernel.now + time_s, ANSWER, self.next_id(), attempt))

    def lose(self, attempt: Attempt, reason: int) -> None:
        """The message is gone; only a timer can end the caller's side."""
        if attempt.outcome == PENDING:
            attempt.reason = reason
        lose_answer(attempt)


def _receive(attempt: Attempt) -> None:
    attempt.step.receive(attempt)


class Way:
    """One direction of a network that faults strike: what they do to it, and the messages that wait for their turn."""

    __slots__ = (
        "name",
        "network",
        "go",
        "healthy",
        "delays",
        "loss",
        "lost",
        "losses",
        "throughput_limits",
        "spacing_s",
        "line",
        "next_at",
        "cuts",
        "refusing_cuts",
        "own_loss",
    )

    def __init__(
        self, name: str, network: FaultyNetwork, go: Callable[[Attempt], None], own_loss: float, lost: Draw
    ) -> None:
        self.name, self.network, self.go, self.lost = name, network, go, lost
        self.healthy: Draw = getattr(network, name)
        self.own_loss = self.loss = own_loss
        self.delays: dict[str, Draw] = {}
        self.losses: dict[str, float] = {}
        self.throughput_limits: dict[str, float] = {}
        self.spacing_s = 0.0
        """Seconds between two messages; 0 without a drip."""
        self.line: deque[Attempt] = deque()
        self.next_at = -inf
        self.cuts = self.refusing_cuts = 0

    def change(self) -> None:
        """Recompute from the healthy network and the active faults: delays add, losses combine, one limit counts."""
        setattr(self.network, self.name, _sum([self.healthy, *self.delays.values()]))
        kept = 1.0 - self.own_loss
        for share in self.losses.values():
            kept *= 1.0 - share
        self.loss = 1.0 - kept if self.losses else self.own_loss
        self.spacing_s = max(self.throughput_limits.values(), default=0.0)
        while self.line and not self.spacing_s:
            self.go(self.line.popleft())

    def enter(self, attempt: Attempt) -> None:
        """Let *attempt* pass, if throughput is not limited, or let it wait for its turn."""
        if not self.spacing_s:
            self.go(attempt)
            return
        now = self.network.kernel.now
        self.line.append(attempt)
        if len(self.line) == 1:
            self.network.kernel.at(max(now, self.next_at), ANSWER, self._next, self.line)

    def _next(self, line: deque[Attempt]) -> None:
        """It is the turn of the first that waits; none does where the limit has ended meanwhile."""
        now = self.network.kernel.now
        if not line or now < self.next_at:
            return
        self.next_at = now + self.spacing_s
        self.go(line.popleft())
        if line:
            self.network.kernel.at(self.next_at, ANSWER, self._next, line)


class FaultyNetwork(Network):
    """A network that some fault cuts, delays, makes lossy or lets drip, each way; windows may overlap."""

    __slots__ = ("ways", "forth", "back_way")

    def __init__(
        self,
        kernel: Kernel,
        component: int,
        out: Draw,
        back: Draw,
        losses: tuple[float, float],
        lost_out: Draw,
        lost_back: Draw,
    ) -> None:
        super().__init__(kernel, component, out, back, losses, lost_out, lost_back)
        self.forth = Way("out", self, super().send, losses[0], lost_out)
        self.back_way = Way("back", self, super().answer, losses[1], lost_back)
        self.ways = {"out": self.forth, "back": self.back_way}
        self.loss = self.loss_back = 0.0  # they are drawn here, before the wait for a turn

    def send(self, attempt: Attempt) -> None:
        """Carry a request, unless the link is cut."""
        way = self.forth
        if way.refusing_cuts:
            refuse(attempt, self.cut_reason)
        elif way.cuts:
            self.lose(attempt, self.cut_reason)
        elif way.loss and way.lost() < way.loss:
            self.lose(attempt, self.lost_reason)
        else:
            way.enter(attempt)

    def answer(self, attempt: Attempt) -> None:
        """Carry an answer, unless the link is cut: a refusing cut ends the caller's side at once."""
        way = self.back_way
        if way.refusing_cuts:
            attempt.result = REFUSED
            if attempt.outcome == PENDING:
                attempt.reason = self.cut_reason
            attempt.step.receive(attempt)
        elif way.cuts:
            self.lose(attempt, self.cut_reason)
        elif way.loss and way.lost() < way.loss:
            self.lose(attempt, self.lost_reason)
        else:
            way.enter(attempt)


def _sum(draws: list[Draw]) -> Draw:
    if len(draws) == 1:
        return draws[0]
    calls: list[Callable[[], float]] = draws
    return lambda: sum(draw() for draw in calls)
