"""Shedding: CoDel against the loop of its RFC, newest first, controlled delay, and priorities."""

from collections import deque
from collections.abc import Callable
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import ParameterError
from sim.policies.shedding import AdaptiveLifo, CoDel, ControlledDelay, PriorityShed

TARGET_S, INTERVAL_S = 0.25, 4.0


class LineOfTheRfc:
    """RFC 8289, sections 5.3 to 5.6, over a line of its own: one dequeue drops what it must and returns the next."""

    def __init__(self) -> None:
        self.line: deque[float] = deque()
        self.first_above = self.drop_next = 0.0
        self.count = self.last_count = 0
        self.dropping = False

    def take(self, now: float) -> tuple[float | None, bool]:
        """The head, and whether it may be dropped."""
        if not self.line:
            self.first_above = 0.0
            return None, False
        head = self.line.popleft()
        if now - head < TARGET_S or not self.line:
            self.first_above = 0.0
            return head, False
        if self.first_above == 0.0:
            self.first_above = now + INTERVAL_S
            return head, False
        return head, now >= self.first_above

    def dequeue(self, now: float) -> tuple[float | None, list[float]]:
        """What is served, and what was dropped before it."""
        dropped: list[float] = []
        head, may_drop = self.take(now)
        if self.dropping:
            if not may_drop:
                self.dropping = False
            while self.dropping and now >= self.drop_next and head is not None:
                dropped.append(head)
                self.count += 1
                head, may_drop = self.take(now)
                if may_drop:
                    self.drop_next += INTERVAL_S / sqrt(self.count)
                else:
                    self.dropping = False
        elif may_drop and head is not None:
            dropped.append(head)
            head, _ = self.take(now)
            self.dropping = True
            delta = self.count - self.last_count
            self.count = delta if delta > 1 and now - self.drop_next < 16 * INTERVAL_S else 1
            self.drop_next = now + INTERVAL_S / sqrt(self.count)
            self.last_count = self.count
        return head, dropped


def dequeue(codel: CoDel, line: deque[float], now: float) -> tuple[float | None, list[float]]:
    """Ask *codel* about one after the other until one may be served."""
    dropped = []
    while line:
        head = line.popleft()
        if codel.keep(now, now - head, not line):
            return head, dropped
        dropped.append(head)
    return None, dropped


@given(
    spells=st.lists(
        st.tuples(st.integers(1, 6), st.lists(st.integers(0, 4), min_size=1, max_size=4), st.integers(5, 60)),
        min_size=3,
        max_size=8,
    )
)
@settings(max_examples=80, deadline=None, derandomize=True, database=None)
def test_codel_serves_and_drops_as_the_loop_of_the_rfc(spells: list[tuple[int, list[int], int]]) -> None:
    """Spells of load and of rest: so many quarters of a second between two dequeues, arrivals in turn, dequeues."""
    codel, line, rfc, now = CoDel(TARGET_S, INTERVAL_S), deque[float](), LineOfTheRfc(), 1.0
    for quarters, arrivals, dequeues in spells:
        for n in range(dequeues):
            now += quarters / 4
            line.extend([now] * arrivals[n % len(arrivals)])
            rfc.line.extend([now] * arrivals[n % len(arrivals)])
            assert dequeue(codel, line, now) == rfc.dequeue(now)
            assert list(line) == list(rfc.line)


def overload(codel: CoDel, until: float, arrivals_each_s: int) -> list[float]:
    """Instants of the drops when two are taken each second and *arrivals_each_s* come."""
    line, drops = deque[float](), []
    for half in range(int(2 * until)):
        now = half / 2
        if half % 2 == 0:
            line.extend([now] * arrivals_each_s)
        _, dropped = dequeue(codel, line, now)
        drops += [now] * len(dropped)
    return drops


def test_the_first_drop_comes_an_interval_after_waits_rose_above_the_target() -> None:
    assert overload(CoDel(TARGET_S, INTERVAL_S), 30.0, 3)[:3] == [4.5, 8.5, 11.5]


def test_a_burst_that_drains_within_the_interval_passes_whole() -> None:
    codel, line = CoDel(TARGET_S, INTERVAL_S), deque([0.0] * 7)
    assert [dequeue(codel, line, half / 2)[1] for half in range(8)] == [[]] * 8


def test_long_waits_in_a_line_with_nothing_behind_are_kept() -> None:
    codel = CoDel(TARGET_S, INTERVAL_S)
    assert all(codel.keep(float(now), 100.0, True) for now in range(50))


@pytest.mark.parametrize(
    "waiting, empty_at, newest",
    [(6, 9.0, False), (5, 8.0, False), (6, 8.0, True), (500, 9.75, False), (6, 0.0, True)],
)
def test_the_newest_is_first_while_a_long_line_has_stood_for_the_interval(
    waiting: int, empty_at: float, newest: bool
) -> None:
    assert AdaptiveLifo(5, 2.0).newest_first(10.0, waiting, empty_at) is newest


def test_with_an_interval_of_zero_the_length_alone_decides() -> None:
    lifo = AdaptiveLifo(threshold=2, interval_s=0.0)
    assert [lifo.newest_first(1.0, waiting, 1.0) for waiting in (2, 3)] == [False, True]


def test_work_may_wait_the_interval_and_in_a_standing_line_only_the_target() -> None:
    delay = ControlledDelay(0.5, 2.0)
    assert [delay.patience_s(10.0, empty_at) for empty_at in (10.0, 8.0, 7.75)] == [2.0, 2.0, 0.5]


def test_the_least_important_is_shed_first() -> None:
    shed = PriorityShed([1.0, 0.75, 0.5])
    lines = (0, 4, 5, 7, 8, 9, 10)
    assert [[shed.admits(priority, waiting, 10) for waiting in lines].count(True) for priority in (0, 1, 2, 9)] == [
        6,
        4,
        2,
        2,
    ]


def test_a_share_of_the_places_is_counted_without_rounding() -> None:
    shed = PriorityShed([0.55])
    assert [shed.admits(0, waiting, 20) for waiting in (10, 11)] == [True, False]


def test_a_line_without_end_admits_all_and_one_without_places_none() -> None:
    shed = PriorityShed([1.0, 0.5])
    assert shed.admits(1, 10**6, float("inf")) and not shed.admits(0, 0, 0)


@given(
    thresholds=st.lists(st.integers(1, 20), min_size=1, max_size=4).map(lambda parts: sorted(parts, reverse=True)),
    waiting=st.integers(0, 20),
    places=st.integers(0, 20),
)
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_whoever_admits_the_less_important_admits_the_more_important(
    thresholds: list[int], waiting: int, places: int
) -> None:
    shed = PriorityShed([twentieths / 20 for twentieths in thresholds])
    admitted = [shed.admits(priority, waiting, places) for priority in range(6)]
    assert admitted == sorted(admitted, reverse=True)
    assert admitted[0] is (20 * waiting < thresholds[0] * places)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: CoDel(0.0, 0.1), "target must be a duration above zero, got 0.0"),
        (lambda: CoDel(0.005, 0.0), "interval must be a duration above zero, got 0.0"),
        (lambda: AdaptiveLifo(-1), "threshold must be a whole number of at least 0, got -1"),
        (lambda: AdaptiveLifo(0, -0.1), "interval must be a duration, got -0.1"),
        (lambda: ControlledDelay(0.0), "target must be a duration above zero, got 0.0"),
        (lambda: ControlledDelay(0.5, 0.25), "interval must be at least the target, 0.5 s, got 0.25"),
        (lambda: PriorityShed([]), "thresholds must name a share of the places for each priority, got nothing"),
        (lambda: PriorityShed([1.5]), "thresholds must be shares above 0% and at most 100%, got 1.5"),
        (lambda: PriorityShed([0.5, 0.75]), "thresholds must not grow from 0.5 for less important work, got 0.75"),
    ],
)
def test_shedding_that_cannot_work_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        make()
