"""The result of a fault matrix: the loss, recovery and reach of each fault, and the requests that switches save.

``sim.experiments.fault_matrix.matrix`` plays the runs.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING

from sim.experiments.fault_matrix.trial import Defence, Trial
from sim.mechanisms.nodes import nodes_of

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

    from sim.experiments.rows import Value
    from sim.scenario.scenario_file import ScenarioFile


class Matrix:
    """Every fault that was tried, the worst first, and the switches against the worst of them.

    ``trials`` are ranked by good requests lost. ``window`` is the fault's, in seconds. ``left_out`` maps switches that
    cannot be on here to the reason.

    >>> import sim
    >>> found = sim.matrix("hedging", faults=["slow"], on=["search"], worst=0, replications=1)
    >>> found.trials[0].name, found.replications
    ('slow 10x: search', 1)
    """

    def __init__(
        self, scenario: ScenarioFile, seed: int, window: tuple[float, float], trials: tuple[Trial, ...],
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
        return len(nodes_of(self.scenario))

    @property
    def cut_off(self) -> str:
        """The first budget that ended a run early."""
        runs = [run for trial in self.trials for run in (*trial.without, *trial.runs)]
        runs += [run for defence in self.defences for run in defence.calm]
        runs += [run for defence in self.defences for trial in defence.faced.values() for run in trial.runs]
        return next((run.cut_off for run in runs if run.cut_off), "")

    @property
    def undecided(self) -> int:
        """The most requests of any run that are undecided when it ends; they count as not well served."""
        return max(trial.undecided for trial in self.trials)

    def above(self, share: float) -> list[Trial]:
        """Return the faults that cost more than this share of the requests in their window, on average."""
        return [trial for trial in self.trials if (trial.share.mean or 0.0) > share]

    @cached_property
    def rows(self) -> list[dict[str, Value]]:
        """A row for each fault: lost requests and share with 95 % intervals, recovery, reach; and what switches save.

        ``lost`` counts from the fault's begin to the end of the arrivals, ``lost share`` in its window. ``recovery s``
        is the mean of the replications that recovered. ``NAME saves`` is empty for a fault that NAME was not tried on.
        """
        return [
            {**trial.row, **{
                f"{defence.name} saves": defence.saved(trial).mean if trial.name in defence.faced else None
                for defence in self.defences
            }}
            for trial in self.trials
        ]  # fmt: skip

    @property
    def table(self) -> pandas.DataFrame:
        """``rows`` as a data frame."""
        import pandas

        return pandas.DataFrame(self.rows)

    def plot(self, dark: bool = False) -> Figure:
        """Return the figure: faults by parts, and the worst of them with each switch."""
        from sim.experiments.fault_matrix.figure import matrix_figure

        return matrix_figure(self.scenario, self.trials, self.defences, self.window, self.seed, self.cut_off, dark)

    def _repr_html_(self) -> str:
        shown = self.table.head(15).drop(columns=["lost low", "lost high", "share low", "share high"])
        return str(shown.to_html(index=False, float_format=lambda value: f"{value:.4g}", na_rep=""))

    def __repr__(self) -> str:
        worst = self.trials[0]
        lost_mean = worst.lost.mean if worst.lost.mean is not None else math.nan
        return (
            f"<Matrix of {self.scenario.title!r}: {len(self.trials)} faults, worst {worst.name}: {lost_mean:.4g} lost>"
        )
