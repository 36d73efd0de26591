"""One attempt of a call, a send or a delivery: its instants, and what the parts that it passes note on it.

An attempt has a caller's side (it ends when the caller has an answer or gives up) and a callee's side (it ends when the
callee is done with it, or can never begin). Its row is written when both have ended (``ends``)::

    caller's side   sent_at ────────────────────────────────────────> ended_at   (outcome)
    callee's side            entered_at ── started_at ──> left_at                (result)
                                waits        worked on

The same object is the frame of the operation that it starts at the callee, and the event on the heap for everything
that happens to it in turn: one object for each attempt is what keeps the engine fast.

Not modelled: the size of an attempt, and several answers to one.
"""

from __future__ import annotations

from math import inf, nan
from typing import Any, Callable

from sim.engine.clock.kernel import TimerEntry
from sim.outcomes import OK, PENDING

Then = Callable[[Any], None]
"""Called with the frame of a step that has ended."""
Failed = Callable[[Any, int, int], None]
"""Called with the frame, the outcome and the reason of what failed."""


class Frame(TimerEntry):
    """What a step works on: a Request, an Attempt, or a ForkBranch of a `parallel`; also its event on the heap."""

    __slots__ = ("request", "id", "result", "worked_s")
    request: Any
    id: int
    result: int
    worked_s: float

    @property
    def root(self) -> Any:
        """The attempt, or the request, whose worker carries this frame; each kind says it in its own way."""
        raise NotImplementedError

    @property
    def replica(self) -> Any:
        """Where it runs."""
        raise NotImplementedError

    @property
    def killed(self) -> Any:
        """Whether its replica crashed under it."""
        raise NotImplementedError

    @property
    def due_at(self) -> Any:
        """When the time of its caller ends, as far as it knows."""
        raise NotImplementedError


class OperationFrame(Frame):
    """The frame of an operation: an Attempt, or a ForkBranch. The slots have no value until they are needed."""

    __slots__ = ("loops", "ends", "running_since", "queued_at")
    loops: Any
    ends: Any
    running_since: float
    queued_at: float


class RequestFrame(Frame):
    """The frame of a client's request, as all frames that it causes know it: the business *key* is -1 without keys."""

    __slots__ = ("key",)
    key: float


class Place:
    """Where an attempt is worked on, with the line in front of it: a replica, or ``NOWHERE`` while it has none."""

    __slots__ = ("index", "outstanding", "free", "places", "line", "queues", "blocked")

    def __init__(self, index: int) -> None:
        self.index, self.outstanding = index, 0


NOWHERE = Place(-1)


class Attempt(OperationFrame):
    """One attempt; see ``Record.attempts`` for its instants.

    ================  =========================================  ===================================================
    slot              set by                                     read by
    ================  =========================================  ===================================================
    step, parent,     the step that sends it                     every part; the row
    request, id,
    sent_at
    number            the step: which attempt of its call        the row
    callbacks         the part that puts it on the heap          SimPy
    replica           the balancer, else the endpoint;           service, faults, the row
                      ``NOWHERE`` until then
    entered_at        the endpoint; NaN until then               admission rules, faults; the row
    started_at        the replica, when a worker takes it        faults; the row
    left_at           the callee, when its side ends; None       ``ends``, whether its operation continues; the row
                      until then, NaN if it never entered
    ended_at          ``ends.answered``, ``ends.give_up``        the row
    outcome           ``ends.answered``, ``ends.give_up``;       timers (an end cancels them), every part that waits
                      PENDING until then
    result            the callee; OK unless it fails             ``ends.answered``
    reason            the part that refused, failed or lost it   the caller's continuation; the row
    worked_s          work steps, joins                          the row
    unanswerable      steps with timers (False), ``ends.drop``   ``ends.give_up``, what is stuck at the end
    expires_at        ``TimerQueue.add``                         the timer queue, the message's next visibility
    call              calls with policies: what they remember    the same
                      of the logical call
    generation        a call with a breaker                      the same, when the attempt ends
    message           ``Delivery``: the receipt                  the same, when the attempt ends
    wait_timer        the waiting line, if waits have a limit    the replica, which cancels it
    running_since,    ``FreeReplica``, for each segment on a     the same, when it writes the segment
    queued_at         worker
    killed            services that faults strike: False, then   steps that take time there
                      a crash or a cancellation
    replied           operations with a reply: False, then       the end of the operation
                      ``Reply``
    loops, ends       ``Repeat``, ``RecordOutcome``              ``Repeat``, branches on a step's outcome
    ================  =========================================  ===================================================
    """

    __slots__ = (
        "step",
        "parent",
        "number",
        "replica",
        "sent_at",
        "entered_at",
        "started_at",
        "left_at",
        "ended_at",
        "reason",
        "unanswerable",
        "call",
        "generation",
        "message",
        "wait_timer",
        "killed",
        "replied",
    )
    # without a value at first: each is set by the part that needs it, as the table says
    ended_at: float
    unanswerable: bool
    call: Any
    generation: int
    message: Any
    wait_timer: Any
    killed: bool
    replied: bool
    due_at = inf
    """When the time of its caller ends, as far as the callee knows."""

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
    """Whether nothing continues after *frame*: its attempt has ended (killed, or decided without this branch)."""
    return frame.root.left_at is not None
