"""Figures have units on their axes, shaded and named faults, a caption, and say in words what colours say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.diagram.system import Arrow, Drawing, Node, drawing_of
from sim.plots import over_time, style
from sim.plots.compare import Side, comparison
from sim.plots.system import system_figure
from sim.scenario.models import Scenario

TIMES = np.arange(100.0)
FAULT = [("payments slow", 30.0, 50.0), ("cut", 45.0, 60.0)]
CAPTION = style.caption_text(7, 12000)
LOOKS = pytest.mark.parametrize("look", [style.LIGHT, style.DARK], ids=["light", "dark"])


def column(low: float, high: float) -> tuple[Any, Any]:
    return TIMES, np.where((TIMES >= 30) & (TIMES < 50), low, high)


SERIES = {
    **{("shop", name): column(2.0, 100.0) for name in ("answered", "done", "goodput", "ok")},
    ("shop", "arrivals"): column(100.0, 100.0), ("shop", "timeout"): column(98.0, 0.0),
    **{(name, "utilisation"): column(1.0, 0.3) for name in ("web", "payments")},
    **{(name, "waiting"): column(64.0, 0.0) for name in ("web", "payments")},
    ("jobs", "backlog"): column(2000.0, 0.0), ("jobs", "in flight"): column(8.0, 4.0),
    ("jobs", "oldest age"): column(20.0, 0.0), ("web -> payments", "breaker state"): column(1.0, 0.0),
}  # fmt: skip


def rendered(figure: Any) -> Any:
    """Draw the figure for good, so that whatever would warn or fail does."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure).draw()
    assert figure.get_size_inches()[0] * figure.dpi >= 1200
    return figure


def shades(axes: Any) -> list[Any]:
    return [patch for patch in axes.patches if patch.get_gid() == "fault"]


def words(figure: Any) -> list[str]:
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def check_time_axes(figure: Any, panels: int) -> None:
    assert len(figure.axes) == panels
    for axes in figure.axes:
        assert axes.get_ylabel() and len(shades(axes)) == 2
    assert any(axes.get_xlabel() == "time (s)" for axes in figure.axes)
    names = [text.get_text() for text in figure.axes[0].texts if text.get_gid() == "fault name"]
    assert names == ["payments slow", "cut"]
    assert figure.get_supxlabel() == "seed 7 · n = 12,000 requests"


@LOOKS
def test_flows_services_queues_and_breakers_are_drawn_over_time(look: style.Theme) -> None:
    check_time_axes(rendered(over_time.workload_figure(SERIES, ["shop"], FAULT, CAPTION, look)), 1)
    check_time_axes(rendered(over_time.service_figure(SERIES, ["web", "payments"], FAULT, CAPTION, look)), 4)
    queues = over_time.queue_figure(SERIES, ["jobs"], FAULT, CAPTION, look)
    check_time_axes(rendered(queues), 2)
    breakers = over_time.breaker_figure(SERIES, ["web -> payments"], FAULT, CAPTION, look)
    check_time_axes(rendered(breakers), 1)
    assert [label.get_text() for label in breakers.axes[0].get_yticklabels()] == ["closed", "half-open", "open"]


def test_what_was_not_recorded_has_no_figure() -> None:
    assert over_time.queue_figure(SERIES, [], FAULT, CAPTION) is None
    assert over_time.breaker_figure({}, ["a -> b"], FAULT, CAPTION) is None


def test_the_names_of_overlapping_faults_stand_below_each_other() -> None:
    figure = rendered(over_time.workload_figure(SERIES, ["shop"], FAULT, CAPTION))
    first, second = (t.get_window_extent() for t in figure.axes[0].texts if t.get_gid() == "fault name")
    assert second.y1 <= first.y0 + 4


def test_a_fault_that_comes_often_is_shaded_each_time_and_named_once() -> None:
    often = [("out", 10.0 * i, 10.0 * i + 2) for i in range(1, 9)]
    figure = rendered(over_time.workload_figure(SERIES, ["shop"], [*often, *FAULT], CAPTION))
    assert len(shades(figure.axes[0])) == 10
    names = [text.get_text() for text in figure.axes[0].texts if text.get_gid() == "fault name"]
    assert names == ["out", "payments slow", "cut"]


@pytest.mark.slow
def test_many_services_are_cut_to_the_busiest_and_counted() -> None:
    series = {(f"s{i}", "utilisation"): (TIMES, np.full(100, i / 40)) for i in range(20)}
    figure = rendered(over_time.service_figure(series, [f"s{i}" for i in range(20)], [], "seed 1"))
    assert figure.axes[0].get_title(loc="left") == "s6" and "6 less busy services not shown" in figure.get_supxlabel()


def test_a_service_with_unlimited_workers_says_so_and_leaves_time_to_the_others() -> None:
    series = {key: value for key, value in SERIES.items() if key != ("web", "utilisation")}
    figure = rendered(over_time.service_figure(series, ["web", "payments"], FAULT, CAPTION))
    assert [text.get_text() for text in figure.axes[0].texts if "workers" in text.get_text()] == ["unlimited workers"]
    assert all(axes.get_xlim()[1] >= TIMES[-1] for axes in figure.axes)


@LOOKS
def test_replicas_that_come_and_go_are_counted_on_an_axis_to_the_right(look: style.Theme) -> None:
    series = {("web", "utilisation"): (TIMES, np.full(100, 0.5)), ("web", "replicas"): (TIMES, np.full(100, 7.0))}
    figure = rendered(over_time.service_figure(series, ["web"], FAULT, CAPTION, look))
    right = next(axes for axes in figure.axes if axes.get_ylabel() == "replicas")
    assert right.lines[0].get_ydata().max() == 7 and right.yaxis.get_label_position() == "right"
    plain = rendered(over_time.service_figure(SERIES, ["web"], FAULT, CAPTION, look))
    assert "replicas" not in [axes.get_ylabel() for axes in plain.axes]


@LOOKS
def test_outcomes_are_told_by_where_and_why(look: style.Theme) -> None:
    counts = {("ok", "", ""): 8000, ("timeout", "shop", "deadline"): 1960, ("error", "web", "fail step"): 40}
    figure = rendered(over_time.outcome_figure(SERIES, ["shop"], counts, FAULT, CAPTION, look))
    assert [text.get_text().split() for text in figure.axes[1].texts] == [
        "1,960 (20%) timeout at shop: deadline".split(), "40 (0.40%) error at web: fail step".split(),
    ]  # fmt: skip
    assert len(shades(figure.axes[0])) == 2
    nothing = rendered(over_time.outcome_figure(SERIES, ["shop"], {("ok", "", ""): 5}, [], CAPTION, look))
    assert "every request was ok" in words(nothing)


@LOOKS
def test_variants_share_their_axes_and_say_their_numbers(look: style.Theme) -> None:
    calm = {key: column(100.0, 100.0) for key in SERIES if key[0] == "shop"}
    sides = [
        Side("synchronous", SERIES, FAULT, {"shop": ("in the fault:", "answered 2.0%", "both 1.0%")}),
        Side("asynchronous", calm, FAULT, {}),
    ]
    figure = rendered(comparison(sides, ["shop"], "Hero", CAPTION, look))
    one, other = figure.axes
    assert one.get_ylim() == other.get_ylim() and one.get_xlim() == other.get_xlim()
    assert len(shades(one)) == len(shades(other)) == 2
    assert "in the fault: answered 2.0% · both 1.0%" in words(figure)
    assert "asynchronous: shop" in words(figure)


SYSTEM = {
    "version": 1, "title": "Shop", "duration": "10s", "workload": {"shop": {"calls": "web.buy", "rate": "10/s"}},
    "services": {
        "web": {"workers": 4, "operations": {"buy": [{"call": "payments.charge"}, {"send": "jobs"}]}},
        "payments": {"replicas": 2, "workers": 4, "operations": {"charge": [{"work": "40ms"}]}},
        "worker": {"workers": 1, "consumes": {"jobs": "do"}, "operations": {"do": [{"work": "1ms"}]}},
    },
    "queues": {"jobs": {"max deliveries": 5, "dead letters": "bad"}, "bad": {}},
    "links": {"web -> payments": {"timeout": "1500ms", "retry": {"max attempts": 3}, "breaker": {}}},
    "faults": {"payments slow": {"slow": "payments", "by": "10x", "at": "1s", "for": "2s"}},
}  # fmt: skip


@LOOKS
def test_the_system_says_its_state_in_words_and_shapes(look: style.Theme) -> None:
    measured = {
        ("utilisation", "payments"): 1.0, ("waiting mean", "payments"): 12.0,
        ("attempt ok ratio", "web -> payments"): 0.25,
        ("backlog peak", "jobs"): 2400.0, ("goodput ratio", "shop"): 0.02, ("utilisation", "web"): None,
    }  # fmt: skip
    drawing = drawing_of(Scenario.model_validate(SYSTEM), measured, ["payments slow"])
    figure = rendered(system_figure(drawing, "Shop: during the fault", CAPTION, look))
    found = words(figure)
    for text in ("10x slower", "2 × 4 workers", "busy 100% · 12 waiting", "backlog up to 2,400", "2.0% good", CAPTION):
        assert text in found
    assert "timeout 1.5 s\n3 attempts\nbreaker: 5 failed in a row\nopens for 30 s\n75% failed" in found
    gids = [patch.get_gid() for patch in figure.axes[0].patches]
    assert gids.count("service") == 3 and gids.count("queue") == 4 and gids.count("workload") == 1
    assert gids.count("link") == 5
    dashed = [patch for patch in figure.axes[0].patches if patch.get_gid() == "link" and patch.get_linewidth() > 2]
    assert len(dashed) == 1


def test_no_two_boxes_of_a_drawing_overlap() -> None:
    nodes = (Node("users", "workload"), *(Node(f"s{i}", "service", "1 × 2 workers", "", 0.5) for i in range(11)))
    arrows = (Arrow("users", "s0"), *(Arrow("s0", f"s{i}", policies=("timeout 1 s",)) for i in range(1, 11)))
    figure = rendered(system_figure(Drawing(nodes, arrows), "Fan", CAPTION))
    boxes = [p.get_window_extent() for p in figure.axes[0].patches if p.get_gid() in ("service", "workload")]
    assert len(boxes) == 12
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


def test_a_call_back_and_a_call_to_itself_are_drawn() -> None:
    nodes = (Node("a", "service"), Node("b", "service"))
    arrows = (Arrow("a", "b"), Arrow("b", "a", trouble="cut"), Arrow("b", "b"))
    figure = rendered(system_figure(Drawing(nodes, arrows), "Circle", CAPTION))
    assert [p.get_gid() for p in figure.axes[0].patches].count("link") == 3


def test_drawing_leaves_pyplot_alone() -> None:
    import subprocess
    import sys

    code = (
        "import sys, sim.plots as plots\n"
        "assert 'matplotlib' not in sys.modules\n"
        "from sim.diagram.system import Drawing, Node\n"
        "from sim.plots.system import system_figure\n"
        "system_figure(Drawing((Node('a', 'service'),), ()), 't', 'c').savefig(sys.argv[1])\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, "/dev/null"], check=True, input=b"")
