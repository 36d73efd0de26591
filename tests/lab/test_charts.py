"""Charts: what is thinned keeps its extremes, and every chart says in words what it shows."""

from importlib.util import find_spec

import numpy as np
import pytest

import sim
from sim.results.series import Series, series

pytestmark = pytest.mark.skipif(find_spec("streamlit") is None, reason="streamlit is not installed")


def test_thinning_keeps_the_highest_and_the_lowest_value() -> None:
    from sim.lab.widgets.charts import thinned

    values = np.sin(np.arange(10_000) / 50) * 5
    values[7_777], values[1_234] = 99.0, -99.0
    kept = thinned(values, 400)
    assert len(kept) <= 400
    assert (7_777.0, 99.0) in kept and (1_234.0, -99.0) in kept
    assert [t for t, _ in kept] == sorted(t for t, _ in kept)


def test_a_chart_over_time_has_a_line_for_each_part_the_fault_and_words() -> None:
    from sim.lab.widgets.charts import over_time

    sides = {"this run": [Series("web", "waiting", np.array([0.0, 3.0, 1.0]))]}
    drawn = over_time("waiting", sides, [("slow <b>till</b>", 1.0, 2.0)], 3.0)
    assert drawn is not None
    spec, told = drawn
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["rect", "text", "line"]
    assert told == "waiting (visits) over time: web (this run) has its peak of 3 at 1 s."


def test_a_series_of_zeros_is_not_drawn() -> None:
    from sim.lab.widgets.charts import over_time

    assert over_time("waiting", {"this run": [Series("web", "waiting", np.zeros(5))]}, [], 5.0) is None


def test_every_series_of_a_run_can_be_drawn() -> None:
    from sim.lab.widgets.charts import over_time
    from sim.lab.widgets.panels import SERIES

    run = sim.run(sim.load("scenarios/poison_message.yaml").set("duration", "60s"), replications=1)
    found = series(run.record)
    drawn = [name for name in SERIES if over_time(name, {"this run": found}, [], 60.0) is not None]
    assert {"goodput", "backlog"} <= set(drawn)


def test_a_heat_map_carries_its_numbers_as_text() -> None:
    from sim.lab.widgets.charts import heat

    spec, told = heat([{"a": "x", "b": "y", "v": 0.25}, {"a": "x", "b": "z", "v": None}], "a", "b", "v", "Shares", True)
    assert told == "Shares. y, x: 25%."
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["rect", "text"]


def test_intervals_say_mean_and_ends() -> None:
    from sim.lab.widgets.charts import intervals

    _, told = intervals([{"what": "breaker", "mean": 90.0, "low": 88.0, "high": 92.0}], "what", "points")
    assert told == "points. breaker: 90, 88 to 92."


def test_what_is_drawn_is_valid_vega_lite() -> None:
    altair = pytest.importorskip("altair", reason="altair, which comes with streamlit, holds Vega-Lite's schema")
    from sim.lab.pages.trace import waterfall
    from sim.lab.widgets.charts import heat, intervals, over_time
    from sim.results.trace import Part, Span, Trace

    sides = {side: [Series("web", "waiting", np.array([0.0, 3.0, 1.0]))] for side in ("this run", "baseline")}
    parts = (Part("served", 0.0, 0.5), Part("waiting", 0.5, 1.0, wanted=False))
    span = Span("request", "web", "web", 0, 1, 0.0, 1.0, 1.0, "ok", "", "", False, parts)
    rows = [{"what": "breaker", "mean": 90.0, "low": 88.0, "high": 92.0}]
    for drawn in (
        over_time("waiting", sides, [("slow", 1.0, 2.0)], 3.0),
        intervals(rows, "what", "points", domain=(0, 100)),
        heat([{"a": "x", "b": "y", "v": 0.25}], "a", "b", "v", "Shares", True),
        waterfall(Trace(1, "clients", "get", (span,)), (span,)),
    ):
        assert drawn is not None
        altair.LayerChart.from_dict(drawn[0], validate=True)


def test_good_has_one_colour_in_every_map() -> None:
    from sim.lab.widgets.charts import heat

    rows = [{"a": "x", "b": "y", "v": 1.0}]
    served, missing = (heat(rows, "a", "b", "v", "Shares", good)[0] for good in (True, False))
    scales = [spec["layer"][0]["encoding"]["color"]["scale"]["range"] for spec in (served, missing)]
    assert scales[0] == scales[1][::-1] and scales[0][-1] == "#2FC79A", "all served and none missing are green"


def test_many_heads_are_slanted_so_that_they_do_not_overprint_each_other() -> None:
    from sim.lab.widgets.charts import heat

    kinds = ["crash silent", "partition silent", "cut silent", "crash refuse", "crash loop refuse 2s", "cut refuse"]
    spec, _ = heat([{"a": kind, "b": "y", "v": 0.5} for kind in kinds], "a", "b", "v", "Shares", False)
    assert spec["layer"][0]["encoding"]["x"]["axis"]["labelAngle"] < 0
