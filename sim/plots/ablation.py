"""The figure of an ablation: the goodput of every combination as a heat map, and the main effect of each switch.

A cell's colour and its number say the same. Not drawn: interactions (they are in the tables).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.number_words import percent
from sim.plots import style
from sim.plots.style import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_COLUMNS = 6
"""More workloads than this do not fit next to each other; the caption counts the rest."""

MARKERS = ("o", "s", "^", "D", "v", "P")
"""One for each workload, in addition to its colour."""

LEAST_REACH = 5.0
"""The axis of effects reaches at least this number of percentage points each way, so that a tiny effect looks tiny."""


@dataclass(frozen=True, slots=True)
class Whisker:
    """A main effect of *switch* on *workload*, as a difference of shares; without bounds for one replication."""

    switch: str
    workload: str
    mean: float | None
    low: float | None
    high: float | None


def switches_figure(
    combinations: Sequence[Sequence[str]], switches: Sequence[str], workloads: Sequence[str],
    cells: Sequence[Sequence[float | None]], effects: Sequence[Whisker], title: str, caption: str, where: str,
    look: Theme = style.LIGHT,
) -> Figure:  # fmt: skip
    """Return the figure: which switches are on, *cells* (combination by workload, shares), and *effects*."""
    figure = style.empty_figure(max(3.6, 0.27 * len(combinations) + 0.55 * len(effects) ** 0.5) + 1.9, look)
    widths = [max(1.5, 0.42 * len(switches) + 0.4), 1.0 * len(workloads) + 0.6, 6.0]
    on, heat, dots = figure.subplots(1, 3, width_ratios=widths)
    _draw_switches(on, combinations, switches, look)
    _draw_heat(heat, cells, workloads, where, look)
    _draw_effects(dots, effects, switches, workloads, where, look)
    style.title(figure, title, look)
    style.caption(figure, caption, look)
    return figure


def _draw_switches(axes: Axes, combinations: Sequence[Sequence[str]], switches: Sequence[str], look: Theme) -> None:
    """Draw a row of circles for each combination, filled where a switch is on."""
    style.bare(axes, look)
    for filled in (False, True):
        at = [(x, y) for y, on in enumerate(combinations) for x, name in enumerate(switches) if (name in on) == filled]
        colour = look.ink if filled else "none"
        edge = look.ink if filled else look.muted
        axes.scatter([x for x, _ in at], [y for _, y in at], s=46, facecolors=colour, edgecolors=edge, zorder=3)
    axes.set_xticks(
        range(len(switches)), [style.short(name) for name in switches], rotation=40, ha="left", rotation_mode="anchor"
    )
    axes.set_yticks([])
    axes.set_xlim(-0.6, len(switches) - 0.4)
    axes.set_ylim(len(combinations) - 0.5, -0.5)
    axes.set_xlabel("filled: switched on")


def _draw_heat(
    axes: Axes, cells: Sequence[Sequence[float | None]], workloads: Sequence[str], where: str, look: Theme
) -> None:
    """Draw shares from 0 (orange) to 1 (green), each written in its cell; a dash on no colour where it is unknown."""
    style.bare(axes, look)
    shares = np.array([[np.nan if share is None else share for share in row] for row in cells])
    axes.imshow(shares, cmap=style.bad_to_good(look), vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    for y, row in enumerate(cells):
        for x, share in enumerate(row):
            ink = look.ink if share is None else style.ink_on(share, look)
            text = "-" if share is None else percent(share)
            axes.text(x, y, text, ha="center", va="center", fontsize=9, color=ink, gid="share")
    style.gaps(axes, len(cells), len(workloads), look)
    axes.set_xticks(
        range(len(workloads)), [style.short(name) for name in workloads], rotation=40, ha="left", rotation_mode="anchor"
    )
    axes.set_yticks([])
    axes.set_xlabel(f"goodput ratio\n{where} (%)")


def _draw_effects(
    axes: Axes, effects: Sequence[Whisker], switches: Sequence[str], workloads: Sequence[str], where: str, look: Theme
) -> None:
    """Draw each switch's effect on each workload as a dot with its interval, against a line at no effect."""
    style.dress(axes, look)
    axes.grid(False, axis="y")
    step = 0.7 / max(len(workloads), 1)
    for i, workload in enumerate(workloads):
        mine = [one for one in effects if one.workload == workload and one.mean is not None]
        shift = (i - (len(workloads) - 1) / 2) * step
        for j, one in enumerate(mine):
            y, mean = switches.index(one.switch) + shift, 100 * (one.mean or 0.0)
            if one.low is not None and one.high is not None:
                axes.plot([100 * one.low, 100 * one.high], [y, y], color=look.cycle[i], linewidth=1.8, gid="whisker")
            axes.plot(
                mean,
                y,
                MARKERS[i],
                color=look.cycle[i],
                markersize=6.5,
                gid="effect",
                label=workload if j == 0 else None,
            )
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, -LEAST_REACH), max(high, LEAST_REACH))
    axes.axvline(0, color=look.muted, linewidth=1.2, zorder=1)
    for y in range(1, len(switches)):
        axes.axhline(y - 0.5, color=look.grid, linewidth=0.8)
    axes.set_yticks(range(len(switches)), [style.short(name) for name in switches])
    axes.set_ylim(len(switches) - 0.5, -0.5)
    axes.set_xlabel(f"main effect on the goodput ratio {where} (percentage points)")
    if axes.get_legend_handles_labels()[0]:
        style.legend(axes, look, columns=3)
