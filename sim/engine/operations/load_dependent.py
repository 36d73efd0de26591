"""Work that takes longer the busier its replica is: ``work: 1s plus 10ms per request in flight``.

Each draw adds a time for every other request that its replica has begun and not finished when the step begins (those
that wait are not counted).

Not modelled: requests that come or go during the step, which change nothing for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Then
    from sim.engine.clock.streams import Draw


def same(start: Then) -> Then:
    """Return *start* itself: the step takes as long whatever else happens."""
    return start


def under_load(draw: Draw, per_request_s: float) -> tuple[Draw, Callable[[Then], Then]]:
    """Return a work step's draw and what to wrap around its start, both as given where load does not matter.

    The `slow` fault stretches the drawn time, so what the others add is part of the draw.
    """
    if not per_request_s:
        return draw, same
    others = 0

    def loaded() -> float:
        return draw() + per_request_s * others

    def counting(start: Then) -> Then:
        def begin(frame: Any) -> None:
            nonlocal others
            others = frame.replica.begun() - 1
            start(frame)

        return begin

    return loaded, counting
