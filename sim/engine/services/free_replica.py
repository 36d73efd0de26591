"""A replica whose workers are free while their attempts wait for a callee: an event loop, or virtual threads.

An attempt is in flight from begin to end, and holds a worker only while its operation runs::

    begin ── runs ── suspend (calls) ···· answer ── ready ── runs ── … ── release

Each stretch on a worker is a segment in the record. A worker that is free takes the attempt that has waited longest,
those that are ready and those that are new alike.

Not modelled: the cost of switching.
"""

from __future__ import annotations

from collections import deque
from math import nan
from typing import TYPE_CHECKING, Any, Callable

from sim.engine.services.replica import MANY, Replica
from sim.quantities import UNLIMITED

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt, OperationFrame
    from sim.engine.clock.kernel import Kernel
    from sim.engine.services.interfaces import Home
    from sim.record.recorder import Recorder


class FreeReplica(Replica):
    """Workers that are free while their requests wait for a callee (event loop, virtual threads)."""

    __slots__ = ("ready", "limit", "in_flight", "held", "rows")

    def __init__(
        self,
        kernel: Kernel,
        service: Home,
        index: int,
        workers: float,
        places: float,
        limit: float,
        recorder: Recorder,
    ) -> None:
        super().__init__(kernel, service, index, workers, places)
        self.holds_workers = False
        self.ready: deque[tuple[float, OperationFrame, Callable[..., None], tuple[Any, ...]]] = deque()
        self.limit = MANY if limit == UNLIMITED else int(limit)
        self.in_flight = 0
        self.held: dict[OperationFrame, None] = {}
        self.rows = recorder.segments.rows

    def enter(self, attempt: Attempt) -> None:
        """As for any replica, and only *limit* requests may be started and unfinished."""
        attempt.replica = self
        attempt.entered_at = self.kernel.now
        if self.free > 0 and self.in_flight < self.limit and not self.line and not self.ready:
            self._begin(attempt)
        elif len(self.line) < self.places:
            self.join_line(attempt)
        else:
            self.service.reject(attempt, self.service.full)

    def _begin(self, attempt: Attempt) -> None:
        self.in_flight += 1
        attempt.started_at = self.kernel.now
        self._hold(attempt, attempt.entered_at)
        attempt.step.route.begin(attempt)

    def _hold(self, frame: OperationFrame, queued_at: float) -> None:
        self.free -= 1
        frame.queued_at, frame.running_since = queued_at, self.kernel.now
        self.held[frame] = None

    def suspend(self, frame: OperationFrame) -> None:
        """*frame* waits for something: its worker is free for others."""
        if frame not in self.held:  # a fork branch left behind by its attempt, whose worker a crash has taken
            return
        self.rows.write((frame.id, frame.queued_at, frame.running_since, self.kernel.now))
        del self.held[frame]
        self.free += 1
        if self.line or self.ready or self.queues:
            self.take_next()

    def resume(self, frame: OperationFrame, go_on: Callable[..., None], *arguments: Any) -> None:
        """*frame* is ready to continue: as soon as a worker is free, first come first served."""
        if self.free > 0 and not self.line and not self.ready:
            self._hold(frame, self.kernel.now)
            go_on(*arguments)
        else:
            self.ready.append((self.kernel.now, frame, go_on, arguments))
            self.take_next()

    def release(self, attempt: Attempt) -> None:
        """The operation of *attempt* has ended."""
        self.in_flight -= 1
        self.suspend(attempt)

    def let_go(self, attempt: Attempt) -> None:
        """As for any replica; it may hold several workers (fork branches), or none."""
        now = self.kernel.now
        for frame in [frame for frame in self.held if frame.root is attempt]:
            self.rows.write((frame.id, frame.queued_at, frame.running_since, now))
            del self.held[frame]
            self.free += 1
        waiting = list(self.ready)
        self.ready.clear()
        for entry in waiting:
            if entry[1].root is attempt:
                self.rows.write((entry[1].id, entry[0], now, now))
            else:
                self.ready.append(entry)
        self.in_flight -= 1
        self.take_next()

    def take_next(self) -> None:
        """Free workers take the attempt that came first, of those that are ready to continue and those that are new."""
        if self.blocked:
            return
        self.blocked += 1
        while True:
            while self.free > 0 and (self.ready or (self.line and self.in_flight < self.limit)):
                self._take_first()
            if not self.take_message():
                break
        self.blocked -= 1

    def _take_first(self) -> None:
        """A free worker takes the attempt that has waited longest; one that is ready to continue wins a tie."""
        new = self.line and self.in_flight < self.limit
        if self.ready and (not new or self.ready[0][0] <= self.line[0].entered_at):
            queued_at, frame, go_on, arguments = self.ready.popleft()
            self._hold(frame, queued_at)
            go_on(*arguments)
        else:
            self.free -= 1  # held while rules reject others
            attempt = self.next_in_line()
            self.free += 1
            if attempt is not None:
                self._begin(attempt)

    def wants_message(self) -> bool:
        """As for any replica, and no attempt is ready to continue."""
        return self.free > 0 and not self.ready and self.in_flight < self.limit and not self.line

    def reserve(self) -> None:
        """As for any replica; the message counts as in flight from now on."""
        Replica.reserve(self)
        self.in_flight += 1

    def unreserve(self) -> None:
        """As for any replica."""
        Replica.unreserve(self)
        self.in_flight -= 1

    def take(self, attempt: Attempt) -> None:
        """As for any replica."""
        attempt.entered_at = self.kernel.now
        self._begin(attempt)

    def hand_over(self, attempt: Attempt, following: Attempt) -> None:
        """As for any replica; each message has segments of its own."""
        Replica.hand_over(self, attempt, following)
        self.rows.write((attempt.id, attempt.queued_at, attempt.running_since, self.kernel.now))
        del self.held[attempt]
        self.free += 1
        self._hold(following, self.kernel.now)

    def begun(self) -> int:
        """As for any replica: those that wait for a callee count too."""
        return self.in_flight - self.reserved

    def census(self) -> tuple[int, int]:
        """Workers busy; waiting: the new attempts and those that are ready to continue."""
        return self.workers - self.free - self.reserved, len(self.line) + len(self.ready)

    def close(self) -> None:
        """At the end of the run: write the segments that have not ended, and those that wait to begin."""
        for frame in self.held:
            self.rows.write((frame.id, frame.queued_at, frame.running_since, nan))
        for queued_at, frame, _, _ in self.ready:
            self.rows.write((frame.id, queued_at, nan, nan))

    def clear(self) -> None:
        """A crash ends what every worker did."""
        for frame in self.held:
            self.rows.write((frame.id, frame.queued_at, frame.running_since, self.kernel.now))
        self.held.clear()
        for queued_at, frame, _, _ in self.ready:
            self.rows.write((frame.id, queued_at, self.kernel.now, self.kernel.now))
        self.ready.clear()
        self.in_flight = self.reserved
        Replica.clear(self)
