"""Clients: open loops that arrive whatever happens, closed loops that wait, think and ask again.

A request is its client's frame: it runs one call step, and the client judges how it ended.

Not modelled: clients that give up for good, and users that learn.
"""

from __future__ import annotations

from itertools import chain, count, cycle, repeat
from math import inf
from typing import TYPE_CHECKING, Any, Callable, Iterator, Sequence

from sim.engine.calls.attempt import RequestFrame
from sim.engine.calls.ends import cancel_call
from sim.engine.clock.heap import heappush
from sim.engine.clock.kernel import ARRIVAL, TIMER, Event, calling
from sim.outcomes import OK, PENDING, TIMEOUT
from sim.record.recorder import reason_code

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel, TimerQueue
    from sim.engine.clock.streams import Draw
    from sim.record.recorder import Recorder

Start = Callable[[Any], None]


class Request(RequestFrame):
    """One request of a client, from arrival to the end its client knows."""

    __slots__ = (
        "client",
        "operation",
        "instance",
        "arrived_at",
        "reason",
        "user",
        "tries",
        "current",
        "wait_s",
        "over",
        "frame",
    )
    killed = False
    left_at = None
    """As the root of its own call: it is never left behind."""
    reason: int
    # how far its call is, set by ``ClientRetryingCall``; a plain call has one attempt
    tries: float
    current: Any
    wait_s: float
    over: bool

    def __init__(
        self, client: Client, number: int, operation: float, key: float, instance: float, user: User | None, now: float
    ) -> None:
        self.client = client
        self.id = number
        self.operation = operation
        self.key = key
        self.instance = instance
        self.arrived_at = now
        self.user = user
        self.outcome = PENDING
        self.result = OK
        self.tries = 1.0
        # as the frame of its own call; taken away when it has ended, so that no reference cycle keeps it alive
        self.frame: Request | None = self
        self.request: Request | None = self

    @property
    def root(self) -> Request:
        """As the frame of its own call: itself."""
        return self

    @property
    def due_at(self) -> float:
        """When its client leaves."""
        return inf if self.client.timer_queue is None else self.expires_at


class Client:
    """What open and closed loops share: sending a request off and closing it."""

    __slots__ = (
        "next_number",
        "open",
        "rows",
        "code",
        "starts",
        "operations",
        "timer_queue",
        "late",
        "offered",
        "closed",
        "keys",
        "instances",
        "kernel",
    )

    def __init__(
        self,
        kernel: Kernel,
        recorder: Recorder,
        numbers: Iterator[int],
        code: int,
        component: int,
        deadline_s: float | None,
        keys: Callable[[], float],
        instances: int,
    ) -> None:
        self.kernel, self.next_number, self.code = kernel, numbers.__next__, float(code)
        self.open, self.rows = recorder.open_requests, recorder.requests.rows
        self.starts: list[Start] = []
        """The call step of each operation, by its place in *operations*."""
        self.operations: list[float] = []
        """Codes of the operations."""
        self.timer_queue: TimerQueue | None = (
            None if deadline_s is None else kernel.timer_queue(deadline_s, self.expire)
        )
        self.late = reason_code(component, "deadline")
        self.offered = self.closed = 0
        self.keys, self.instances = keys, instances

    def ask(self, which: int, instance: float, user: User | None = None) -> None:
        """Send one request for the operation with index *which*, from the client process *instance*."""
        number = self.next_number()
        request = Request(self, number, self.operations[which], self.keys(), instance, user, self.kernel.now)
        self.offered += 1
        self.open[number] = request
        if self.timer_queue is not None:
            self.timer_queue.add(request)
        self.starts[which](request)

    def answered(self, request: Request) -> None:
        """The call ended well."""
        if request.outcome == PENDING:
            outcome = request.outcome = request.result
            request.frame = request.request = None
            number = request.id
            del self.open[number]
            self.closed += 1
            self.rows.write(
                (
                    number,
                    self.code,
                    request.operation,
                    request.key,
                    request.instance,
                    request.arrived_at,
                    self.kernel.now,
                    outcome,
                    0.0,
                    request.tries,
                )
            )
            if request.user is not None:
                request.user.go_on()

    def failed(self, request: Request, outcome: int, reason: int) -> None:
        """The call, with all its retries, failed."""
        if request.outcome == PENDING:
            self._close(request, outcome, reason)

    def expire(self, request: Request) -> None:
        """The deadline: the client leaves."""
        cancel_call(request, self.late)
        if request.outcome == PENDING:
            self._close(request, TIMEOUT, self.late)

    def _close(self, request: Request, outcome: int, reason: int) -> None:
        request.outcome = outcome
        request.frame = request.request = None
        number = request.id
        del self.open[number]
        self.closed += 1
        self.rows.write(
            (
                number,
                self.code,
                request.operation,
                request.key,
                request.instance,
                request.arrived_at,
                self.kernel.now,
                outcome,
                reason,
                request.tries,
            )
        )
        if request.user is not None:
            request.user.go_on()


class Source(Event):
    """Arrivals of an open loop from one stream: the event on the heap is the source itself."""

    __slots__ = ("ask", "kernel", "heap", "next_id", "next_at", "next_which", "next_instance")

    def __init__(
        self, kernel: Kernel, client: Client, times: Iterator[list[float]], which: Iterator[list[int]]
    ) -> None:
        self.ask: Callable[[int, float], None] = client.ask
        self.kernel, self.heap, self.next_id = kernel, kernel.heap, kernel.next_id
        self.next_instance: Callable[[], float] = cycle([float(i) for i in range(client.instances)]).__next__
        self.next_at: Callable[[], float] = chain(chain.from_iterable(times), repeat(inf)).__next__
        self.next_which: Callable[[], int] = chain.from_iterable(which).__next__
        self._schedule()

    def _schedule(self) -> None:
        at = self.next_at()
        if at < inf:
            self.callbacks = _ON_ARRIVAL
            heappush(self.heap, (at, ARRIVAL, self.next_id(), self))

    def arrive(self) -> None:
        """One arrival; the next one is scheduled first, so that it keeps its place among equals."""
        at = self.next_at()
        if at < inf:
            self.callbacks = _ON_ARRIVAL
            heappush(self.heap, (at, ARRIVAL, self.next_id(), self))
        self.ask(self.next_which(), self.next_instance())


_ON_ARRIVAL = calling(Source, "arrive")


class User:
    """One user of a closed loop: thinks, draws a task, does its requests one after another, thinks again."""

    __slots__ = ("client", "kernel", "index", "think", "draw_task", "tasks", "left", "until_s")

    def __init__(
        self,
        kernel: Kernel,
        client: Client,
        index: int,
        think: Draw,
        draw_task: Callable[[], int],
        tasks: Sequence[Sequence[int]],
        first: Sequence[int] | None,
        until_s: float,
    ) -> None:
        self.client, self.kernel, self.index, self.until_s = client, kernel, index, until_s
        self.think, self.draw_task, self.tasks = think, draw_task, tasks
        self.left: list[int] = list(reversed(first)) if first is not None else self._drawn()
        kernel.at(self.think(), TIMER, User.next_request, self)

    def _drawn(self) -> list[int]:
        return list(reversed(self.tasks[self.draw_task()]))

    def next_request(self) -> None:
        """Ask for the next operation of the task, unless the scenario's clients have stopped."""
        if self.kernel.now >= self.until_s:
            return
        if self.left:
            self.client.ask(self.left.pop(), self.index, self)
        else:
            self.left = self._drawn()
            self.kernel.after(self.think(), User.next_request, self)

    def go_on(self) -> None:
        """The last request has ended: the next one at once, or think first when the task is done."""
        if self.left:
            self.kernel.after(0.0, User.next_request, self)
        else:
            self.left = self._drawn()
            self.kernel.after(self.think(), User.next_request, self)


class PausingUser(User):
    """A user who also thinks between the requests of a task, for a time that each task has a law of."""

    __slots__ = ("pauses", "pause")

    def __init__(self, pauses: Sequence[Draw], first_pause: Draw | None, *arguments: Any) -> None:
        self.pauses, self.pause = pauses, first_pause
        super().__init__(*arguments)

    def _drawn(self) -> list[int]:
        which = self.draw_task()
        self.pause = self.pauses[which]
        return list(reversed(self.tasks[which]))

    def go_on(self) -> None:
        """The last request has ended: think before the next one, or before the next task."""
        if self.left and self.pause is not None:
            self.kernel.after(self.pause(), User.next_request, self)
        else:
            User.go_on(self)


def no_keys() -> Callable[[], float]:
    """Return the key function of a workload without keys."""
    return repeat(-1.0).__next__


def request_numbers() -> Iterator[int]:
    """Numbers of requests, in the order of arrival over all workloads."""
    return count()
