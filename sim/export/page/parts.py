"""The values that pages show: tables of cells, and figures for a light and a dark page.

The templates next to this module turn them into markup, and escape every text.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Iterable, Mapping, NamedTuple, Self, Sequence

from sim.markup import render, trusted
from sim.replay import assets


class Cell(NamedTuple):
    """A cell of a table: its *words*, and a class of the style sheet in *kind*."""

    words: object
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first cell of each row is the row's name. A table without rows is not shown."""

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    @classmethod
    def of(cls, header: Sequence[str], rows: Iterable[Iterable[object]]) -> Self:
        """Return the table of *rows*, whose values are cells or plain words."""
        return cls(header, [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows])


@dataclass(frozen=True, slots=True)
class Picture:
    """One figure as the addresses of two SVG pictures, *light* and *dark*; *words* describe them."""

    light: str
    dark: str
    words: str

    @classmethod
    def of(cls, light: Any, dark: Any, words: str) -> Self:
        """Return the picture of two matplotlib figures."""
        return cls(svg_address(light), svg_address(dark), words)


def filled(template: str, styles: Sequence[str], script: str, **values: object) -> str:
    """Return the page of *template*: a template of this package, with the named style sheets and script of its own.

    The player's style is in every page, and the player itself in each page's bundle.
    """
    _, look = assets()
    code = {
        "style": trusted("".join([*(own(name) for name in styles), look])),
        "script": trusted(own(script)),
    }
    return str(render("sim.export.page", template, **code, **values))


def own(name: str) -> str:
    """Return the text of a file in this package."""
    return (files("sim.export.page") / name).read_text(encoding="utf-8")


def svg_address(figure: Any) -> str:
    """Return a matplotlib figure as the address of an SVG picture: the same figure gives the same bytes."""
    import matplotlib

    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "pileup", "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode()


def interval(row: Mapping[str, Any] | None, number: Any) -> str:
    """Return a measure's mean and, on a line of its own, its 95 % interval; a dash without a value.

    The interval is cut to the range of its measure: no measure here is negative, and no share exceeds one.
    """
    if row is None or row["mean"] is None:
        return "–"
    words = str(number(row["mean"], row["unit"]))
    low, high = row["low"], row["high"]
    if low is None or high is None or high - low <= abs(row["mean"]) * 0.005:
        return words
    if row["unit"] in ("ratio", "share") and row["mean"] <= 1:
        high = min(1.0, high)
    return f"{words}\n{number(max(0.0, low), row['unit'])} to {number(high, row['unit'])}"
