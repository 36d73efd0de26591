"""A formula and measurements on the same axes: curves for the formula, marks with intervals for runs.

For lessons and reports that compare a run with theory; the module imports neither. Marks and line styles differ by
shape, so that the picture can be read without colours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sim.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKS = ("o", "s", "^", "D", "v", "P")

Points = Mapping[str, tuple[Sequence[float], Sequence[Mapping[str, Any]]]]
"""Label to (x, rows), where a row has ``mean``, ``low`` and ``high``, as the rows of a run have."""
Curves = Mapping[str, tuple[Sequence[float], Sequence[float]]]
"""Label to (x, y)."""


class HasRows(Protocol):
    """An object with the measures of a run as rows."""

    @property
    def rows(self) -> list[dict[str, Any]]:
        """A row for each measure, with ``measure``, ``of``, ``during``, ``mean``, ``low`` and ``high``."""


def beside(
    points: Points, curves: Curves, title: str, x: str, y: str, caption: str, *, scale: float = 1.0,
    log: bool = False, top: float | None = None, dark: bool = False,
) -> Figure:  # fmt: skip
    """Return one pair of axes with the *curves* of formulas and the measured *points* over them.

    *x* and *y* name the axes with their units; *scale* multiplies every y, of both kinds (1000 shows seconds as
    milliseconds). *log* is for y over several powers of ten, which a linear axis would hide; *top* cuts the axis.
    The i-th curve and the i-th series of points have the same colour, because they belong together.
    """
    look = style.theme(dark)
    figure, ((axes,),) = style.grid_of_axes(1, 1, 3.6, look)
    for i, (label, (xs, ys)) in enumerate(curves.items()):
        heights = [value * scale for value in ys]
        axes.plot(xs, heights, color=look.cycle[i], linestyle=style.LINES[i], linewidth=1.8, label=label)
    for i, (label, (xs, rows)) in enumerate(points.items()):
        means = [row["mean"] * scale for row in rows]
        axes.errorbar(
            xs, means, yerr=_arms(rows, scale), fmt=MARKS[i], color=look.cycle[i], markerfacecolor=look.background,
            markersize=7, markeredgewidth=1.8, elinewidth=1.8, capsize=5, label=label, zorder=3,
        )  # fmt: skip
    if log:
        axes.set_yscale("log")
    else:
        axes.set_ylim(0, top)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    style.legend(axes, look, columns=4)
    style.title(figure, title, look)
    style.caption(figure, caption, look)
    return figure


def measured(run: HasRows, measure: str, of: str = "system", during: str = "all") -> dict[str, Any]:
    """Return the row of one measure of *run*, with its mean, interval and samples: a point for ``beside``.

    Raises ``KeyError`` for a measure that the run does not have.
    """
    wanted = (measure, of, during)
    for row in run.rows:
        if (row["measure"], row["of"], row["during"]) == wanted:
            return row
    raise KeyError(f"no measure {measure!r} of {of!r} during {during!r}")


def _arms(rows: Sequence[Mapping[str, Any]], scale: float) -> list[list[float]]:
    """Return how far each interval reaches below and above its mean; nothing where there is none."""
    low = [0.0 if row["low"] is None else (row["mean"] - row["low"]) * scale for row in rows]
    high = [0.0 if row["high"] is None else (row["high"] - row["mean"]) * scale for row in rows]
    return [low, high]
