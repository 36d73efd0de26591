"""One attempt of a call: its instants, its two sides, and the ways in which each side ends.

An attempt has a caller's side (it ends when the caller has an answer or gives up) and a callee's side (it ends when the
callee is done with it, or can never begin). Its row is written when both have ended. The same object is the frame of
the operation that it starts at the callee, and the event on the heap for everything that happens to it in turn: one
object for each attempt is what keeps the engine fast.
"""

from __future__ import annotations

from math import inf, nan
from typing import Any, Callable

from sim.outcomes import OK, PENDING

Frame = Any
"""What a step works on: a Request, an Attempt, or a ForkBranch of a `parallel`."""
Then = Callable[[Frame], None]
Failed = Callable[[Frame, int, int], None]
"""Called with the frame, the outcome and the reason of what failed."""


class Nowhere:
    """Stands for the replica of an attempt that has none."""

    index = -1
    outstanding = 0


NOWHERE = Nowhere()


class Attempt:
    """One try of a call, a send or a delivery; see ``Record.attempts`` for its instants."""

    __slots__ = (
        "callbacks",
        "step",
        "parent",
        "request",
        "id",
        "number",
        "replica",
        "sent_at",
        "entered_at",
        "started_at",
        "left_at",
        "ended_at",
        "expires_at",
        "outcome",
        "result",
        "reason",
        "worked_s",
        "unanswerable",
        "call",
        "generation",
        "message",
        "wait_timer",
        "killed",
        "replied",
        "loops",
        "ends",
        "running_since",
        "queued_at",
    )
    _ok = True
    # set where they are needed, by whoever needs them
    callbacks: Any
    ended_at: float
    expires_at: float
    unanswerable: bool
    call: Any
    generation: int
    message: Any
    wait_timer: Any
    killed: bool
    replied: bool
    due_at = inf
    """When its caller's time is over, as far as the callee knows."""

    def __init__(self, step: Any, parent: Frame, request: Any, number: int, now: float) -> None:
        self.step = step
        self.parent = parent
        self.request = request
        self.id = number
        self.number = 1
        self.replica: Any = NOWHERE
        self.sent_at = now
        self.entered_at = self.started_at = nan
        self.left_at: float | None = None
        self.outcome = PENDING
        self.result = OK
        self.reason = 0
        self.worked_s = 0.0

    @property
    def root(self) -> Attempt:
        """The attempt whose worker carries this frame: itself."""
        return self


def is_detached(frame: Frame) -> bool:
    """Whether nobody goes on with *frame*: its attempt is over (it was killed, or decided without this strand)."""
    return frame.root.left_at is not None
