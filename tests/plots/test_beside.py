"""A formula beside what was measured: marks where the runs are, bars as long as intervals, words for a picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

import sim
from sim.plots.beside import beside, measured
from sim.plots.picture import Picture

ROWS = [{"mean": 2.0, "low": 1.0, "high": 4.0}, {"mean": 3.0, "low": None, "high": None}]
LOOKS = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


def drawn(**options: Any) -> Figure:
    points = {"measured": ([1, 2], ROWS)}
    return beside(points, {"formula": ([0, 3], [0, 3])}, "A title", "load (%)", "wait (ms)", "seed 1", **options)


@LOOKS
def test_it_has_units_a_title_a_caption_and_a_legend_that_names_both(dark: bool) -> None:
    figure = drawn(dark=dark)
    axes = figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("load (%)", "wait (ms)")
    assert figure.get_suptitle() == "A title" and figure.get_supxlabel() == "seed 1"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["formula", "measured"]


def test_marks_stand_where_they_were_measured_with_bars_from_low_to_high() -> None:
    marks, _, (bars,) = drawn(scale=1000).axes[0].containers[0]
    assert marks.get_ydata().tolist() == [2000, 3000]
    assert [segment[:, 1].tolist() for segment in bars.get_segments()] == [[1000, 4000], [3000, 3000]]


def test_a_formula_and_its_measurement_share_a_colour_but_not_a_shape() -> None:
    axes = drawn().axes[0]
    curve, marks = axes.lines[0], axes.containers[0][0]
    assert curve.get_color() == marks.get_color()
    assert curve.get_linestyle() == "-" and marks.get_linestyle() == "None" and marks.get_marker() == "o"


def test_an_axis_begins_at_zero_unless_it_counts_powers_of_ten() -> None:
    assert drawn(top=5).axes[0].get_ylim() == (0, 5)
    assert drawn(log=True).axes[0].get_yscale() == "log"


def test_measured_finds_the_row_of_a_run_or_names_what_there_is_not() -> None:
    services = {"till": {"workers": 1, "waiting": 5, "operations": {"pay": [{"work": "10ms"}]}}}
    shop = sim.Scenario(
        version=1, title="T", question="Q?", lesson="L", duration="10s", replications=2,
        workload={"all": {"calls": "till.pay", "rate": "5/s"}}, services=services,
    )  # fmt: skip
    run = sim.run(shop)
    row = measured(run, "goodput ratio", "all")
    assert row["mean"] == run.value("goodput ratio", "all") and row["runs"] == 2
    with pytest.raises(KeyError, match="no measure 'good' of 'all' during 'all'"):
        measured(run, "good", "all")


def test_a_picture_carries_words_and_is_the_same_bytes_each_time() -> None:
    one, other = Picture(drawn(), 'wait "explodes" <here>'), Picture(drawn(), 'wait "explodes" <here>')
    assert one._repr_html_() == other._repr_html_()
    assert 'alt="wait &#34;explodes&#34; &lt;here&gt;"' in one._repr_html_()
    assert repr(one) == 'Picture: wait "explodes" <here>'
    assert one.png().startswith(b"\x89PNG") and b"Software" not in one.png()
    assert np.frombuffer(one.png()[16:24], ">u4").tolist()[0] == 1200
