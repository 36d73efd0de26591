"""The system drawn with its state: its calls, how busy each service is, and where calls fail.

A workload points to the right, a service is a rounded box, a queue a lying cylinder. The load of a service is shown as
a bar and in words; trouble as a thicker outline, a line style and words, never as colour alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.diagram.layout import BOX_HEIGHT, Edge, Layout, lay_out
from sim.diagram.system import FULL, Arrow, Drawing, Node
from sim.mechanisms.nodes import SHAPES
from sim.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path

_MARGIN, _FOOT, _HEAD, _LEAST_GAP = 0.25, 0.75, 0.72, 0.98
BOX_WIDTH = 1.5
_RULE_HEIGHT = 0.14


def system_figure(drawing: Drawing, title: str, caption: str, look: style.Theme = style.LIGHT) -> Figure:
    """Return the picture of *drawing*; 1200 pixels wide, wider for more than seven columns."""
    from matplotlib.figure import Figure

    layout = lay_out([node.name for node in drawing.nodes], [(arrow.caller, arrow.callee) for arrow in drawing.arrows])
    width = max(style.WIDTH_IN, 2 * _MARGIN + layout.width * BOX_WIDTH + (layout.width - 1) * _LEAST_GAP)
    below = 0.35 if layout.back else 0.0
    height = max(2.4, layout.height + BOX_HEIGHT + _HEAD + _FOOT + below + 0.2)
    figure = Figure(figsize=(width, height), dpi=100, facecolor=look.background)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.axis("off")
    axes.text(0.15, 0.32, title, fontsize=13, fontweight="bold", color=look.ink, va="center")
    axes.text(0.15, height - 0.2, caption, fontsize=8.5, color=look.muted, va="center")
    _key(axes, height, look)
    step = min(4.0, (width - 2 * _MARGIN - BOX_WIDTH) / max(1, layout.width - 1))
    left = (width - BOX_WIDTH - step * (layout.width - 1)) / 2
    spare = (height - _HEAD - _FOOT - below - layout.height - BOX_HEIGHT) / 2
    places = _Places(layout, left, step, _HEAD + spare + BOX_HEIGHT / 2)
    _arrows(axes, drawing, places, look)
    for node in drawing.nodes:
        _box(axes, node, *places.middle(node.name), look)
    return figure


def _key(axes: Axes, height: float, look: style.Theme) -> None:
    words = (
        "pointed: workload · box: service (bar: busy share of its workers) · cylinder: queue · dashed arrow: failing"
    )
    axes.text(0.15, height - 0.42, words, fontsize=8, color=look.muted, va="center")


@dataclass(frozen=True, slots=True)
class _Places:
    """Turns columns and heights into inches on the figure (y grows downwards)."""

    layout: Layout
    left: float
    step: float
    top: float

    def middle(self, node: str) -> tuple[float, float]:
        """Return the middle of a box."""
        return self.x(self.layout.columns[node]), self.top + self.layout.heights[node]

    def x(self, column: int) -> float:
        """Return the middle of a column."""
        return self.left + self.step * column + BOX_WIDTH / 2

    def ports(self) -> dict[Edge, list[float]]:
        """Return how far below the middle of its two boxes each edge leaves and arrives, sorted by its other end."""
        layout = self.layout
        found = {edge: [0.0, 0.0] for edge in layout.bends}
        for end in (0, 1):
            for node in layout.columns:
                here = [edge for edge in found if edge[end] == node]

                def other(edge: Edge, end: int = end) -> float:
                    bends = layout.bends[edge]
                    return bends[-end][1] if bends else layout.heights[edge[1 - end]]

                here.sort(key=other)
                gap = min(0.16, 0.7 * BOX_HEIGHT / max(1, len(here) - 1))
                for i, edge in enumerate(here):
                    found[edge][end] = (i - (len(here) - 1) / 2) * gap
        return found


def _curve(points: Sequence[tuple[float, float]]) -> Path:
    """Return a smooth line through *points* that leaves and arrives level."""
    from matplotlib.path import Path

    vertices, codes = [points[0]], [Path.MOVETO]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        bow = (x1 - x0) * 0.45
        vertices += [(x0 + bow, y0), (x1 - bow, y1), (x1, y1)]
        codes += [Path.CURVE4] * 3
    return Path(vertices, codes)


def _path(arrow: Arrow, places: _Places, ports: dict[Edge, list[float]]) -> Path:
    from matplotlib.path import Path

    edge = (arrow.caller, arrow.callee)
    (x0, y0), (x1, y1) = places.middle(arrow.caller), places.middle(arrow.callee)
    if edge not in places.layout.bends:  # a circle: below both boxes and back
        low = max(y0, y1) + BOX_HEIGHT / 2 + 0.5
        start, end = (x0 + 0.25, y0 + BOX_HEIGHT / 2), (x1 - 0.25, y1 + BOX_HEIGHT / 2 + 0.04)
        return Path([start, (start[0], low), (end[0], low), end], [Path.MOVETO, *[Path.CURVE4] * 3])
    leaves, arrives = ports[edge]
    points = [(x0 + BOX_WIDTH / 2, y0 + leaves)]
    for column, height in places.layout.bends[edge]:
        y = places.top + height
        points += [(places.x(column) - BOX_WIDTH / 2, y), (places.x(column) + BOX_WIDTH / 2, y)]
    return _curve([*points, (x1 - BOX_WIDTH / 2 - 0.03, y1 + arrives)])


def _arrows(axes: Axes, drawing: Drawing, places: _Places, look: style.Theme) -> None:
    from matplotlib.patches import FancyArrowPatch

    ports = places.ports()
    taken = [
        (x - BOX_WIDTH / 2, y - BOX_HEIGHT / 2, x + BOX_WIDTH / 2, y + BOX_HEIGHT / 2 + _RULE_HEIGHT * len(node.rules))
        for node in drawing.nodes
        for x, y in (places.middle(node.name),)
    ]
    for arrow in drawing.arrows:
        path = _path(arrow, places, ports)
        color = style.VERMILION if arrow.fails else look.muted
        axes.add_patch(
            FancyArrowPatch(
                path=path, arrowstyle="-|>", mutation_scale=11, linewidth=2.2 if arrow.fails else 1.2, color=color,
                linestyle=(0, (4, 2)) if arrow.fails else ":" if arrow.kind == "dead letters" else "-",
                zorder=2, gid="link",
            )
        )  # fmt: skip
        if arrow.words:
            _label(axes, arrow, path, taken, look)


Bounds = tuple[float, float, float, float]
"""Left, top, right and bottom in inches."""


def _label(axes: Axes, arrow: Arrow, path: Path, taken: list[Bounds], look: style.Theme) -> None:
    """Write an arrow's words on it, as near as can be to its middle, where nothing else stands."""
    words = arrow.words
    half_width, half_height = 0.034 * max(map(len, words)) + 0.03, 0.068 * len(words) + 0.03
    line = _sampled(path)

    def bounds(i: int) -> Bounds:
        x, y = line[i]
        return x - half_width, y - half_height, x + half_width, y + half_height

    def cost(i: int) -> tuple[float, float]:
        return round(sum(_overlap(bounds(i), other) for other in taken), 3), abs(i / len(line) - 0.52)

    best = min(range(len(line)), key=cost)
    taken.append(bounds(best))
    x, y = line[best]
    axes.text(
        x, y, "\n".join(words), fontsize=8, color=look.ink, ha="center", va="center", linespacing=1.15, zorder=3,
        bbox={"facecolor": look.background, "edgecolor": "none", "alpha": 0.88, "pad": 1.2},
    )  # fmt: skip


def _overlap(a: Bounds, b: Bounds) -> float:
    """Return the area that two rectangles share."""
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _sampled(path: Path, points: int = 60) -> list[tuple[float, float]]:
    """Return *points* spread evenly along a path of cubic curves."""
    corners = np.asarray(path.vertices, dtype=float)
    t = np.linspace(0, 1, 20)[:, None]
    line = np.concatenate([
        (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
        for a, b, c, d in (corners[i : i + 4] for i in range(0, len(corners) - 1, 3))
    ])  # fmt: skip
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    at = np.linspace(0, along[-1], points)
    return list(zip(np.interp(at, along, line[:, 0]), np.interp(at, along, line[:, 1]), strict=True))


def _box(axes: Axes, node: Node, x: float, y: float, look: style.Theme) -> None:
    """Draw one node with its name, size, bar and state."""
    edge, width = (style.VERMILION, 2.6) if node.trouble else (look.muted, 1.3)
    shape = SHAPES[node.kind]
    left, top = x - BOX_WIDTH / 2, y - BOX_HEIGHT / 2
    for patch in _outline(shape, left, top):
        patch.set(facecolor=look.panel, edgecolor=edge, linewidth=width, zorder=4, gid=node.kind)
        axes.add_patch(patch)
    size = 10 if len(node.name) <= 16 else 8.5 if len(node.name) <= 20 else 7.5
    name = node.name if len(node.name) <= 24 else node.name[:23] + "…"
    put: dict[str, Any] = {"ha": "center", "va": "center", "zorder": 6, "color": look.ink}
    bar = node.kind == "service" and node.level is not None
    rows = [row for row in (node.size, node.state) if row]
    x -= 0.11 * (shape == "cylinder") + 0.06 * (shape == "arrow")
    first = y - 0.08 * len(rows) - 0.07 * bar
    axes.text(x, first, name, fontsize=size, fontweight="bold", **put)
    for i, row in enumerate(rows):
        axes.text(x, first + 0.19 + 0.16 * i, row, fontsize=8, **put)
    if node.rules:
        axes.text(
            x, top + BOX_HEIGHT + 0.04, "\n".join(node.rules), fontsize=7.5, linespacing=1.15, gid="rules",
            **{**put, "va": "top", "color": look.muted},
        )  # fmt: skip
    if bar and node.level is not None:
        _bar(axes, node.level, left + 0.14, top + BOX_HEIGHT - 0.155, look)
    if node.trouble:
        axes.text(
            x, top + 0.035, node.trouble, fontsize=8.5, fontweight="bold", color="#FFFFFF", ha="center", va="bottom",
            zorder=7,
            bbox={"boxstyle": "round,pad=0.2", "facecolor": "#B34700", "edgecolor": "none"},
        )  # fmt: skip


def _bar(axes: Axes, level: float, left: float, top: float, look: style.Theme) -> None:
    from matplotlib.patches import Rectangle

    width, height = BOX_WIDTH - 0.28, 0.085
    full = level >= FULL
    axes.add_patch(Rectangle((left, top), width, height, facecolor=look.grid, edgecolor="none", zorder=5))
    axes.add_patch(
        Rectangle(
            (left, top), width * min(1.0, max(0.0, level)), height, zorder=5.5, gid="busy",
            facecolor=style.VERMILION if full else look.cycle[0], edgecolor=look.panel, linewidth=0,
            hatch="////" if full else None,
        )
    )  # fmt: skip


def _outline(shape: str, left: float, top: float) -> list[Any]:
    """Return the patches of a node's shape, the body last but for a cylinder's lid."""
    from matplotlib.patches import Ellipse, FancyBboxPatch, PathPatch, Polygon
    from matplotlib.path import Path

    right, low, middle = left + BOX_WIDTH, top + BOX_HEIGHT, top + BOX_HEIGHT / 2
    if shape == "arrow":
        tip = 0.2
        return [Polygon([(left, top), (right - tip, top), (right, middle), (right - tip, low), (left, low)])]
    if shape == "cylinder":
        round_, bend = 0.14, 0.5523 * BOX_HEIGHT / 2
        body = Path(
            [(left + round_, top), (right - round_, top),
             (right, top), (right, middle - bend / 2), (right, middle),
             (right, middle + bend / 2), (right, low), (right - round_, low),
             (left + round_, low),
             (left, low), (left, middle + bend / 2), (left, middle),
             (left, middle - bend / 2), (left, top), (left + round_, top)],
            [Path.MOVETO, Path.LINETO, *[Path.CURVE4] * 6, Path.LINETO, *[Path.CURVE4] * 6],
        )  # fmt: skip
        return [PathPatch(body), Ellipse((right - round_, middle), 2 * round_, BOX_HEIGHT)]
    return [FancyBboxPatch((left, top), BOX_WIDTH, BOX_HEIGHT, boxstyle="round,pad=0,rounding_size=0.14")]
