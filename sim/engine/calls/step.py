"""What every step has that sends attempts: where they are recorded, and the route that they take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.calls.route import Continuation, Route
    from sim.engine.clock.kernel import Kernel
    from sim.record.recorder import Recorder


class Step:
    """Sends attempts over its *route* and ends the caller's side of each: a call, a send, or a queue's delivery."""

    __slots__ = (
        "kernel",
        "next_id",
        "open",
        "rows",
        "code",
        "route",
        "answers_first",
        "chooses_replicas",
        "drops_abandoned",
    )

    def __init__(self, kernel: Kernel, recorder: Recorder, ids: Callable[[], int], code: int) -> None:
        self.kernel, self.next_id, self.code = kernel, ids, float(code)
        self.open, self.rows = recorder.open_attempts, recorder.attempts.rows
        self.route: Route
        """Known once all operations are compiled."""
        self.answers_first = False
        """Whether a worker answers before it looks for more work; otherwise it is free first."""
        self.chooses_replicas = False
        """Whether a policy has picked the callee's replica before an attempt leaves."""
        self.drops_abandoned = False
        """Whether an attempt that its caller has given up is dropped where it would enter its callee."""

    def receive(self, attempt: Attempt) -> None:
        """The answer of *attempt* is here; one that comes late finds the caller's side ended."""
        raise NotImplementedError

    def has_timer(self, attempt: Attempt) -> bool:
        """Whether a timer will end *attempt* if no answer does."""
        return False


class CallStep(Step):
    """A call or a send: a frame waits for its end, and continues with *after*."""

    __slots__ = ("after",)
    after: Continuation
