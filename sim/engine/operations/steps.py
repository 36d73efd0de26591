"""Operations as chains of bound methods: every step knows what comes after it (``then``) and what failing means.

A step is started with a frame (an attempt at a service, a client's request, or a branch of a `parallel`) and calls
``then(frame)`` when it has ended; a step that takes time puts the frame itself on the heap::

    begin ──> Work.start ···· heap ····> Effect.start ──> call.start ···· answer ····> finish
                                                                     └──> failed ──> OnError, or fail

Everything is looked up once, when ``assembly.operations`` makes the chain. What a service does around an operation is
in ``services``, and how calls travel is in ``calls``.

Not modelled: time between steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Sequence

from sim.chance import coin
from sim.engine.calls.attempt import Failed, Frame, OperationFrame, Then
from sim.engine.clock.heap import heappush
from sim.engine.clock.kernel import ANSWER, Event, calling
from sim.outcomes import DEGRADED, ERROR, OK, OUTCOMES, PENDING

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel
    from sim.engine.clock.streams import Draw
    from sim.record.rows import Rows


class Work:
    """Time passes on the worker; also plays `wait`, which no fault stretches."""

    __slots__ = ("kernel", "heap", "next_id", "draw", "callbacks")

    def __init__(self, kernel: Kernel, draw: Draw, then: Then) -> None:
        self.kernel, self.heap, self.next_id = kernel, kernel.heap, kernel.next_id
        self.draw = draw
        self.callbacks = (then,)

    def start(self, frame: Frame) -> None:
        time_s = self.draw()
        frame.worked_s += time_s
        frame.callbacks = self.callbacks
        heappush(self.heap, (self.kernel.now + time_s, ANSWER, self.next_id(), frame))


class InterruptibleWait:
    """Time without CPU at a service that some fault pauses or crashes: nothing stretches or freezes the time itself.

    The event on the heap is not the frame, which may be killed and answered meanwhile.
    """

    __slots__ = ("kernel", "draw", "then")

    def __init__(self, kernel: Kernel, draw: Draw, then: Then) -> None:
        self.kernel, self.draw, self.then = kernel, draw, then

    def start(self, frame: Frame) -> None:
        time_s = self.draw()
        self.kernel.at(self.kernel.now + time_s, ANSWER, self._over, (frame, time_s))

    def _over(self, waited: tuple[Frame, float]) -> None:
        frame, time_s = waited
        if not frame.killed:
            frame.worked_s += time_s
            self.then(frame)


class WorkInProgress(Event):
    """Work in progress that a pause can freeze: the event on the heap, replaced when it is frozen."""

    __slots__ = ("frame", "work", "begun_at", "left_s")

    def __init__(self, frame: Any, work: PausableWork, left_s: float) -> None:
        self.frame, self.work, self.left_s = frame, work, left_s
        self.begun_at = 0.0

    def done(self) -> None:
        """The work has ended, unless it was frozen or killed meanwhile."""
        frame = self.frame
        if frame is not None:
            del frame.replica.in_progress[self]
            frame.worked_s += self.left_s
            self.work.then(frame)

    def run(self) -> None:
        """Put the remaining work on the heap."""
        work = self.work
        self.begun_at = work.kernel.now
        self.callbacks = _PIECE_DONE
        heappush(work.heap, (self.begun_at + self.left_s, ANSWER, work.next_id(), self))

    def freeze(self) -> WorkInProgress:
        """Return a fresh piece with what is left; this one's event will find nothing to do."""
        frame, spent_s = self.frame, self.work.kernel.now - self.begun_at
        self.frame = None
        frame.worked_s += spent_s
        return WorkInProgress(frame, self.work, max(self.left_s - spent_s, 0.0))

    def worked(self, before_s: float, now: float) -> float:
        """Return the seconds that its frame has worked, of them *before_s* before this piece."""
        return before_s + now - self.begun_at

    def drop(self) -> None:
        """Forget it: its event on the heap will find nothing to do."""
        self.frame = None


_PIECE_DONE = calling(WorkInProgress, "done")


class PausableWork:
    """Work of a service that some fault pauses or crashes."""

    __slots__ = ("kernel", "heap", "next_id", "draw", "then")

    def __init__(self, kernel: Kernel, draw: Draw, then: Then) -> None:
        self.kernel, self.heap, self.next_id = kernel, kernel.heap, kernel.next_id
        self.draw, self.then = draw, then

    def start(self, frame: Frame) -> None:
        replica = frame.replica
        piece = WorkInProgress(frame, self, self.draw())
        replica.in_progress[piece] = None
        if not replica.frozen:
            piece.run()


class VariableSpeedWork(PausableWork):
    """Work of a service whose replicas may differ in speed, or change it: work asks for its factor when it begins."""

    __slots__ = ()

    def start(self, frame: Frame) -> None:
        replica = frame.replica
        time_s = self.draw()
        for pace in replica.service.speed_factors.values():
            time_s *= pace(replica, self.kernel.now)
        piece = WorkInProgress(frame, self, time_s)
        replica.in_progress[piece] = None
        if not replica.frozen:
            piece.run()


class Effect:
    """Write the effect into the ledger: this instant is when the business sees it."""

    __slots__ = ("kernel", "rows", "site", "then")

    def __init__(self, kernel: Kernel, rows: Rows, site: int, then: Then) -> None:
        self.kernel, self.rows, self.site, self.then = kernel, rows, site, then

    def start(self, frame: Frame) -> None:
        request = frame.request
        self.rows.write((request.id, self.site, request.key, self.kernel.now, frame.id))
        self.then(frame)


class Fail:
    """Fail with a probability."""

    __slots__ = ("share", "uniform", "then", "failed", "reason")

    def __init__(self, share: float, uniform: Draw, then: Then, failed: Failed, reason: int) -> None:
        self.share, self.uniform, self.then, self.failed, self.reason = share, uniform, then, failed, reason

    def start(self, frame: Frame) -> None:
        if self.uniform() < self.share:
            self.failed(frame, ERROR, self.reason)
        else:
            self.then(frame)


class Reply:
    """Answer the caller now and continue."""

    __slots__ = ("then",)

    def __init__(self, then: Then) -> None:
        self.then = then

    def start(self, frame: Frame) -> None:
        attempt = frame.root
        if not attempt.replied:
            attempt.replied = True
            attempt.step.route.answer(attempt)
        self.then(frame)


class OnError:
    """A failed call, send or join that does not fail its operation, which continues, degraded, or with other steps."""

    __slots__ = ("then",)

    def __init__(self, then: Then) -> None:
        self.then = then

    def go_on(self, frame: Frame, outcome: int, reason: int) -> None:
        self.then(frame)


class Degraded:
    """Marks the frame degraded and continues: a degraded answer degrades the answer of its caller."""

    __slots__ = ("then",)

    def __init__(self, then: Then) -> None:
        self.then = then

    def go_on(self, frame: Frame) -> None:
        degrade(frame)
        self.then(frame)


def degrade(frame: Frame) -> None:
    """Make the answer of *frame* degraded, unless it was given before (an early reply)."""
    if frame.result == OK and not getattr(frame, "replied", False):
        frame.result = DEGRADED


class RecordOutcome:
    """Notes how a named step ended, for a later branch that asks."""

    __slots__ = ("name", "then", "failed")

    def __init__(self, name: str, then: Then, failed: Failed) -> None:
        self.name, self.then, self.failed = name, then, failed

    def ended_well(self, frame: OperationFrame) -> None:
        """Note ok and continue."""
        self._note(frame, OK)
        self.then(frame)

    def ended_degraded(self, frame: OperationFrame) -> None:
        """Note degraded, mark the frame and continue."""
        self._note(frame, DEGRADED)
        degrade(frame)
        self.then(frame)

    def ended_badly(self, frame: OperationFrame, outcome: int, reason: int) -> None:
        """Note the outcome and do what failing means here."""
        self._note(frame, outcome)
        self.failed(frame, outcome, reason)

    def _note(self, frame: OperationFrame, outcome: int) -> None:
        ends = getattr(frame, "ends", None)
        if ends is None:
            frame.ends = {self.name: outcome}
        else:
            ends[self.name] = outcome


class Branch:
    """Go one of two ways by *chooses*, a question about the frame."""

    __slots__ = ("chooses", "then", "otherwise")

    def __init__(self, chooses: Callable[[Frame], bool], then: Then, otherwise: Then) -> None:
        self.chooses, self.then, self.otherwise = chooses, then, otherwise

    def start(self, frame: Frame) -> None:
        (self.then if self.chooses(frame) else self.otherwise)(frame)


def by_share(seed: int, replication: int, branch_id: str, share: float) -> Callable[[Frame], bool]:
    """A coin that is the same for all attempts of one request."""
    return lambda frame: coin(seed, replication, branch_id, frame.request.id) < share


def by_key(keys: Sequence[int]) -> Callable[[Frame], bool]:
    """Whether the request's key is one of *keys*."""
    return lambda frame: frame.request.key in keys


def by_outcome(step: str, outcome: str) -> Callable[[Frame], bool]:
    """Whether the step named *step* has ended like this (``failed``: neither ok nor degraded)."""

    def ended(frame: Frame) -> bool:
        code = _end_of(step, frame)
        return bool(code > DEGRADED if outcome == "failed" else code == OUTCOMES.index(outcome))

    return ended


def _end_of(step: str, frame: Frame) -> int:
    """Return how the step named *step* ended in *frame*, or before in the frames that it is a branch of."""
    while True:
        ends = getattr(frame, "ends", None)
        if ends is not None and step in ends:
            return int(ends[step])
        if not isinstance(frame, ForkBranch):
            return PENDING
        frame = frame.join.frame


class Repeat:
    """Do the body again; an iteration that took no time goes over the heap, so that the stack stays flat."""

    __slots__ = ("kernel", "times", "body", "then")

    def __init__(self, kernel: Kernel, times: int, then: Then) -> None:
        self.kernel, self.times, self.then = kernel, times, then
        self.body: Then

    def start(self, frame: OperationFrame) -> None:
        counter = [self.times, self.kernel.now]
        try:
            frame.loops.append(counter)
        except AttributeError:
            frame.loops = [counter]
        self.body(frame)

    def again(self, frame: OperationFrame) -> None:
        """One iteration has ended."""
        counter = frame.loops[-1]
        counter[0] -= 1
        if not counter[0]:
            frame.loops.pop()
            self.then(frame)
        elif counter[1] == (now := self.kernel.now):
            self.kernel.at(now, ANSWER, self.body, frame)
        else:
            counter[1] = now
            self.body(frame)

    def left(self, failed: Failed) -> Failed:
        """Wrap *failed* for the body: leaving the loop by failing forgets its counter."""

        def leave(frame: OperationFrame, outcome: int, reason: int) -> None:
            frame.loops.pop()
            failed(frame, outcome, reason)

        return leave


class ForkBranch(OperationFrame):
    """One branch of a `parallel`: a frame of its own on the same worker."""

    __slots__ = ("join", "root")
    root: Any

    def __init__(self, join: Join, frame: OperationFrame) -> None:
        self.join = join
        self.root = frame.root
        self.request = frame.request
        self.id = frame.id
        self.result = OK
        self.worked_s = 0.0

    @property
    def replica(self) -> Any:
        """Where it runs."""
        return self.root.replica

    @property
    def due_at(self) -> float:
        """When the time of its attempt's caller ends."""
        return float(self.root.due_at)

    @property
    def killed(self) -> bool:
        """Whether its replica crashed under it."""
        return bool(self.root.killed)


class Join:
    """How far one `parallel` has come."""

    __slots__ = ("frame", "missing", "spare", "over", "starting", "begun_at", "worked_s", "failure", "degraded")

    def __init__(self, frame: OperationFrame, needed: int, total: int, now: float) -> None:
        self.frame = frame
        self.missing, self.spare = needed, total - needed
        self.over = False
        self.starting = True
        self.begun_at = now
        self.worked_s = 0.0
        self.failure: tuple[int, int] | None = None
        self.degraded = False


def _tell_ends(fork_branch: ForkBranch, frame: OperationFrame) -> None:
    """Let the steps after a join ask how the named steps inside it ended: what ended last is what counts."""
    ends = getattr(fork_branch, "ends", None)
    if ends is not None:
        frame.ends = {**(getattr(frame, "ends", None) or {}), **ends}


class Parallel:
    """Start every branch at once; continue when enough ended well, fail as soon as that is impossible."""

    __slots__ = ("kernel", "bodies", "needed", "then", "failed")

    def __init__(self, kernel: Kernel, needed: int) -> None:
        self.kernel, self.needed = kernel, needed
        self.bodies: list[Then] = []
        self.then: Then
        self.failed: Failed

    def start(self, frame: OperationFrame) -> None:
        join = Join(frame, self.needed, len(self.bodies), self.kernel.now)
        for body in self.bodies:
            body(ForkBranch(join, frame))
        join.starting = False
        self._decide(join)

    def arrived(self, fork_branch: ForkBranch) -> None:
        """A branch ended well."""
        join = fork_branch.join
        join.missing -= 1
        join.worked_s += fork_branch.worked_s
        join.degraded = join.degraded or fork_branch.result == DEGRADED
        _tell_ends(fork_branch, join.frame)
        self._decide(join)

    def broke(self, fork_branch: ForkBranch, outcome: int, reason: int) -> None:
        """A branch failed."""
        join = fork_branch.join
        join.spare -= 1
        join.worked_s += fork_branch.worked_s
        join.failure = join.failure or (outcome, reason)
        _tell_ends(fork_branch, join.frame)
        self._decide(join)

    def _decide(self, join: Join) -> None:
        """Continue or fail, once, when it is clear; branches that end later change nothing."""
        if join.over or join.starting or (join.missing > 0 and join.spare >= 0):
            return
        join.over = True
        frame = join.frame
        frame.worked_s += min(join.worked_s, self.kernel.now - join.begun_at)
        if join.missing <= 0:
            if join.degraded:
                degrade(frame)
            self.then(frame)
        elif join.failure is not None:
            self.failed(frame, *join.failure)
