"""What has ended lately, for a condition that watches a link or a workload: the share of errors, or of timeouts.

It is put behind the end of each attempt of a link (``Route.settled``), or of each request of a workload, and only where
a condition asks for it.

Not modelled: attempts that another one made needless; they say nothing of the callee.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Callable

from sim.outcomes import ABANDONED, DEGRADED, TIMEOUT

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel

KINDS: dict[str, Callable[[int], bool]] = {
    "errors": lambda outcome: outcome > DEGRADED,
    "timeouts": lambda outcome: outcome == TIMEOUT,
}
"""Whether an outcome counts, by the quantity of a condition."""


class RecentEnds:
    """The outcomes of what ended in the last *over_s*."""

    __slots__ = ("kernel", "over_s", "counts", "ends")

    def __init__(self, kernel: Kernel, quantity: str, over_s: float) -> None:
        self.kernel, self.over_s, self.counts = kernel, over_s, KINDS[quantity]
        self.ends: deque[tuple[float, bool]] = deque()

    def note(self, outcome: int) -> None:
        """Something has ended so."""
        if outcome != ABANDONED:
            self.ends.append((self.kernel.now, self.counts(outcome)))

    def share(self) -> float:
        """Return the share of those that count; 0 if nothing has ended."""
        while self.ends and self.ends[0][0] <= self.kernel.now - self.over_s:
            self.ends.popleft()
        return sum(counts for _, counts in self.ends) / len(self.ends) if self.ends else 0.0


def counting_ends(settled: Callable[[Any], None] | None, recent: RecentEnds) -> Callable[[Any], None]:
    """Return what to call when an attempt has ended for its caller: the count, and *settled*."""

    def count(attempt: Any) -> None:
        recent.note(attempt.outcome)
        if settled is not None:
            settled(attempt)

    return count
