"""The figure of an ablation: the goodput ratio of every combination, and the main effect of each switch.

Here the values are chosen and the caption is written; ``sim.plots.ablation`` draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.experiments.ablation.factorial import Combination
from sim.experiments.run import Run
from sim.plots import style
from sim.plots.ablation import MOST_COLUMNS, Whisker, switches_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MEASURE = "goodput ratio"
WINDOWS = {"fault": "during the fault", "after": "after the fault"}


def ablation_figure(
    runs: Mapping[Combination, Run], switches: Sequence[str], names: Sequence[str], window: str,
    effects: Sequence[Mapping[str, Any]], left_out: int, dark: bool = False,
) -> Figure:  # fmt: skip
    """Return the figure of *runs*, whose baseline is the combination without *switches*.

    *names* are the workloads and operations to show; those that do not fit are counted in the caption. *effects* are
    rows of ``Ablation.effects`` in *window*. *left_out* is the number of combinations that could not be played.
    """
    baseline, drawn = runs[()], names[:MOST_COLUMNS]
    cells = [[run.value(MEASURE, name, window) for name in drawn] for run in runs.values()]
    whiskers = [
        Whisker(row["toggles"][0], row["of"], row["mean"], row["low"], row["high"])
        for row in effects if row["kind"] == "main" and row["of"] in drawn
    ]  # fmt: skip
    replications, hidden = len(baseline.replications), len(names) - len(drawn)
    cut_off = next((run.cut_off for run in runs.values() if run.cut_off), "")
    notes = ["the same arrivals and faults for all"]
    notes.append("95 % intervals of paired differences" if replications > 1 else "no intervals")
    if left_out:
        notes.append(f"{left_out} combinations left out, that cannot be on together")
    if hidden:
        notes.append(f"{hidden} more workload{'s' * (hidden != 1)} not shown")
    if cut_off:
        notes.append(f"cut off: {cut_off}")
    variant = f", {baseline.variant}" if baseline.variant else ""
    return switches_figure(
        list(runs), switches, drawn, cells, whiskers,
        f"{baseline.scenario.title}{variant}: which switch did the work",
        style.caption_of_replications(baseline.seed, replications, *notes),
        WINDOWS.get(window, "in all"), style.theme(dark),
    )  # fmt: skip
