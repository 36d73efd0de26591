"""What a call with a pipeline of policies remembers while it is under way.

::

    logical call ─┬─ sequence: attempt 1, retry, retry …
                  └─ sequence (a hedge): attempt, retry …
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Sequence

from sim.engine.calls.attempt import Attempt
from sim.outcomes import PENDING

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Frame
    from sim.policies.cache import Cache


class PipelineAttempt(Attempt):
    """An attempt that knows when its caller's time ends, and holds the tokens of the strategies that let it pass."""

    __slots__ = ("due_at", "tokens", "retry_after")
    due_at: float
    retry_after: float
    """What its callee asks for: the seconds until another attempt may be made; no value where it asks for nothing."""
    tokens: Sequence[Any]


class LogicalCall:
    """One logical call under way; its outcome is PENDING until it ends."""

    __slots__ = ("step", "frame", "request", "sequences", "tries", "hedges", "outcome", "over", "cache_scope", "key")
    cache_scope: CacheScope
    """Where its answer is kept, if it is, and under which *key*."""
    key: tuple[str, float]

    def __init__(self, step: Any, frame: Frame) -> None:
        self.step, self.frame, self.request = step, frame, frame.request
        self.sequences: list[AttemptSequence] = []
        self.tries = self.hedges = 0
        self.outcome = PENDING
        self.over = False


class AttemptSequence:
    """A first attempt and its retries."""

    __slots__ = (
        "step",
        "logical_call",
        "frame",
        "tries",
        "wait_s",
        "current",
        "over",
        "tokens",
        "replica",
        "timed_out",
        "budget",
        "held",
        "begun_at",
        "obeyed",
    )
    begun_at: float
    """When its first attempt was sent, where the time of all is limited."""

    def __init__(self, logical_call: LogicalCall) -> None:
        self.step, self.logical_call, self.frame = logical_call.step, logical_call, logical_call.frame
        self.tries = 0
        self.wait_s = 0.0
        self.current: PipelineAttempt | None = None
        self.over = False
        self.tokens: Sequence[Any] = ()
        """The tokens of the strategies for the attempt that has not left yet."""
        self.replica: Any = None
        """The callee's replica, where a strategy has chosen one."""
        self.timed_out = False
        """How the attempt before this one ended, for quotas that ask."""
        self.budget: Any = None
        """The budget that pays for its retries, where they cost something."""
        self.held: Any = None
        """The limit on retries that are out that counts its next attempt already, before that is asked to leave."""
        self.obeyed = 0
        """The attempts up to the last pushback after which the backoff began from its first wait again."""


class CacheScope:
    """The cache of one scope, and the answers that are being fetched for it."""

    __slots__ = ("cache", "fetching")

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self.fetching: dict[tuple[str, float], list[LogicalCall]] = {}
        """The calls that wait for an answer that is being fetched, by operation and key."""
