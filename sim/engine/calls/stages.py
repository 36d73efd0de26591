"""Calls whose policies stand in an order of their link's own: pipelines one inside another.

A ``PipelineCall`` plays the usual order. Any other order is cut where it departs from the usual one, and each piece is
a *stage* that plays the usual order of its own policies. An attempt of a stage is a whole call of the stage inside it;
only the innermost stage sends something, so only its attempts have rows::

    order: [breaker, retry, hedge, bulkhead, timeout]      usual: hedge, retry, breaker, bulkhead, timeout

    stage breaker          one attempt = all tries, their waits included
      └─ stage retry       one attempt = the first of two that race
           └─ stage hedge, bulkhead, timeout ── route

A stage that gives up its attempt (a timeout, a hedge that was faster) ends the call inside it. Attempts are numbered
through the whole call, whichever stage causes them.

Not modelled: the time that a decision takes.
"""

from __future__ import annotations

from math import inf
from typing import Any

from sim.engine.calls.attempt import Attempt, Frame
from sim.engine.calls.pipeline import ClientPipelineCall, PipelineCall
from sim.engine.calls.route import Continuation, Route
from sim.engine.calls.state import AttemptSequence, LogicalCall, PipelineAttempt
from sim.errors import not_played
from sim.outcomes import ABANDONED, DEGRADED, OK, PENDING, SHORT_CIRCUITED, TIMEOUT


class StageAttempt(PipelineAttempt):
    """An attempt of an outer stage: the call *inner* of the stage inside it. It has no row of its own.

    *is_sent*: something has left the caller.
    """

    __slots__ = ("inner", "is_sent")
    inner: LogicalCall | None
    is_sent: bool


class StageFrame(Frame):
    """The frame of a call of an inner stage: one *attempt* of the stage around it, whose own frame is *outer*.

    *top* is the call of the outermost stage, as the caller's step knows it.
    """

    __slots__ = ("attempt", "outer", "top")

    def __init__(self, attempt: StageAttempt, outer: Frame, top: LogicalCall) -> None:
        self.attempt, self.outer, self.top = attempt, outer, top
        self.request, self.id = outer.request, outer.id
        self.outcome, self.result, self.worked_s = PENDING, OK, 0.0

    @property
    def root(self) -> Any:
        """The attempt or request whose worker waits for the call."""
        return self.outer.root

    @property
    def replica(self) -> Any:
        """Where the caller runs."""
        return self.outer.replica

    @property
    def instance(self) -> Any:
        """Which client process calls, where a client does."""
        return self.outer.instance  # type: ignore[attr-defined]

    @property
    def killed(self) -> Any:
        """Whether the caller's replica crashed under it."""
        return self.outer.killed

    @property
    def due_at(self) -> float:
        """When the caller's time ends, or that of a stage with a timeout."""
        return min(float(self.outer.due_at), self.attempt.due_at)


class Stage(PipelineCall):
    """One of several stages: *inner* is inside it, and it is inside *surrounding*, where there is one."""

    __slots__ = ("inner", "surrounding")
    inner: InnerStage | MiddleStage
    surrounding: OuterStage


class OuterStage(Stage):
    """A stage with another inside it, whose calls are its attempts."""

    __slots__ = ()

    def contain(self, inner: InnerStage | MiddleStage) -> None:
        """Put *inner* inside; what comes after its calls is the end of an attempt here."""
        self.inner, inner.surrounding = inner, self
        inner.after = Continuation(self._inner_good, self._inner_degraded, self._inner_failed)
        self.route = Route(_never, _never, None, _never, None)

    def _send_attempt(self, sequence: AttemptSequence, now: float) -> None:
        logical_call, frame = sequence.logical_call, sequence.frame
        sequence.tries += 1
        attempt = StageAttempt(self, frame, logical_call.request, 0, now)
        attempt.number, attempt.call, attempt.unanswerable = sequence.tries, sequence, False
        attempt.inner, attempt.is_sent = None, False
        attempt.due_at = self._due_at(sequence, now) if self.pipeline.propagates else inf
        attempt.tokens, sequence.tokens = sequence.tokens, ()
        sequence.current = attempt
        if sequence.budget is not None and sequence.tries == 1 and logical_call.sequences[0] is sequence:
            sequence.budget.first_try(now)
        if self.timer_queue is not None:
            self.timer_queue.add(attempt)
        top = frame.top if isinstance(frame, StageFrame) else logical_call
        self.inner.start(StageFrame(attempt, frame, top))

    def _release_all(self, attempt: Any, outcome: int) -> None:
        """Release the tokens; where a stage inside stopped the call before anything left, nothing is learned."""
        if outcome == SHORT_CIRCUITED and not attempt.is_sent:
            tokens, attempt.tokens = attempt.tokens, ()
            for strategy, token in zip(self.strategies, tokens):
                strategy.cancel(token)
        else:
            super()._release_all(attempt, outcome)

    def _inner_good(self, frame: StageFrame) -> None:
        self._inner_ended(frame.attempt, OK)

    def _inner_degraded(self, frame: StageFrame) -> None:
        self._inner_ended(frame.attempt, DEGRADED)

    def _inner_failed(self, frame: StageFrame, outcome: int, reason: int) -> None:
        frame.attempt.reason = reason
        self._inner_ended(frame.attempt, outcome)

    def _inner_ended(self, attempt: StageAttempt, outcome: int) -> None:
        """The call inside has ended, and so has the attempt that it was."""
        if attempt.outcome == PENDING:
            attempt.outcome, attempt.ended_at = outcome, self.kernel.now
            self.ended(attempt, outcome)

    def _cancel_at_callee(self, attempt: Any) -> None:
        """End the call inside, whose attempt was given up."""
        inner = attempt.inner
        if inner is None or inner.over:
            return
        if attempt.outcome == TIMEOUT:
            self.inner.cancel(inner, attempt.reason)
        else:
            self.inner._close(inner)

    def drop(self, attempt: StageAttempt) -> None:
        """The caller is gone, and the call inside ends without an outcome."""
        if attempt.outcome == PENDING:
            attempt.outcome, attempt.ended_at = ABANDONED, self.kernel.now
            self._release_all(attempt, ABANDONED)
            sequence = attempt.call
            sequence.current = None
            self._detach(sequence)


class ClientOuterStage(OuterStage, ClientPipelineCall):
    """The outermost stage of a client's call."""

    __slots__ = ()


class InnerStage(Stage):
    """The innermost stage: its attempts are those that leave the caller."""

    __slots__ = ()

    def start(self, frame: Any) -> None:
        """Begin a call of this stage, as an attempt of the stage around it."""
        frame.attempt.inner = logical_call = LogicalCall(self, frame)
        self.start_sequence(logical_call)

    def outermost(self, logical_call: LogicalCall) -> LogicalCall:
        """Return the call of the outermost stage."""
        frame: Any = logical_call.frame
        top: LogicalCall = frame.top
        return top

    def has_timer(self, attempt: Attempt) -> bool:
        """A timer of a stage around it ends an attempt too."""
        return super().has_timer(attempt) or self.surrounding.has_timer(attempt.call.logical_call.frame.attempt)

    def ended(self, attempt: Any, outcome: int) -> None:
        """As in every call; what the callee asks for concerns the retries of the stages around this one, too."""
        asked_s = getattr(attempt, "retry_after", None)
        if asked_s is not None:
            attempt.call.logical_call.frame.attempt.retry_after = asked_s
        super().ended(attempt, outcome)

    def stop(self, sequence: AttemptSequence, reason: int) -> None:
        """Stop an attempt; its row has the number that it would have in the whole call."""
        logical_call = sequence.logical_call
        top = self.outermost(logical_call)
        logical_call.tries = top.tries
        super().stop(sequence, reason)
        top.tries = max(top.tries, logical_call.tries)

    def _send_attempt(self, sequence: AttemptSequence, now: float) -> None:
        logical_call = sequence.logical_call
        top = self.outermost(logical_call)
        logical_call.tries = top.tries
        top.tries += 1
        if isinstance(top.step, ClientPipelineCall):
            client_request: Any = top.frame
            client_request.tries += 1.0
        frame: Any = logical_call.frame
        while isinstance(frame, StageFrame):
            frame.attempt.is_sent = True
            frame = frame.outer
        super()._send_attempt(sequence, now)

    def _held_back(self, call: Any) -> bool:
        if call.frame.killed:
            self._detach(call)
            return True
        return super()._held_back(call)

    def _detach(self, sequence: AttemptSequence) -> None:
        super()._detach(sequence)
        logical_call = sequence.logical_call
        if logical_call.over:
            frame: Any = logical_call.frame
            self.surrounding.drop(frame.attempt)

    def _late_and_good(self, attempt: Attempt) -> None:
        """Learn from a late answer, and let it end the whole call, in whichever stage hedges or tries again."""
        logical_call: Any = attempt.call.logical_call
        if attempt.outcome == ABANDONED:
            self._learn_late(logical_call)
        top = self.outermost(logical_call)
        if logical_call.over and not top.over and attempt.outcome == TIMEOUT and self.pipeline.accepts_late:
            self.pipeline.mark("late answer accepted", top)
            top.step.succeed(top, attempt.result)
        else:
            super()._late_and_good(attempt)

    def _learn_late(self, logical_call: Any) -> None:
        """Let the hedge of a stage around it know how long the attempt took that it abandoned."""
        while isinstance(frame := logical_call.frame, StageFrame):
            stage: Any = frame.attempt.step
            if stage.hedge is not None and frame.attempt.outcome == ABANDONED:
                stage.hedge.took(self.kernel.now - frame.attempt.sent_at)
                return
            logical_call = frame.attempt.call.logical_call


class MiddleStage(OuterStage, InnerStage):
    """A stage with another inside and another around it."""

    __slots__ = ()


def _never(attempt: Any) -> None:
    raise not_played("route of a call", "an outer stage")
