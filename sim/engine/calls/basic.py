"""Calls: an attempt travels a link to a callee, and what comes of it is a value for the step that sent it.

``PlainCall`` is a link without policies and is the hot path, written as callbacks. ``GuardedCall`` owns every race
of an answer with a timer (timeout, deadline) and the decisions of breaker and retry. An attempt is also the frame of
the recipe that it starts at the callee, and the event on the heap for everything that happens to it in turn.

Order of the policies, outermost first: retry, breaker, timeout, link.
"""

from __future__ import annotations

from heapq import heappush
from math import inf, nan
from typing import TYPE_CHECKING, Any, Callable

from sim.engine.clock.kernel import ANSWER
from sim.outcomes import DEGRADED, OK, PENDING, REFUSED, SHORT_CIRCUITED, TIMEOUT
from sim.record.recorder import cause

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel, Lane
    from sim.policies.breaker import CircuitBreaker
    from sim.policies.retry import Retry
    from sim.record.recorder import Recorder

Frame = Any
"""What a step works on: a Request, an Attempt, or a Strand of a `parallel`."""
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
        "callbacks", "step", "parent", "request", "id", "number", "replica", "sent_at", "entered_at", "started_at",
        "left_at", "ended_at", "expires_at", "outcome", "result", "cause", "worked_s", "unanswerable", "call",
        "generation", "message", "patience", "killed", "replied", "loops", "ends", "running_since", "queued_at",
    )  # fmt: skip
    _ok = True
    # set where they are needed, by whoever needs them
    callbacks: Any
    ended_at: float
    expires_at: float
    unanswerable: bool
    call: Any
    generation: int
    message: Any
    patience: Any
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
        self.cause = 0
        self.worked_s = 0.0

    @property
    def root(self) -> Attempt:
        """The attempt whose worker carries this frame: itself."""
        return self


def is_left_behind(frame: Frame) -> bool:
    """Whether nobody goes on with *frame*: its attempt is over (it was killed, or decided without this strand)."""
    return frame.root.left_at is not None


def row(attempt: Any, ended_at: float) -> tuple[float, ...]:
    """Return *attempt* as a row of the record."""
    left_at = attempt.left_at
    return (
        attempt.id, attempt.request.number, attempt.parent.id, attempt.step.code, attempt.replica.index,
        attempt.number, attempt.sent_at, attempt.entered_at, attempt.started_at, nan if left_at is None else left_at,
        ended_at, attempt.outcome, attempt.cause, attempt.worked_s,
    )  # fmt: skip


class PlainCall:
    """A call step over a link without policies: the caller waits for as long as it takes."""

    __slots__ = ("env", "next_id", "open", "write", "code", "begin", "send", "deliver", "answer", "then",
                 "degraded", "failed")  # fmt: skip
    speaks_first = False
    chooses_replicas = False

    def __init__(self, kernel: Kernel, recorder: Recorder, ids: Callable[[], int], code: int) -> None:
        self.env, self.next_id, self.code = kernel.env, ids, float(code)
        self.open, self.write = recorder.open_attempts, recorder.attempts.write
        self.begin: Then
        """The callee's recipe."""
        self.send: Callable[[Attempt], None]
        """The way to the callee; ends in *deliver*."""
        self.deliver: Callable[[Attempt], None]
        """The callee's door."""
        self.answer: Callable[[Attempt], None] = self.receive
        """The way back; ends in *receive*."""
        self.then: Then
        self.degraded: Then
        self.failed: Failed

    def start(self, frame: Frame) -> None:
        """Send the one attempt of this call."""
        number = self.next_id()
        attempt = Attempt(self, frame, frame.request, number, self.env._now)
        self.open[number] = attempt
        self.send(attempt)

    def has_timer(self, attempt: Attempt) -> bool:
        """Whether a timer will end *attempt* if no answer does."""
        return False

    def receive(self, attempt: Attempt) -> None:
        """The answer is back at the caller."""
        if attempt.outcome != PENDING:
            late(attempt, self.open, self.write)
            return
        outcome = attempt.outcome = attempt.result
        left_at = attempt.left_at
        now = self.env._now
        if left_at is None:
            attempt.ended_at = now
        else:
            del self.open[attempt.id]
            self.write((
                attempt.id, attempt.request.number, attempt.parent.id, self.code, attempt.replica.index, 1.0,
                attempt.sent_at, attempt.entered_at, attempt.started_at, left_at, now, outcome, attempt.cause,
                attempt.worked_s,
            ))  # fmt: skip
        if outcome == OK:
            self.then(attempt.parent)
        elif outcome == DEGRADED:
            self.degraded(attempt.parent)
        else:
            self.failed(attempt.parent, outcome, attempt.cause)


class CountedCall(PlainCall):
    """A plain call whose balancer counts what is outstanding at each replica."""

    __slots__ = ()

    def receive(self, attempt: Attempt) -> None:
        """The answer is back: one less at its replica."""
        if attempt.outcome == PENDING:
            one_less(attempt)
        super().receive(attempt)


def one_less(attempt: Attempt) -> None:
    """*attempt* is no longer outstanding at its replica."""
    attempt.replica.outstanding -= 1


class Leaf:
    """An attempt of a ``LeafCall``: what is not said is filled in where something goes wrong."""

    __slots__ = (
        "callbacks", "step", "parent", "id", "sent_at", "started_at", "left_at", "outcome",
        "entered_at", "request", "number", "replica", "result", "cause", "worked_s",
    )  # fmt: skip
    _ok = True
    callbacks: Any
    result: int

    def __init__(self, step: LeafCall) -> None:
        self.step = step
        self.parent: Frame
        self.id: int
        self.sent_at: float
        self.started_at = nan
        self.left_at: float | None = None
        self.outcome = PENDING

    def complete(self) -> None:
        """Fill in the rest, for the general way of ending."""
        self.entered_at = self.sent_at
        self.request = self.parent.request
        self.number = 1
        self.replica = self.step.replica
        self.cause = 0
        self.worked_s = nan


class LeafCall(PlainCall):
    """A plain call of an operation that is one `work` at a service of one replica: the fast way through the engine.

    What ``PlainCall``, ``Replica`` and ``Work`` do one after another stands here in one place, without the states
    that such a call cannot have (a network, a reply before the end, a crash). Its rows are short, its attempts are in
    a line or on the heap and nowhere else, and an attempt that has ended is used again for a later one. The results
    are the same, byte for byte: the tests play scenarios both ways.
    """

    __slots__ = ("heap", "next_event", "replica", "work", "done", "write_leaf", "spare")

    def __init__(self, kernel: Kernel, recorder: Recorder, ids: Callable[[], int], code: int, replica: Any) -> None:
        super().__init__(kernel, recorder, ids, code)
        self.heap, self.next_event = kernel.heap, kernel.next_id
        self.replica = replica
        self.work: Any
        """The callee's only step."""
        self.done = (self.finished,)
        self.write_leaf = recorder.leaves.write
        self.begin = self.work_on
        self.spare: list[Leaf] = []

    def start(self, frame: Frame) -> None:
        """Send the one attempt of this call; it is at the replica at once."""
        now = self.env._now
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
        """A worker takes *attempt* from the line."""
        attempt.callbacks = self.done
        heappush(self.heap, (self.env._now + self.work.draw(), ANSWER, self.next_event(), attempt))

    def finished(self, attempt: Leaf) -> None:
        """The work is over: the worker takes the next in line (as in ``Replica.release``), and the caller goes on."""
        now = self.env._now
        replica = self.replica
        line = replica.line
        if line and line[0].__class__ is Leaf and not replica.blocked:
            following = line.popleft()
            following.started_at = now
            step = following.step
            following.callbacks = step.done
            heappush(self.heap, (now + step.work.draw(), ANSWER, self.next_event(), following))
        elif line or replica.queues:
            replica.release(now)
        else:
            replica.free += 1
        frame = attempt.parent
        self.write_leaf((attempt.id, frame.id, self.code, attempt.sent_at, attempt.started_at, now))
        self.spare.append(attempt)
        self.then(frame)


class Call:
    """One logical call under policies: its attempts so far."""

    __slots__ = ("frame", "tries", "current", "wait_s", "over")

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.tries = 0
        self.current: Attempt | None = None
        self.wait_s = 0.0
        self.over = False


class GuardedCall:
    """A call step whose caller may give up: timeout, retries, breaker, or a client's deadline."""

    __slots__ = ("kernel", "env", "next_id", "open", "write", "code", "begin", "send", "deliver", "answer", "settled",
                 "then", "degraded", "failed", "lane", "retry", "breaker", "timeout_cause", "open_cause",
                 "fragile")  # fmt: skip
    speaks_first = False
    chooses_replicas = False

    def __init__(
        self, kernel: Kernel, recorder: Recorder, ids: Callable[[], int], code: int, link_place: int,
        timeout_s: float | None, retry: Retry | None, breaker: CircuitBreaker | None,
    ) -> None:  # fmt: skip
        self.kernel, self.env, self.next_id, self.code = kernel, kernel.env, ids, float(code)
        self.open, self.write = recorder.open_attempts, recorder.attempts.write
        self.lane: Lane | None = None if timeout_s is None else kernel.lane(timeout_s, expire)
        self.retry, self.breaker = retry, breaker
        self.fragile = False
        """Whether the caller can crash."""
        self.timeout_cause, self.open_cause = cause(link_place, "timeout"), cause(link_place, "breaker open")
        self.begin: Then
        self.send: Callable[[Attempt], None]
        self.deliver: Callable[[Attempt], None]
        self.answer: Callable[[Attempt], None] = self.receive
        self.settled: Callable[[Attempt], None] | None = None
        """Told when the caller's side of an attempt is over (balancers that count)."""
        self.then: Then
        self.degraded: Then
        self.failed: Failed

    def start(self, frame: Frame) -> None:
        """Begin a call: its first attempt starts now."""
        self.attempt(Call(frame))

    def attempt(self, call: Any) -> None:
        """Send the next attempt, unless the breaker is open or the caller has gone."""
        if call.over or (call.tries and is_left_behind(call.frame)) or (self.fragile and self._held_back(call)):
            return
        now = self.env._now
        breaker = self.breaker
        if breaker is not None and not breaker.admit(now):
            self._short_circuit(call, now)
            return
        call.tries += 1
        number = self.next_id()
        frame = call.frame
        attempt = Attempt(self, frame, frame.request, number, now)
        attempt.number = call.tries
        attempt.call = call
        attempt.unanswerable = False
        if breaker is not None:
            attempt.generation = breaker.generation
        call.current = attempt
        self.open[number] = attempt
        if self.lane is not None:
            self.lane.add(attempt)
        self.send(attempt)

    def _held_back(self, call: Call) -> bool:
        """Whether the caller was killed, or is frozen and tries again when it thaws."""
        frame = call.frame
        if frame.killed:
            return True
        replica = frame.replica
        if replica.frozen:
            replica.deferred.append((self.attempt, (call,)))
        return bool(replica.frozen)

    def _short_circuit(self, call: Call, now: float) -> None:
        """Fail at once; no attempt is made, but a row tells that it was wanted."""
        frame = call.frame
        self.write((
            self.next_id(), frame.request.number, frame.id, self.code, -1, call.tries + 1, now, nan, nan, nan, now,
            SHORT_CIRCUITED, self.open_cause, 0.0,
        ))  # fmt: skip
        call.over = True
        self.failed(frame, SHORT_CIRCUITED, self.open_cause)

    def has_timer(self, attempt: Attempt) -> bool:
        """Whether a timer will end *attempt* if no answer does."""
        return self.lane is not None

    def receive(self, attempt: Attempt) -> None:
        """An answer is back: the first end counts, a late one changes nothing."""
        if attempt.outcome != PENDING:
            late(attempt, self.open, self.write)
            return
        outcome = attempt.outcome = attempt.result
        now = attempt.ended_at = self.env._now
        left_at = attempt.left_at
        if left_at is not None:
            del self.open[attempt.id]
            self.write((
                attempt.id, attempt.request.number, attempt.parent.id, self.code, attempt.replica.index, attempt.number,
                attempt.sent_at, attempt.entered_at, attempt.started_at, left_at, now, outcome, attempt.cause,
                attempt.worked_s,
            ))  # fmt: skip
        if self.settled is not None:
            self.settled(attempt)
        call = attempt.call
        if outcome == OK and self.breaker is None and not call.over:
            call.over = True
            call.current = None
            self.then(call.frame)
        else:
            self.ended(attempt, outcome)

    def ended(self, attempt: Attempt, outcome: int) -> None:
        """The caller knows how *attempt* ended: tell the breaker, then go on, try again or fail."""
        call = attempt.call
        call.current = None
        if self.breaker is not None:
            self.breaker.record(attempt.generation, outcome <= DEGRADED, self.env._now)
        if call.over:
            return
        if outcome <= DEGRADED:
            call.over = True
            (self.then if outcome == OK else self.degraded)(call.frame)
            return
        wait_s = None
        if self.retry is not None and outcome != SHORT_CIRCUITED:
            wait_s = self.retry.next_wait_s(call.tries, outcome, call.wait_s)
        if wait_s is None:
            call.over = True
            self.failed(call.frame, outcome, attempt.cause)
            return
        call.wait_s = wait_s
        if wait_s == 0 and outcome == TIMEOUT:
            self.attempt(call)
        else:
            self.kernel.after(wait_s, self.attempt, call)

    def withdrawn(self, attempt: Any, why: int) -> None:
        """The client leaves at its deadline while *attempt* is out."""
        give_up(attempt, why)
        self.ended(attempt, TIMEOUT)


class ClientCall(GuardedCall):
    """A client's call: the request itself remembers how far its call is, so that its deadline can end it."""

    __slots__ = ()

    def start(self, frame: Frame) -> None:
        """Begin a call: its first attempt starts now."""
        frame.tries = 0
        frame.current = None
        frame.wait_s = 0.0
        frame.over = False
        self.attempt(frame)

    def has_timer(self, attempt: Attempt) -> bool:
        """A client's deadline is a timer too."""
        return self.lane is not None or attempt.request.client.lane is not None


def expire(attempt: Attempt) -> None:
    """The timeout of *attempt* is reached: its caller gives it up, its callee goes on."""
    step = attempt.step
    give_up(attempt, step.timeout_cause)
    step.ended(attempt, TIMEOUT)


def give_up(attempt: Attempt, why: int) -> None:
    """End the caller's side of *attempt* as a timeout; its row waits for the callee's side."""
    attempt.outcome = TIMEOUT
    attempt.cause = why
    step = attempt.step
    attempt.ended_at = step.env._now
    if step.settled is not None:
        step.settled(attempt)
    if attempt.unanswerable and attempt.left_at is not None:
        del step.open[attempt.id]
        step.write(row(attempt, attempt.ended_at))


def withdraw(call: Any, why: int) -> None:
    """The client leaves at its deadline: its attempt ends as a timeout, nothing is tried again."""
    call.over = True
    current = call.current
    if current is not None and current.outcome == PENDING:
        current.step.withdrawn(current, why)


def refuse(attempt: Attempt, why: int) -> None:
    """The link itself refuses *attempt*: nobody is there. The caller learns it at once."""
    attempt.left_at = nan
    attempt.result, attempt.cause = REFUSED, why
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
