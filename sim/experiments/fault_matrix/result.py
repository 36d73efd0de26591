"""What a fault matrix found: each fault's loss, recovery and reach over the replications, and what switches save.

Left out: playing anything (``sim.experiments.fault_matrix.matrix``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sim.experiments.fault_matrix.catalogue import Attempted
from sim.experiments.fault_matrix.lost_requests import Seen, lost
from sim.results.measures.recovery import NEVER
from sim.results.statistics import Interval, interval


@dataclass(frozen=True, slots=True)
class Trial:
    """One fault, tried in every replication, beside the runs *without* it on the same arrivals."""

    fault: Attempted
    without: tuple[Seen, ...]
    runs: tuple[Seen, ...]

    @property
    def name(self) -> str:
        """The fault's name."""
        return self.fault.name

    @property
    def lost_values(self) -> list[float]:
        """Good requests missing from the fault's begin to the end of the arrivals, for each replication."""
        return [lost(calm.since, one.since)[0] for calm, one in zip(self.without, self.runs, strict=True)]

    @property
    def share_values(self) -> list[float | None]:
        """The share of the good requests expected in the window that is missing; None where none was expected."""
        pairs = [lost(calm.inside, one.inside) for calm, one in zip(self.without, self.runs, strict=True)]
        return [gone / expected if expected else None for gone, expected in pairs]

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
        return sum(one.recovery_s == NEVER for one in self.runs)

    @property
    def recovery_s(self) -> float | None:
        """The mean recovery time of the replications that recovered; None if none did, or it cannot be told."""
        told = [one.recovery_s for one in self.runs if one.recovery_s is not None and one.recovery_s != NEVER]
        return interval(told).mean if told else None

    @property
    def undecided(self) -> int:
        """The most requests of any run, with the fault or without it, that may still turn out well served."""
        return max(one.undecided for one in (*self.without, *self.runs))

    @property
    def hit(self) -> tuple[str, ...]:
        """The nodes with a symptom in at least half of the replications, in the order of the first that shows them."""
        nodes = dict.fromkeys(node for one in self.runs for node in one.hit)
        return tuple(node for node in nodes if 2 * sum(node in one.hit for one in self.runs) >= len(self.runs))

    @property
    def radius(self) -> int | None:
        """The largest number of links that it reached in any replication."""
        return max((one.radius for one in self.runs if one.radius is not None), default=None)

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
    without: tuple[Seen, ...]
    calm: tuple[Seen, ...]
    faced: dict[str, Trial]

    @property
    def cost(self) -> Interval:
        """Good requests that the switch costs where there is no fault at all; below zero it gains some."""
        return interval([lost(a.since, b.since)[0] for a, b in zip(self.without, self.calm, strict=True)])

    def saved(self, bare: Trial) -> Interval:
        """Return how many good requests fewer are missing than in *bare*, the same fault without the switch."""
        mine = self.faced[bare.name].lost_values
        return interval([before - now for before, now in zip(bare.lost_values, mine, strict=True)])


class Matrix:
    """Every fault that was tried, the worst first, and the switches against the worst of them.

    ``trials`` are ranked by good requests lost. ``window`` is the fault's, in seconds. ``left_out`` maps switches that
    cannot be on here to the reason.
    """

    def __init__(
        self, scenario: Any, seed: int, window: tuple[float, float], trials: tuple[Trial, ...],
        defences: tuple[Defence, ...], left_out: dict[str, str],
    ) -> None:  # fmt: skip
        self.scenario = scenario
        self.seed = seed
        self.window = window
        self.trials = trials
        self.defences = defences
        self.left_out = left_out

    @property
    def replications(self) -> int:
        """How many runs each fault had."""
        return len(self.trials[0].runs)

    @property
    def nodes(self) -> int:
        """How many nodes the system has."""
        return len(self.scenario.workload) + len(self.scenario.services) + len(self.scenario.queues)

    @property
    def cut_off(self) -> str:
        """The first budget that ended a run early."""
        runs = [one for trial in self.trials for one in (*trial.without, *trial.runs)]
        runs += [one for defence in self.defences for one in defence.calm]
        runs += [one for defence in self.defences for trial in defence.faced.values() for one in trial.runs]
        return next((one.cut_off for one in runs if one.cut_off), "")

    @property
    def undecided(self) -> int:
        """The most requests of any run that are undecided when it ends; they count as not well served."""
        return max(trial.undecided for trial in self.trials)

    def above(self, share: float) -> list[Trial]:
        """Return the faults that cost more than this share of the requests in their window, on average."""
        return [trial for trial in self.trials if (trial.share.mean or 0.0) > share]

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """A row for each fault: lost requests and share with 95 % intervals, recovery, reach; and what switches save.

        ``lost`` counts from the fault's begin to the end of the arrivals, ``lost share`` in its window. ``recovery s``
        is the mean of the replications that recovered. ``NAME saves`` is empty for a fault that NAME was not tried on.
        """
        return [
            {**trial.row, **{f"{one.name} saves": one.saved(trial).mean if trial.name in one.faced else None
                             for one in self.defences}}
            for trial in self.trials
        ]  # fmt: skip

    @property
    def table(self) -> Any:
        """``rows`` as a data frame."""
        import pandas

        return pandas.DataFrame(self.rows)

    def plot(self, dark: bool = False) -> Any:
        """Return the figure: faults by parts, and the worst of them with each switch."""
        from sim.plots.matrix import matrix_figure

        return matrix_figure(self, dark)

    def _repr_html_(self) -> str:
        shown = self.table.head(15).drop(columns=["lost low", "lost high", "share low", "share high"])
        return str(shown.to_html(index=False, float_format=lambda value: f"{value:.4g}", na_rep=""))

    def __repr__(self) -> str:
        worst = self.trials[0]
        lost_mean = worst.lost.mean if worst.lost.mean is not None else math.nan
        return (
            f"<Matrix of {self.scenario.title!r}: {len(self.trials)} faults, worst {worst.name}: {lost_mean:.4g} lost>"
        )
