"""Attempts that their callers have given up: the link says whether the callee still works on them.

An attempt is abandoned when its caller has continued without it. By default the callee does not know, and
its work on the attempt is wasted. With `on abandon: drop queued` or `cancel` the attempt is dropped where it would
enter the callee.

Not modelled: the message that informs the callee; it arrives at once.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any

from sim.engine.calls.ends import close
from sim.outcomes import PENDING

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Then

CONTINUE, DROP_QUEUED, CANCEL = "continue", "drop queued", "cancel"


def drop_if_abandoned(deliver: Then) -> Then:
    """Wrap *deliver*, the entry of a callee: an attempt that was abandoned on its way is dropped there."""

    def enter(attempt: Any) -> None:
        if attempt.outcome == PENDING:
            deliver(attempt)
        else:
            attempt.step.pipeline.mark("dropped", attempt.call.logical_call)
            attempt.left_at = nan
            close(attempt)

    return enter


def admit_after_wait(enter: Then, attempt: Any) -> None:
    """Call *enter* for an attempt that has waited outside; one that was abandoned meanwhile is dropped."""
    if attempt.step.drops_abandoned:
        drop_if_abandoned(enter)(attempt)
    else:
        enter(attempt)
