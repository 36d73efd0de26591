"""Variants on shared axes: a row for each, a column for each workload, and the headline numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.plots import style
from sim.plots.over_time import Series, draw_flows
from sim.plots.style import Theme, Window

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_COLUMNS = 4
"""More workloads than this do not fit next to each other; the caption counts the rest."""


@dataclass(frozen=True, slots=True)
class Side:
    """One variant: its name, what one run of it recorded, its fault windows, and headline numbers per workload.

    *headlines* maps a workload to lines of text such as ``goodput 1.2 % in the fault``.
    """

    name: str
    series: Series
    windows: Sequence[Window]
    headlines: dict[str, tuple[str, ...]]


def comparison(
    sides: Sequence[Side], workloads: Sequence[str], title: str, caption: str, look: Theme = style.LIGHT
) -> Figure:
    """Return the figure of all *sides*; time is shared by all panels, requests per second within a column."""
    shown, left = list(workloads)[:MOST_COLUMNS], max(0, len(workloads) - MOST_COLUMNS)
    row_in = 2.1 if len(sides) <= 4 else 1.7
    figure, axes = style.grid_of_axes(len(sides), len(shown), row_in, look, share_y="col", extra_in=1.2)
    for side, row in zip(sides, axes):
        rows = [_wrapped(side.headlines.get(workload, ()), len(shown)) for workload in shown]
        room = max(map(len, rows))
        for i, (workload, one) in enumerate(zip(shown, row)):
            draw_flows(one, side.series, workload, look)
            one.margins(x=0.01)
            head = f"{side.name}: {workload}" if i == 0 else workload
            style.head(one, head if len(head) <= 44 else head[:43] + "…", look, pad=7 + 13 * room)
            _headline(one, rows[i], room, look)
        row[0].set_ylabel("requests per s")
    top = [max(row[i].get_ylim()[1] for row in axes) for i in range(len(shown))]
    for side, row in zip(sides, axes):
        own_faults = list(side.windows) != list(sides[0].windows)
        for i, one in enumerate(row):
            one.set_ylim(0, max(top[i], 1e-9) * 1.05)
            one.set_xlim(*one.get_xlim())
            style.shade_faults(one, side.windows, look, named=i == 0 and (side is sides[0] or own_faults))
    handles, labels = axes[0][0].get_legend_handles_labels()
    found = figure.legend(
        handles, labels, loc="outside upper right", ncols=len(labels), frameon=False, fontsize=9, handlelength=2.4
    )
    for text in found.get_texts():
        text.set_color(look.ink)
    style.title(figure, title, look)
    more = f" · {left} more workload{'s' * (left != 1)} not shown" if left else ""
    style.caption(figure, caption + more, look)
    return figure


def _wrapped(lines: Sequence[str], columns: int) -> list[str]:
    """Return *lines* joined by dots into as few rows as the width of a panel allows."""
    rows = list(lines[:1])
    for words in lines[1:]:
        joined = f"{rows[-1]}{' ' if rows[-1].endswith(':') else ' · '}{words}"
        if len(joined) <= 174 // columns:
            rows[-1] = joined
        else:
            rows.append(words)
    return rows


def _headline(axes: Axes, rows: Sequence[str], room: int, look: Theme) -> None:
    """Write the numbers between a panel's name and the panel, which leaves *room* rows for them."""
    if not rows:
        return
    text = "\n".join(rows)
    axes.annotate(
        text, (0, 1), xycoords="axes fraction", xytext=(0, 4 + 12.5 * room), textcoords="offset points", va="top",
        fontsize=9, color=look.ink, linespacing=1.2, gid="headline",
    )  # fmt: skip
