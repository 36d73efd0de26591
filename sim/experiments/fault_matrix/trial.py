"""One fault of a matrix, tried in every replication, and one switch against the worst faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.experiments.fault_matrix.catalogue import Attempted
from sim.experiments.fault_matrix.lost_requests import Observation, lost
from sim.results.recovery_time import NEVER
from sim.results.statistics import Interval, interval


@dataclass(frozen=True, slots=True)
class Trial:
    """One fault, tried in every replication, and the runs *without* it on the same arrivals."""

    fault: Attempted
    without: tuple[Observation, ...]
    runs: tuple[Observation, ...]

    @property
    def name(self) -> str:
        """The fault's name."""
        return self.fault.name

    @property
    def lost_values(self) -> list[float]:
        """Good requests missing from the fault's begin to the end of the arrivals, for each replication."""
        return [lost(calm.since, run.since)[0] for calm, run in zip(self.without, self.runs, strict=True)]

    @property
    def share_values(self) -> list[float | None]:
        """The share of the good requests expected in the window that is missing; None where none was expected."""
        pairs = [lost(calm.inside, run.inside) for calm, run in zip(self.without, self.runs, strict=True)]
        return [missing / expected if expected else None for missing, expected in pairs]

    @property
    def lost(self) -> Interval:
        """Good requests missing, with a 95 % interval."""
        return interval(self.lost_values)

    @property
    def share(self) -> Interval:
        """The share missing in the window, with a 95 % interval."""
        return interval([value for value in self.share_values if value is not None])

    @property
    def never(self) -> int:
        """In how many replications some workload had not recovered when the arrivals ended."""
        return sum(run.recovery_s == NEVER for run in self.runs)

    @property
    def recovery_s(self) -> float | None:
        """The mean recovery time of the replications that recovered; None if none did, or it is not known."""
        known = [run.recovery_s for run in self.runs if run.recovery_s is not None and run.recovery_s != NEVER]
        return interval(known).mean if known else None

    @property
    def undecided(self) -> int:
        """The most requests of any run, with the fault or without it, that may still turn out well served."""
        return max(run.undecided for run in (*self.without, *self.runs))

    @property
    def hit(self) -> tuple[str, ...]:
        """The nodes with a symptom in at least half of the replications, in the order of the first that shows them."""
        nodes = dict.fromkeys(node for run in self.runs for node in run.hit)
        return tuple(node for node in nodes if 2 * sum(node in run.hit for run in self.runs) >= len(self.runs))

    @property
    def radius(self) -> int | None:
        """The largest number of links that it reached in any replication."""
        return max((run.radius for run in self.runs if run.radius is not None), default=None)

    @property
    def row(self) -> dict[str, Any]:
        """Everything as one row of a table."""
        return {
            "fault": self.fault.kind, "size": self.fault.size, "on": self.fault.where,
            "lost": self.lost.mean, "lost low": self.lost.low, "lost high": self.lost.high,
            "lost share": self.share.mean, "share low": self.share.low, "share high": self.share.high,
            "recovery s": self.recovery_s, "never recovered": self.never, "undecided": self.undecided,
            "nodes hit": len(self.hit),
            "links reached": self.radius, "hit": ", ".join(self.hit), "runs": len(self.runs),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Defence:
    """One switch alone: *faced* has the worst faults with it on, held against the system without switch and fault."""

    name: str
    without: tuple[Observation, ...]
    calm: tuple[Observation, ...]
    faced: dict[str, Trial]

    @property
    def cost(self) -> Interval:
        """Good requests that the switch costs where there is no fault at all; below zero it gains some."""
        return interval([lost(a.since, b.since)[0] for a, b in zip(self.without, self.calm, strict=True)])

    def saved(self, bare: Trial) -> Interval:
        """Return how many good requests fewer are missing than in *bare*, the same fault without the switch."""
        still_lost = self.faced[bare.name].lost_values
        return interval([before - now for before, now in zip(bare.lost_values, still_lost, strict=True)])
