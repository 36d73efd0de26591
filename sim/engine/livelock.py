"""What can never go on when a run ends: calls that no answer and no timer would end, and all that wait for them.

What is neither stuck nor over could still act if the run were longer. Left out: strands of a recipe whose own way is
stuck, which may still act (so a recipe with a `parallel` counts as able to), and gates that a stuck call keeps closed.
"""

from __future__ import annotations

from typing import Any, Callable, Sequence

from sim.engine.clients.clients import Request
from sim.engine.messaging.delivery import RootFrame
from sim.engine.operations.steps import ForkBranch, Join
from sim.engine.services.free_replica import FreeReplica
from sim.outcomes import PENDING


class Stuck:
    """Attempts that are lost, requests that are, and recipes that wait for them, among what is *open* at the end."""

    __slots__ = ("attempts", "requests", "recipes", "_forks", "_strands", "_held")

    def __init__(self, open_: Sequence[Any], forks: Callable[[Any], bool], cancels: bool) -> None:
        """*forks* says whether an attempt's operation has a `parallel`, whose strands may go on where it does not.

        *cancels* says whether some link stops the work of those who are given up, which can free a stuck worker.
        """
        self._forks = forks
        self.attempts: set[int] = set()
        """Attempts (ids) whose caller waits for an answer that cannot come."""
        self.requests: dict[int, int] = {}
        """Requests (numbers) whose client does, and the cause."""
        self.recipes: set[int] = set()
        """Attempts (ids) whose recipe waits for a lost call and does not go on."""
        self._strands: dict[Join, int] = {}
        for attempt in open_:
            if attempt.outcome == PENDING and getattr(attempt, "unanswerable", False):
                self._lose(attempt, attempt.reason)
        self._held: dict[Any, int] = {}
        for attempt in () if cancels else open_:
            if self._never_leaves(attempt):
                self._held[attempt.replica] = self._held.get(attempt.replica, 0) + 1

    def _lose(self, attempt: Any, reason: int) -> None:
        """No answer comes to *attempt*: without a timer its caller waits for ever."""
        if attempt.id in self.attempts or attempt.step.has_timer(attempt):
            return
        self.attempts.add(attempt.id)
        if not _may_yet_end(attempt, self.attempts):
            self._stop(attempt.parent, reason)

    def _stop(self, frame: Any, reason: int) -> None:
        """*frame* waits for what does not come: so does whoever waits for the frame."""
        if isinstance(frame, ForkBranch):
            join = frame.join
            self._strands[join] = livelock_error = self._strands.get(join, 0) + 1
            if not join.over and join.missing + join.spare == livelock_error:
                self._stop(join.frame, reason)
        elif isinstance(frame, Request):
            if frame.outcome == PENDING:
                self.requests[frame.number] = reason
        elif not isinstance(frame, RootFrame) and frame.id not in self.recipes:
            self.recipes.add(frame.id)
            if frame.outcome == PENDING and not getattr(frame, "replied", False):
                frame.reason = frame.reason or reason
                self._lose(frame, reason)

    def may_act(self, attempt: Any) -> bool:
        """Whether *attempt*, which is open, may still do something: it is on its way, in line, or in a recipe.

        A line whose workers are all held by recipes that do not go on does not move.
        """
        if attempt.left_at is not None:
            return False
        if attempt.started_at != attempt.started_at and attempt.replica in self._held:
            return bool(self._held[attempt.replica] < attempt.replica.workers)
        return attempt.id not in self.recipes or self._forks(attempt)

    def _never_leaves(self, attempt: Any) -> bool:
        """Whether the recipe of *attempt* holds a worker for ever."""
        if attempt.left_at is not None or attempt.id not in self.recipes or self._forks(attempt):
            return False
        given_up = attempt.outcome != PENDING or attempt.id in self.attempts
        return given_up and not isinstance(attempt.replica, FreeReplica)


def _may_yet_end(attempt: Any, lost: set[int]) -> bool:
    """Whether a hedge can still end the call of *attempt*, which is lost: one that is out, or one that is planned."""
    logical_call = getattr(getattr(attempt, "call", None), "logical_call", None)
    if logical_call is None or logical_call.step.hedge is None:
        return False
    for sequence in logical_call.sequences:
        if not sequence.over and (sequence.current is None or sequence.current.id not in lost):
            return True
    return any(planned is logical_call for _, _, planned in logical_call.step.hedge_timers.planned)
