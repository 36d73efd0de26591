"""Calls that can never end when a run stops, because no answer and no timer ends them, and all that wait for them.

It begins with a lost attempt that has no timer: the frame that waits for it is stuck, and so is the attempt whose
operation that frame belongs to, and so on up to the client's request. An attempt that is neither stuck nor ended could
still act if the run were longer.

Not modelled: branches of a `parallel` that are stuck themselves (the operation counts as able to act), and tokens of
strategies that a stuck call keeps.
"""

from __future__ import annotations

from typing import Any, Callable, Sequence

from sim.engine.clients.clients import Request
from sim.engine.messaging.batches import Batch
from sim.engine.messaging.delivery import RootFrame
from sim.engine.operations.steps import ForkBranch, Join
from sim.engine.services.free_replica import FreeReplica
from sim.outcomes import PENDING


class Stuck:
    """Lost attempts, lost requests, and the operations that wait for them, among what is *open* at the end."""

    __slots__ = ("attempts", "requests", "recipes", "_forks", "_stuck_branches", "_held")

    def __init__(self, open_: Sequence[Any], forks: Callable[[Any], bool], cancels: bool) -> None:
        """*forks* says whether an attempt's operation has a `parallel`, whose branches may continue where it does not.

        *cancels* says whether some link stops the work of attempts that are given up, which can free a stuck worker.
        """
        self._forks = forks
        self.attempts: set[int] = set()
        """Attempts (ids) whose caller waits for an answer that cannot come."""
        self.requests: dict[int, int] = {}
        """Requests (numbers) whose client waits for one, and the reason."""
        self.recipes: set[int] = set()
        """Attempts (ids) whose operation waits for a lost call and does not continue."""
        self._stuck_branches: dict[Join, int] = {}
        for attempt in open_:
            if attempt.outcome == PENDING and getattr(attempt, "unanswerable", False):
                self._lose(attempt, attempt.reason)
        self._held: dict[Any, int] = {}
        for attempt in () if cancels else open_:
            if self._never_leaves(attempt):
                self._held[attempt.replica] = self._held.get(attempt.replica, 0) + 1

    def _lose(self, attempt: Any, reason: int) -> None:
        """*attempt* gets no answer: without a timer its caller waits for ever."""
        if attempt.id in self.attempts or attempt.step.has_timer(attempt):
            return
        self.attempts.add(attempt.id)
        if not _may_yet_end(attempt, self.attempts):
            self._stop(attempt.parent, reason)

    def _stop(self, frame: Any, reason: int) -> None:
        """*frame* waits for an answer that does not come, and so does everything that waits for the frame."""
        while hasattr(frame, "outer"):  # a StageFrame
            frame = frame.outer
        if isinstance(frame, ForkBranch):
            join = frame.join
            self._stuck_branches[join] = stuck_branches = self._stuck_branches.get(join, 0) + 1
            if not join.over and join.missing + join.spare == stuck_branches:
                self._stop(join.frame, reason)
        elif isinstance(frame, Request):
            if frame.outcome == PENDING:
                self.requests[frame.id] = reason
        elif not isinstance(frame, RootFrame) and frame.id not in self.recipes:
            self.recipes.add(frame.id)
            if frame.outcome == PENDING and not getattr(frame, "replied", False):
                frame.reason = frame.reason or reason
                self._lose(frame, reason)

    def may_act(self, attempt: Any) -> bool:
        """Whether *attempt*, which is open, may still do something: it is on its way, it waits, or its operation runs.

        A line whose workers are all held by operations that do not continue does not move.
        """
        if attempt.left_at is not None:
            return False
        batch = getattr(attempt, "call", None)
        if isinstance(batch, Batch) and batch.may_begin(attempt):
            return self.may_act(batch.current)
        if attempt.started_at != attempt.started_at and attempt.replica in self._held:
            return bool(self._held[attempt.replica] < attempt.replica.workers)
        return attempt.id not in self.recipes or self._forks(attempt)

    def _never_leaves(self, attempt: Any) -> bool:
        """Whether the operation of *attempt* holds a worker for ever."""
        if attempt.left_at is not None or attempt.id not in self.recipes or self._forks(attempt):
            return False
        given_up = attempt.outcome != PENDING or attempt.id in self.attempts
        keeps = getattr(attempt.replica, "keeps_in_calls", not isinstance(attempt.replica, FreeReplica))
        return bool(given_up and keeps)


def _may_yet_end(attempt: Any, lost: set[int]) -> bool:
    """Whether a hedge can still end the call of *attempt*, which is lost: one that is out, or one that is planned."""
    logical_call = getattr(getattr(attempt, "call", None), "logical_call", None)
    while logical_call is not None:
        if logical_call.step.hedge is not None and _has_a_hedge(logical_call, lost):
            return True
        frame = logical_call.frame
        logical_call = frame.attempt.call.logical_call if hasattr(frame, "outer") else None  # the stage around it
    return False


def _has_a_hedge(logical_call: Any, lost: set[int]) -> bool:
    """Whether an attempt of *logical_call* that is not lost is out, or will be sent."""
    if any(not sequence.over and not _is_lost(sequence.current, lost) for sequence in logical_call.sequences):
        return True
    return any(planned is logical_call for _, _, planned in logical_call.step.hedge_timers.planned)


def _is_lost(attempt: Any, lost: set[int]) -> bool:
    """Whether *attempt* can have no answer; one of an outer stage is lost with all that the stage inside has sent."""
    if hasattr(attempt, "inner"):  # a StageAttempt
        return attempt.inner is not None and not _has_a_hedge(attempt.inner, lost)
    return attempt is not None and attempt.id in lost
