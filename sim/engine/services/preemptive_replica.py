"""A replica whose workers leave a less important request for a more important one (preemptive priority).

A worker can be taken from a request that is in a `work` step. What is left of the step waits with those that are ready
to continue, in front of new requests of its class, and each stretch on a worker is a segment in the record::

    begin ── works ── preempted ···· ready ── works on, or again ── … ── release

A request that waits or calls keeps its worker (or has given it back, with `while calling: free`): no more important one
can take it. When its next work step begins, it can. A branch of a `parallel` that shares the worker of its request is
not interrupted either.

Not modelled: the cost of switching, and messages of a queue, which take free workers only.
"""

from __future__ import annotations

from bisect import bisect_right
from math import inf
from typing import TYPE_CHECKING, Any, Callable

from sim.engine.services.free_replica import FreeReplica

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt, OperationFrame


class PreemptiveReplica(FreeReplica):
    """Workers that serve the most important of those that are there."""

    __slots__ = ("rank", "on_preempted", "keeps_in_calls")

    def prefer(self, rank: Callable[[Any], int], on_preempted: Callable[[Any], None], keeps_in_calls: bool) -> None:
        """Serve the frames with the lowest *rank* first, and call *on_preempted* with each that is interrupted."""
        self.rank, self.on_preempted = rank, on_preempted
        self.keeps_in_calls = keeps_in_calls
        """Whether a request holds its worker while it calls."""

    def enter(self, attempt: Attempt) -> None:
        """As for any replica; or it takes the worker of a less important one, if none as important waits."""
        attempt.replica = self
        attempt.entered_at = self.kernel.now
        may_begin = self.in_flight < self.limit
        if may_begin and self.free > 0 and not self.line and not self.ready:
            self._begin(attempt)
        elif may_begin and self._takes_a_worker(self.rank(attempt)):
            self._begin(attempt)
        elif len(self.line) < self.places:
            self.join_line(attempt)
        else:
            self.service.reject(attempt, self.service.full)

    def _takes_a_worker(self, rank: int) -> bool:
        """Take a worker for a request of this *rank* that has just come, if it may have one."""
        if self.blocked or self._first_rank() <= rank:
            return False
        victim = self._victim(rank)
        if victim is not None:
            self._preempt(victim)
        return victim is not None

    def resume(self, frame: OperationFrame, go_on: Callable[..., None], *arguments: Any) -> None:
        """*frame* is ready to continue: at once, or in the order of importance."""
        if self.free > 0 and not self.line and not self.ready:
            self._hold(frame, self.kernel.now)
            go_on(*arguments)
        else:
            self._make_ready(frame, go_on, arguments)
            self.take_next()

    def take_next(self) -> None:
        """Workers take the most important of those that are ready or new; some leave less important ones for them."""
        if self.blocked:
            return
        self.blocked += 1
        while True:
            while self._has_worker():
                self._take_first()
            if not self.take_message():
                break
        self.blocked -= 1

    def _has_worker(self) -> bool:
        """Whether a worker is there for the most important of those that wait; one may be taken for it."""
        rank = self._first_rank()
        if rank == inf:
            return False
        if self.free > 0:
            return True
        victim = self._victim(rank)
        if victim is not None:
            self._preempt(victim)
        return victim is not None

    def _first_rank(self) -> float:
        """Return the rank of the most important of those that could begin or continue; infinity if there is none."""
        ready = self.rank(self.ready[0][1]) if self.ready else inf
        new = self.rank(self.line[0]) if self.line and self.in_flight < self.limit else inf
        return min(ready, new)

    def _take_first(self) -> None:
        """A free worker takes the most important; of equals, those that had begun go first."""
        if self.ready and self.rank(self.ready[0][1]) <= self._first_rank():
            queued_at, frame, go_on, arguments = self.ready.popleft()
            self._hold(frame, queued_at)
            go_on(*arguments)
            return
        self.free -= 1  # held while rules reject others
        attempt = self.next_in_line()
        self.free += 1
        if attempt is not None:
            self._begin(attempt)

    def _victim(self, rank: float) -> Any:
        """Return the work in progress that is interrupted first: the least important, of equals the last to begin."""
        found, worst = None, rank
        for piece in self.in_progress:
            if piece.frame in self.held and (own := self.rank(piece.frame)) > rank and own >= worst:
                found, worst = piece, own
        return found

    def _preempt(self, piece: Any) -> None:
        """Take the worker from the frame of *piece*, which then waits to continue."""
        self.service.count_processor_time(self)
        frame = piece.frame
        del self.in_progress[piece]
        rest = piece.interrupt()
        self.rows.write((frame.id, frame.queued_at, frame.running_since, self.kernel.now))
        del self.held[frame]
        self.free += 1
        self.on_preempted(frame)
        self._make_ready(frame, self._continue, (rest,))

    def _make_ready(self, frame: OperationFrame, go_on: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        place = bisect_right(self.ready, self.rank(frame), key=lambda entry: self.rank(entry[1]))
        self.ready.insert(place, (self.kernel.now, frame, go_on, arguments))

    def _continue(self, rest: Any) -> None:
        self.service.count_processor_time(self)
        self.in_progress[rest] = None
        if not self.frozen:
            rest.run()
