"""One attempt of a call: its instants, its two sides, and the ways in which each side ends.

An attempt has a caller's side (it ends when the caller has an answer or gives up) and a callee's side (it ends when the
callee is done with it, or can never begin). Its row is written when both have ended. The same object is the frame of
the operation that it starts at the callee, and the event on the heap for everything that happens to it in turn: one
object for each attempt is what keeps the engine fast.
"""

from __future__ import annotations

from math import inf, nan
from typing import Any, Callable

from sim.outcomes import OK, PENDING, REFUSED, TIMEOUT

Frame = Any
"""What a step works on: a Request, an Attempt, or a ForkBranch of a `parallel`."""
Then = Callable[[Frame], None]
Failed = Callable[[Frame, int, int], None]
"""Called with the frame, the outcome and the cause of what failed."""


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


def row(attempt: Any, ended_at: float) -> tuple[float, ...]:
    """Return *attempt* as a row of the record."""
    left_at = attempt.left_at
    return (
        attempt.id,
        attempt.request.number,
        attempt.parent.id,
        attempt.step.code,
        attempt.replica.index,
        attempt.number,
        attempt.sent_at,
        attempt.entered_at,
        attempt.started_at,
        nan if left_at is None else left_at,
        ended_at,
        attempt.outcome,
        attempt.reason,
        attempt.worked_s,
    )


def give_up(attempt: Attempt, reason: int) -> None:
    """End the caller's side of *attempt* as a timeout; its row waits for the callee's side."""
    attempt.outcome = TIMEOUT
    attempt.reason = reason
    step = attempt.step
    attempt.ended_at = step.env._now
    if step.settled is not None:
        step.settled(attempt)
    if attempt.unanswerable and attempt.left_at is not None:
        del step.open[attempt.id]
        step.write(row(attempt, attempt.ended_at))


def withdraw(call: Any, reason: int) -> None:
    """The client leaves at its deadline: its attempt ends as a timeout, nothing is tried again."""
    call.over = True
    current = call.current
    if current is not None and current.outcome == PENDING:
        current.step.withdrawn(current, reason)


def refuse(attempt: Attempt, reason: int) -> None:
    """The link itself refuses *attempt*: nobody is there. The caller learns it at once."""
    attempt.left_at = nan
    attempt.result, attempt.reason = REFUSED, reason
    attempt.step.receive(attempt)


def close_left(attempt: Attempt) -> None:
    """The callee's side of *attempt* is over without an answer to send (it had replied before, or was killed)."""
    if attempt.outcome != PENDING:
        late(attempt, attempt.step.open, attempt.step.write)


def late(attempt: Attempt, open_: dict[int, Attempt], write: Callable[[tuple[float, ...]], None]) -> None:
    """Write the row of an attempt whose caller's side ended before, if the callee's side is over too."""
    if attempt.left_at is not None and attempt.id in open_:
        del open_[attempt.id]
        write(row(attempt, attempt.ended_at))


def lose_answer(attempt: Attempt) -> None:
    """Nothing will come back to the caller; the rest of a recipe that has replied early goes on."""
    if attempt.left_at is None and attempt.entered_at == attempt.entered_at:
        attempt.unanswerable = True
    else:
        drop(attempt)


def drop(attempt: Attempt) -> None:
    """Request or answer is lost, or its server died silently: nothing will ever come back."""
    if attempt.left_at is None:
        attempt.left_at = nan
    attempt.unanswerable = True
    close_left(attempt)
