"""A switch between the source of a workload's arrivals and its client, which lets only some of them through.

Not modelled: users of a closed loop, who would wait for an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from sim.engine.clients.clients import Client
    from sim.engine.clock.streams import Draw

Stopped = tuple["float", "Draw | None"]
"""A share of the arrivals, and the draw of the coin; none where all are stopped."""


class Switch:
    """Passes arrivals on to *client*; what an action stops never becomes a request."""

    __slots__ = ("pass_on", "stopped")

    def __init__(self, client: Client) -> None:
        self.pass_on: Callable[[int, float], None] = client.ask
        self.stopped: list[Stopped] = []

    def stop(self, stopped: Stopped) -> None:
        """Stop a share of the arrivals from now on."""
        self.stopped.append(stopped)

    def stop_no_more(self, stopped: Stopped) -> None:
        """Let that share through again."""
        self.stopped.remove(stopped)

    def ask(self, which: int, instance: float) -> None:
        """Pass one arrival on, unless some action stops it."""
        for share, draw in self.stopped:
            if draw is None or draw() < share:
                return
        self.pass_on(which, instance)
