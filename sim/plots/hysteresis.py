"""Goodput against load, stepped up and then down: where the two ways part there is a loop, and it is shaded.

Not drawn: time (the steps are in the table, and ``run.plot()`` draws them).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Mapping

from sim.plots import style
from sim.plots.style import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GOOD_PERCENT = 95.0


def loop_figure(
    up: Sequence[Mapping[str, Any]], down: Sequence[Mapping[str, Any]], knee_up: float | None, knee_down: float | None,
    workload: str, title: str, caption: str, look: Theme = style.LIGHT,
) -> Figure:  # fmt: skip
    """Return the figure of both ways: rows with ``rate`` (/s) and ``goodput ratio``, ``low``, ``high`` (shares).

    *down* begins with the highest step, which both ways share; a row whose goodput ratio is None is not drawn.
    """
    figure = style.empty_figure(5.4, look)
    axes = figure.subplots()
    style.dress(axes, look)
    _shade(axes, up, down, look)
    _draw(axes, [row for row in up if row["goodput ratio"] is not None], "load going up", 0, look)
    _draw(axes, [row for row in down if row["goodput ratio"] is not None], "load going down", 1, look)
    axes.axhline(GOOD_PERCENT, color=look.muted, linewidth=1.0, linestyle=(0, (2, 2)))
    axes.annotate("good: 95 %", (up[0]["rate"], GOOD_PERCENT), xytext=(0, -12), textcoords="offset points",
                  fontsize=8.5, color=look.muted)  # fmt: skip
    _knee(axes, knee_up, "lost on the way up", look.cycle[0], 0.30, look)
    _knee(axes, knee_down, "found again on the way down", look.cycle[1], 0.20, look)
    axes.set_ylim(-4, 106)
    axes.set_xlim(0, up[-1]["rate"] * 1.04)
    axes.set_xlabel(f"load offered by {workload} (requests/s)")
    axes.set_ylabel("goodput ratio (%)")
    style.legend(axes, look)
    style.title(figure, title, look)
    style.caption(figure, caption, look)
    return figure


def _draw(axes: Axes, rows: Sequence[Mapping[str, Any]], label: str, way: int, look: Theme) -> None:
    rates, shares = [row["rate"] for row in rows], [100 * row["goodput ratio"] for row in rows]
    colour = look.cycle[way]
    axes.plot(rates, shares, style.LINES[way], marker=(">", "<")[way], markersize=7, color=colour, linewidth=2,
              label=label, gid=label)  # fmt: skip
    for row in rows:
        if row["low"] is not None and row["high"] is not None and row["low"] < row["high"]:
            low, high = max(0.0, 100 * row["low"]), min(100.0, 100 * row["high"])
            axes.plot([row["rate"]] * 2, [low, high], color=colour, linewidth=1.4, alpha=0.7, gid="whisker")


def _shade(axes: Axes, up: Sequence[Mapping[str, Any]], down: Sequence[Mapping[str, Any]], look: Theme) -> None:
    """Shade between the two ways, where both are known."""
    back = {row["rate"]: row["goodput ratio"] for row in down}
    both = [row for row in up if row["goodput ratio"] is not None and back.get(row["rate"]) is not None]
    axes.fill_between(
        [row["rate"] for row in both], [100 * row["goodput ratio"] for row in both],
        [100 * back[row["rate"]] for row in both], color=look.fault, alpha=0.13, linewidth=0, gid="loop",
    )  # fmt: skip


def _knee(axes: Axes, rate: float | None, words: str, colour: str, height: float, look: Theme) -> None:
    """Mark a knee by a line and its words, to the left of it where there is no room to the right."""
    if rate is None:
        return
    axes.axvline(rate, color=colour, linewidth=1.2, linestyle=":", gid="knee")
    right = rate < 0.6 * axes.get_xlim()[1]
    axes.annotate(
        f"{words}: {rate:.3g}/s", (rate, height), xycoords=("data", "axes fraction"),
        xytext=(5 if right else -5, 0), textcoords="offset points", ha="left" if right else "right", fontsize=9,
        color=look.ink, bbox={"facecolor": look.background, "alpha": 0.75, "edgecolor": "none", "pad": 1},
    )  # fmt: skip
