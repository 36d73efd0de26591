"""What the engine takes from SimPy 4.1, private parts included, and the timers it puts on SimPy's heap."""

from __future__ import annotations

import itertools
from importlib.metadata import version

import pytest
import simpy

from sim.engine.clock import kernel
from sim.engine.clock.kernel import AFTERWARDS, ANSWER, ARRIVAL, CENSUS, FAULT_EDGE, TIMER, Kernel, TimerEntry
from sim.errors import BudgetError
from sim.outcomes import OK, PENDING
from tests.engine._play import play


def test_simpy_is_the_version_whose_private_parts_are_used() -> None:
    assert version("simpy").startswith("4.1.")


def test_the_environment_is_simpys_own_with_a_heap_an_id_and_a_clock() -> None:
    env = simpy.Environment()
    assert env._queue == [] and env._now == 0
    assert isinstance(env._eid, itertools.count)
    timeout = env.timeout(2.0)
    assert env._queue == [(2.0, 1, 0, timeout)], "time, priority, id, event"


def test_step_asks_of_an_event_only_its_callbacks_and_whether_it_is_ok() -> None:
    class Bare:
        __slots__ = ("callbacks",)
        _ok = True

    env, seen = simpy.Environment(), []
    event = Bare()
    event.callbacks = (seen.append,)
    env._queue.append((1.0, 0, next(env._eid), event))
    env.step()
    assert seen == [event] and env.now == 1.0
    assert event.callbacks is None, "step takes the callbacks away, so a reused event needs new ones"


def test_simpy_processes_run_beside_light_events() -> None:
    clock, log = Kernel(), []

    def reader() -> object:
        for _ in range(3):
            yield clock.env.timeout(0.5)
            log.append(("process", clock.now))

    clock.env.process(reader())
    clock.at(0.75, ANSWER, lambda what: log.append((what, clock.now)), "light")
    clock.env.run(until=1.25)
    assert log == [("process", 0.5), ("light", 0.75), ("process", 1.0)]
    assert clock.now == 1.25


def test_a_process_that_starts_in_the_middle_of_a_run_is_played_by_the_same_run() -> None:
    clock, log = Kernel(), []

    def reader() -> object:
        yield clock.env.timeout(0.5)
        log.append(("process", clock.now, clock.env.now))

    clock.at(1.0, ANSWER, lambda _: clock.env.process(reader()))
    for at in (0.5, 1.25, 2.0):
        clock.at(at, ANSWER, lambda what: log.append((what, clock.now)), "light")
    clock.run()
    assert log == [("light", 0.5), ("light", 1.25), ("process", 1.5, 1.5), ("light", 2.0)]


def test_at_one_instant_edges_go_before_answers_timers_arrivals_and_the_census() -> None:
    clock, log = Kernel(), []
    for priority in (CENSUS, AFTERWARDS, ARRIVAL, TIMER, ANSWER, FAULT_EDGE):
        clock.at(1.0, priority, log.append, priority)
        clock.at(1.0, priority, log.append, priority)
    clock.run()
    assert log == [FAULT_EDGE] * 2 + [ANSWER] * 2 + [TIMER] * 2 + [ARRIVAL] * 2 + [AFTERWARDS] * 2 + [CENSUS] * 2


def test_equal_events_keep_the_order_in_which_they_were_made() -> None:
    clock, log = Kernel(), []
    for i in range(100):
        clock.at(1.0, ANSWER, log.append, i)
    clock.run()
    assert log == list(range(100))


class Entry(TimerEntry):
    def __init__(self) -> None:
        self.outcome, self.expires_at = PENDING, 0.0


def test_a_lane_expires_in_order_at_instants_computed_once() -> None:
    clock, log = Kernel(), []
    timer_queue = clock.timer_queue(0.3, lambda entry: log.append((entry, clock.now)))
    entries = [Entry() for _ in range(4)]
    for i, entry in enumerate(entries):
        clock.at(i * 0.1, ANSWER, timer_queue.add, entry)
    clock.run()
    assert log == [(entry, i * 0.1 + 0.3) for i, entry in enumerate(entries)]


def test_an_answer_cancels_its_timer_and_leaves_no_dead_entry_in_the_heap() -> None:
    clock, expired = Kernel(), []
    timer_queue = clock.timer_queue(30.0, expired.append)
    sizes = []

    def answer(entry: Entry) -> None:
        entry.outcome = OK

    def ask(i: int) -> None:
        entry = Entry()
        timer_queue.add(entry)
        clock.at(clock.now + 0.05, ANSWER, answer, entry)
        sizes.append((len(clock.heap), len(timer_queue.entries)))
        if i < 2000:
            clock.at(clock.now + 0.01, ARRIVAL, ask, i + 1)

    clock.at(0.0, ARRIVAL, ask, 0)
    clock.run()
    assert not expired
    # at most: five or six answers to come, one entry for the lane
    assert max(heap for heap, _ in sizes) <= 8 and max(entries for _, entries in sizes) <= 8


def test_one_lane_serves_all_who_ask_for_the_same_delay_and_action() -> None:
    clock = Kernel()
    assert clock.timer_queue(1.0, print) is clock.timer_queue(1.0, print)
    assert clock.timer_queue(1.0, print) is not clock.timer_queue(2.0, print)
    assert clock.timer_queue(1.0, print) is not clock.timer_queue(1.0, repr)


def test_the_heap_of_a_run_stays_small_with_long_timers_on_short_requests() -> None:
    body = """
workload: {c: {calls: a.x, rate: 64/s, arrivals: regular}}
services: {a: {workers: unlimited, operations: {x: [{work: 62500us}]}}}
links: {c -> a: {timeout: 30s}}"""
    import sim
    from sim.engine.assembly.system import build

    system = build(sim.loads(f"version: 1\ntitle: t\nduration: 20s\n{body}").resolve(), 1, 0)
    system.kernel.env.run(until=15.0)
    in_flight = 4
    assert len(system.kernel.heap) <= in_flight + 6, "work in progress, one source, one lane: no dead timers"


def test_a_loop_that_takes_no_time_ends_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "MOST_AT_ONE_INSTANT", 100)
    clock = Kernel()
    rounds = []

    def again(_: object) -> None:
        rounds.append(clock.now)
        clock.after(0.0, again, None)

    clock.at(2.5, ANSWER, again)
    with pytest.raises(BudgetError, match="does not leave the instant 2.5s"):
        clock.run()
    assert len(rounds) == 101


def test_zero_waits_at_different_instants_are_no_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "MOST_AT_ONE_INSTANT", 2)
    clock, log = Kernel(), []
    for i in range(50):
        clock.at(i * 0.5, ANSWER, lambda at: clock.after(0.0, log.append, at), i)
    clock.run()
    assert log == list(range(50))


def test_when_the_events_are_used_up_the_instant_ends_with_the_budgets_word() -> None:
    clock, log = Kernel(most_events=10), []
    clock.over_budget = lambda _: log.append(("over", clock.now))
    for i in range(20):
        clock.at(float(i // 4), ANSWER, log.append, i)
    clock.run()
    # the 11th event was asked for at time zero, before anything had happened
    assert log[:5] == [0, 1, 2, 3, ("over", 0.0)]


def test_a_run_puts_its_first_arrival_after_a_fault_edge_at_the_same_instant() -> None:
    record = play(
        """
workload: {c: {calls: a.x, rate: 1/s, arrivals: regular}}
services: {a: {workers: 1, operations: {x: [{work: 250ms}]}}}
faults: {slow: {slow: a, by: 2x, at: 0s, for: 2s}}""",
        "4s",
    )
    left = (record.attempts["left_at"] - record.attempts["started_at"]).tolist()
    assert left == [0.5, 0.5, 0.25, 0.25], "the edge at 2 s comes before the arrival at 2 s"
