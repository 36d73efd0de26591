"""Timers whose delays are drawn at random. For a constant delay use ``TimerQueue``, which is cheaper.

Not modelled: delays that depend on what the one who waits has seen (the length of the line, an announced wait).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from sim.outcomes import PENDING

if TYPE_CHECKING:
    from sim.engine.clock.kernel import Kernel
    from sim.engine.clock.streams import Draw


class DrawnTimers:
    """Timers of drawn lengths, with an event for each; to be used where a ``TimerQueue`` of timers is.

    An entry is any object with ``outcome``: it has ended, and its event does nothing, as soon as that is not PENDING.
    """

    __slots__ = ("kernel", "draw", "expire")

    def __init__(self, kernel: Kernel, draw: Draw, expire: Callable[[Any], None]) -> None:
        self.kernel, self.draw, self.expire = kernel, draw, expire

    def add(self, entry: Any) -> None:
        """Start the timer of *entry*."""
        self.kernel.after(self.draw(), self._is_over, entry)

    def _is_over(self, entry: Any) -> None:
        if entry.outcome == PENDING:
            self.expire(entry)
