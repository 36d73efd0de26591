"""Load stepped up and down: the steps, the knees, the loop, and two systems of which one remembers its collapse."""

from __future__ import annotations

import json

import pytest

import sim
from sim.experiments.hysteresis import Hysteresis, Step, hysteresis
from sim.export.hysteresis import hysteresis_document, of_hysteresis
from sim.export.summary import to_json

DOOR = """
version: 1
title: Door
duration: 20s
warmup: 2s
seed: 3
replications: 2
workload:
  guests: {calls: door.open, rate: 1/s, arrivals: regular, deadline: 1s}
  staff: {calls: door.open, users: 1, think: 8s}
services:
  door: {workers: 2, waiting: 1, operations: {open: [{work: 500ms}]}}
faults: {closed: {crash: door, mode: refuse, at: 8s, for: 4s}}
"""


@pytest.fixture(scope="module")
def door() -> Hysteresis:
    """Two workers that serve 4/s, with room for one who waits: what is beyond is turned away at once."""
    return hysteresis(sim.loads(DOOR), "guests", "2/s", 8, steps=4, step_for="16s")


def test_the_load_goes_up_in_equal_steps_and_down_again(door: Hysteresis) -> None:
    assert [step.rate_per_s for step in door.up] == [2.0, 4.0, 6.0, 8.0]
    assert [step.rate_per_s for step in door.down] == [6.0, 4.0, 2.0]
    assert [(step.begin_s, step.end_s) for step in door.steps] == [(16.0 * i + 8, 16.0 * (i + 1)) for i in range(7)]
    record = door.run.record
    assert (record.duration_s, record.warmup_s, record.windows) == (7 * 16.0, 0.0, []), "its own fault is out"
    for step in door.steps:
        guests = record.requests["workload"] == record.workloads.index("guests")
        came = (record.requests["arrived_at"] >= step.begin_s) & (record.requests["arrived_at"] < step.end_s) & guests
        assert abs(came.sum() - 8 * step.rate_per_s) <= 1, "regular arrivals"


def test_a_bounded_line_has_no_memory(door: Hysteresis) -> None:
    assert door.knees_up == [6.0, 6.0] and door.knees_down == [4.0, 4.0]
    assert door.widths == [0.0, 0.0] and not door.has_loop and door.width.mean == 0.0
    text = of_hysteresis(door)
    assert "service is lost (below 95 %) at 6 /s." in text and "it is good again at 4 /s.\nThere is no loop." in text


@pytest.mark.parametrize(
    "asked, message",
    [
        (("staff", "1/s", "2/s"), "workload must name a workload with a rate"),
        (("gusets", "1/s", "2/s"), "did you mean 'guests'"),
        (("guests", "2/s", "2/s"), "high must lie above the lowest rate"),
        (("guests", "0/s", "2/s"), "high must lie above the lowest rate"),
        (("guests", "1", "2/s"), "unit"),
        (("guests", "1/s", "2/s", 1), "steps must be at least 2"),
        (("guests", "1/s", "2/s", 3, 0), "step must be longer than nothing"),
    ],
)
def test_steps_that_cannot_be_meant_are_refused(asked: tuple[object, ...], message: str) -> None:
    with pytest.raises(sim.ParameterError, match=message):
        hysteresis(sim.loads(DOOR), *asked)  # type: ignore[arg-type]


def made_of(door: Hysteresis, up: list[list[float | None]], down: list[list[float | None]]) -> Hysteresis:
    """A hysteresis with these goodputs (by step, then by replication) at loads of 1, 2, 3… a second."""
    loads = [(rate, "up") for rate in range(1, len(up) + 1)] + [(rate, "down") for rate in range(len(down), 0, -1)]
    steps = [Step(way, rate, 0, 1, tuple(one)) for (rate, way), one in zip(loads, [*up, *down], strict=True)]
    return Hysteresis("guests", door.run, tuple(steps))


def test_knees_and_width_by_hand(door: Hysteresis) -> None:
    ok, bad = [1.0, 1.0], [0.2, 0.2]
    loop = made_of(door, [ok, ok, ok, bad], [bad, bad, ok])
    assert (loop.knees_up, loop.knees_down, loop.widths) == ([4, 4], [1, 1], [2, 2]) and loop.has_loop
    gone = made_of(door, [ok, ok, ok, bad], [bad, bad, bad])
    assert (gone.knees_down, gone.widths) == ([None, None], [3, 3])
    assert "On the way down it is good again: never.\nThe loop is 3 /s wide." in of_hysteresis(gone)
    never = made_of(door, [ok, ok, ok, ok], [ok, ok, ok])
    assert (never.knees_up, never.knees_down, never.widths) == ([None] * 2, [None] * 2, [0, 0])
    assert "On the way up service is lost (below 95 %): never." in of_hysteresis(never)
    assert "There is no loop." in of_hysteresis(never)
    mixed = made_of(door, [[1.0, 1.0], [1.0, 0.5]], [[1.0, 1.0]])
    assert (mixed.knees_up, mixed.knees_down, mixed.has_loop) == ([None, 2], [None, 1], False)
    quiet = made_of(door, [[None, None], bad], [ok])
    assert quiet.knees_up == [2, 2], "a step in which nobody came is as good as any"


@pytest.mark.slow
def test_retries_make_a_loop_and_their_absence_none() -> None:
    storm = sim.load("scenarios/retry_storm.yaml")
    found = {
        variant: hysteresis(storm, "clients", "1/s", "9/s", 9, "100s", variant, replications=3)
        for variant in ("storm", "no retries")
    }
    assert found["storm"].has_loop and min(found["storm"].widths) >= 5
    assert found["storm"].knees_down == [None] * 3, "1/s do not drain what 5 attempts each have piled up"
    assert not found["no retries"].has_loop and found["no retries"].widths == [0.0] * 3


def test_the_table_the_document_and_the_picture_say_the_same(door: Hysteresis) -> None:
    assert list(door.table["way"]) == ["up"] * 4 + ["down"] * 3
    document = json.loads(to_json(hysteresis_document(door)))
    assert [step["values"] for step in document["steps"]] == [list(step.goodput) for step in door.steps]
    assert document["knees up"] == [6.0, 6.0] and document["loop"]["mean"] == 0.0
    assert "<table" in door._repr_html_() and "loop of 0/s" in repr(door)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_figure_draws_both_ways_and_the_knees(door: Hysteresis, dark: bool) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = door.plot(dark)
    FigureCanvasAgg(figure).draw()
    (axes,) = figure.axes
    drawn = {line.get_gid(): list(line.get_xdata()) for line in axes.lines}
    assert drawn["load going up"] == [2, 4, 6, 8] and drawn["load going down"] == [8, 6, 4, 2]
    assert len([line for line in axes.lines if line.get_gid() == "knee"]) == 2
    assert figure.get_suptitle() == "Door: no loop" and "second half" in figure.get_supxlabel()
