"""When calls are hedged: the timers of one step, of which most come to nothing.

A hedge's delay may follow a percentile and so change from call to call, which a ``TimerQueue`` cannot express. Here the
timers wait in a heap of their own and the kernel's heap holds few of them: a timer whose call has ended is dropped
without an event.

Not modelled: a hedge that goes to another service.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Callable

from sim.engine.clock.kernel import TIMER, Event, calling

if TYPE_CHECKING:
    from sim.engine.calls.state import LogicalCall
    from sim.engine.clock.kernel import Kernel


class HedgeTimers(Event):
    """Calls *hedge* with each logical call that has not ended when its delay has.

    Each takes its event id when it is planned, so that what happens at one instant happens in the order of planning.
    """

    __slots__ = ("kernel", "heap", "next_id", "hedge", "planned", "due")

    def __init__(self, kernel: Kernel, hedge: Callable[[LogicalCall], None]) -> None:
        self.kernel, self.heap, self.next_id, self.hedge = kernel, kernel.heap, kernel.next_id, hedge
        self.planned: list[tuple[float, int, LogicalCall]] = []
        """A heap."""
        self.due: list[tuple[float, int]] = []
        """The timers that are on the kernel's heap, the next one last."""

    def plan(self, delay_s: float, logical_call: LogicalCall) -> None:
        """Hedge *logical_call* after *delay_s*, unless it has ended by then."""
        if delay_s <= 0:
            self.kernel.after(delay_s, self._fire, logical_call)
            return
        at, number = self.kernel.now + delay_s, self.next_id()
        heappush(self.planned, (at, number, logical_call))
        due = self.due
        if not due or at < due[-1][0]:
            self._schedule(at, number)

    def _schedule(self, at: float, number: int) -> None:
        self.due.append((at, number))
        self.callbacks = _ON_TIMER
        heappush(self.heap, (at, TIMER, number, self))

    def tick(self) -> None:
        """Hedge the call whose timer this is, if it needs it, and set the timer of the next that has not ended."""
        timer, planned = self.due.pop(), self.planned
        self.callbacks = _ON_TIMER
        while planned and (planned[0][2].over or planned[0][:2] == timer):
            self._fire(heappop(planned)[2])
        if planned and (not self.due or planned[0][:2] < self.due[-1]):
            self._schedule(*planned[0][:2])

    def _fire(self, logical_call: LogicalCall) -> None:
        if not logical_call.over:
            self.hedge(logical_call)


_ON_TIMER = calling(HedgeTimers, "tick")
