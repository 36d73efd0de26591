"""The network between two ends: latency and loss each way, and what faults do to it.

A link without latency and loss is no object at all: the caller's step calls the callee's door. Left out: bandwidth,
connections, and packets within a message.
"""

from __future__ import annotations

from heapq import heappush
from typing import TYPE_CHECKING, Callable

from sim.engine.calls import Attempt, lose_answer, refuse
from sim.engine.kernel import ANSWER
from sim.engine.recorder import cause
from sim.outcomes import PENDING, REFUSED

if TYPE_CHECKING:
    from sim.engine.kernel import Kernel
    from sim.engine.streams import Draw


class Network:
    """Carries requests out and answers back; ``out`` and ``back`` draw one-way times, each from its own stream."""

    __slots__ = ("kernel", "env", "heap", "next_id", "out", "back", "loss", "lost_out", "lost_back", "arrived",
                 "returned", "lost_cause", "cut_cause")  # fmt: skip

    def __init__(
        self, kernel: Kernel, place: int, out: Draw, back: Draw, loss: float, lost_out: Draw, lost_back: Draw
    ) -> None:  # fmt: skip
        self.kernel, self.env, self.heap, self.next_id = kernel, kernel.env, kernel.heap, kernel.next_id
        self.out, self.back = out, back
        self.loss, self.lost_out, self.lost_back = loss, lost_out, lost_back
        self.arrived, self.returned = (_deliver,), (_receive,)
        self.lost_cause, self.cut_cause = cause(place, "lost on the link"), cause(place, "cut")

    def send(self, attempt: Attempt) -> None:
        """Carry a request to the callee's door."""
        if self.loss and self.lost_out() < self.loss:
            self.lose(attempt, self.lost_cause)
            return
        time_s = self.out()
        if time_s:
            attempt.callbacks = self.arrived
            heappush(self.heap, (self.env._now + time_s, ANSWER, self.next_id(), attempt))
        else:
            attempt.step.deliver(attempt)

    def answer(self, attempt: Attempt) -> None:
        """Carry an answer to the caller."""
        if self.loss and self.lost_back() < self.loss:
            self.lose(attempt, self.lost_cause)
            return
        time_s = self.back()
        if not time_s:
            attempt.step.receive(attempt)
        elif attempt.left_at is None:  # an early reply: the attempt itself is busy with the rest of its recipe
            self.kernel.at(self.env._now + time_s, ANSWER, _receive, attempt)
        else:
            attempt.callbacks = self.returned
            heappush(self.heap, (self.env._now + time_s, ANSWER, self.next_id(), attempt))

    def lose(self, attempt: Attempt, why: int) -> None:
        """The message is gone; only a timer can tell the caller."""
        if attempt.outcome == PENDING:
            attempt.cause = why
        lose_answer(attempt)


def _deliver(attempt: Attempt) -> None:
    attempt.step.deliver(attempt)


def _receive(attempt: Attempt) -> None:
    attempt.step.receive(attempt)


class FaultyNetwork(Network):
    """A network that some fault cuts, delays or makes lossy; windows may overlap."""

    __slots__ = ("healthy", "delays", "losses", "cuts", "refusing_cuts")

    def __init__(
        self, kernel: Kernel, place: int, out: Draw, back: Draw, loss: float, lost_out: Draw, lost_back: Draw
    ) -> None:  # fmt: skip
        super().__init__(kernel, place, out, back, loss, lost_out, lost_back)
        self.healthy = (out, back, loss)
        self.delays: dict[str, tuple[Draw, Draw]] = {}
        self.losses: dict[str, float] = {}
        self.cuts = self.refusing_cuts = 0

    def send(self, attempt: Attempt) -> None:
        """Carry a request, unless the link is cut."""
        if self.refusing_cuts:
            refuse(attempt, self.cut_cause)
        elif self.cuts:
            self.lose(attempt, self.cut_cause)
        else:
            super().send(attempt)

    def answer(self, attempt: Attempt) -> None:
        """Carry an answer, unless the link is cut: a refusing cut tells the caller that the call is over."""
        if self.refusing_cuts:
            attempt.result = REFUSED
            if attempt.outcome == PENDING:
                attempt.cause = self.cut_cause
            attempt.step.receive(attempt)
        elif self.cuts:
            self.lose(attempt, self.cut_cause)
        else:
            super().answer(attempt)

    def change(self) -> None:
        """Recompute latency and loss from the healthy ones and the faults that are on: delays add, losses combine."""
        out, back, loss = self.healthy
        self.out = _sum([out, *(pair[0] for pair in self.delays.values())])
        self.back = _sum([back, *(pair[1] for pair in self.delays.values())])
        kept = 1.0 - loss
        for share in self.losses.values():
            kept *= 1.0 - share
        self.loss = 1.0 - kept if self.losses else loss


def _sum(draws: list[Draw]) -> Draw:
    if len(draws) == 1:
        return draws[0]
    calls: list[Callable[[], float]] = draws
    return lambda: sum(draw() for draw in calls)
