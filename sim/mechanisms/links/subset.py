"""Subsetting: each caller on a link knows only some of the callee's replicas."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.mechanisms.links.base import Decision, LinkDefence
from sim.mechanisms.links.parts import LinkPart


class Subset(LinkDefence):
    """Let each caller (replica of a calling service, instance of a workload) know only `size` replicas of the callee.

    It saves connections. What health checks or `outlier detection` find then counts within the subset: a caller panics
    when too few of its own are healthy, however many others are well.
    """

    layer: ClassVar[int] = 91
    decisions: ClassVar[tuple[Decision, ...]] = (
        Decision(
            "stopped without healthy subset", "tries that were not sent: no replica that their caller knows is healthy",
            reason="no healthy subset", thing="try", does="be stopped because no replica of the subset is healthy",
            whose="with a `subset`",
        ),
    )  # fmt: skip
    loads: ClassVar[str] = "subsets"

    size: Annotated[int, Field(ge=1)]
    """How many replicas each caller knows (gRPC's `subset_size`); all, if there are no more."""
    choice: Literal["deterministic", "random"] = "deterministic"
    """`deterministic`: callers in rounds share all replicas out, so that each replica is known by as many callers as
    any other. `random`: each caller chooses for itself, so that some replicas have many callers and some none."""

    def labels(self) -> tuple[str, ...]:
        """How many each caller knows, and how they are chosen."""
        return (f"each caller knows {self.size} replica{'s' * (self.size != 1)}, {self.choice}",)

    def build(self, link: LinkPart) -> None:
        """Let the balancer of each caller choose from its subset."""
        link.know_subset(self, "no healthy subset")
