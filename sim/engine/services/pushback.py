"""Services that say when their callers may try again, with the calls that they reject.

The answer carries it: it is noted on the attempt, and read by a caller whose retry obeys (``calls.retries``). Callers
without a pipeline of policies do not listen, so nothing is noted for them.

Not modelled: what is said in other answers than rejections and failed steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping

from sim.engine.calls.state import PipelineAttempt
from sim.engine.services.service import Service
from sim.record.recorder import reason_code

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Attempt
    from sim.engine.clock.kernel import Kernel
    from sim.quantities import RetryAfter


class PushingService(Service):
    """A service whose rejections say *retry after*: by the reason of each, and *otherwise* for all others."""

    __slots__ = ("said", "otherwise")

    def __init__(
        self, kernel: Kernel, name: str, component: int, said: Mapping[str, RetryAfter], otherwise: RetryAfter | None
    ) -> None:
        super().__init__(kernel, name, component)
        self.said = {reason_code(component, reason): words for reason, words in said.items()}
        self.otherwise = otherwise

    def reject(self, attempt: Attempt, reason: int) -> None:
        """Answer rejected at once, and say when the caller may try again."""
        words = self.said.get(reason, self.otherwise)
        if words is not None:
            say_retry_after(attempt, self._next_token_s(attempt) if words.next_token else words.after_s)
        Service.reject(self, attempt, reason)

    def _next_token_s(self, attempt: Any) -> float:
        """Return when the rate limit that rejected *attempt* has its next token."""
        return float(attempt.replica.admission.tokens.bucket.wait_s(self.kernel.now))


def say_retry_after(frame: Any, after_s: float) -> None:
    """Let the answer of *frame* say when its caller may try again, if that caller can listen."""
    if isinstance(frame, PipelineAttempt):
        frame.retry_after = after_s
