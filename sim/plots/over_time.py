"""One run over time: requests answered and done, how busy each service was, how backlogs grew and drained.

A series is ``{(of, name): (times in seconds, values)}`` with one value a second; the names are those of
``sim.results.series``. A series that a run did not record is not drawn: a system without queues has no queue figure
(None).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.number_words import percent
from sim.plots import style
from sim.plots.style import Theme, Window

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Column = NDArray[np.float64]
Series = Mapping[tuple[str, str], tuple[Column, Column]]

FLOWS = (("arrivals", "arrived"), ("answered", "answered in time"), ("done", "done"), ("goodput", "both: goodput"))
"""Series per second and how they are called in a legend; drawn in this order."""

MOST_ROWS = 14
"""More services than this are not drawn in one figure: the busiest are, and the caption counts the rest."""


def workload_figure(
    series: Series, workloads: Sequence[str], windows: Sequence[Window], caption: str, look: Theme = style.LIGHT
) -> Figure:
    """Return arrivals, timely answers and done work per second, a row for each workload."""
    figure, axes = style.grid_of_axes(len(workloads), 1, 2.3, look)
    for i, (name, (one,)) in enumerate(zip(workloads, axes)):
        draw_flows(one, series, name, look)
        one.set_ylabel("requests per s")
        style.head(one, name, look)
        _finish(one, windows, look, named=i == 0)
        if i == 0:
            style.legend(one, look)
    style.title(figure, "Answered and done", look)
    style.caption(figure, caption, look)
    return figure


def draw_flows(axes: Axes, series: Series, workload: str, look: Theme) -> None:
    """Draw the flows of one workload: arrivals as an outline, goodput as an area, answered and done as lines."""
    for i, (name, words) in enumerate(FLOWS):
        if (workload, name) not in series:
            continue
        times, values = series[workload, name]
        if name == "arrivals":
            axes.plot(times, values, color=look.muted, linewidth=1.0, label=words)
        elif name == "goodput":
            axes.fill_between(times, values, step=None, color=look.cycle[2], alpha=0.28, linewidth=0, label=words)
        else:
            axes.plot(times, values, color=look.cycle[i - 1], linestyle=style.LINES[i - 1], linewidth=1.8, label=words)


def _finish(axes: Axes, windows: Sequence[Window], look: Theme, *, named: bool) -> None:
    """Fit the axes to the data, from zero, and shade the faults."""
    axes.margins(x=0.01)
    _, high = axes.get_ylim()
    axes.set_ylim(0, max(high, 1e-9) * 1.02)
    axes.set_xlim(*axes.get_xlim())
    style.shade_faults(axes, windows, look, named=named)


def _count_axis(axes: Axes) -> None:
    """Keep an almost empty axis from growing fractions."""
    axes.set_ylim(0, max(1.05, axes.get_ylim()[1]))
    axes.locator_params(axis="y", integer=True, nbins=5)


def service_figure(
    series: Series, services: Sequence[str], windows: Sequence[Window], caption: str, look: Theme = style.LIGHT
) -> Figure:
    """Return utilisation and waiting, a row for each service; of more than 14 the busiest, in the order given."""
    shown, left = _busiest(series, services)
    row_in = 1.75 if len(shown) <= 6 else 1.2
    figure, axes = style.grid_of_axes(len(shown), 2, row_in, look)
    for i, (name, (busy, line)) in enumerate(zip(shown, axes)):
        _draw(busy, series, name, "utilisation", look, 0, scale=100)
        _draw(line, series, name, "waiting", look, 1)  # both before the limits of their common axis are fixed
        if (name, "utilisation") not in series:
            busy.text(0.5, 0.5, "unlimited workers", transform=busy.transAxes, ha="center", color=look.muted)
        busy.set_ylabel("busy (%)" if row_in < 1.5 else "workers busy (%)")
        style.head(busy, name, look)
        _finish(busy, windows, look, named=i == 0)
        busy.set_ylim(0, 105)
        _replicas(busy, series, name, look)
        line.set_ylabel("waiting" if row_in < 1.5 else "requests waiting")
        _finish(line, windows, look, named=False)
        _count_axis(line)
    style.title(figure, "How busy, and how many wait", look)
    more = f" · {left} less busy service{'s' * (left != 1)} not shown" if left else ""
    style.caption(figure, caption + more, look)
    return figure


def _replicas(axes: Axes, series: Series, name: str, look: Theme) -> None:
    """Draw how many replicas there are, against an axis to the right; nothing where they do not come and go."""
    if (name, "replicas") not in series:
        return
    times, values = series[name, "replicas"]
    right = axes.twinx()
    right.plot(times, values, color=look.cycle[2], linestyle=style.LINES[2], linewidth=1.6, drawstyle="steps-post")
    right.set_ylim(0, float(values.max()) + 1)
    right.set_ylabel("replicas", color=look.cycle[2])
    right.tick_params(colors=look.cycle[2], length=0)
    right.locator_params(axis="y", integer=True, nbins=5)
    right.set_frame_on(False)
    right.grid(False)


def _busiest(series: Series, services: Sequence[str]) -> tuple[list[str], int]:
    def peak(name: str) -> float:
        values = series[name, "utilisation"][1] if (name, "utilisation") in series else np.zeros(1)
        return float(np.nanmax(values)) if len(values) else 0.0

    chosen = sorted(services, key=peak, reverse=True)[:MOST_ROWS]
    return [name for name in services if name in chosen], len(services) - len(chosen)


def _draw(
    axes: Axes, series: Series, of: str, name: str, look: Theme, i: int, *, label: str = "", scale: float = 1.0
) -> None:
    """Draw one series with a soft area below it; nothing if it was not recorded."""
    if (of, name) not in series:
        return
    times, values = series[of, name]
    color = look.cycle[i]
    axes.plot(times, values * scale, color=color, linestyle=style.LINES[i], linewidth=1.6, label=label or None)
    if i == 0:
        axes.fill_between(times, values * scale, color=color, alpha=0.15, linewidth=0)


def queue_figure(
    series: Series, queues: Sequence[str], windows: Sequence[Window], caption: str, look: Theme = style.LIGHT
) -> Figure | None:
    """Return backlog, deliveries in flight and the age of the oldest message, a row for each queue."""
    if not queues:
        return None
    figure, axes = style.grid_of_axes(len(queues), 2, 2.2, look)
    for i, (name, (depth, age)) in enumerate(zip(queues, axes)):
        _draw(depth, series, name, "backlog", look, 0, label="backlog")
        _draw(depth, series, name, "in flight", look, 1, label="in flight")
        depth.set_ylabel("messages")
        style.head(depth, name, look)
        _draw(age, series, name, "oldest age", look, 0)
        age.set_ylabel("age of the oldest (s)")
        for one in (depth, age):
            _finish(one, windows, look, named=i == 0 and one is depth)
            _count_axis(one)
        if i == 0 and depth.get_legend_handles_labels()[0]:
            style.legend(depth, look)
    style.title(figure, "Backlog and its age", look)
    style.caption(figure, caption, look)
    return figure


STATES = ("closed", "half-open", "open")
"""Of a breaker, from calm to alarm; their numbers in a series are 0, 0.5 and 1."""


def breaker_figure(
    series: Series, links: Sequence[str], windows: Sequence[Window], caption: str, look: Theme = style.LIGHT
) -> Figure | None:
    """Return the state of each circuit breaker, a row for each link that has one."""
    guarded = [link for link in links if (link, "breaker state") in series]
    if not guarded:
        return None
    figure, axes = style.grid_of_axes(len(guarded), 1, 1.5, look)
    for i, (link, (one,)) in enumerate(zip(guarded, axes)):
        times, values = series[link, "breaker state"]
        one.step(times, values, where="post", color=look.ink, linewidth=1.6)
        for level, hatch, color in ((0.5, "..", style.ORANGE), (1.0, "//", style.VERMILION)):
            at = np.isclose(values, level)
            until = at | np.append(False, at[:-1])  # a step lasts to the next instant
            one.fill_between(
                times, np.full_like(values, level), where=until, step="post", facecolor=(color, 0.35), hatch=hatch,
                edgecolor=(color, 0.9), linewidth=0,
            )  # fmt: skip
        one.set_yticks([0, 0.5, 1], STATES)
        one.set_ylabel("state")
        style.head(one, link, look)
        _finish(one, windows, look, named=i == 0)
        one.set_ylim(-0.08, 1.2)
    style.title(figure, "Circuit breakers", look)
    style.caption(figure, caption, look)
    return figure


OutcomeCounts = Mapping[tuple[str, str, str], int]
"""(outcome, where it arose, why) to the number of requests."""


def outcome_figure(
    series: Series, workloads: Sequence[str], counts: OutcomeCounts, windows: Sequence[Window], caption: str,
    look: Theme = style.LIGHT,
) -> Figure:  # fmt: skip
    """Return how requests ended: stacked over time for each workload, and what failed by where and why."""
    figure = style.empty_figure(1.3 + 2.1 * len(workloads) + _bars_in(counts), look)
    heights = [2.1] * len(workloads) + [_bars_in(counts)]
    axes = figure.subplots(len(heights), 1, gridspec_kw={"height_ratios": heights}, squeeze=False)[:, 0]
    seen: dict[str, Any] = {}
    for i, (name, one) in enumerate(zip(workloads, axes)):
        style.dress(one, look)
        seen |= _stack(one, series, name, look)
        one.set_ylabel("requests per s")
        one.set_xlabel("time (s)")
        style.head(one, name, look)
        _finish(one, windows, look, named=i == 0)
        if i:
            one.sharex(axes[0])
    found = axes[0].legend(
        list(seen.values()), list(seen), loc="lower right", bbox_to_anchor=(1, 0.99), ncols=9, frameon=False, fontsize=9
    )
    for text in found.get_texts():
        text.set_color(look.ink)
    style.dress(axes[-1], look)
    _failures(axes[-1], counts, look)
    style.title(figure, "How requests ended", look)
    style.caption(figure, caption, look)
    return figure


def _bars_in(counts: OutcomeCounts) -> float:
    return 0.5 + 0.26 * max(1, min(MOST_ROWS, len(_failed(counts))))


def _failed(counts: OutcomeCounts) -> list[tuple[tuple[str, str, str], int]]:
    bad = [(key, n) for key, n in counts.items() if key[0] not in ("ok",) and n]
    return sorted(bad, key=lambda item: (-item[1], item[0]))


def _stack(axes: Axes, series: Series, workload: str, look: Theme) -> dict[str, Any]:
    """Stack the outcomes that occur, ok at the bottom; return their legend handles."""
    handles: dict[str, Any] = {}
    base: Column | None = None
    for outcome, (color, hatch) in style.OUTCOME_LOOKS.items():
        times, values = series.get((workload, outcome), (np.zeros(0), np.zeros(0)))
        if not len(values) or not np.nansum(values):
            continue
        low = np.zeros_like(values) if base is None else base
        base = low + np.nan_to_num(values)
        handles[outcome] = axes.fill_between(
            times,
            low,
            base,
            step="mid",
            facecolor=(color, 0.8),
            hatch=hatch,
            edgecolor=(look.background, 0.8),
            linewidth=0,
        )
    return handles


def _failures(axes: Axes, counts: OutcomeCounts, look: Theme) -> None:
    """Draw bars of what was not ok, by outcome, place and reason, the largest on top."""
    rows = _failed(counts)[:MOST_ROWS]
    axes.grid(False, axis="y")
    axes.set_xlabel("requests")
    style.head(axes, "What was not ok, by where and why", look)
    if not rows:
        axes.set_yticks([])
        axes.text(0.5, 0.5, "every request was ok", transform=axes.transAxes, ha="center", va="center", color=look.ink)
        return
    total = sum(counts.values())
    for i, ((outcome, _, _), n) in enumerate(rows):
        color, hatch = style.OUTCOME_LOOKS[outcome]
        axes.barh(i, n, height=0.66, facecolor=(color, 0.8), hatch=hatch, edgecolor=(look.background, 0.8), linewidth=0)
        words = f"  {n:,} ({percent(n / total)})   {_place(*rows[i][0])}"
        axes.text(n, i, words, va="center", fontsize=9, color=look.ink)
    axes.set_yticks([])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, rows[0][1] * 1.8)


def _place(outcome: str, where: str, why: str) -> str:
    at = f" at {where}" if where else ""
    return f"{outcome}{at}" + (f": {why}" if why and why != outcome else "")
