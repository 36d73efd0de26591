"""A timeout over all attempts of a call: when it is reached, the call fails, whatever is under way.

Attempts that are out end as timeouts, a wait between attempts is not waited for, and an attempt that waits for a token
does not leave. The timer starts when the first attempt wants to leave; a call that the cache answers has none::

    cache ── fallback ── total timeout ── hedge ── retry ── … ── timeout ── link

Not modelled: a limit on a call that waits for another caller's fetch (``coalesce``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.engine.calls.pipeline import ClientPipelineCall, PipelineCall
from sim.engine.calls.stages import ClientOuterStage, OuterStage
from sim.engine.clock.kernel import TimerEntry
from sim.outcomes import OK, PENDING, TIMEOUT
from sim.record.recorder import reason_code

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.calls.state import AttemptSequence, LogicalCall
    from sim.engine.clock.kernel import TimerQueue


class CallTimer(TimerEntry):
    """The timer of one logical call; its outcome is PENDING until the call ends."""

    __slots__ = ("logical_call",)

    def __init__(self, logical_call: LogicalCall) -> None:
        self.logical_call = logical_call
        self.outcome = PENDING


class WithTotalTimeout(PipelineCall):
    """A call step whose logical calls have a timer each."""

    total_queue: TimerQueue
    total_reason: int
    timers: dict[LogicalCall, CallTimer]

    def limit(self, total_s: float, link_place: int) -> None:
        """Set the timeout over all attempts."""
        self.total_queue = self.kernel.timer_queue(total_s, _expire)
        self.total_reason = reason_code(link_place, "total timeout")
        self.timers = {}

    def start_sequence(self, logical_call: LogicalCall) -> None:
        """Send a first attempt, and start the timer with the first one of the call."""
        if not logical_call.sequences:
            timer = self.timers[logical_call] = CallTimer(logical_call)
            self.total_queue.add(timer)
        super().start_sequence(logical_call)

    def _due_at(self, sequence: AttemptSequence, now: float) -> float:
        return min(super()._due_at(sequence, now), self.timers[sequence.logical_call].expires_at)

    def _close(self, logical_call: LogicalCall) -> None:
        self._stop_timer(logical_call)
        super()._close(logical_call)

    def cancel(self, logical_call: Any, reason: int) -> None:
        """The client leaves at its deadline."""
        self._stop_timer(logical_call)
        super().cancel(logical_call, reason)

    def _detach(self, sequence: AttemptSequence) -> None:
        super()._detach(sequence)
        if sequence.logical_call.over:
            self._stop_timer(sequence.logical_call)

    def _stop_timer(self, logical_call: LogicalCall) -> None:
        timer = self.timers.pop(logical_call, None)
        if timer is not None:
            timer.outcome = OK

    def has_timer(self, attempt: Attempt) -> bool:
        """The total timeout ends every attempt that nothing else ends."""
        return True


class TimedCall(WithTotalTimeout):
    """A service's call with a total timeout."""


class ClientTimedCall(WithTotalTimeout, ClientPipelineCall):
    """A client's call with a total timeout."""


class TimedStage(WithTotalTimeout, OuterStage):
    """The outermost stage of a service's call with a total timeout."""


class ClientTimedStage(WithTotalTimeout, ClientOuterStage):
    """The outermost stage of a client's call with a total timeout."""


def _expire(timer: Any) -> None:
    logical_call = timer.logical_call
    step: WithTotalTimeout = logical_call.step
    step.pipeline.mark("total timeout", logical_call)
    step.give_up_all(logical_call, step.total_reason)
    step.fail(logical_call, TIMEOUT, step.total_reason)
