"""What a replica does about too much work: rules at entry, in the waiting line, and when a worker is free.

A part that is put into a replica (``Replica.put_in``); services without rules have none. Rules are asked in the order
of the path of a call::

    tokens ──> at_entry ──> a free worker
                   └──────> to_join ──> waiting line (rank) ──> newest_first, to_begin ──> a free worker

Not modelled: limits that the replicas of a service share (each decides by itself, as a process would, and a crash
makes it forget what it knew), and rules for messages, which only free workers ask for.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Callable

from sim.engine.calls.abandonment import admit_after_wait
from sim.engine.services.interfaces import QueueTimer
from sim.outcomes import OK

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.services.in_flight import InFlight
    from sim.engine.services.interfaces import AdmissionRule, TokenLimit


class AdmissionControl:
    """The rules of one replica, with what they remember; *put_rules* fills it, at first and whenever it is renewed."""

    __slots__ = (
        "replica",
        "kernel",
        "put_rules",
        "tokens",
        "at_entry",
        "to_join",
        "to_begin",
        "newest_first",
        "rank",
        "wait_timer",
        "empty_at",
        "in_flight",
    )
    in_flight: InFlight
    """Of replicas with a limit on calls in flight; it is one of the rules at entry, too."""

    def __init__(self, replica: Any, put_rules: Callable[[AdmissionControl], None]) -> None:
        self.replica, self.kernel, self.put_rules = replica, replica.kernel, put_rules
        self.renew()

    def renew(self) -> None:
        """Begin with rules that remember nothing, as a process does that has just been started."""
        self.tokens: TokenLimit | None = None
        self.at_entry: list[AdmissionRule] = []
        self.to_join: list[AdmissionRule] = []
        self.to_begin: list[AdmissionRule] = []
        self.newest_first: Callable[[float, int, float], bool] | None = None
        """Asked with the instant, the length of the line, and when that was last empty."""
        self.rank: Callable[[Any], int] | None = None
        """How far back an attempt is put in the line; equals keep the order in which they came."""
        self.wait_timer: Callable[[QueueTimer, float, float], None] | None = None
        """Starts the timer of an attempt that joins the line, given the instant and when the line was last empty."""
        self.empty_at = 0.0
        self.put_rules(self)

    # --- entering -----------------------------------------------------------------------------------------

    def deliver(self, attempt: Attempt) -> None:
        """A call is here; without a token it is turned away, or enters later."""
        attempt.replica = self.replica
        if self.tokens is None:
            self.enter(attempt)
        else:
            self.tokens.pass_on(self, attempt)

    def enter(self, attempt: Attempt) -> None:
        """Let *attempt* enter the replica, if the rules at entry admit it."""
        replica, now = self.replica, self.kernel.now
        for rule in self.at_entry:
            if not rule.admits(replica, attempt, now):
                self.turn_away(attempt, rule.reason)
                return
        replica.enter(attempt)

    def on_token(self, attempt: Attempt) -> None:
        """A call that had to wait for its token has it now, and finds the replica as it is."""
        if self.replica.down:
            self.replica.service.turn_away_down(attempt, self.replica)
        else:
            admit_after_wait(self.enter, attempt)

    def turn_away(self, attempt: Attempt, reason: int) -> None:
        """Reject *attempt* before it enters."""
        attempt.entered_at = self.kernel.now
        self.replica.service.reject(attempt, reason)

    # --- the line -----------------------------------------------------------------------------------------

    def join(self, attempt: Attempt) -> None:
        """Let *attempt* join the line, if the rules admit it, at the place that its importance gives it."""
        replica, now = self.replica, self.kernel.now
        if not replica.line:
            self.empty_at = now
        for rule in self.to_join:
            if not rule.admits(replica, attempt, now):
                replica.service.reject(attempt, rule.reason)
                return
        if self.wait_timer is None:
            replica.join_the_end(attempt)
        else:
            replica.line.append(attempt)
            attempt.wait_timer = QueueTimer(attempt)
            self.wait_timer(attempt.wait_timer, now, self.empty_at)
        if self.rank is not None:
            replica.line.pop()
            replica.line.insert(bisect_right(replica.line, self.rank(attempt), key=self.rank), attempt)

    def next_in_line(self) -> Any:
        """Take the next attempt out of the line that the rules let begin; None when it is empty."""
        replica, now = self.replica, self.kernel.now
        line = replica.line
        while line:
            is_newest = self.newest_first is not None and self.newest_first(now, len(line), self.empty_at)
            attempt = line.pop() if is_newest else line.popleft()
            if replica.wait_timer is not None:
                attempt.wait_timer.outcome = OK
            for rule in self.to_begin:
                if not rule.admits(replica, attempt, now):
                    replica.service.reject(attempt, rule.reason)
                    break
            else:
                return attempt
        return None
