"""The clock side of the engine: one clock on SimPy's own heap, light events, and queues of timers of one length.

SimPy's ``step`` needs two things of what it pops: ``callbacks`` and ``_ok``. An ``Event`` has them, and is pushed
straight onto the heap as ``(time, priority, id, event)``. SimPy processes, events and ``run(until=…)`` of a reader work
next to them: from the first one on, SimPy's own loop plays the run. ``_queue``, ``_eid`` and ``_now`` are private to
SimPy 4.1: ``tests/engine/test_kernel.py`` holds that contract.
"""

from __future__ import annotations

import sys
from collections import deque
from itertools import chain, count
from typing import Any, Callable, Iterable, Iterator

import simpy

from sim.engine.clock.heap import heappop, heappush
from sim.errors import BudgetError
from sim.outcomes import PENDING

FAULT_EDGE, ANSWER, TIMER, ARRIVAL, AFTERWARDS, CENSUS = range(6)
"""What goes first at one instant. What happens afterwards sees all that has happened in it, as the census does."""

MOST_AT_ONE_INSTANT = 100_000
LOOK_EVERY = 500_000


class Event:
    """What the heap holds: at its time, the one function in *callbacks* is called with it."""

    __slots__ = ("callbacks",)
    _ok = True
    callbacks: Any


def calling(kind: type, method: str) -> tuple[Callable[[Any], None]]:
    """Return the callbacks of events of one *kind* whose own *method* is called, such as ``fire``.

    They are looked up by name, because a compiled class gives its methods to Python code only so.
    """
    return (getattr(kind, method),)


class TimerEntry(Event):
    """What a timer may end: it has ended as soon as its *outcome* is not PENDING."""

    __slots__ = ("outcome", "expires_at")
    outcome: int
    expires_at: float


class ScheduledCall(Event):
    """A one-shot event: calls *function* with *argument* at its time."""

    __slots__ = ("function", "argument")

    def __init__(self, function: Callable[[Any], None], argument: Any) -> None:
        self.callbacks = _ON_TICK
        self.function, self.argument = function, argument

    def fire(self) -> None:
        self.function(self.argument)


_ON_TICK = calling(ScheduledCall, "fire")


def _go_on(_: Any) -> None:
    """No budget was set."""


def _nothing_to_see() -> None:
    """Nothing watches the progress."""


def livelock_error(now: float, because: str) -> BudgetError:
    """Return the error that ends a run which would never leave the instant *now*."""
    return BudgetError(
        f"the run does not leave the instant {now:.6g}s: {because}", f"{now:.6g}s of the scenario played"
    )


class Environment(simpy.Environment):
    """SimPy's environment on the clock of a kernel."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        super().__init__(initial_time=0.0)

    @property
    def _now(self) -> float:
        return self._kernel.now

    @_now.setter
    def _now(self, now: float) -> None:
        self._kernel.now = now

    def schedule(self, event: Any, priority: Any = simpy.events.NORMAL, delay: float = 0) -> None:
        """Put an event of SimPy's own on the heap, which SimPy's own loop has to play."""
        self._kernel.is_shared = True
        super().schedule(event, priority, delay)


class Kernel:
    """One run's clock: the instant, SimPy's environment and heap, and the helpers that put things on it.

    Every event takes an id; when *most_events* are used up, ``over_budget`` is called after everything else that
    happens at that instant. (The ids are ranges in a chain, so that counting costs nothing.)
    """

    __slots__ = (
        "now",
        "env",
        "is_shared",
        "heap",
        "next_id",
        "over_budget",
        "on_progress",
        "_instant",
        "_at_instant",
        "_lanes",
        "pools",
    )

    def __init__(self, most_events: int = sys.maxsize) -> None:
        self.now = 0.0
        """The scenario's clock in seconds."""
        self.is_shared = False
        """Whether SimPy's own events are on the heap, too."""
        self.env = Environment(self)
        self.heap: list[Any] = self.env._queue
        self.env._eid = chain.from_iterable(self._ids(most_events))  # type: ignore[assignment]
        self.next_id: Callable[[], int] = self.env._eid.__next__
        self.over_budget: Callable[[Any], None] = _go_on
        self.on_progress: Callable[[], None] = _nothing_to_see
        """Called each ``LOOK_EVERY`` events, for budgets that the clock may not reach in time."""
        self._instant, self._at_instant = -1.0, 0
        self._lanes: dict[tuple[float, Any], TimerQueue] = {}
        self.pools: list[list[Any]] = []
        """Objects that are kept to be used again, by kind."""

    def _ids(self, most_events: int) -> Iterator[Iterable[int]]:
        """Ids in stretches; asking for the first one beyond the budget ends the instant with ``over_budget``."""
        for start in range(0, most_events, LOOK_EVERY):
            if start:
                self.on_progress()
            yield range(start, min(start + LOOK_EVERY, most_events))
        heappush(self.heap, (self.now, CENSUS, most_events, ScheduledCall(self.over_budget, None)))
        yield count(most_events + 1)

    def end_this_instant(self, function: Callable[[Any], None]) -> None:
        """Call *function* after everything else that happens now. It takes no id, so ``on_progress`` may ask for it."""
        heappush(self.heap, (self.now, CENSUS, -1, ScheduledCall(function, None)))

    def run(self) -> None:
        """Play until the heap is empty: as SimPy's ``run`` and ``step``, without a call of them for each event."""
        heap = self.heap
        while heap:
            if self.is_shared:
                self.env.run()
                return
            self.now, _, _, event = heappop(heap)
            event.callbacks[0](event)

    def close(self) -> None:
        """At the end of the run: let go of all pooled objects, which a garbage collection would have to find."""
        for pool in self.pools:
            pool.clear()

    def at(self, time_s: float, priority: int, function: Callable[[Any], None], argument: Any = None) -> None:
        """Call ``function(argument)`` at *time_s*."""
        heappush(self.heap, (time_s, priority, self.next_id(), ScheduledCall(function, argument)))

    def after(self, wait_s: float, function: Callable[[Any], None], argument: Any) -> None:
        """Call ``function(argument)`` after *wait_s*, as a timer.

        Every loop that takes no time (a user who never thinks, a retry without a wait) passes here, so this is where
        a run that would never leave an instant ends loudly.
        """
        now = self.now
        if wait_s <= 0:
            if now != self._instant:
                self._instant, self._at_instant = now, 0
            self._at_instant += 1
            if self._at_instant > MOST_AT_ONE_INSTANT:
                raise livelock_error(now, f"more than {MOST_AT_ONE_INSTANT} zero waits in it")
        heappush(self.heap, (now + wait_s, TIMER, self.next_id(), ScheduledCall(function, argument)))

    def timer_queue(self, delay_s: float, expire: Callable[[Any], None]) -> TimerQueue:
        """Return the timer queue of this delay and action, shared by all that ask for the same."""
        key = (delay_s, expire)
        if key not in self._lanes:
            self._lanes[key] = TimerQueue(self, delay_s, expire)
        return self._lanes[key]


class TimerQueue(Event):
    """Timers of one length: equal delays expire in order, so a deque and one heap entry are enough.

    An answer cancels its timer without touching the queue: it changes the outcome of the entry. ``expires_at`` is
    computed once.
    """

    __slots__ = ("kernel", "heap", "next_id", "delay_s", "expire", "entries", "is_scheduled")

    def __init__(self, kernel: Kernel, delay_s: float, expire: Callable[[Any], None]) -> None:
        self.kernel, self.heap, self.next_id = kernel, kernel.heap, kernel.next_id
        self.delay_s, self.expire = delay_s, expire
        self.entries: deque[TimerEntry] = deque()
        self.is_scheduled = False

    def add(self, entry: TimerEntry) -> None:
        """Start the timer of *entry*."""
        entry.expires_at = at = self.kernel.now + self.delay_s
        entries = self.entries
        while entries and entries[0].outcome != PENDING:
            entries.popleft()
        entries.append(entry)
        if not self.is_scheduled:
            self._schedule(at)

    def _schedule(self, at: float) -> None:
        self.is_scheduled = True
        self.callbacks = _ON_LANE
        heappush(self.heap, (at, TIMER, self.next_id(), self))

    def tick(self) -> None:
        """Expire what is due and set the timer of the next entry that is still pending."""
        entries, now = self.entries, self.kernel.now
        while entries:
            head = entries[0]
            if head.outcome != PENDING:
                entries.popleft()
            elif head.expires_at > now:
                self._schedule(head.expires_at)
                return
            else:
                entries.popleft()
                self.expire(head)
        self.is_scheduled = False


_ON_LANE = calling(TimerQueue, "tick")
