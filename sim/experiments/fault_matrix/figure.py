"""The figure of a fault matrix: what each fault costs on each part, and the worst of them with each switch.

Here the values are chosen and the caption is written; ``sim.plots.matrix`` draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.experiments.fault_matrix.catalogue import KINDS, parts
from sim.experiments.fault_matrix.trial import Defence, Trial
from sim.plots import style
from sim.plots.matrix import MOST_ROWS, Cell, heat_figure
from sim.scenario.models import Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WORTH_SAYING = 0.005
"""The recovery of a fault that costs a smaller share is not written into its cell."""


def matrix_figure(
    scenario: Scenario, trials: Sequence[Trial], defences: Sequence[Defence], window: tuple[float, float], seed: int,
    cut_off: str, dark: bool = False,
) -> Figure:  # fmt: skip
    """Return the figure of *trials*, the worst first, and of the *defences* against the worst of them."""
    kinds = [kind for kind in KINDS if any(trial.fault.kind == kind for trial in trials)]
    sizes = {trial.fault.kind: trial.fault.size for trial in trials}
    cells = {(trial.fault.where, trial.fault.kind): _cell(trial) for trial in trials}
    tried = list(dict.fromkeys(trial.fault.where for trial in trials))
    worst_parts = set(tried[:MOST_ROWS])
    every = dict.fromkeys(name for names in parts(scenario).values() for name in names)
    rows = [name for name in every if name in worst_parts]
    grid = [[cells.get((name, kind)) for kind in kinds] for name in rows]
    worst = [trial for trial in trials if defences and trial.name in defences[0].faced]
    faced = [
        [_cell(trial), *(_cell(defence.faced[trial.name]) for defence in defences)] for trial in worst
    ]  # fmt: skip
    begin, end = window
    notes = [f"each fault alone, from {begin:g} s to {end:g} s", "against the same arrivals without it"]
    if len(tried) > len(rows):
        notes.append(f"{len(tried) - len(rows)} parts that lose less not shown")
    if cut_off:
        notes.append(f"cut off: {cut_off}")
    variant = f", {scenario.variant}" if scenario.variant else ""
    return heat_figure(
        rows, [f"{kind} {sizes[kind]}".strip() for kind in kinds], grid,
        [trial.name for trial in worst], ["no switch", *(defence.name for defence in defences)], faced,
        f"{scenario.title}{variant}: what hurts most", style.caption_of_replications(seed, len(trials[0].runs), *notes),
        style.theme(dark),
    )  # fmt: skip


def _cell(trial: Trial) -> Cell:
    return Cell(trial.share.mean, _afterwards(trial))


def _afterwards(trial: Trial) -> str:
    """Return what follows the fault, where it costs anything: the recovery in seconds, or never."""
    if not (trial.share.mean or 0.0) > WORTH_SAYING:
        return ""
    if trial.never:
        return "never" if trial.never == len(trial.runs) else f"never\n{trial.never} of {len(trial.runs)}"
    return f"+{trial.recovery_s:.0f} s" if trial.recovery_s and round(trial.recovery_s) else ""
