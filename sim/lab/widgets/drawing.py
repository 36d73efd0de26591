"""The system of a text, drawn before any run, and its arithmetic of load: pictures and words."""

from __future__ import annotations

import base64
from functools import lru_cache
from io import StringIO
from typing import Any

from sim.diagram.system import Arrow, drawing_of
from sim.markup import render
from sim.mechanisms.nodes import nodes_of
from sim.plots import style
from sim.plots.system import system_figure

MOST_NODES = 60
MOST_OPERATIONS = 300
LEAST_PX = 760
"""A drawing is never shown smaller than this many pixels wide; a narrow page scrolls it."""


def too_large(scenario: Any) -> str:
    """Return why a system is not drawn and worked out on a page, or an empty string."""
    nodes = len(nodes_of(scenario))
    operations = sum(len(service.operations) for service in scenario.services.values())
    if nodes > MOST_NODES:
        return f"{nodes} services, queues and workloads are more than the {MOST_NODES} that a page can draw"
    if operations > MOST_OPERATIONS:
        return f"{operations} operations are more than the {MOST_OPERATIONS} that a page works out"
    return ""


@lru_cache(maxsize=64)
def drawn(resolved: Any, dark: bool) -> str:
    """Return the drawing of a resolved scenario as SVG text; what its faults will strike is framed and named."""
    drawing = drawing_of(resolved, None, resolved.faults)
    faults = ", ".join(f"{name}: {fault.timing}" for name, fault in resolved.faults.items())
    caption = "before any run" + (f" · framed: {faults}" if faults else "")
    figure = system_figure(drawing, resolved.title[:90], caption[:170], style.theme(dark))
    out = StringIO()
    figure.savefig(out, format="svg", transparent=True)
    return out.getvalue()


def in_words(resolved: Any) -> str:
    """Return what the drawing shows, for those who do not see it."""
    drawing = drawing_of(resolved, None, resolved.faults)
    nodes = [f"{node.kind} {node.name}" + (f" ({node.size})" if node.size else "") for node in drawing.nodes]
    struck = [f"{node.name}: {node.trouble}" for node in drawing.nodes if node.trouble]
    parts = [f"{len(nodes)} parts: {', '.join(nodes)}", *map(_arrow, drawing.arrows)]
    return ". ".join([*parts, *(["During the fault " + "; ".join(struck)] if struck else [])]) + "."


def _arrow(arrow: Arrow) -> str:
    verb = {"call": "calls", "send": "sends to", "deliver": "feeds", "dead letters": "gives up to"}.get(
        arrow.kind, "to"
    )
    words = f", {', '.join(arrow.words)}" if arrow.words else ""
    return f"{arrow.caller} {verb} {arrow.callee}{words}"


def as_html(svg: str, words: str) -> str:
    """Return an image of *svg* with *words* for a screen reader, that scrolls sideways where the page is narrow."""
    source = base64.b64encode(svg.encode()).decode()
    values = {"source": f"data:image/svg+xml;base64,{source}", "words": words, "least_px": LEAST_PX}
    return str(render("sim.lab.widgets", "drawing.html", **values))
