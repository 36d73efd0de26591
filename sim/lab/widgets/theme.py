"""The look of the lab: colours for colour-blind readers, larger type for a projector, charts in both themes."""

from __future__ import annotations

from typing import Any

import streamlit as st

BLUE, VERMILION, GREEN, PINK, ORANGE, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"
"""Okabe and Ito's palette (Color Universal Design, 2008); never the only sign of anything."""


UNFOLD = "unfold"
"""The key of the switch that shows the Lab's switches on a narrow screen; wider ones always show them."""


def is_dark() -> bool:
    """Whether the participant's browser shows the dark theme."""
    return getattr(st.context.theme, "type", "light") == "dark"


def series_colors() -> list[str]:
    """Return line colours with a contrast of at least 3:1 to the theme's background."""
    if is_dark():
        return [SKY, "#F0874A", "#2FC79A", "#E3A0C6", "#F0B941", "#C5CEDA"]
    return [BLUE, "#B94F00", "#00795A", "#A8497E", "#8A5F00", "#4A5565"]


def ink() -> str:
    """Return the colour of text on charts."""
    return "#e9eef5" if is_dark() else "#1a2230"


def bad_to_good() -> list[str]:
    """Return the colours of the worst, of half and half, and of the best: the same in every map of the lab."""
    return [ORANGE, "#2a3341" if is_dark() else "#ffffff", "#2FC79A"]


def muted() -> str:
    """Return the colour of grid lines and lesser marks on charts."""
    return "#435061" if is_dark() else "#c3ccd8"


def style() -> None:
    """Put the lab's few rules of style on the page: contrast, narrow screens, and type for a projector."""
    large = bool(st.session_state.get("projector", False))
    folded = not st.session_state.get(UNFOLD, False)
    rules = _RULES, _DARK * is_dark(), _PROJECTOR * large, _FOLDED * folded
    st.html(f"<style>{''.join(rules)}</style>")


def in_vega(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the Vega-Lite specification with the lab's axes, type and colours."""
    size = 16 if st.session_state.get("projector", False) else 12
    written = {"labelColor": ink(), "titleColor": ink(), "labelFontSize": size, "titleFontSize": size}
    lines = {"gridColor": muted(), "domainColor": muted(), "tickColor": muted(), "gridOpacity": 0.6}
    config = {
        "background": "transparent", "axis": written | lines, "legend": written | {"orient": "top"},
        "view": {"stroke": muted()},
    }  # fmt: skip
    return {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", **spec, "config": config}


_RULES = """
.stMainBlockContainer { padding-top: 4.2rem; max-width: 1280px; }
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p { color: inherit; opacity: .86; }
h1 { padding-top: .2rem !important; }
[data-testid="stMetricLabel"] p { font-size: .95rem; }
[class*="st-key-card"] [data-testid="stMetricValue"] { font-size: 1.7rem; }
:focus-visible { outline: 3px solid #56B4E9 !important; outline-offset: 2px; }
@media (min-width: 900px) {
  .stColumn:has(.st-key-switches) {
    position: sticky; top: 4.5rem; align-self: flex-start; max-height: calc(100vh - 5rem); overflow-y: auto;
  }
}
@media (min-width: 641px) { .st-key-unfold, .goes-on { display: none; } }
@media (max-width: 640px) {
  .goes-on { font-size: .9rem; opacity: .86; }
  .stMainBlockContainer { padding-left: .8rem; padding-right: .8rem; }
  h1 { font-size: 1.6rem !important; } h2 { font-size: 1.2rem !important; }
}
@media (prefers-reduced-motion: reduce) { * { animation-duration: .01s !important; transition: none !important; } }
"""
_FOLDED = """
@media (max-width: 640px) { .st-key-switches, .st-key-faults { display: none; } }
"""
_DARK = """
[data-testid^="stBaseButton-primary"], [data-testid^="stBaseButton-primary"] * { color: #0b1117 !important; }
"""
_PROJECTOR = """
html { font-size: 21px; }
.stMainBlockContainer { max-width: 1700px; }
"""
