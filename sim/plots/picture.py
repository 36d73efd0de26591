"""A figure as a notebook shows it: a PNG in the page, with words for readers who cannot see it.

Jupyter shows a bare matplotlib figure only after a backend has been chosen, and never with an alternative text.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

from sim.markup import render

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Picture:
    """*figure* to be shown at the end of a cell; *words* say what is to be seen in it (WCAG 2.2, 1.1.1)."""

    figure: Figure = field(repr=False)
    words: str

    def png(self) -> bytes:
        """Return the figure as PNG, without a date or a program's version in it."""
        out = BytesIO()
        self.figure.savefig(out, format="png", facecolor=self.figure.get_facecolor(), metadata={"Software": None})
        return out.getvalue()

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png()).decode("ascii")
        width = round(self.figure.get_figwidth() * 80)
        style, source = f"width: {width}px; max-width: 100%", f"data:image/png;base64,{data}"
        return str(render("sim.plots", "image.html", alt=self.words, style=style, source=source))

    def __repr__(self) -> str:
        return f"Picture: {self.words}"
