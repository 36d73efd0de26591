"""How the engine plays the verbs of faults on a link: cut, delay, loss and a limit, each way or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Sequence, cast

from sim.engine.clock.edges import switch
from sim.outcomes import PENDING, REFUSED

if TYPE_CHECKING:
    from sim.engine.calls.network import FaultyNetwork, Way
    from sim.engine.calls.paths import PathNetwork
    from sim.engine.system import System
    from sim.mechanisms.faults.parts import Edges
    from sim.mechanisms.faults.targets import Indexes
    from sim.quantities import Law


class LinkUnderFault:
    """The network of *link*, or its paths to some replicas; *key* is unique to the window of the fault."""

    def __init__(self, system: System, key: str, link: str, paths: Indexes = None) -> None:
        self.system, self.key, self.link, self.paths = system, key, link, paths
        self.network = cast("FaultyNetwork", system.networks[link])  # a link that a fault strikes has this kind

    def delay(self, by: Law, ways: Sequence[str]) -> Edges:
        """Add a time drawn from *by* to each message."""
        streams, key = self.system.streams, self.key
        return self._each(
            ways, lambda way, name: switch(way.delays, key, streams.draw(by, f"fault {key}", name), way.change)
        )

    def lose(self, share: float, ways: Sequence[str]) -> Edges:
        """Lose a *share* of messages."""
        return self._each(ways, lambda way, _: switch(way.losses, self.key, share, way.change))

    def limit(self, per_s: float, ways: Sequence[str]) -> Edges:
        """Let *per_s* messages a second through; the others wait in order."""
        return self._each(ways, lambda way, _: switch(way.throughput_limits, self.key, 1.0 / per_s, way.change))

    def _struck(self, ways: Sequence[str]) -> list[tuple[Way, str]]:
        """Return the struck ways of the link, or of each struck path, with a name for each that is its own."""
        if self.paths is None:
            return [(self.network.ways[way], way) for way in ways]
        network = cast("PathNetwork", self.network)
        return [(network.path(index).ways[way], f"{way} {index}") for index in self.paths for way in ways]

    def _each(self, ways: Sequence[str], act: Callable[[Way, str], Edges]) -> Edges:
        pairs = [act(way, name) for way, name in self._struck(ways)]

        def begin() -> None:
            for start, _ in pairs:
                start()

        def end() -> None:
            for _, stop in pairs:
                stop()

        return begin, end

    def cut(self, mode: str, ways: Sequence[str]) -> Edges:
        """Count the cuts that are on; a reset also answers every caller that waits for an answer over the link."""
        directions = [way for way, _ in self._struck(ways)]
        refuses = mode != "silent"

        def change(by: int) -> None:
            for way in directions:
                way.cuts += by
                way.refusing_cuts += by * refuses

        def begin() -> None:
            change(1)
            if mode == "reset":
                self._reset()

        return begin, lambda: change(-1)

    def _reset(self) -> None:
        system = self.system
        waiting = [one for one in system.recorder.open_attempts.values() if one.outcome == PENDING]
        for attempt in waiting:
            site = system.sites[int(attempt.step.code)]
            # a queue waits on no connection: the handler of its message answers when it is done
            on_it = site.link == self.link and (self.paths is None or attempt.replica.index in self.paths)
            if attempt.outcome == PENDING and on_it and site.kind != "delivery":
                attempt.result, attempt.reason = REFUSED, self.network.cut_reason
                attempt.step.receive(attempt)
