"""The fast path for the commonest call: a plain call of an operation that is one `work` at one replica.

It takes the one way of every call in two steps instead of seven::

    start ── a free worker: the attempt is on the heap, or it waits ──> finished: row, next in line, continuation

Not modelled: a network, timers, admission rules and faults; a call with any of them goes the general way.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any, Callable

from sim.engine.calls.attempt import NOWHERE, Attempt, Frame
from sim.engine.calls.plain import PlainCall
from sim.engine.clock.heap import heappush
from sim.engine.clock.kernel import ANSWER
from sim.outcomes import PENDING

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel
    from sim.record.recorder import Recorder


class Leaf(Attempt):
    """An attempt of a ``LeafCall``; the slots that its short row leaves out are filled in where something fails."""

    __slots__ = ()

    def __init__(self, step: LeafCall) -> None:
        self.step = step
        self.replica = NOWHERE
        self.started_at = nan
        self.left_at: float | None = None
        self.outcome = PENDING

    def complete(self) -> None:
        """Fill in the other slots, for the general way of ending."""
        self.entered_at = self.sent_at
        self.request = self.parent.request
        self.number = 1
        self.replica = self.step.replica
        self.reason = 0
        self.worked_s = nan


class LeafCall(PlainCall):
    """A plain call of an operation that is one `work` at a service of one replica: the fast way through the engine.

    What ``PlainCall``, ``Replica`` and ``Work`` do one after another stands here in one place, without the states
    that a call of this kind cannot have (a network, a reply before the end, a crash). Its rows are short, its attempts
    are in a waiting line or on the heap and nowhere else, and an attempt that has ended is used again for a later one.
    The results are the same, byte for byte: the tests play scenarios both ways.
    """

    __slots__ = ("heap", "next_event", "replica", "work", "done", "leaf_rows", "spare")

    def __init__(self, kernel: Kernel, recorder: Recorder, ids: Callable[[], int], code: int, replica: Any) -> None:
        super().__init__(kernel, recorder, ids, code)
        self.heap, self.next_event = kernel.heap, kernel.next_id
        self.replica = replica
        self.work: Any
        """The callee's only step."""
        self.done = (self.finished,)
        self.leaf_rows = recorder.leaves.rows
        self.spare: list[Leaf] = []
        kernel.pools.append(self.spare)

    def start(self, frame: Frame) -> None:
        """Send the one attempt of this call; it is at the replica at once."""
        now = self.kernel.now
        attempt = self.spare.pop() if self.spare else Leaf(self)
        attempt.parent = frame
        attempt.id = self.next_id()
        attempt.sent_at = now
        replica = self.replica
        if replica.free > 0 and not replica.line:
            replica.free -= 1
            attempt.started_at = now
            attempt.callbacks = self.done
            heappush(self.heap, (now + self.work.draw(), ANSWER, self.next_event(), attempt))
        elif len(replica.line) < replica.places:
            attempt.started_at = nan
            replica.line.append(attempt)
        else:
            attempt.started_at = nan
            attempt.complete()
            self.open[attempt.id] = attempt
            replica.service.reject(attempt, replica.service.full)

    def work_on(self, attempt: Leaf) -> None:
        """A worker takes *attempt* from the waiting line."""
        attempt.callbacks = self.done
        heappush(self.heap, (self.kernel.now + self.work.draw(), ANSWER, self.next_event(), attempt))

    def finished(self, attempt: Leaf) -> None:
        """The work has ended: the worker takes the next attempt, as in ``Replica.release``; the caller continues."""
        now = self.kernel.now
        replica = self.replica
        line = replica.line
        if line and line[0].__class__ is Leaf and not replica.blocked:
            following = line.popleft()
            following.started_at = now
            step = following.step
            following.callbacks = step.done
            heappush(self.heap, (now + step.work.draw(), ANSWER, self.next_event(), following))
        elif line or replica.queues:
            replica.release(attempt)
        else:
            replica.free += 1
        frame = attempt.parent
        self.leaf_rows.write((attempt.id, frame.id, self.code, attempt.sent_at, attempt.started_at, now))
        attempt.parent = None  # type: ignore[assignment]  # else the pool would keep what has ended
        self.spare.append(attempt)
        self.after.then(frame)
