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


class ArmedAttempt(Attempt):
    """An attempt that knows when its caller's time is over, and the gates that it passed."""

    __slots__ = ("due_at", "tokens")
    due_at: float
    tokens: Sequence[Any]


class Errand:
    """One logical call under way; its outcome is PENDING until it is over."""

    __slots__ = ("step", "frame", "request", "courses", "tries", "hedges", "outcome", "over", "drawer", "key")
    drawer: Drawer
    """Where its answer is kept, if it is, and under which *key*."""
    key: tuple[str, float]

    def __init__(self, step: Any, frame: Frame) -> None:
        self.step, self.frame, self.request = step, frame, frame.request
        self.courses: list[Course] = []
        self.tries = self.hedges = 0
        self.outcome = PENDING
        self.over = False


class Course:
    """A first attempt and its retries."""

    __slots__ = ("step", "errand", "frame", "tries", "wait_s", "current", "over", "tokens", "replica", "timed_out",
                 "budget")  # fmt: skip

    def __init__(self, errand: Errand) -> None:
        self.step, self.errand, self.frame = errand.step, errand, errand.frame
        self.tries = 0
        self.wait_s = 0.0
        self.current: ArmedAttempt | None = None
        self.over = False
        self.tokens: Sequence[Any] = ()
        """What the gates gave for the attempt that has not left yet."""
        self.replica: Any = None
        """The callee's replica, where a gate has chosen one."""
        self.timed_out = False
        """How the attempt before this one ended, for quotas that ask."""
        scope = errand.step.arms.budget
        self.budget: Any = None if scope is None else scope.only if scope.only is not None else scope.of(self)
        """What pays for its retries, where they cost something."""


class Drawer:
    """What one scope remembers: its cache, and the answers that are being fetched."""

    __slots__ = ("cache", "fetching")

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self.fetching: dict[tuple[str, float], list[Errand]] = {}
        """Those who wait for an answer that is being fetched, by operation and key."""
