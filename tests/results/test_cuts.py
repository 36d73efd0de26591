"""Many windows at once: the same counts, sums, areas and quantiles as one window by itself, bit for bit."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.results.index.cuts import WindowSet
from sim.results.index.exact_sums import ExactPrefixSums
from sim.results.index.intervals import MANY, FirstAtOrBelow, Intervals, area_s
from sim.results.index.windows import Window
from sim.results.rows import quantile

ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(7)
WINDOWS = [
    Window("all", ((0.0, 100.0),), with_drain=True),
    Window("none", ()),
    Window("two", ((10.0, 20.5), (70.0, 100.0)), with_drain=True),
    Window("short", ((33.0, 33.25),)),
    *(Window(f"from {begin}", ((float(begin), begin + 1.5),)) for begin in range(0, 90, 7)),
]


def test_counts_in_any_order_and_in_order_of_time_are_those_of_each_window():
    times = np.append(RNG.integers(0, 480, 5000) / 4.0, [np.inf, np.nan, 0.0, 100.0])
    which = RNG.random(len(times)) < 0.3
    for windows in (WindowSet(WINDOWS), WindowSet(WINDOWS).counted, WindowSet([]), WindowSet(WINDOWS[1:2])):
        expected = [int(np.count_nonzero(window.holds(times))) for window in windows.windows]
        assert windows.count(times).tolist() == expected
        marked = [int(np.count_nonzero(window.holds(times) & which)) for window in windows.windows]
        assert windows.count(times, which).tolist() == marked
        order = np.argsort(times[:-3])
        cut = windows.cut(times[order])
        inside = [window.holds(times[order]) for window in windows.windows]
        assert cut.sizes.tolist() == [int(np.count_nonzero(each)) for each in inside]
        assert cut.count(which[order]).tolist() == [int(np.count_nonzero(which[order][each])) for each in inside]
        some = cut.among(which[order]).samples(times[order][which[order]])
        for samples, each in zip(some, inside, strict=True):
            assert samples.tolist() == times[order][each & which[order]].tolist()


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9, -3.0])
def test_a_sum_between_two_cuts_is_rounded_once_whatever_lies_before_it(scale):
    values = RNG.exponential(size=3000) * scale
    values[RNG.random(3000) < 0.2] = 0.0
    cuts = np.sort(RNG.integers(0, 3001, 40))
    sums = ExactPrefixSums(values, cuts)
    for first in range(0, 40, 7):
        for after in range(first, 40):
            assert sums.over([(first, after)]) == math.fsum(values[cuts[first] : cuts[after]])
    assert sums.over([(0, 5), (9, 30)]) == math.fsum([*values[cuts[0] : cuts[5]], *values[cuts[9] : cuts[30]]])


@pytest.mark.parametrize("size", [0, 1, MANY, MANY + 1, 3 * MANY + 77, 50_000])
def test_an_area_has_the_bits_of_the_sum_over_all_intervals(size):
    starts = RNG.uniform(0, 100, size)
    ends = starts + RNG.exponential(2.0, size)
    ends[RNG.random(size) < 0.001] = np.inf
    for in_order in (np.argsort(starts), np.arange(size)):
        found = Intervals(starts[in_order], ends[in_order])
        spans = np.array([window.spans[0] for window in WINDOWS if len(window.spans) == 1]).T
        expected = [area_s(found.starts, found.ends, begin, end) for begin, end in spans.T]
        assert found.areas_s(*spans) == expected
        for window in (WINDOWS[2], WINDOWS[0]):
            near = found.near(window.spans)
            assert window.area_s(found.starts[near], found.ends[near]) == window.area_s(found.starts, found.ends)


def test_a_quantile_has_the_bits_of_numpy_s():
    for size in (1, 2, 20, 21, 199, 5000):
        samples = RNG.exponential(size=size)
        for q in (0.5, 0.95, 0.99):
            assert quantile(samples, q) == float(np.quantile(samples, q))


def test_a_step_function_is_first_low_enough_at_or_after_an_instant():
    low = FirstAtOrBelow(np.array([1.0, 2.0, 4.0, 8.0]), np.array([3, 1, 5, 0]), 1.0)
    assert [low.since(at) for at in (0.0, 1.0, 2.0, 3.0, 4.0, 9.0)] == [0.0, 2.0, 2.0, 3.0, 8.0, 9.0]
    assert FirstAtOrBelow(np.array([1.0]), np.array([3]), 1.0).since(1.0) is None


def test_intervals_outside_of_a_window_are_not_read():
    starts = np.arange(1_000_000.0)
    intervals, sums = Intervals(starts, starts + 3.0), 0

    def note(frame, event, argument):
        nonlocal sums
        sums += event == "call" and frame.f_code is area_s.__code__

    sys.setprofile(note)
    try:
        intervals.areas_s(np.array([5000.0, 700_000.0]), np.array([5100.0, 700_010.0]))
    finally:
        sys.setprofile(None)
    assert 0 < sums <= 8  # of at most MANY intervals each


MANY_WINDOWS = """
import sys, time, json
import sim
from sim.engine.run import play
from sim.results.book import Book
from sim.results.measures.registry import measures_of
def scenario(n):
    faults = {f"f{i}": {"slow": "shop", "by": "2x", "at": f"{10 + i * 180 / n:.3f}s", "for": "1s"} for i in range(n)}
    return sim.loads(json.dumps({
        "version": 1, "title": "Many windows", "duration": "200s", "faults": faults,
        "workload": {"people": {"calls": "shop.buy", "rate": "100/s", "deadline": "1s"}},
        "services": {"shop": {"workers": 4, "waiting": 64, "operations": {"buy": [{"work": "exponential 10ms"}]}}},
    }))
for n in map(int, sys.argv[1:]):
    record = play(scenario(n).resolve())
    begun = time.process_time()
    rows = measures_of(Book(record))
    print(len(rows), time.process_time() - begun)
"""


@pytest.mark.slow
def test_a_hundred_times_the_windows_cost_far_less_than_a_hundred_times_as_much():
    code = [sys.executable, "-c", MANY_WINDOWS, "4", "4", "400"]
    lines = subprocess.run(code, check=True, capture_output=True, text=True, cwd=ROOT).stdout.split("\n")
    (_, _), (few, few_s), (many, many_s) = (line.split() for line in lines[:3])
    assert int(many) > 30 * int(few)
    assert float(many_s) < 20 * float(few_s)


PEAKS = """
import resource, sim
from sim.engine.run import play
from sim.results.audit.identities import verify
from sim.results.book import Book
from sim.results.measures.registry import measures_of
record = play(sim.loads('''
version: 1
title: A long run
duration: 20000s
max events: 1000000000
workload: {clients: {calls: server.serve, rate: 50/s}}
services: {server: {workers: 4, waiting: 64, operations: {serve: [{work: exponential 56ms}]}}}
''').resolve())
played = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
book = Book(record)
measures_of(book)
verify(book)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / played)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the peak of a process is read as POSIX has it")
def test_a_million_requests_are_measured_and_checked_within_a_third_more_memory_than_their_play():
    done = subprocess.run([sys.executable, "-c", PEAKS], check=True, capture_output=True, text=True, cwd=ROOT)
    assert float(done.stdout) < 1.33
