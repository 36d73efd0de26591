"""What faults do to links: cut them, slow them down, make them lossy, let only so much through; each way or one."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sim.engine.clock.edges import switch
from sim.errors import not_played
from sim.outcomes import PENDING, REFUSED
from sim.scenario import models

if TYPE_CHECKING:
    from sim.engine.calls.network import FaultyNetwork, Way
    from sim.engine.clock.edges import Edges
    from sim.engine.system import System

_WAYS = {"out": ("out",), "back": ("back",), "both": ("out", "back")}


def edges(system: System, name: str, key: str, fault: models.Fault, link: str) -> Edges:
    """Return the edges of a window, with the unique name *key*, of the fault *name* on *link*."""
    network = cast("FaultyNetwork", system.networks[link])  # a link that a fault strikes has this kind
    ways = _WAYS[fault.way if isinstance(fault, models.LinkFault) else "both"]
    if isinstance(fault, models.Cut | models.Partition):
        return _cut(system, network, link, fault.mode, ways)
    pairs = [_on_way(system, key, fault, network.ways[way]) for way in ways]

    def begin() -> None:
        for start, _ in pairs:
            start()

    def end() -> None:
        for _, stop in pairs:
            stop()

    return begin, end


def _on_way(system: System, key: str, fault: models.Fault, way: Way) -> Edges:
    match fault:
        case models.Delay():
            draw = system.streams.draw(fault.by, f"fault {key}", way.name)
            return switch(way.delays, key, draw, way.change)
        case models.Lose():
            return switch(way.losses, key, float(fault.share), way.change)
        case models.Drip():
            return switch(way.throughput_limits, key, 1.0 / float(fault.rate), way.change)
        case _:
            raise not_played("fault of a link", type(fault).__name__)


def _cut(system: System, network: FaultyNetwork, link: str, mode: str, names: tuple[str, ...]) -> Edges:
    """Count the cuts that are on; a reset also tells whoever waits for an answer over *link*."""
    ways = [network.ways[name] for name in names]
    refuses = mode != "silent"

    def change(by: int) -> None:
        for way in ways:
            way.cuts += by
            way.refusing_cuts += by * refuses

    def begin() -> None:
        change(1)
        if mode == "reset":
            waiting = [one for one in system.recorder.open_attempts.values() if one.outcome == PENDING]
            for attempt in waiting:
                site = system.sites[int(attempt.step.code)]
                # a queue waits on no connection: whoever handles its message will say so when it is done
                if attempt.outcome == PENDING and site.link == link and site.kind != "delivery":
                    attempt.result, attempt.reason = REFUSED, network.cut_reason
                    attempt.step.receive(attempt)

    return begin, lambda: change(-1)
