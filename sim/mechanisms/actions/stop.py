"""Arrivals turned away upstream, by a switch.

Envoy's fault filter, for one, aborts a percentage of the requests that an operator sets at run time (envoyproxy.io,
"Fault injection filter": `fault.http.abort.abort_percent`); a producer has a switch of its own. What is turned away
there never becomes a request here: it is not counted as offered, and its clients do not try again.
"""

from __future__ import annotations

from typing import ClassVar

from sim.fields.labels import percent
from sim.fields.quantity import Share
from sim.mechanisms.actions.base import Action
from sim.mechanisms.actions.parts import Edges, WorkloadPart


class Stop(Action):
    """Stop the arrivals of a workload at the source, or a share of them, chosen by chance (a switch upstream).

    What is stopped never becomes a request. The shares of actions that overlap combine independently.
    """

    verb: ClassVar[str] = "stop"
    befalls: ClassVar[tuple[str, ...]] = ("workload",)

    stop: str
    """The workload (an open loop)."""
    share: Share = 1.0
    """The share of the arrivals that is stopped."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return "stopped" if self.share == 1 else f"{percent(self.share)} stopped"

    def sentence(self) -> str:
        """Return what it does, as the story's first clause."""
        some = "the arrivals" if self.share == 1 else f"{percent(self.share)} of the arrivals"
        return f"the operator stops {some} of {self.stop}"

    def undone(self) -> str:
        """Return what is undone at its end, as a clause of the story."""
        return f"the operator lets {self.stop} arrive again"

    def on_workload(self, part: WorkloadPart) -> Edges:
        """Stop that share."""
        return part.stop(float(self.share))
