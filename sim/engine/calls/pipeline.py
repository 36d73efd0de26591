"""Calls with more than a timeout, retries and a plain breaker: the whole chain of a caller's defences.

An ``Errand`` is one logical call. It takes one ``Course`` (a first attempt and its retries), or several at once when
it hedges; each attempt of a course passes the gates (``strategies``). The first good answer ends the errand, and
whoever is still out is abandoned. ``GuardedCall`` is the same for the plain cases, and faster.

From the outside in: cache, fallback, hedge, retry and its budget, the gates, timeout, link.
"""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING, Any, Callable, Sequence

from sim.engine.calls.abandonment import CANCEL, CONTINUE
from sim.engine.calls.attempt import Attempt, close_left, give_up, is_left_behind, late, row
from sim.engine.calls.hedging import HedgeTimers
from sim.engine.calls.retrying import GuardedCall
from sim.engine.calls.scope import Scope
from sim.engine.calls.state import ArmedAttempt, Course, Errand
from sim.engine.calls.strategies import STOPPED, WAITS, Gate, ReplicaBreakers
from sim.engine.clock.kernel import TIMER
from sim.outcomes import ABANDONED, DEGRADED, OK, PENDING, SHORT_CIRCUITED, TIMEOUT
from sim.record.recorder import cause

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Frame
    from sim.engine.calls.caching import Memory, Shelf
    from sim.engine.clock.kernel import Kernel
    from sim.policies.hedge import Hedge
    from sim.policies.retry import Retry
    from sim.record.recorder import Recorder


class Arms:
    """What an armed call carries beside timeout and retries; shared by all steps of its link."""

    __slots__ = ("gates", "budget", "hedge", "fallback", "memory", "propagates", "on_abandon", "accepts_late",
                 "mark")  # fmt: skip

    def __init__(self, mark: Callable[[str, Any], None]) -> None:
        self.gates: tuple[Gate, ...] = ()
        self.budget: Scope | None = None
        self.hedge: Hedge | None = None
        self.fallback: str | None = None
        self.memory: Memory | None = None
        self.propagates = False
        self.on_abandon = CONTINUE
        self.accepts_late = False
        self.mark = mark
        """Notes a decision that no attempt tells."""


class ArmedCall(GuardedCall):
    """A call step under any of a caller's defences."""

    __slots__ = ("arms", "gates", "learners", "chooses_replicas", "drops_abandoned", "timeout_s", "deadline_cause",
                 "late_cause", "unneeded_cause", "shelf", "known", "hedge", "hedge_timers")  # fmt: skip

    def __init__(
        self, kernel: Kernel, recorder: Recorder, ids: Callable[[], int], code: int, link_place: int,
        timeout_s: float | None, retry: Retry | None, arms: Arms,
    ) -> None:  # fmt: skip
        super().__init__(kernel, recorder, ids, code, link_place, None, retry, None)
        self.lane = None if timeout_s is None else kernel.lane(timeout_s, time_out)
        self.timeout_s = inf if timeout_s is None else timeout_s
        self.arms, self.gates = arms, arms.gates
        self.chooses_replicas = any(isinstance(gate, ReplicaBreakers) for gate in self.gates)
        """Whether a gate has picked the callee's replica before an attempt leaves."""
        self.drops_abandoned = arms.on_abandon != CONTINUE
        self.learners = [(i, gate.leave) for i, gate in enumerate(arms.gates) if gate.learns]
        """What tells each gate that learns how an attempt ended, by the place of its token."""
        self.hedge, self.hedge_timers = arms.hedge, HedgeTimers(kernel, self._hedge)
        self.deadline_cause = cause(link_place, "deadline")
        self.late_cause = cause(link_place, "out of time")
        self.unneeded_cause = cause(link_place, "another was first")
        self.shelf: Shelf | None = None
        """Where the answers of this operation are kept, if they are."""
        self.known: dict[float, None] = {}
        """Keys that were answered well before, for a fallback to a cached answer."""

    # --- the logical call ---------------------------------------------------------------------------------

    def start(self, frame: Frame) -> None:
        """Begin a call: look into the cache, then send a first attempt."""
        errand = Errand(self, frame)
        if self.shelf is None or not self.shelf.serves(errand):
            self.set_out(errand)

    def set_out(self, errand: Errand) -> None:
        """Send a first attempt, and plan a hedge, or a further one."""
        course = Course(errand)
        errand.courses.append(course)
        self.attempt(course)
        hedge = self.hedge
        if hedge is not None and errand.hedges < hedge.most and not errand.over:
            delay_s = hedge.delay_s()
            if delay_s is not None:
                self.hedge_timers.plan(delay_s, errand)

    def _hedge(self, errand: Errand) -> None:
        if is_left_behind(errand.frame):
            return
        errand.hedges += 1
        self.arms.mark("hedge", errand)
        self.set_out(errand)

    def succeed(self, errand: Errand, outcome: int) -> None:
        """A good answer is here, or was in the cache: the caller goes on."""
        self._close(errand)
        if self.arms.fallback == "cached" and outcome == OK:
            self.known[errand.request.key] = None
        waiters = self.shelf.filled(errand, outcome) if self.shelf is not None else ()
        (self.then if outcome == OK else self.degraded)(errand.frame)
        for waiter in waiters:
            if not waiter.over:
                waiter.step.succeed(waiter, outcome)

    def fail(self, errand: Errand, outcome: int, why: int) -> None:
        """No answer will come: fall back, or fail."""
        self._close(errand)
        waiters = self.shelf.left_empty(errand) if self.shelf is not None else ()
        if self._can_fall_back(errand):
            self.arms.mark("fallback", errand)
            self.degraded(errand.frame)
        else:
            self.failed(errand.frame, outcome, why)
        for waiter in waiters:
            if not waiter.over:
                waiter.step.fail(waiter, outcome, why)

    def _can_fall_back(self, errand: Errand) -> bool:
        fallback = self.arms.fallback
        return fallback is not None and (fallback != "cached" or errand.request.key in self.known)

    def _close(self, errand: Errand) -> None:
        """The errand is over: abandon what is still out, and leave every line."""
        errand.over, errand.outcome = True, OK
        for course in errand.courses:
            if course.over:
                continue
            course.over = True
            if course.current is not None:
                self._abandon(course.current)
            else:
                self._back_out(course)

    def withdrawn(self, errand: Any, why: int) -> None:
        """The client leaves at its deadline: its attempts end as timeouts, nothing is tried again."""
        errand.over, errand.outcome = True, TIMEOUT
        for course in errand.courses:
            attempt = course.current
            if attempt is not None and not course.over:
                give_up(attempt, why)
                self._call_off(attempt)
                self._leave_gates(attempt, TIMEOUT)
            elif not course.over:
                self._back_out(course)
            course.over = True
        self._hand_on(errand)

    def _hand_on(self, errand: Errand) -> None:
        """Whoever waits for the answer that *errand* was to fetch fetches it now."""
        if self.shelf is None:
            return
        waiters = [waiter for waiter in self.shelf.left_empty(errand) if not waiter.over]
        if waiters:
            first = waiters[0]
            self.shelf.expects(first, waiters[1:])
            first.step.set_out(first)

    # --- one course ---------------------------------------------------------------------------------------

    def attempt(self, course: Any) -> None:
        """Send the next attempt of *course*, if its caller is still there and the gates let it pass."""
        if course.over:
            return
        if is_left_behind(course.frame):
            self._leave_behind(course)
            return
        if self.fragile and self._held_back(course):
            return
        if self._is_late(course):
            self.stop(course, self.late_cause)
            return
        course.tokens = ()
        self._pass_gates(course, self.gates)

    def _leave_behind(self, course: Course) -> None:
        """Nothing more is sent for a caller who does not go on; others may need the answer all the same."""
        self._back_out(course)
        course.over = True
        errand = course.errand
        if all(other.over for other in errand.courses):
            errand.over, errand.outcome = True, TIMEOUT
            self._hand_on(errand)

    def _is_late(self, course: Course) -> bool:
        """Whether the time of its caller's caller is over, as far as it knows."""
        return bool(self.arms.propagates and course.frame.due_at <= self.env._now)

    def _pass_gates(self, course: Course, gates: Sequence[Gate]) -> None:
        now = self.env._now
        course.tokens = tokens = [*course.tokens]
        for gate in gates:
            token = gate.enter(course, now)
            if token is STOPPED:
                self.stop(course, gate.why)
                return
            if token is WAITS:
                return
            tokens.append(token)
        self._launch(course, now)

    def go_on(self, course: Course, index: int, token: Any) -> None:
        """What *course* waited for at the gate with *index* is here."""
        if course.over:
            self.gates[index].back_out(token)
            return
        course.tokens = [*course.tokens, token]
        if is_left_behind(course.frame):
            self._leave_behind(course)
        elif self._is_late(course):
            self.stop(course, self.late_cause)
        else:
            self._pass_gates(course, self.gates[index + 1 :])

    def stop(self, course: Course, why: int) -> None:
        """The caller itself stops it: no attempt is made, and none after it, but a row tells that it was wanted."""
        errand, now = course.errand, self.env._now
        self._back_out(course)
        course.over = True
        self.write((
            self.next_id(), errand.request.number, errand.frame.id, self.code, -1, errand.tries + 1, now, nan, nan,
            nan, now, SHORT_CIRCUITED, why, 0.0,
        ))  # fmt: skip
        self._course_over(course, SHORT_CIRCUITED, why)

    def _back_out(self, course: Course) -> None:
        tokens, course.tokens = course.tokens, ()
        for gate, token in zip(self.gates, tokens):
            gate.back_out(token)

    def _launch(self, course: Course, now: float) -> None:
        errand, frame = course.errand, course.frame
        errand.tries += 1
        course.tries += 1
        number = self.next_id()
        attempt = ArmedAttempt(self, frame, errand.request, number, now)
        attempt.number, attempt.call, attempt.unanswerable = errand.tries, course, False
        attempt.tokens, course.tokens = course.tokens, ()
        course.current = attempt
        self.open[number] = attempt
        if course.replica is not None:
            attempt.replica = course.replica
            if self.settled is not None:  # its balancer counts
                course.replica.outstanding += 1
        if course.budget is not None and errand.tries == 1:
            course.budget.first_try()
        attempt.due_at = now + self.timeout_s if self.arms.propagates else inf
        if self.arms.propagates and frame.due_at < attempt.due_at:  # less is left of its caller's time than its own
            attempt.due_at = frame.due_at
            self.kernel.at(frame.due_at, TIMER, _out_of_time, attempt)
        elif self.lane is not None:
            self.lane.add(attempt)
        self.send(attempt)

    def has_timer(self, attempt: Attempt) -> bool:
        """Whether a timer will end *attempt* if no answer does."""
        return self.lane is not None or getattr(attempt, "due_at", inf) < inf

    # --- how attempts end ---------------------------------------------------------------------------------

    def receive(self, attempt: Attempt) -> None:
        """An answer is back: the first end counts; a late one can still end the errand where that is wanted."""
        if attempt.outcome != PENDING:
            late(attempt, self.open, self.write)
            if attempt.result <= DEGRADED:
                self._late_and_good(attempt)
            return
        outcome = attempt.outcome = attempt.result
        attempt.ended_at = self.env._now
        if attempt.left_at is not None:
            del self.open[attempt.id]
            self.write(row(attempt, attempt.ended_at))
        if self.settled is not None:
            self.settled(attempt)
        self.ended(attempt, outcome)

    def _late_and_good(self, attempt: Attempt) -> None:
        errand, arms = attempt.call.errand, self.arms
        if arms.hedge is not None and attempt.outcome == ABANDONED:
            arms.hedge.took(self.env._now - attempt.sent_at)
        if arms.accepts_late and attempt.outcome == TIMEOUT and not errand.over:
            arms.mark("late answer accepted", errand)
            self.succeed(errand, attempt.result)

    def ended(self, attempt: Any, outcome: int) -> None:
        """The caller knows how *attempt* ended: go on, try again or give the course up."""
        course: Course = attempt.call
        course.current = None
        self._leave_gates(attempt, outcome)
        if course.over:
            return
        if outcome <= DEGRADED:
            course.over = True
            self._learn(course, attempt)
            self.succeed(course.errand, outcome)
            return
        wait_s = self._next_wait_s(course, outcome)
        if wait_s is None:
            course.over = True
            self._course_over(course, outcome, attempt.cause)
            return
        course.wait_s = wait_s
        if wait_s == 0 and outcome == TIMEOUT:
            self.attempt(course)
        else:
            self.kernel.after(wait_s, self.attempt, course)

    def _leave_gates(self, attempt: ArmedAttempt, outcome: int) -> None:
        tokens, attempt.tokens = attempt.tokens, ()
        now = self.env._now
        took_s = now - attempt.sent_at
        if tokens:
            for i, leave in self.learners:
                leave(tokens[i], outcome, took_s, now)

    def _learn(self, course: Course, attempt: ArmedAttempt) -> None:
        """Tell hedge and budget of an attempt that went well."""
        if self.hedge is not None:
            self.hedge.took(attempt.ended_at - attempt.sent_at)
        if course.budget is not None:
            course.budget.success(course.tries > 1, course.timed_out)

    def _next_wait_s(self, course: Course, outcome: int) -> float | None:
        """Return the seconds until the next attempt of *course*; None where there is none."""
        if self.retry is None or outcome == SHORT_CIRCUITED:
            return None
        wait_s = self.retry.next_wait_s(course.tries, outcome, course.wait_s)
        if wait_s is None:
            return None
        if self.arms.propagates and self.env._now + wait_s >= course.frame.due_at:
            return None
        if course.budget is not None and not course.budget.take(outcome == TIMEOUT):
            self.arms.mark("retry denied", course.errand)
            return None
        course.timed_out = outcome == TIMEOUT
        return wait_s

    def _course_over(self, course: Course, outcome: int, why: int) -> None:
        """*course* has failed for good: so has the errand, unless another course is still out."""
        errand = course.errand
        if not errand.over and all(other.over for other in errand.courses):
            self.fail(errand, outcome, why)

    def _abandon(self, attempt: ArmedAttempt) -> None:
        """The caller goes on without *attempt*: another was first."""
        attempt.outcome, attempt.cause = ABANDONED, self.unneeded_cause
        attempt.ended_at = self.env._now
        if self.settled is not None:
            self.settled(attempt)
        if attempt.unanswerable and attempt.left_at is not None:
            del self.open[attempt.id]
            self.write(row(attempt, attempt.ended_at))
        self._leave_gates(attempt, ABANDONED)
        self._call_off(attempt)

    def _call_off(self, attempt: Attempt) -> None:
        """Tell the callee that nobody waits any more, where the link does so; on its way it is met at the door."""
        how = self.arms.on_abandon
        entered = attempt.entered_at == attempt.entered_at
        if how == CONTINUE or attempt.left_at is not None or not entered or attempt.replica.index < 0:
            return
        if attempt.started_at != attempt.started_at:
            if attempt.replica.leave_line(attempt):
                self.arms.mark("dropped", attempt.call.errand)
                attempt.left_at = self.env._now
                close_left(attempt)
        elif how == CANCEL and not getattr(attempt, "replied", False):
            self.arms.mark("cancelled", attempt.call.errand)
            attempt.replica.service.cancel(attempt)
            self._call_off_children(attempt)

    def _call_off_children(self, attempt: Attempt) -> None:
        """What a cancelled recipe was waiting for is not waited for any more either."""
        for child in list(self.open.values()):
            step = child.step
            if isinstance(step, ArmedCall) and getattr(child.parent, "root", None) is attempt:
                if child.outcome == PENDING and not child.call.errand.over:
                    step.withdrawn(child.call.errand, self.unneeded_cause)


class ArmedClientCall(ArmedCall):
    """A client's armed call: the request remembers its errand, so that its deadline can end it."""

    __slots__ = ()

    def start(self, frame: Frame) -> None:
        """Begin a call: look into the cache, then send a first attempt."""
        errand = Errand(self, frame)
        frame.tries, frame.current = 0.0, errand
        if self.shelf is None or not self.shelf.serves(errand):
            self.set_out(errand)

    def _launch(self, course: Course, now: float) -> None:
        course.frame.tries += 1.0
        super()._launch(course, now)

    def has_timer(self, attempt: Attempt) -> bool:
        """A client's deadline is a timer too."""
        return super().has_timer(attempt) or attempt.request.client.lane is not None


def time_out(attempt: Any) -> None:
    """The timeout of *attempt* is reached."""
    _end_in_time(attempt, attempt.step.timeout_cause)


def _out_of_time(attempt: ArmedAttempt) -> None:
    """The time of the attempt's caller is over, unless it ended before."""
    if attempt.outcome == PENDING:
        _end_in_time(attempt, attempt.step.deadline_cause)


def _end_in_time(attempt: Any, why: int) -> None:
    step: ArmedCall = attempt.step
    give_up(attempt, why)
    step._call_off(attempt)
    step.ended(attempt, TIMEOUT)
