"""Another number of replicas, by hand.

Kubernetes: `kubectl scale --replicas` sets the size of a Deployment (kubernetes.io, "kubectl scale"); its controller
starts pods at once, and a pod that is too many finishes what it has (kubernetes.io, "Pod Lifecycle", termination of
pods). An autoscaler of the same Deployment sets the number again at its next look (kubernetes.io, "Horizontal Pod
Autoscaling"), so a service has one or the other.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from sim.fields.quantity import Duration
from sim.mechanisms.actions.base import Action
from sim.mechanisms.actions.parts import Edges, ReplicasPart
from sim.number_words import counted


class Scale(Action):
    """Give a service another number of replicas (`kubectl scale`).

    New replicas boot and are cold; those that are too many drain. At the end of its `for` the service has as many as
    the latest action that still lasts wants, or as at first. Not with `autoscale`, which would undo it.
    """

    verb: ClassVar[str] = "scale"
    befalls: ClassVar[tuple[str, ...]] = ("services",)

    scale: str
    """The service."""
    replicas: Annotated[int, Field(ge=1, le=1000)]
    """How many replicas it has then."""
    boot: Duration = 60.0
    """How long after the action a new replica takes its first call or message, cold."""

    @property
    def label(self) -> str:
        """What it does, in a word or two."""
        return f"scaled to {self.replicas}"

    def sentence(self) -> str:
        """Return what it does, as the story's first clause."""
        return f"the operator scales {self.scale} to {counted(self.replicas, 'replica')}"

    def undone(self) -> str:
        """Return what is undone at its end, as a clause of the story."""
        return f"the operator no longer wants {counted(self.replicas, 'replica')} of {self.scale}"

    def on_service(self, part: ReplicasPart) -> Edges:
        """Have that number."""
        return part.scale(self.replicas, float(self.boot))
