"""The lab's charts: series on the scenario's clock with fault windows shaded, intervals, and heat maps, in both themes.

Each returns a chart and a sentence that says the same to who cannot see it. Nothing is calculated here but what a
picture needs: thinning to what a screen can show, keeping each stretch's lowest and highest value. Specifications are
written as Vega-Lite reads them, with the data in their layers, where Streamlit leaves them as they are; to make one
through Altair took a fifth of a second, and its import a second more.
"""

from __future__ import annotations

from typing import Any, Callable, Iterable, Sequence

import numpy as np
import streamlit as st

from sim.lab.widgets import theme
from sim.number_words import number
from sim.results.series import NAMES, Series

MOST_POINTS = 600
"""Values of one line; what is longer is thinned."""
LEFT_PX = 62
"""The room of every chart's left axis, so that charts below each other share one clock."""
AROUND_PX = 95
"""What axis and legend take of a chart's height: Streamlit fits both into the height that is given."""

LETTERS_ABREAST, SLANT, SLANTED_PX = 60, -38, 70
"""Heads of a map with more letters in all than the first are slanted, by the second in degrees; that takes height."""
TITLES = {"goodput": "completed per second"}
"""How a series is called where its own name would say more than it counts: requests, when they were done."""

DIGITS = ",.3~f"
"""How a tooltip writes a number: at most three digits behind the point."""

Window = tuple[str, float, float]
Spec = dict[str, Any]
Drawn = tuple[Spec, str]
"""A chart as a Vega-Lite specification, and the sentence that says the same."""


def show(key: tuple[object, ...], make: Callable[[], Drawn | None]) -> None:
    """Draw the chart that *make* returns, or nothing; equal keys are made once, for all participants."""
    found = _kept((*key, theme.is_dark(), bool(st.session_state.get("projector"))), make)
    if found is not None:
        spec, told = found
        st.vega_lite_chart(spec=spec, theme=None, alt=told)


@st.cache_resource(show_spinner=False, max_entries=400)
def _kept(key: tuple[object, ...], _make: Callable[[], Drawn | None]) -> Drawn | None:
    return _make()


def thinned(values: Sequence[float] | Any, most: int = MOST_POINTS) -> list[tuple[float, float]]:
    """Return (second, value) pairs, at most *most*: of each stretch its lowest and its highest value.

    >>> thinned([1.0, 2.0])
    [(0.0, 1.0), (1.0, 2.0)]
    """
    array = np.asarray(values, dtype=np.float64)
    if len(array) <= most:
        return [(float(t), round(float(value), 4)) for t, value in enumerate(array)]
    found = []
    for part in np.array_split(np.arange(len(array)), most // 2):
        low, high = int(part[np.argmin(array[part])]), int(part[np.argmax(array[part])])
        found += [(float(t), round(float(array[t]), 4)) for t in sorted({low, high})]
    return found


def over_time(
    name: str, sides: dict[str, Sequence[Series]], windows: Iterable[Window], end_s: float, height_px: int = 220
) -> Drawn | None:  # fmt: skip
    """Return the chart of one series *name*, a line for each part of each side, and its words; None without values.

    The first side is drawn in full, another one (the baseline) dashed.
    """
    rows, told = [], []
    for side, found in sides.items():
        for one in (each for each in found if each.name == name and each.of != "system"):
            if not len(one.values) or not np.any(one.values):
                continue
            rows += [{"t": t, "value": value, "part": one.of, "side": side} for t, value in thinned(one.values)]
            at = int(np.argmax(one.values))
            told.append(f"{one.of} ({side}) has its peak of {number(float(one.values[at]))} at {at} s")
    if not rows:
        return None
    parts = list(dict.fromkeys(str(row["part"]) for row in rows))
    title, names = _title(name), list(sides)
    x = quantitative("t", title="time on the scenario's clock (s)", scale={"domain": [0, end_s], "nice": False})
    y = quantitative("value", title=title, axis={"minExtent": LEFT_PX, "maxExtent": LEFT_PX, "tickCount": 4})
    dashes = {"domain": names, "range": [[1, 0], [5, 3]][: len(names)]}
    lines = {
        "data": {"values": rows},
        "mark": {
            "type": "line", "strokeWidth": 2, "interpolate": "step-after" if name == "breaker state" else "linear",
        },
        "encoding": {
            "x": x, "y": y,
            "color": nominal("part", title=None, scale={"domain": parts, "range": _cycle(len(parts))}),
            "strokeDash": nominal("side", title=None, scale=dashes, legend={} if len(names) > 1 else None),
            "opacity": nominal("side", legend=None, scale={"domain": names, "range": [1, 0.6]}),
            "tooltip": [nominal("part"), nominal("side"), quantitative("t", title="s"),
                        quantitative("value", title=title, format=DIGITS)],
        },
    }  # fmt: skip
    spec = {"height": height_px, "layer": [*_shades(windows), lines]}
    return theme.in_vega(spec), f"{title} over time: {'; '.join(told)}."


def _shades(windows: Iterable[Window]) -> list[Spec]:
    """Return the fault windows as shaded and named stretches."""
    values = [{"name": name, "begin": begin, "end": end} for name, begin, end in windows]
    if not values:
        return []
    shade = {"type": "rect", "color": theme.ORANGE, "opacity": 0.2, "stroke": theme.ORANGE, "strokeDash": [4, 3]}
    name = {
        "type": "text", "align": "left", "baseline": "top", "dx": 3, "dy": 2, "fontStyle": "italic",
        "color": theme.ink(),
    }  # fmt: skip
    return [
        {"data": {"values": values}, "mark": shade, "encoding": {
            "x": quantitative("begin"), "x2": {"field": "end"}, "tooltip": [nominal("name", title="fault")],
        }},
        {"data": {"values": values}, "mark": name, "encoding": {
            "x": quantitative("begin"), "y": {"value": 0}, "text": nominal("name"),
        }},
    ]  # fmt: skip


def intervals(
    rows: list[dict[str, Any]], label: str, title: str, zero: bool = True, domain: tuple[float, float] | None = None
) -> Drawn:  # fmt: skip
    """Return points with their 95 % intervals, a row each: *rows* have *label*, mean, low, high (None: no interval)."""
    data = [
        {"label": row[label], "mean": row["mean"], "low": row["low"] if row["low"] is not None else row["mean"],
         "high": row["high"] if row["high"] is not None else row["mean"]}
        for row in rows if row["mean"] is not None
    ]  # fmt: skip
    color = theme.series_colors()[0]
    y = nominal("label", sort=[row["label"] for row in data], title=None, axis={"labelLimit": 260})
    scale = {} if domain is None else {"scale": {"domain": list(domain), "clamp": True}}
    bars = {
        "data": {"values": data}, "mark": {"type": "rule", "strokeWidth": 3, "color": color},
        "encoding": {"x": quantitative("low", title=title, **scale), "x2": {"field": "high"}, "y": y},
    }  # fmt: skip
    tips = [nominal("label"), *(quantitative(name, format=DIGITS) for name in ("mean", "low", "high"))]
    points = {
        "data": {"values": data},
        "mark": {"type": "point", "filled": True, "size": 110, "color": color, "shape": "diamond", "opacity": 1},
        "encoding": {"x": quantitative("mean"), "y": y, "tooltip": tips},
    }
    rule = {
        "data": {"values": [{"zero": 0}]}, "mark": {"type": "rule", "color": theme.ink(), "strokeDash": [3, 3]},
        "encoding": {"x": quantitative("zero")},
    }  # fmt: skip
    told = "; ".join(
        f"{row['label']}: {number(row['mean'])}, {number(row['low'])} to {number(row['high'])}" for row in data
    )
    spec = {"height": 34 * len(data) + AROUND_PX, "layer": [*([rule] if zero else []), bars, points]}
    return theme.in_vega(spec), f"{title}. {told}."


def heat(rows: list[dict[str, Any]], x: str, y: str, value: str, title: str, high_is_good: bool) -> Drawn:
    """Return a heat map of shares whose cells also carry their number; *rows* have *x*, *y*, *value* (None: no cell).

    Good is green and bad is orange in every map, whichever end of the share is good.
    """
    data = [{"x": row[x], "y": row[y], "value": row[value]} for row in rows if row[value] is not None]
    names = list(dict.fromkeys(str(row["x"]) for row in data))
    slanted = sum(map(len, names)) > LETTERS_ABREAST
    head = {"labelAngle": SLANT, "labelAlign": "left"} if slanted else {"labelAngle": 0}
    places = {
        "x": nominal("x", sort=names, title=None, axis={"orient": "top", "labelLimit": 160, **head}),
        "y": nominal("y", sort=list(dict.fromkeys(row["y"] for row in data)), title=None, axis={"labelLimit": 320}),
    }  # fmt: skip
    colours = theme.bad_to_good()
    scale = {
        "domain": [0, 0.5, 1], "range": colours if high_is_good else colours[::-1], "interpolate": "rgb",
    }  # fmt: skip
    cells = {
        "data": {"values": data}, "mark": {"type": "rect", "stroke": theme.muted()},
        "encoding": places | {
            "color": quantitative("value", title=title, scale=scale, legend=None),
            "tooltip": [nominal("x"), nominal("y"), quantitative("value")],
        },
    }  # fmt: skip
    texts = {
        "data": {"values": data}, "mark": {"type": "text", "fontWeight": "bold"},
        "encoding": places | {
            "text": quantitative("value", format=".0%"),
            "color": {"condition": {"test": "abs(datum.value - 0.5) > 0.2", "value": "#10151c"}, "value": theme.ink()},
        },
    }  # fmt: skip
    height = 34 * len({row["y"] for row in data}) + AROUND_PX + SLANTED_PX * slanted
    told = "; ".join(f"{row['y']}, {row['x']}: {row['value']:.0%}" for row in data)
    return theme.in_vega({"height": height, "layer": [cells, texts]}), f"{title}. {told}."


def quantitative(name: str, **more: Any) -> Spec:
    """Return Vega-Lite's channel for the numbers in the field *name*."""
    return {"field": name, "type": "quantitative", **more}


def nominal(name: str, **more: Any) -> Spec:
    """Return Vega-Lite's channel for the words in the field *name*."""
    return {"field": name, "type": "nominal", **more}


def _title(name: str) -> str:
    if name in TITLES:
        return TITLES[name]
    unit = NAMES[name][0]
    return f"{name} ({unit})" if unit else name


def _cycle(n: int) -> list[str]:
    colors = theme.series_colors()
    return [colors[i % len(colors)] for i in range(n)]
