"""Actions: what an operator does, when, to which part. An action acts at the edges of its windows, as a fault does.

Its windows are drawn before the run, but for those of an action that waits for a condition or follows a fault that
does. At one instant the edges of faults come first. Without actions nothing of this is imported or scheduled.

Not modelled: operators who are busy with something else, and actions that fail.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sim.engine.clock.kernel import FAULT_EDGE
from sim.engine.services.by_hand import ScaledByHand
from sim.fields.fault_fields import After

if TYPE_CHECKING:
    from sim.engine.system import Span, System
    from sim.mechanisms.actions import Action
    from sim.mechanisms.actions.parts import Act, Edges

__all__ = ["schedule"]


def schedule(system: System) -> None:
    """Put the edges of every window of every action on the clock, and watch the conditions of those that wait."""
    ends: list[tuple[str, float, Act]] = []
    for name, action in system.scenario.actions.items():
        system.action_windows[name] = []
        for begin in _begins(system, name, action):
            ends += _begin(system, name, begin)
    for end in ends:  # after all beginnings, so that nothing slips between two windows that touch
        _end(system, *end)
    system.after_fault_window.append(partial(_follow, system))
    for name, action in system.scenario.actions.items():
        if action.when is not None:
            from sim.engine.faults.conditions import watch

            watch(system, action, partial(_act_from, system, name))


def _begins(system: System, name: str, action: Action) -> list[float]:
    """Return the instants at which an action begins that are known before the run."""
    if action.at is None:
        return []
    if isinstance(action.at, After):
        spans = system.fault_windows[action.at.fault]
        return sorted(_after(action.at, span) for span in spans)
    return [system.streams.draw(action.at, f"action {name}", "at")()]


def _after(after: After, span: Span) -> float:
    return span[0 if after.edge == "begins" else 1] + after.wait_s


def _follow(system: System, fault: str, span: Span) -> None:
    """Let the actions begin that follow *fault*, which waited for a condition and has a window now."""
    for name, action in system.scenario.actions.items():
        if isinstance(action.at, After) and action.at.fault == fault:
            _act_from(system, name, _after(action.at, span))


def _act_from(system: System, name: str, begin: float) -> None:
    """Let the action *name* begin at *begin*, if that is within the duration, and be undone at its end."""
    for end in _begin(system, name, begin):
        _end(system, *end)


def _begin(system: System, name: str, begin: float) -> list[tuple[str, float, Act]]:
    """Put the begin of a window on the clock, and return its name, its end and what happens then, if it has an end."""
    action, duration = system.scenario.actions[name], system.scenario.duration
    if begin >= duration:
        return []
    windows = system.action_windows[name]
    start, stop = _edges(system, f"{name} {len(windows)}", action)
    windows.append((begin, duration if action.for_ is None else begin + float(action.for_)))
    system.kernel.at(begin, FAULT_EDGE, _edge, (system, begin, "action begins", name, start))
    return [] if action.for_ is None else [(name, windows[-1][1], stop)]


def _end(system: System, name: str, end: float, stop: Act) -> None:
    system.kernel.at(end, FAULT_EDGE, _edge, (system, end, "action ends", name, stop))


def _edge(what: tuple[System, float, str, str, Act]) -> None:
    system, at, kind, name, act = what
    system.recorder.events.append((at, kind, name, ""))
    act()


def _edges(system: System, key: str, action: Action) -> Edges:
    target = action.target_name
    if target in system.services:
        group = next(group for group in system.scaled_by_hand if group.service is system.services[target])
        return action.on_service(ReplicasInHand(group))
    return action.on_workload(ArrivalsInHand(system, key, target))


class ReplicasInHand:
    """The replicas of a service that an action sets."""

    def __init__(self, group: ScaledByHand) -> None:
        self.group = group

    def scale(self, replicas: int, boot_s: float) -> Edges:
        """Have as many *replicas* while the action lasts."""
        order = (replicas, boot_s)
        return lambda: self.group.want(order), lambda: self.group.want_no_more(order)


class ArrivalsInHand:
    """The arrivals of a workload that an action stops."""

    def __init__(self, system: System, key: str, workload: str) -> None:
        self.switch = system.switches[workload]
        self.draw = partial(system.streams.uniform, f"action {key}", "share")

    def stop(self, share: float) -> Edges:
        """Stop a *share* of them while the action lasts; all of them without a draw."""
        stopped = (share, self.draw() if share < 1 else None)
        return lambda: self.switch.stop(stopped), lambda: self.switch.stop_no_more(stopped)
