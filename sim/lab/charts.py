"""The lab's charts: series on the scenario's clock with fault windows shaded, intervals, and heat maps, in both themes.

Each returns a chart and a sentence that says the same to who cannot see it. Nothing is calculated here but what a
picture needs: thinning to what a screen can show, keeping each stretch's lowest and highest value.
"""

from __future__ import annotations

import gc
from typing import Any, Callable, Iterable, Sequence

import numpy as np
import streamlit as st

from sim.lab import theme
from sim.results.series import NAMES, Series
from sim.results.wording import number

MOST_POINTS = 600
"""Values of one line; what is longer is thinned."""
LEFT_PX = 62
"""The room of every chart's left axis, so that charts below each other share one clock."""

AROUND_PX = 95
"""What axis and legend take of a chart's height: Streamlit fits both into the height that is given."""

Window = tuple[str, float, float]


def show(key: tuple[object, ...], make: Callable[[], tuple[Any, str] | None]) -> None:
    """Draw the chart that *make* returns, or nothing; equal keys are made once, for all participants."""
    found = _kept((*key, theme.is_dark(), bool(st.session_state.get("projector"))), make)
    if found is not None:
        spec, told = found
        st.vega_lite_chart(spec=spec, theme=None, alt=told)


@st.cache_resource(show_spinner=False, max_entries=400)
def _kept(key: tuple[object, ...], _make: Callable[[], tuple[Any, str] | None]) -> tuple[dict[str, Any], str] | None:
    """Return a chart's specification, not the chart: to make and to check one takes a tenth of a second."""
    made = _make()
    gc.freeze()  # Altair's many classes, too: see ``sim.lab.runs``
    return None if made is None else (made[0].to_dict(), made[1])


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
) -> tuple[Any, str] | None:  # fmt: skip
    """Return the chart of one series *name*, a line for each part of each side, and its words; None without values.

    The first side is drawn in full, another one (the baseline) dashed.
    """
    import altair as alt

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
    parts: list[Any] = list(dict.fromkeys(row["part"] for row in rows))
    colors = theme.series_colors()
    x = alt.X("t:Q", title="time on the scenario's clock (s)", scale=alt.Scale(domain=[0, end_s], nice=False))
    y = alt.Y("value:Q", title=_title(name), axis=alt.Axis(minExtent=LEFT_PX, maxExtent=LEFT_PX, tickCount=4))
    step: Any = "step-after" if name == "breaker state" else "linear"
    lines = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(strokeWidth=2, interpolate=step)
        .encode(
            x=x, y=y,
            color=alt.Color("part:N", title=None, scale=alt.Scale(domain=parts, range=_cycle(colors, len(parts)))),
            strokeDash=alt.StrokeDash(
                "side:N", title=None, scale=alt.Scale(domain=list(sides), range=[[1, 0], [5, 3]][: len(sides)]),
                legend=alt.Legend() if len(sides) > 1 else None,
            ),
            opacity=alt.Opacity("side:N", legend=None, scale=alt.Scale(domain=list(sides), range=[1, 0.6])),
            tooltip=[alt.Tooltip("part:N"), alt.Tooltip("side:N"), alt.Tooltip("t:Q", title="s"),
                     alt.Tooltip("value:Q", title=_title(name), format=",.3~f")],
        )
    )  # fmt: skip
    chart = alt.layer(*_shades(windows), lines).properties(height=height_px)
    return theme.altair_theme(chart), f"{_title(name)} over time: {'; '.join(told)}."


def _shades(windows: Iterable[Window]) -> list[Any]:
    """Return the fault windows as shaded and named stretches."""
    import altair as alt

    values = [{"name": name, "begin": begin, "end": end} for name, begin, end in windows]
    if not values:
        return []
    base = alt.Chart(alt.InlineData(values=values))
    shade = base.mark_rect(color=theme.ORANGE, opacity=0.2, stroke=theme.ORANGE, strokeDash=[4, 3]).encode(
        x="begin:Q", x2="end:Q", tooltip=[alt.Tooltip("name:N", title="fault")]
    )
    name = base.mark_text(align="left", baseline="top", dx=3, dy=2, fontStyle="italic", color=theme.ink()).encode(
        x="begin:Q", y=alt.value(0), text="name:N"
    )
    return [shade, name]


def intervals(
    rows: list[dict[str, Any]], label: str, title: str, zero: bool = True, domain: tuple[float, float] | None = None
) -> tuple[Any, str]:  # fmt: skip
    """Return points with their 95 % intervals, a row each: *rows* have *label*, mean, low, high (None: no interval)."""
    import altair as alt

    data = [
        {"label": row[label], "mean": row["mean"], "low": row["low"] if row["low"] is not None else row["mean"],
         "high": row["high"] if row["high"] is not None else row["mean"]}
        for row in rows if row["mean"] is not None
    ]  # fmt: skip
    order = [row["label"] for row in data]
    y = alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=260))
    base = alt.Chart(alt.InlineData(values=data))
    color = theme.series_colors()[0]
    scale = alt.Undefined if domain is None else alt.Scale(domain=list(domain), clamp=True)
    x = alt.X("low:Q", title=title, scale=scale)
    bars = base.mark_rule(strokeWidth=3, color=color).encode(x=x, x2="high:Q", y=y)
    points = base.mark_point(filled=True, size=110, color=color, shape="diamond", opacity=1).encode(
        x="mean:Q", y=y,
        tooltip=["label:N", *(alt.Tooltip(f"{name}:Q", format=",.3~f") for name in ("mean", "low", "high"))],
    )  # fmt: skip
    layers = [bars, points]
    if zero:
        rule = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(color=theme.ink(), strokeDash=[3, 3])
        layers.insert(0, rule.encode(x="zero:Q"))
    told = "; ".join(
        f"{row['label']}: {number(row['mean'])}, {number(row['low'])} to {number(row['high'])}" for row in data
    )
    chart = alt.layer(*layers).properties(height=34 * len(data) + AROUND_PX)
    return theme.altair_theme(chart), f"{title}. {told}."


def heat(
    rows: list[dict[str, Any]], x: str, y: str, value: str, title: str, share: bool = True
) -> tuple[Any, str]:  # fmt: skip
    """Return a heat map whose cells also carry their number; *rows* have *x*, *y* and *value* (None: no cell)."""
    import altair as alt

    data = [{"x": row[x], "y": row[y], "value": row[value]} for row in rows if row[value] is not None]
    scale = alt.Scale(scheme="cividis", domain=[0, 1]) if share else alt.Scale(scheme="cividis")
    middle = 0.5 if share else (max((row["value"] for row in data), default=0.0)) / 2
    base = alt.Chart(alt.InlineData(values=data)).encode(
        x=alt.X("x:N", sort=list(dict.fromkeys(row["x"] for row in data)), title=None,
                axis=alt.Axis(orient="top", labelAngle=0, labelLimit=160)),
        y=alt.Y("y:N", sort=list(dict.fromkeys(row["y"] for row in data)), title=None, axis=alt.Axis(labelLimit=320)),
    )  # fmt: skip
    cells = base.mark_rect(stroke=theme.muted()).encode(
        color=alt.Color("value:Q", title=title, scale=scale, legend=None), tooltip=["x:N", "y:N", "value:Q"]
    )
    texts = base.mark_text(fontWeight="bold").encode(
        text=alt.Text("value:Q", format=".0%" if share else ",.3~g"),
        color=alt.condition(alt.datum.value > middle, alt.value("#10151c"), alt.value("#ffffff")),
    )
    height = 34 * len({row["y"] for row in data}) + AROUND_PX
    told = "; ".join(f"{row['y']}, {row['x']}: {row['value']:.0%}" if share else
                     f"{row['y']}, {row['x']}: {number(row['value'])}" for row in data)  # fmt: skip
    return theme.altair_theme(alt.layer(cells, texts).properties(height=height)), f"{title}. {told}."


def _title(name: str) -> str:
    unit = NAMES[name][0]
    return f"{name} ({unit})" if unit else name


def _cycle(colors: list[str], n: int) -> list[str]:
    return [colors[i % len(colors)] for i in range(n)]
