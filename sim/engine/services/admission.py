"""What a replica does about too much work: at its door, beside its line, and when a worker takes the next one.

``WithAdmission`` extends either kind of replica; services without such rules do not use it. Rules are asked in the
order of the path: the rate limit (before the replica is entered), rules at entry, rules for joining the queue, rules
for leaving it.

Not modelled: limits shared by the replicas of a service (each decides by itself, as a process
would, and forgets what it knew in a crash), and rules for messages, which only free workers ask for.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Callable

from sim.engine.calls.abandonment import admit_after_wait
from sim.engine.services.concurrency import LearningService
from sim.engine.services.free_replica import FreeReplica
from sim.engine.services.interfaces import QueueTimer
from sim.engine.services.replica import Replica
from sim.outcomes import OK

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt


class WithAdmission(Replica):
    """A replica with rules at its door and its line; to be put before a kind of replica."""

    __slots__ = ()

    def deliver(self, attempt: Attempt) -> None:
        """A call is here; without a token it is turned away, or comes in later."""
        attempt.replica = self
        tokens = self.admission.tokens
        if tokens is None:
            self.enter(attempt)
        else:
            tokens.pass_on(self, attempt)

    def enter(self, attempt: Attempt) -> None:
        """As for any replica, if the rules at entry let it."""
        now = self.env._now
        for rule in self.admission.at_entry:
            if not rule.admits(self, attempt, now):
                self.turn_away(attempt, rule.reason)
                return
        super().deliver(attempt)

    def on_token(self, attempt: Attempt) -> None:
        """A call that had to wait for its token has it now, and finds the replica as it is."""
        if self.down:
            self.service.turn_away_down(attempt, self)
        else:
            admit_after_wait(self.enter, attempt)

    def turn_away(self, attempt: Attempt, reason: int) -> None:
        """Reject *attempt* at the door."""
        attempt.entered_at = self.env._now
        self.service.reject(attempt, reason)

    def queue_up(self, attempt: Attempt) -> None:
        """As for any replica, if the rules for joining the line let it."""
        admission, now = self.admission, self.env._now
        if not self.line:
            admission.empty_at = now
        for rule in admission.to_join:
            if not rule.admits(self, attempt, now):
                self.service.reject(attempt, rule.reason)
                return
        if admission.wait_timer is None:
            super().queue_up(attempt)
        else:
            self.line.append(attempt)
            attempt.wait_timer = QueueTimer(attempt)
            admission.wait_timer(attempt.wait_timer, now, admission.empty_at)
        if admission.rank is not None:
            self._move_up(attempt, admission.rank)

    def _move_up(self, attempt: Attempt, rank: Callable[[Any], int]) -> None:
        """Who has just come last goes before all who are of less importance."""
        self.line.pop()
        self.line.insert(bisect_right(self.line, rank(attempt), key=rank), attempt)

    def leave_line(self, attempt: Attempt) -> bool:
        """As for any replica."""
        left = super().leave_line(attempt)
        if left and isinstance(self.service, LearningService):
            self.admission.in_flight.left(attempt, self.env._now)
        return left

    def next_in_line(self) -> Any:
        """Take the next one that the rules let begin out of the line; None when it is empty."""
        line, admission, now = self.line, self.admission, self.env._now
        while line:
            newest = admission.newest_first is not None and admission.newest_first(now, len(line), admission.empty_at)
            attempt = line.pop() if newest else line.popleft()
            if self.wait_timer is not None:
                attempt.wait_timer.outcome = OK
            for rule in admission.to_begin:
                if not rule.admits(self, attempt, now):
                    self.service.reject(attempt, rule.reason)
                    break
            else:
                return attempt
        return None

    def clear(self) -> None:
        """A crash takes what the rules remembered too."""
        super().clear()
        self.admission = self.admission.renewed()


class ReplicaWithAdmission(WithAdmission):
    """A replica with rules whose workers are held while calling."""

    __slots__ = ()

    def release(self, now: float) -> None:
        """A worker is done: as for any replica, with the line's own order and rules."""
        self.free += 1
        self.take_next()

    def take_next(self) -> None:
        """Free workers take from the line, then from the queues; not re-entered, so the stack stays flat."""
        if self.blocked:
            return
        self.blocked += 1
        while True:
            while self.free > 0 and self.line:
                self.free -= 1  # held while rules turn others away, so that nobody who comes meanwhile takes it
                attempt = self.next_in_line()
                if attempt is None:
                    self.free += 1
                else:
                    attempt.started_at = self.env._now
                    attempt.step.route.begin(attempt)
            if not self.take_message():
                break
        self.blocked -= 1


class FreeReplicaWithAdmission(WithAdmission, FreeReplica):
    """A replica with rules whose workers are freed while calling."""

    __slots__ = ()

    def _take_first(self) -> None:
        """As for any such replica, with the line's own order and rules."""
        new = self.line and self.in_flight < self.limit
        if self.ready and (not new or self.ready[0][0] <= self.line[0].entered_at):
            queued_at, frame, go_on, arguments = self.ready.popleft()
            self._hold(frame, queued_at)
            go_on(*arguments)
            return
        self.free -= 1
        attempt = self.next_in_line()
        self.free += 1
        if attempt is not None:
            self._begin(attempt)
