"""The figure of a fault matrix: every fault on every part as a heat map, and the worst of them with each switch.

A cell's colour and its number say the same: the share of the good requests expected in the fault that is missing.
Not drawn: intervals (they are in the tables).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.plots import style
from sim.plots.style import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_ROWS = 30
"""More parts than this are not drawn; those that lose least are left out, and the caption counts them."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A fault's cost: the *share* missing (None: unknown), and a few *words* about what follows."""

    share: float | None
    words: str = ""


def heat_figure(
    parts: Sequence[str], kinds: Sequence[str], grid: Sequence[Sequence[Cell | None]], worst: Sequence[str],
    switches: Sequence[str], faced: Sequence[Sequence[Cell]], title: str, caption: str, look: Theme = style.LIGHT,
) -> Figure:  # fmt: skip
    """Return the figure: *grid* has a row for each of *parts*, *faced* one for each of the *worst* faults.

    The second is drawn only where there are switches to try.
    """
    both = bool(faced) and len(switches) > 1
    height = 0.44 * max(len(parts), len(faced) if both else 0) + 2.6
    wide = style.WIDTH_IN + 0.5 * max(0, len(kinds) + (len(switches) if both else 0) - 14)
    figure = style.empty_figure(max(4.2, height), look, wide)
    widths = [0.9 * len(kinds) + 2.0, 0.9 * len(switches) + 3.4] if both else [1.0]
    panels = figure.subplots(1, len(widths), width_ratios=widths, squeeze=False)[0]
    _draw(panels[0], parts, kinds, grid, "share of the good requests in the fault that is lost (%)", look)
    if both:
        _draw(panels[1], worst, switches, faced, "the worst of them, with one switch on", look)
    style.title(figure, title, look)
    style.caption(
        figure,
        f"{caption}\n+5 s: recovered after so long; never (1 of 2 replications): not before the arrivals ended",
        look,
    )
    return figure


def _draw(
    axes: Axes, rows: Sequence[str], columns: Sequence[str], grid: Sequence[Sequence[Cell | None]], label: str,
    look: Theme,
) -> None:  # fmt: skip
    """Draw shares from none (green) to all (orange), each written in its cell; nothing where a fault cannot be."""
    style.bare(axes, look)
    kept = np.array([[np.nan if one is None or one.share is None else 1 - one.share for one in row] for row in grid])
    axes.imshow(kept, cmap=style.bad_to_good(look), vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    for y, row in enumerate(grid):
        for x, one in enumerate(row):
            if one is None:
                axes.text(x, y, "·", ha="center", va="center", fontsize=9, color=look.muted)
                continue
            ink = look.ink if one.share is None else style.ink_on(one.share, look)
            share = "-" if one.share is None else _whole(one.share)
            text = f"{share}\n{one.words}" if one.words else share
            axes.text(x, y, text, ha="center", va="center", fontsize=8, color=ink, gid="lost", linespacing=1.1)
    style.gaps(axes, len(grid), len(columns), look)
    names = [style.short(name) for name in columns]
    axes.set_xticks(range(len(columns)), names, rotation=40, ha="left", rotation_mode="anchor")
    axes.set_yticks(range(len(rows)), [style.short(name, 44) for name in rows])
    axes.set_xlabel(label)


def _whole(share: float) -> str:
    """Return a share in whole percent, and distinguish almost none and almost all from none and all."""
    percent = round(100 * min(max(share, 0.0), 1.0))
    if percent == 0 and share > 0:
        return "<1%"
    return ">99%" if percent == 100 and share < 1 else f"{percent}%"
