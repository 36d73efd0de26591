"""Windows of several spans against counting by hand, and their cost: intervals plus spans, not their product."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.run import play
from sim.results.book import Book
from sim.results.index.columns import GroupedRows
from sim.results.index.windows import Window
from sim.results.measures.registry import measures_of
from sim.scenario.loading import loads

UNTIMED = settings(deadline=None, derandomize=True, database=None)

EIGHTHS = st.integers(0, 64).map(lambda n: n / 8)
"""Times on a grid of eighths, so that every sum is exact."""

MANY_OUTAGES = """
version: 1
title: Many outages
question: How does the time that measuring takes grow with the number of outages?
duration: {duration}s
workload: {{users: {{calls: web.get, rate: 1/s, deadline: 1s}}}}
services: {{web: {{workers: 4, waiting: 8, operations: {{get: [{{work: exponential 10ms}}]}}}}}}
faults: {{hiccup: {{pause: web, up: 24s, down: 1s}}}}
"""


@st.composite
def spans(draw: st.DrawFn) -> tuple[tuple[float, float], ...]:
    edges = sorted(draw(st.sets(EIGHTHS, max_size=12)))
    return tuple(zip(edges[::2], edges[1::2], strict=False))


@UNTIMED
@given(spans(), st.lists(st.tuples(EIGHTHS, EIGHTHS | st.just(np.inf)), max_size=12))
def test_area_over_several_spans_is_the_sum_over_each(cut, pairs):
    starts, ends = np.array([begin for begin, _ in pairs], float), np.array([end for _, end in pairs], float)
    each = [sum(max(min(e, high) - max(s, low), 0.0) for low, high in cut) for s, e in pairs]
    window = Window("w", cut)
    assert window.area_s(starts, ends) == sum(each)
    assert window.lengths_s(starts, ends).tolist() == each


@UNTIMED
@given(spans(), st.lists(EIGHTHS | st.sampled_from([np.inf, np.nan]), max_size=12))
def test_a_window_holds_the_begins_of_its_spans_and_not_their_ends(cut, times):
    inside = Window("w", cut).holds(np.array(times, float))
    assert inside.tolist() == [any(low <= at < high for low, high in cut) for at in times]


@UNTIMED
@given(spans(), st.lists(st.tuples(st.integers(-1, 2), EIGHTHS), max_size=20))
def test_the_rows_of_a_group_within_several_spans_come_in_order_of_time(cut, rows):
    codes, times = np.array([code for code, _ in rows], int), np.array([at for _, at in rows], float)
    found = GroupedRows(codes, 3, times).within(1, cut)
    wanted = [i for i in np.lexsort((times, codes)) if codes[i] == 1 and any(a <= times[i] < b for a, b in cut)]
    assert found.tolist() == wanted


class Weighed(np.ndarray):
    """An array that counts how many elements numpy's functions are given or return."""

    elements = 0

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        plain = [np.asarray(one) for one in inputs]
        if "out" in kwargs:
            kwargs["out"] = tuple(np.asarray(one) for one in kwargs["out"])
        return _weigh(getattr(ufunc, method)(*plain, **kwargs), plain)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        result = super().__array_function__(func, (Weighed,), args, kwargs)
        return _weigh(result, args)


def _weigh(result: Any, inputs: Any) -> Any:
    arrays = [one for one in (*inputs, result) if isinstance(one, np.ndarray)]
    Weighed.elements += max((array.size for array in arrays), default=0)
    return np.asarray(result).view(Weighed) if isinstance(result, np.ndarray) else result


def elements_for(number: int) -> int:
    """Return how many elements are handled for *number* spans, and three intervals in each."""
    window = Window("w", tuple((25.0 * i, 25.0 * i + 1.0) for i in range(number)))
    starts = np.arange(0.0, 25.0 * number, 8.0).view(Weighed)
    ends = (starts + 40.0).view(Weighed)
    Weighed.elements = 0
    window.area_s(starts, ends)
    window.lengths_s(starts, ends)
    window.holds(starts)
    GroupedRows(np.zeros(len(starts), int), 1, starts).within(0, window.spans)
    return Weighed.elements


def test_the_work_of_measuring_windows_grows_in_proportion_to_their_spans():
    few, many = elements_for(400), elements_for(1600)
    assert few > 400
    assert many < 4.5 * few


@pytest.mark.slow
def test_measuring_four_times_as_many_outages_takes_about_four_times_as_long():
    """Quadratic growth would be sixteen times; the processor's time is asked, not the clock's."""
    spent = {}
    for outages in (800, 3200):
        record = play(loads(MANY_OUTAGES.format(duration=25 * outages)).resolve())
        begin = time.process_time()
        measures_of(Book(record))
        spent[outages] = time.process_time() - begin
    assert spent[3200] < 8 * spent[800]
