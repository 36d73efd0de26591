"""When faults strike: the windows of each fault, drawn before the run from streams of the fault's own.

A fault that waits for a condition has no window before it holds, nor has one that follows it; ``windows_after`` gives
the latter's when the former has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator

from sim.errors import BudgetError
from sim.fields.fault_fields import After
from sim.scenario import models
from sim.scenario.rules.faults import MOST_WINDOWS

if TYPE_CHECKING:
    from sim.engine.clock.streams import Draw, Streams

Span = tuple[float, float]


def fault_windows(scenario: models.Scenario, streams: Streams) -> dict[str, list[Span]]:
    """Return the windows of each fault, ascending, without those that would begin after the arrivals stop."""
    found: dict[str, list[Span]] = {}
    for name in scenario.faults:
        _draw(scenario, streams, name, found)
    return {name: found[name] for name in scenario.faults}


def windows_after(scenario: models.Scenario, streams: Streams, name: str, of: str, span: Span) -> list[Span]:
    """Return the windows of the fault *name* that follow *span*, a window of the fault *of*."""
    at = scenario.faults[name].at
    if not isinstance(at, After) or at.fault != of:
        return []
    return _windows(scenario, streams, name, [span[0 if at.edge == "begins" else 1] + at.wait_s])


def _draw(scenario: models.Scenario, streams: Streams, name: str, found: dict[str, list[Span]]) -> None:
    if name in found:
        return
    fault = scenario.faults[name]
    if fault.when is not None:
        found[name] = []
        return
    if isinstance(fault.at, After):
        _draw(scenario, streams, fault.at.fault, found)
        edge = 0 if fault.at.edge == "begins" else 1
        begins = [span[edge] + fault.at.wait_s for span in found[fault.at.fault]]
    else:
        begins = [scenario.warmup if fault.at is None else streams.draw(fault.at, f"fault {name}", "at")()]
    found[name] = _windows(scenario, streams, name, begins)


def _windows(scenario: models.Scenario, streams: Streams, name: str, begins: list[float]) -> list[Span]:
    """Return the windows of a fault that begins at these instants, ascending."""
    fault, windows = scenario.faults[name], list[Span]()
    if fault.up is None or fault.down is None:
        windows = [(begin, begin + (fault.for_ or 0.0)) for begin in begins]
    else:
        up, down = (streams.draw(law, f"fault {name}", way) for law, way in ((fault.up, "up"), (fault.down, "down")))
        for begin in begins:
            until = scenario.duration if fault.for_ is None else begin + fault.for_
            windows += _renewals(begin, until, up, down)
            if len(windows) > 10 * MOST_WINDOWS:
                often = f"fault {name} strikes more than {10 * MOST_WINDOWS} times"
                raise BudgetError(often, "0s of the scenario played")
    return sorted(span for span in windows if span[0] < scenario.duration)


def _renewals(begin: float, until: float, up: Draw, down: Draw) -> Iterator[Span]:
    """Yield the windows of a part that is up and down in turn, from *begin* on; the last one ends by *until*.

    Source: an alternating renewal process, whose long-run share of time up is mean up / (mean up + mean down); e.g.
    S. Ross, Stochastic Processes, 2nd ed., section 3.4.
    """
    at = begin + up()
    while at < until:
        end = min(at + down(), until)
        if end > at:
            yield at, end
        at = end + up()
