"""One replica of a service: the endpoint of calls, with workers and a bounded waiting line in front of them.

::

    deliver ──> enter ──> a free worker ──> operation ──> release ──┐
                  └─────> waiting line <─────── take_next <─────────┘
                          messages of queues <──────┘

A worker is held from the begin to the end of an operation, as a thread for each request is. A ``FreeReplica`` frees it
while the operation waits for a callee. ``AdmissionControl`` is a part that may be put in: it decides which attempts
enter, join the line and leave it.

Not modelled: switching between threads, and workers of different speed.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Callable

from sim.engine.calls.attempt import Place
from sim.engine.services.interfaces import QueueTimer
from sim.outcomes import OK
from sim.quantities import UNLIMITED

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt, Then
    from sim.engine.clock.drawn_timers import DrawnTimers
    from sim.engine.clock.kernel import Kernel, TimerQueue
    from sim.engine.services.admission_control import AdmissionControl
    from sim.engine.services.interfaces import Home, MessageSource
    from sim.engine.services.processor import Processor

MANY = 10**9
"""Stands for unlimited where a whole number is counted down."""


class Replica(Place):
    """Workers, the line in front of them, and how faults hold them."""

    __slots__ = (
        "kernel",
        "holds_workers",
        "service",
        "workers",
        "wait_timer",
        "reserved",
        "frozen",
        "down",
        "refuses",
        "in_progress",
        "deferred",
        "admission",
        "deliver",
        "join_line",
        "next_in_line",
        "processor",
    )

    def __init__(self, kernel: Kernel, service: Home, index: int, workers: float, places: float) -> None:
        super().__init__(index)
        self.kernel, self.service = kernel, service
        self.workers = self.free = MANY if workers == UNLIMITED else int(workers)
        self.places = MANY if places == UNLIMITED else int(places)
        self.line: deque[Any] = deque()
        self.holds_workers = True
        """Whether an attempt holds its worker from start to end, also while it waits for a callee."""
        self.blocked = 0
        """Above zero while workers take nothing: in the middle of taking, frozen, or down."""
        self.queues: tuple[MessageSource, ...] = ()
        self.wait_timer: TimerQueue | DrawnTimers | None = None
        self.reserved = 0
        """Workers that have asked a queue for a message which is still travelling."""
        self.frozen = self.down = self.refuses = 0
        """How many faults hold it so."""
        self.in_progress: dict[Any, None] = {}
        self.deferred: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        self.admission: AdmissionControl | None = None
        self.processor: Processor | None = None
        """The cores that its work shares; none, where each worker has a core of its own."""
        self.deliver: Then = self.enter
        """Takes a call in; admission control puts its rules before ``enter``."""
        self.join_line: Then = self.join_the_end
        self.next_in_line: Callable[[], Any] = self.leave_the_front

    def put_in(self, admission: AdmissionControl) -> None:
        """Let *admission* decide which attempts enter, join the line, and leave it for a worker."""
        self.admission = admission
        self.deliver, self.join_line, self.next_in_line = admission.deliver, admission.join, admission.next_in_line

    def enter(self, attempt: Attempt) -> None:
        """A call is here: a free worker takes it, or it waits in the line, or it is rejected."""
        attempt.replica = self
        attempt.entered_at = now = self.kernel.now
        if self.free > 0 and not self.line:
            self.free -= 1
            attempt.started_at = now
            attempt.step.route.begin(attempt)
        elif len(self.line) < self.places:
            self.join_line(attempt)
        else:
            self.service.reject(attempt, self.service.full)

    def join_the_end(self, attempt: Attempt) -> None:
        """*attempt* takes the last place in the line."""
        self.line.append(attempt)
        if self.wait_timer is not None:
            attempt.wait_timer = QueueTimer(attempt)
            self.wait_timer.add(attempt.wait_timer)

    def leave_the_front(self) -> Any:
        """Take the first attempt out of the line, which is not empty."""
        attempt = self.line.popleft()
        if self.wait_timer is not None:
            attempt.wait_timer.outcome = OK
        return attempt

    def release(self, attempt: Attempt) -> None:
        """The operation of *attempt* has ended: its worker is free, and looks for the next attempt."""
        if not self.line and not self.queues:
            self.free += 1
        elif self.line and not self.blocked and self.admission is None:  # the first in the line, without a loop
            following = self.line.popleft()  # as in ``leave_the_front``, without a call
            if self.wait_timer is not None:
                following.wait_timer.outcome = OK
            following.started_at = self.kernel.now
            self.blocked += 1
            following.step.route.begin(following)
            self.blocked -= 1
            if self.free > 0 and (self.line or self.queues):
                self.take_next()
        else:
            self.free += 1
            self.take_next()

    def take_next(self) -> None:
        """Free workers take from the line, then from the queues; not re-entered, so the stack stays flat."""
        if self.blocked:
            return
        self.blocked += 1
        while True:
            while self.free > 0 and self.line:
                self.free -= 1  # held while rules reject others, so that no attempt that comes meanwhile takes it
                attempt = self.next_in_line()
                if attempt is None:
                    self.free += 1
                else:
                    attempt.started_at = self.kernel.now
                    attempt.step.route.begin(attempt)
            if not self.take_message():
                break
        self.blocked -= 1

    def take_message(self) -> bool:
        """Take a message of the first queue that has one for a free worker; False when there is none."""
        for queue in self.queues:
            if self.wants_message() and queue.dispatch_to(self):
                return True
        return False

    def wants_message(self) -> bool:
        """Whether a worker is free and no call waits, which goes before a message."""
        return self.free > 0 and not self.line

    def has_room(self) -> bool:
        """Whether the replica can be offered a message now."""
        return not self.blocked and self.wants_message()

    def reserve(self) -> None:
        """A worker has asked for a message and waits for it to arrive."""
        self.free -= 1
        self.reserved += 1

    def unreserve(self) -> None:
        """The message is here, or lost."""
        self.free += 1
        self.reserved -= 1

    def take(self, attempt: Attempt) -> None:
        """A message is here for the free worker that asked for it."""
        attempt.entered_at = attempt.started_at = self.kernel.now
        self.free -= 1
        attempt.step.route.begin(attempt)

    def hand_over(self, attempt: Attempt, following: Attempt) -> None:
        """The worker of *attempt*, which has ended, keeps on with *following*, a message of the same batch."""
        following.entered_at = following.started_at = self.kernel.now

    def leave_line(self, attempt: Attempt) -> bool:
        """Take *attempt* out of the line, whose caller does not wait any more; False when it is not there."""
        if attempt not in self.line:
            return False
        self.line.remove(attempt)
        if self.wait_timer is not None:
            attempt.wait_timer.outcome = OK
        if self.service.on_leave is not None:
            self.service.on_leave(attempt, False)
        return True

    def on_wait_timeout(self, wait_timer: QueueTimer) -> None:
        """An attempt has waited too long (where all may wait as long, the first in the line)."""
        attempt = wait_timer.attempt
        self.line.remove(attempt)
        self.service.reject(attempt, self.service.waited_too_long)

    def begun(self) -> int:
        """How many requests have begun here and not left."""
        return self.workers - self.free - self.reserved

    def census(self) -> tuple[int, int]:
        """Workers busy and the length of the line, as they are now."""
        return self.workers - self.free - self.reserved, len(self.line)

    def book_unfinished_work(self) -> None:
        """Count what work in progress has come to, before it is lost."""
        for work in self.in_progress:
            self._book(work)

    def _book(self, work: Any) -> None:
        """Count what one piece of work has come to; what was done before a pause is counted already."""
        now, root = self.kernel.now, work.frame.root
        if not self.frozen and root.left_at is None:  # else a fork branch left behind, for which no worker is held
            root.worked_s = min(work.worked(root.worked_s, now), now - root.started_at)

    def let_go(self, attempt: Attempt) -> None:
        """Nothing is done for *attempt* any more: its worker is free for others."""
        self.release(attempt)

    def stop_work(self, attempt: Attempt) -> None:
        """End the work in progress for *attempt* and count what it has come to."""
        for work in [work for work in self.in_progress if work.frame.root is attempt]:
            self._book(work)
            work.drop()
            del self.in_progress[work]

    def close(self) -> None:
        """At the end of the run: write what only the replica knows (nothing, where workers are held throughout)."""

    def clear(self) -> None:
        """Everything in it is gone (a crash)."""
        self.free = self.workers - self.reserved
        self.line.clear()
        self.deferred.clear()
        for work in self.in_progress:
            work.drop()
        self.in_progress.clear()
        if self.admission is not None:
            self.admission.renew()
