"""Areas and levels against counting by hand, instant by instant."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.results.index.columns import GroupedRows, rows_of
from sim.results.index.intervals import area_s, areas_per_second, levels_at, lowest_at, peak, steps
from sim.results.index.step_blocks import areas, step_blocks

UNTIMED = settings(deadline=None, derandomize=True, database=None)

SECONDS = 8
EIGHTHS = st.integers(0, SECONDS * 8).map(lambda n: n / 8)
"""Times on a grid of eighths, so that a level is constant between neighbours and every sum is exact."""


@st.composite
def intervals(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    pairs = draw(st.lists(st.tuples(EIGHTHS, EIGHTHS), max_size=12))
    starts = np.array([min(pair) for pair in pairs], np.float64)
    ends = np.array([max(pair) for pair in pairs], np.float64)
    if len(ends) and draw(st.booleans()):
        ends[-1] = np.inf
    return starts, ends


def level(at: float, starts: np.ndarray, ends: np.ndarray) -> int:
    return sum(start <= at < end for start, end in zip(starts.tolist(), ends.tolist(), strict=True))


@UNTIMED
@given(intervals(), EIGHTHS, EIGHTHS)
def test_area_is_the_sum_of_levels(some, a, b):
    begin, end = min(a, b), max(a, b)
    grid = np.arange(begin, end, 1 / 8)
    assert area_s(*some, begin, end) == sum(level(at, *some) / 8 for at in grid)


@UNTIMED
@given(intervals())
def test_areas_per_second_are_areas(some):
    found = areas_per_second(*some, SECONDS)[0]
    assert found.tolist() == [area_s(*some, k, k + 1) for k in range(SECONDS)]


@UNTIMED
@given(intervals())
def test_levels_and_steps_and_peaks_agree_with_counting(some):
    grid = np.arange(0, SECONDS, 1 / 8)
    counted = [level(at, *some) for at in grid]
    assert levels_at(grid, *some)[0].tolist() == counted
    times, levels = steps(*some)
    stepped = np.append(0, levels)[np.searchsorted(times, grid, side="right")]
    assert stepped.tolist() == counted
    assert peak(times, levels, 2.0, 6.0) == max(counted[16:48])


@UNTIMED
@given(intervals(), st.integers(1, 6))
def test_steps_in_blocks_are_the_steps(some, size):
    times, levels = steps(*some)
    blocks = list(step_blocks(*map(np.sort, some), size))
    assert [at for block, _ in blocks for at in block] == times.tolist()
    assert [level for _, block in blocks for level in block] == levels.tolist()
    assert [area for block in areas(blocks) for area in block] == (levels[:-1] * np.diff(times)).tolist()


@UNTIMED
@given(intervals())
def test_groups_are_kept_apart(some):
    codes = np.arange(len(some[0])) % 3
    grid = np.arange(0, SECONDS, 1 / 4)
    for group in range(3):
        mine = (some[0][codes == group], some[1][codes == group])
        assert levels_at(grid, *some, codes, 3)[group].tolist() == levels_at(grid, *mine)[0].tolist()
        assert (
            areas_per_second(*some, SECONDS, codes, 3)[group].tolist() == areas_per_second(*mine, SECONDS)[0].tolist()
        )


@UNTIMED
@given(intervals())
def test_the_lowest_value_is_that_of_the_open_intervals(some):
    grid = np.arange(0, SECONDS, 1 / 4)
    values = some[0] * 3 % 7
    expected = [min((v for s, e, v in zip(*some, values, strict=True) if s <= at < e), default=np.inf) for at in grid]
    assert lowest_at(grid, *some, values).tolist() == expected


def test_an_interval_of_no_length_is_nowhere():
    times, levels = steps(np.array([1.0, 2.0]), np.array([1.0, 3.0]))
    assert (times.tolist(), levels.tolist()) == ([1.0, 2.0, 3.0], [0, 1, 0])


def test_a_release_and_the_next_start_at_one_instant_do_not_overlap():
    assert steps(np.array([0.0, 1.0]), np.array([1.0, 2.0]))[1].max() == 1


def test_rows_are_found_by_id_in_any_order():
    assert rows_of(np.array([7, 3, 5]), np.array([3, 4, 7, 9, -1])).tolist() == [1, -1, 0, -1, -1]
    assert rows_of(np.array([], np.int64), np.array([1])).tolist() == [-1]


def test_a_shelf_gives_the_rows_of_a_group_in_spans_by_time():
    grouped = GroupedRows(np.array([0, 1, 0, -1, 0]), 2, np.array([5.0, 1.0, 3.0, 2.0, np.inf]))
    assert grouped.rows(0).tolist() == [2, 0]
    assert grouped.within(0, ((0.0, 3.0), (5.0, 6.0))).tolist() == [0]
    assert grouped.within(1, ((1.0, 2.0),)).tolist() == [1]
    assert grouped.within(1, ()).tolist() == []
