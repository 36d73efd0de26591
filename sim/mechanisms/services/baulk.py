"""Clients who look at the line and leave."""

from __future__ import annotations

from typing import ClassVar, Literal

from sim.fields.quantity import BaulkField
from sim.mechanisms.services.base import Rejection, ServiceRule
from sim.mechanisms.services.parts import ReplicaPart


class Baulk(ServiceRule):
    """Baulking: a client who finds too many before it leaves at once, by its own decision.

    It is answered rejected, with the reason `baulked`; a link's `retry` can send it again. Source of the law 1/(n+1):
    D. Gross et al., Fundamentals of Queueing Theory, 4th ed., section 2.10.1.
    """

    layer: ClassVar[int] = 5
    rejections: ClassVar[tuple[Rejection, ...]] = (
        Rejection(
            "baulked", "calls whose client left at once, because of how many it found before it", "baulked",
            "its clients, who find too many before them and leave", "with `baulk`",
        ),
    )  # fmt: skip
    loads: ClassVar[str] = "baulking"

    law: BaulkField
    """Who leaves: with `1/(n+1)` this share of those with n before them stays; with `50% from 3` half of those with 3
    or more leave; a list has the share that leaves for 0, 1, 2 … (the last for more): `[0%, 20%, 100%]`."""
    counts: Literal["all", "line"] = "all"
    """Which requests a client counts at its replica: all of them, those in service included, or only the line."""

    def labels(self) -> tuple[str, ...]:
        """Its law."""
        return ("clients baulk" if isinstance(self.law.text, list) else f"baulks {self.law.text}",)

    def build(self, replica: ReplicaPart) -> None:
        """Ask at entry."""
        replica.let_clients_leave(self.law.leaves, self.counts == "line", "baulked")
