"""The style of every figure: colours for colour-blind readers, light and dark, shaded faults, a caption.

Figures are made without pyplot, so that no global state changes and no window can open; matplotlib is imported on
first use. Palette: M. Okabe and K. Ito, Color Universal Design (2008). Colour never stands alone: line styles,
hatches and words carry the same difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#999999"

Window = tuple[str, float, float]
"""A fault: its name, begin and end in seconds on the scenario's clock."""

WIDTH_IN = 12.0
"""Every figure is this wide; at the default 100 dots per inch that is 1200 pixels."""


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one background. ``cycle`` is for lines in their order."""

    name: str
    background: str
    ink: str
    muted: str
    grid: str
    panel: str
    fault: str
    cycle: tuple[str, ...]


LIGHT = Theme(
    "light", "#FFFFFF", "#1A1A1A", "#5F6368", "#E3E5E8", "#F5F6F8", "#B8860B",
    (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY),
)  # fmt: skip
DARK = Theme(
    "dark", "#15181D", "#ECEFF3", "#A3ABB6", "#343A43", "#20252C", "#F0E442",
    (SKY, ORANGE, "#2FC79A", PURPLE, YELLOW, "#E8743B"),
)  # fmt: skip

LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))
"""Line styles in the order of ``Theme.cycle``."""

OUTCOME_LOOKS: dict[str, tuple[str, str]] = {
    "ok": (GREEN, ""),
    "degraded": (YELLOW, ".."),
    "error": (VERMILION, "//"),
    "timeout": (ORANGE, "\\\\"),
    "refused": (PURPLE, "xx"),
    "rejected": (SKY, "--"),
    "short-circuited": (BLUE, "||"),
    "lost": (GREY, "++"),
    "open": ("#FFFFFF", "oo"),
}
"""Fill colour and hatch of each outcome."""


def bad_to_good(look: Theme) -> Colormap:
    """Return the colours of shares of which all is good: orange for none, green for all, in every figure."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("bad to good", [ORANGE, look.panel, "#2FC79A"])


def ink_on(share: float, look: Theme) -> str:
    """Return the colour of text on a share of ``bad_to_good``: its ends are bright on either background."""
    return LIGHT.ink if abs(share - 0.5) > 0.2 else look.ink


def theme(dark: bool) -> Theme:
    """Return the colours for a dark or a light background."""
    return DARK if dark else LIGHT


def empty_figure(height_in: float, look: Theme, width_in: float = WIDTH_IN) -> Figure:
    """Return a figure without axes, tied to no backend; constrained layout keeps labels apart."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_in, height_in), dpi=100, layout="constrained", facecolor=look.background)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(w_pad=0.08, h_pad=0.06)  # type: ignore[call-arg]
    return figure


def grid_of_axes(
    rows: int, columns: int, row_in: float, look: Theme, *, share_y: bool | str = False, extra_in: float = 1.1
) -> tuple[Figure, list[list[Axes]]]:
    """Return a figure and its styled axes by row and column, which share their time axis."""
    figure = empty_figure(rows * row_in + extra_in, look)
    axes = figure.subplots(rows, columns, sharex=True, sharey=share_y, squeeze=False)  # type: ignore[arg-type]
    for row in axes:
        for one in row:
            dress(one, look)
    for one in axes[-1]:
        one.set_xlabel("time (s)")
    return figure, [list(row) for row in axes]


def dress(axes: Axes, look: Theme) -> None:
    """Give *axes* the colours of *look*, a quiet grid and no box."""
    axes.set_facecolor(look.background)
    axes.grid(True, color=look.grid, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=look.muted, labelsize=9)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(look.muted)
    axes.xaxis.label.set_color(look.ink)
    axes.yaxis.label.set_color(look.ink)
    axes.xaxis.label.set_fontsize(10)
    axes.yaxis.label.set_fontsize(10)
    axes.title.set_color(look.ink)


def bare(axes: Axes, look: Theme) -> None:
    """Leave nothing of *axes* but labels at its top, and one below it: for maps of cells."""
    dress(axes, look)
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)


def gaps(axes: Axes, rows: int, columns: int, look: Theme) -> None:
    """Draw lines of background between the cells of a map."""
    for y in range(1, rows):
        axes.axhline(y - 0.5, color=look.background, linewidth=1)
    for x in range(1, columns):
        axes.axvline(x - 0.5, color=look.background, linewidth=1)


def short(name: str, most: int = 24) -> str:
    """Return a name in at most *most* letters.

    >>> short("a name", 4)
    'a n…'
    """
    return name if len(name) <= most else name[: most - 1] + "…"


def head(axes: Axes, text: str, look: Theme, pad: float = 4) -> None:
    """Name what a panel is about, *pad* points above its left corner."""
    axes.set_title(text, loc="left", fontsize=10.5, fontweight="bold", color=look.ink, pad=pad)


def legend(axes: Axes, look: Theme, columns: int = 6) -> None:
    """Put the legend above the right corner, on the line of the panel's name."""
    found = axes.legend(
        loc="lower right", bbox_to_anchor=(1.0, 0.99), ncols=columns, frameon=False, fontsize=9, handlelength=2.4,
        columnspacing=1.2, borderaxespad=0.1,
    )  # fmt: skip
    for text in found.get_texts():
        text.set_color(look.ink)


class ActionSpan(NamedTuple):
    """What an operator did: its name, begin and end in seconds on the scenario's clock."""

    name: str
    begin: float
    end: float


MOST_NAMED = 3
"""A fault with more windows than this is named in its first one only."""


def shade_faults(axes: Axes, windows: Iterable[Window], look: Theme, *, named: bool = True) -> None:
    """Shade each fault's window, hatched, and with *named* write its name at the top inside it.

    The names of windows that begin close together go below each other; one that comes more than ``MOST_NAMED`` times
    is named the first time. Shades carry the gid ``fault``. An action is a dashed line at its begin, gid ``action``.
    """
    from matplotlib.transforms import ScaledTranslation

    in_order = sorted(windows, key=lambda window: (window[1], window[2]))
    times = Counter(name for name, _, _ in in_order)
    told: set[str] = set()
    ends: list[float] = []
    low, high = axes.get_xlim()
    for window in in_order:
        name, begin, end = window
        if isinstance(window, ActionSpan):
            axes.axvline(begin, color=look.ink, linewidth=1.2, linestyle="--", zorder=0.6, gid="action")
        else:
            axes.axvspan(
                begin, end, facecolor=(look.fault, 0.13), edgecolor=(look.fault, 0.30), hatch="///", linewidth=0,
                zorder=0.4, gid="fault",
            )  # fmt: skip
            for edge in (begin, end):
                axes.axvline(edge, color=look.fault, linewidth=0.8, alpha=0.7, zorder=0.5)
        if not named or (name in told and times[name] > MOST_NAMED):
            continue
        told.add(name)
        taken = begin + 0.012 * len(name) * (high - low)
        level = next((i for i, until in enumerate(ends) if until < begin), len(ends))
        ends[level : level + 1] = [taken]
        figure = axes.figure
        down = axes.get_xaxis_transform() + ScaledTranslation(4 / 72, -(3 + 13 * level) / 72, figure.dpi_scale_trans)
        axes.text(
            begin, 1.0, name, transform=down, va="top", ha="left", fontsize=8.5, style="italic", color=look.ink,
            bbox={"facecolor": look.background, "alpha": 0.75, "edgecolor": "none", "pad": 1}, zorder=6,
            gid="fault name", clip_on=False,
        )  # fmt: skip


def title(figure: Figure, text: str, look: Theme) -> None:
    """Write the figure's title at its left edge."""
    figure.suptitle(text, x=0.012, ha="left", fontsize=13, fontweight="bold", color=look.ink)


def caption(figure: Figure, text: str, look: Theme) -> None:
    """Write the small line below the axes that says where the numbers come from."""
    figure.supxlabel(text, x=0.012, ha="left", fontsize=8.5, color=look.muted)


def caption_text(seed: int | Sequence[int], n: int, what: str = "requests", *more: str) -> str:
    """Return the caption's words: seeds, how many *what* were measured, and what else a reader must know.

    >>> caption_text(7, 12000, "requests", "synchronous")
    'seed 7 · n = 12,000 requests · synchronous'
    """
    seeds = f"seed {seed}" if isinstance(seed, int) else f"seeds {', '.join(map(str, seed))}"
    return " · ".join([seeds, f"n = {n:,} {what}", *more])


def caption_of_replications(seed: int, replications: int, *more: str) -> str:
    """Return the caption of a figure over whole runs.

    >>> caption_of_replications(1, 5, "95 % intervals")
    'seed 1 · n = 5 replications · 95 % intervals'
    """
    return caption_text(seed, replications, "replications" if replications > 1 else "replication", *more)
