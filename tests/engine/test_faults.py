"""Every fault on services and links: at its edges, overlapping with others, and on work and calls in progress."""

from __future__ import annotations

import pytest

from tests.engine._play import attempts, effects, play, requests, waits

ALL = "sent_at entered_at started_at left_at ended_at outcome why"


def struck(
    faults: str, arrivals: str, recipe: str = "{work: 1s}", service: str = "workers: unlimited", link: str = "",
    duration: str = "10s",
) -> list[tuple[object, ...]]:  # fmt: skip
    """Return the attempts of clients that call service ``a`` under *faults*."""
    return attempts(play(system(faults, arrivals, recipe, service, link), duration), ALL)


def system(
    faults: str, arrivals: str, recipe: str = "{work: 1s}", service: str = "workers: unlimited", link: str = ""
) -> str:  # fmt: skip
    return f"""
workload: {{c: {{calls: a.x, arrivals: at {arrivals}}}}}
services: {{a: {{{service}, operations: {{x: [{recipe}]}}}}}}
links: {{c -> a: {{{link}}}}}
faults: {{{faults}}}"""


def ok(sent: float, left: float, ended: float | None = None) -> tuple[object, ...]:
    return (sent, sent, sent, left, left if ended is None else ended, "ok", "")


# --- slow ---------------------------------------------------------------------------------------------------


def test_slow_stretches_work_begun_inside_and_only_that() -> None:
    rows = struck("f: {slow: a, by: 4x, at: 1s, for: 1s}", "500ms 1s 1750ms 2s")
    assert rows == [ok(0.5, 1.5), ok(1.0, 5.0), ok(1.75, 5.75), ok(2.0, 3.0)]


def test_slow_does_not_stretch_waits() -> None:
    rows = struck("f: {slow: a, by: 4x, at: 0s, for: 9s}", "0s", "{wait: 1s}, {work: 1s}")
    assert rows == [ok(0.0, 5.0)]


def test_overlapping_factors_multiply() -> None:
    faults = "f: {slow: a, by: 2x, at: 1s, for: 2s}, g: {slow: a, by: 3x, at: 2s, for: 2s}"
    assert struck(faults, "1s 2s 3s 4s", "{work: 500ms}") == [ok(1.0, 2.0), ok(2.0, 5.0), ok(3.0, 4.5), ok(4.0, 4.5)]


# --- crash --------------------------------------------------------------------------------------------------


def test_a_silent_crash_loses_work_and_line_and_tells_nobody() -> None:
    faults = "f: {crash: a, mode: silent, at: 1s, for: 1s}"
    rows = struck(faults, "500ms 500ms 1500ms 2s", service="workers: 1", link="timeout: 4s")
    assert rows == [
        (0.5, 0.5, 0.5, 1.0, 4.5, "timeout", "timeout"), (0.5, 0.5, None, 1.0, 4.5, "timeout", "timeout"),
        (1.5, None, None, None, 5.5, "timeout", "timeout"), ok(2.0, 3.0),
    ]  # fmt: skip


def test_a_refusing_crash_answers_calls_in_flight_and_new_ones() -> None:
    faults = "f: {crash: a, mode: refuse, at: 1s, for: 1s}"
    rows = struck(faults, "500ms 500ms 1500ms 2s", service="workers: 1")
    assert rows == [
        (0.5, 0.5, 0.5, 1.0, 1.0, "refused", "crashed"), (0.5, 0.5, None, 1.0, 1.0, "refused", "crashed"),
        (1.5, None, None, None, 1.5, "refused", "crashed"), ok(2.0, 3.0),
    ]  # fmt: skip


def test_what_ends_at_the_instant_of_a_crash_is_too_late() -> None:
    rows = struck("f: {crash: a, mode: refuse, at: 1s, for: 1s}", "0s")
    assert rows == [(0.0, 0.0, 0.0, 1.0, 1.0, "refused", "crashed")]


def test_a_refusal_travels_and_a_wait_in_progress_does_not_wake_the_dead() -> None:
    faults = "f: {crash: a, mode: refuse, at: 1s, for: 8s}"
    rows = struck(faults, "0s", "{wait: 2s}, {effect: e}", link="latency: 250ms")
    assert rows == [(0.0, 0.25, 0.25, 1.0, 1.25, "refused", "crashed")]


def test_the_crashed_callers_own_calls_run_on() -> None:
    body = """
workload: {c: {calls: a.x, arrivals: at 0s}}
services:
  a: {operations: {x: [{call: b.y}, {effect: never}]}}
  b: {operations: {y: [{work: 2s}, {effect: charged}]}}
links: {a -> b: {timeout: 8s, retry: {max attempts: 3}}}
faults: {f: {crash: a, mode: refuse, at: 1s, for: 1s}}"""
    record = play(body)
    assert attempts(record, "link left_at ended_at outcome") == [
        ("c -> a", 1.0, 1.0, "refused"), ("a -> b", 2.0, 2.0, "ok"),
    ]  # fmt: skip
    assert effects(record) == [("charged", 0, 2.0)]


def test_a_crashed_caller_tries_nothing_again() -> None:
    body = """
workload: {c: {calls: a.x, arrivals: at 0s}}
services: {a: {operations: {x: [{call: b.y}]}}, b: {operations: {y: [{fail: 100%}]}}}
links: {a -> b: {retry: {max attempts: 9, backoff: 250ms}}}
faults: {f: {crash: a, mode: refuse, at: 1s, for: 1s}}"""
    assert [sent for (sent,) in attempts(play(body), "sent_at", "a -> b")] == [0.0, 0.25, 0.5, 0.75]


def test_a_crash_ends_the_strands_of_a_parallel_and_the_workers_of_a_freeing_service() -> None:
    for way in ("hold", "free"):
        recipe = "{parallel: [{work: 2s}, {wait: 2s}, [{work: 250ms}, {effect: soon}]]}, {effect: never}"
        body = system("f: {crash: a, mode: silent, at: 1s, for: 1s}", "0s 3s", recipe,
                      f"workers: 3, while calling: {way}", "timeout: 9s")  # fmt: skip
        record = play(body)
        assert effects(record) == [("soon", 0, 0.25), ("soon", 1, 3.25), ("never", 1, 5.0)]
        assert record.census[:, record.census_of.index(("busy", "a"))].tolist()[2:8:3] == [0, 0]


def test_two_overlapping_crashes_keep_it_down_until_the_last_ends() -> None:
    faults = "f: {crash: a, mode: refuse, at: 1s, for: 2s}, g: {crash: a, mode: silent, at: 2s, for: 2s}"
    rows = struck(faults, "1500ms 2500ms 3500ms 4s", link="timeout: 500ms", recipe="{work: 250ms}")
    assert [row[5] for row in rows] == ["refused", "refused", "timeout", "ok"]
    record = play(system(faults, "0s"))
    assert record.down == [("a", 0, 1.0, 4.0)]


# --- pause --------------------------------------------------------------------------------------------------


def test_a_pause_freezes_work_and_resumes_it_and_arrivals_queue_up() -> None:
    rows = struck("f: {pause: a, at: 1s, for: 2s}", "500ms 1500ms 1500ms", service="workers: 2")
    assert rows == [
        ok(0.5, 3.5), (1.5, 1.5, 1.5, 4.0, 4.0, "ok", ""), (1.5, 1.5, 3.5, 4.5, 4.5, "ok", ""),
    ]  # fmt: skip


def test_a_pause_of_a_pause_lasts_until_both_are_over() -> None:
    faults = "f: {pause: a, at: 1s, for: 2s}, g: {pause: a, at: 2s, for: 2s}"
    assert struck(faults, "500ms") == [ok(0.5, 4.5)]
    faults = "f: {pause: a, at: 1s, for: 1s}, g: {pause: a, at: 2s, for: 1s}"
    assert struck(faults, "500ms") == [ok(0.5, 3.5)]


def test_time_frozen_is_not_work() -> None:
    record = play(system("f: {pause: a, at: 1s, for: 2s}", "500ms"))
    assert record.attempts["worked_s"].tolist() == [1.0]


def test_an_answer_that_arrives_in_a_pause_is_read_after_it_and_timers_run_on() -> None:
    body = """
workload: {{c: {{calls: a.x, arrivals: at 0s}}}}
services: {{a: {{operations: {{x: [{{call: b.y}}, {{work: 250ms}}]}}}}, b: {{operations: {{y: [{{work: {work}}}]}}}}}}
links: {{a -> b: {{timeout: 2s, retry: {{max attempts: 2, backoff: 250ms}}}}}}
faults: {{f: {{pause: a, at: 1s, for: 4s}}}}"""
    record = play(body.format(work="1500ms"))
    assert attempts(record, "left_at ended_at outcome") == [(5.25, 5.25, "ok"), (1.5, 1.5, "ok")]
    record = play(body.format(work="3s"))
    assert attempts(record, "sent_at ended_at outcome", "a -> b") == [
        (0.0, 2.0, "timeout"), (5.0, 7.0, "timeout"),
    ], "a frozen caller tries again when it thaws"  # fmt: skip


def test_crash_beats_pause() -> None:
    faults = "p: {pause: a, at: 1s, for: 4s}, f: {crash: a, mode: refuse, at: 2s, for: 1s}"
    rows = struck(faults, "500ms 2500ms 3500ms 5s", recipe="{work: 1s}")
    assert rows == [
        (0.5, 0.5, 0.5, 2.0, 2.0, "refused", "crashed"), (2.5, None, None, None, 2.5, "refused", "crashed"),
        (3.5, 3.5, 3.5, 6.0, 6.0, "ok", ""), ok(5.0, 6.0),
    ]  # fmt: skip


# --- errors -------------------------------------------------------------------------------------------------


def test_errors_answer_before_the_work_or_after_it() -> None:
    rows = struck("f: {errors: a, share: 100%, at: 1s, for: 1s}", "500ms 1s 2s", "{work: 250ms}, {effect: e}")
    assert rows == [ok(0.5, 0.75), (1.0, 1.0, 1.0, 1.0, 1.0, "error", "injected errors"), ok(2.0, 2.25)]
    faults = "f: {errors: a, share: 100%, after work: true, at: 1s, for: 1s}"
    record = play(system(faults, "875ms 1s 2s", "{work: 250ms}, {effect: e}"))
    assert [(row[3], row[5]) for row in attempts(record, ALL)] == [(1.125, "error"), (1.25, "error"), (2.25, "ok")]
    assert len(effects(record)) == 3, "the work was done all the same"


def test_overlapping_shares_combine_independently() -> None:
    body = """
workload: {c: {calls: a.x, rate: 1000/s, arrivals: regular}}
services: {a: {workers: unlimited, operations: {x: []}}}
faults: {f: {errors: a, share: 50%, at: 0s, for: 10s}, g: {errors: a, share: 40%, at: 0s, for: 10s}}"""
    failed = [outcome for _, _, outcome, _ in requests(play(body))].count("error")
    assert abs(failed - 7000) <= 4 * (10_000 * 0.21) ** 0.5


def test_errors_strike_recipes_that_reply_early_too() -> None:
    rows = struck("f: {errors: a, share: 100%, at: 1s, for: 2s}", "500ms 1s", "{work: 250ms}, reply, {work: 1s}")
    assert rows == [(0.5, 0.5, 0.5, 1.75, 0.75, "ok", ""), (1.0, 1.0, 1.0, 1.0, 1.0, "error", "injected errors")]


# --- links --------------------------------------------------------------------------------------------------


def test_a_silent_cut_loses_what_is_sent_inside_it_in_either_direction() -> None:
    faults = "f: {cut: c -> a, mode: silent, at: 1s, for: 1s}"
    rows = struck(faults, "500ms 750ms 1s 2s", "{work: 500ms}", link="latency: 125ms, timeout: 4s")
    assert rows == [
        # answered at 1.125, inside; sent at 0.75 and answered at 1.375, inside; sent inside; sent after
        (0.5, 0.625, 0.625, 1.125, 4.5, "timeout", "timeout"), (0.75, 0.875, 0.875, 1.375, 4.75, "timeout", "timeout"),
        (1.0, None, None, None, 5.0, "timeout", "timeout"), (2.0, 2.125, 2.125, 2.625, 2.75, "ok", ""),
    ]  # fmt: skip


def test_what_travels_when_a_cut_begins_arrives() -> None:
    faults = "f: {cut: c -> a, mode: silent, at: 1s, for: 500ms}"
    rows = struck(faults, "750ms", "{work: 250ms}", link="latency: 500ms, timeout: 4s")
    assert rows == [(0.75, 1.25, 1.25, 1.5, 2.0, "ok", "")]


def test_a_refusing_cut_tells_the_caller_at_once() -> None:
    faults = "f: {cut: c -> a, mode: refuse, at: 1s, for: 1s}"
    rows = struck(faults, "750ms 1500ms", "{work: 500ms}, {effect: e}", link="latency: 125ms")
    assert rows == [
        (0.75, 0.875, 0.875, 1.375, 1.375, "refused", "cut"), (1.5, None, None, None, 1.5, "refused", "cut"),
    ]  # fmt: skip


def test_delays_add_to_the_latency_and_to_each_other_each_way() -> None:
    faults = "f: {delay: c -> a, by: 500ms, at: 1s, for: 2s}, g: {delay: c -> a, by: 1s, at: 2s, for: 2s}"
    rows = struck(faults, "0s 1s 2s 5s", "{work: 250ms}", link="latency: 125ms")
    assert [(row[1], row[3], row[4]) for row in rows] == [
        # back at 1.875 inside the first window; back at 3.875 inside the second only
        (0.125, 0.375, 0.5), (1.625, 1.875, 2.5), (3.625, 3.875, 5.0), (5.125, 5.375, 5.5),
    ]  # fmt: skip


def test_losses_combine_with_the_links_own_and_end_with_their_window() -> None:
    body = """
workload: {c: {calls: a.x, rate: 400/s, arrivals: regular, deadline: 1s}}
services: {a: {workers: unlimited, operations: {x: []}}}
links: {c -> a: {loss: 20%}}
faults: {f: {lose: c -> a, share: 50%, at: 0s, for: 5s}, g: {lose: c -> a, share: 50%, at: 5s, for: 20s}}"""
    for begin, kept in ((0, 0.4**2), (5, 0.4**2)):
        outcomes = [o for at, _, o, _ in requests(play(body)) if begin <= at < begin + 5]
        assert abs(outcomes.count("ok") - 2000 * kept) <= 4 * (2000 * kept * (1 - kept)) ** 0.5


def test_a_fault_without_a_network_of_its_own_makes_one() -> None:
    rows = struck("f: {delay: c -> a, by: 250ms, at: 1s, for: 1s}", "0s 1s", "{work: 250ms}")
    assert rows == [ok(0.0, 0.25), (1.0, 1.25, 1.25, 1.5, 1.75, "ok", "")]


def test_cutting_the_link_of_a_queue_hides_its_messages() -> None:
    body = """
workload: {c: {calls: a.x, arrivals: at 1500ms}}
services: {a: {operations: {x: [{send: q}]}}, b: {operations: {h: [{work: 250ms}]}, consumes: {q: h}}}
queues: {q: {visibility timeout: 1s}}
faults: {f: {cut: q -> b, mode: MODE, at: 1s, for: 1s}}"""
    for mode in ("silent", "refuse"):
        record = play(body.replace("MODE", mode))
        assert attempts(record, "sent_at entered_at ended_at outcome", "q -> b") == [
            (1.5, None, 2.5, "timeout"), (2.5, 2.5, 2.75, "ok"),
        ]  # fmt: skip


# --- windows ------------------------------------------------------------------------------------------------


def test_edges_are_written_down_in_order_and_a_random_start_differs_between_replications() -> None:
    body = system("f: {slow: a, by: 2x, at: uniform 1s to 3s, for: 1s}", "0s")
    starts = [play(body, replication=i).windows[0][1] for i in range(3)]
    assert len(set(starts)) == 3 and all(1 <= start <= 3 for start in starts)
    record = play(body)
    begin = record.windows[0][1]
    assert record.windows == [("f", begin, begin + 1.0)]
    assert record.events == [(begin, "fault begins", "f", ""), (begin + 1.0, "fault ends", "f", "")]


def test_a_window_is_closed_at_its_beginning_and_open_at_its_end() -> None:
    rows = struck("f: {slow: a, by: 2x, at: 1s, for: 1s}", "1s 2s")
    assert rows == [ok(1.0, 3.0), ok(2.0, 3.0)]


@pytest.mark.parametrize("fault", [
    "slow: a, by: 4x", "crash: a, mode: refuse", "crash: a, mode: silent", "pause: a", "errors: a, share: 50%",
    "cut: c -> a, mode: silent", "cut: c -> a, mode: refuse", "delay: c -> a, by: 250ms", "lose: c -> a, share: 50%",
    "spike: c, by: 3x", "slow: a, by: 4x, replicas: 1", "crash: a, mode: refuse, replicas: 1, warm up: 2s, cold: 3x",
    "crash loop: a, mode: silent, lives: 250ms, restarts after: 250ms", "pause: rack", "leak: a, by: 9x, within: 1s",
    "leak: a, by: 9x, requests: 9", "deploy: a, share: 50%, by: 2x", "poison: a.x, keys: [0], effect: error",
    "poison: a.x, keys: [0], effect: crash", "cut: c -> a, mode: reset", "cut: c -> a, mode: silent, way: back",
    "partition: {one: [c], two: [rack]}, mode: silent", "drip: c -> a, rate: 2/s", "synchronise: c",
])  # fmt: skip
def test_before_its_window_no_fault_changes_anything(fault: str) -> None:
    body = """
workload: {c: {calls: a.x, rate: 20/s, deadline: 2s, keys: uniform 2}}
services: {a: {workers: 2, operations: {x: [{work: exponential 50ms}]}}}
hosts: {rack: [a]}"""
    plain = [row for row in requests(play(body)) if row[1] is not None and row[1] < 6]
    struck_rows = play(body + f"\nfaults: {{f: {{{fault}, at: 6s, for: 1s}}}}")
    assert [row for row in requests(struck_rows) if row[1] is not None and row[1] < 6] == plain
    assert requests(struck_rows) != requests(play(body)), "and then it does"


def test_a_crash_during_every_kind_of_step_balances_the_books() -> None:
    recipe = """{work: 125ms}, {wait: 125ms}, {repeat: 2, steps: [{call: b.y, on error: ignore}]},
      {parallel: [{call: b.y}, {work: 250ms}, {send: q}], join: 2, on error: degraded},
      reply, {work: 250ms}, {effect: e}"""
    for way in ("hold", "free"):
        for mode in ("silent", "refuse"):
            for pause in ("a", "b"):
                record = play(f"""
workload: {{c: {{calls: a.x, rate: 8/s, arrivals: regular, deadline: 3s}}}}
services:
  a: {{workers: 3, waiting: 4, while calling: {way}, max wait: 1s, operations: {{x: [{recipe}]}}}}
  b: {{workers: 2, waiting: 2, operations: {{y: [{{work: 250ms}}], h: [{{call: d.z}}]}}, consumes: {{q: h}}}}
  d: {{operations: {{z: [{{work: 125ms}}]}}}}
queues: {{q: {{visibility timeout: 1s, max deliveries: 2}}}}
links: {{a -> b: {{latency: 125ms, timeout: 500ms, retry: {{max attempts: 2}}}}, c -> a: {{latency: 125ms}}}}
faults:
  f: {{crash: a, mode: {mode}, at: 3s, for: 1s}}
  g: {{crash: b, mode: {mode}, at: 3500ms, for: 1s}}
  h: {{pause: {pause}, at: 2500ms, for: 3s}}
  i: {{crash: q, mode: {mode}, at: 5s, for: 1s}}""")
                assert len(requests(record)) == 80
                assert all(outcome != "open" for _, _, outcome, _ in requests(record))


def test_waits_of_those_in_line_are_kept_when_it_crashes() -> None:
    record = play(system("f: {crash: a, mode: refuse, at: 1s, for: 1s}", "500ms 500ms", service="workers: 1"))
    assert waits(record, "a") == [(0.5, 0.5, 1.0), (0.5, None, 1.0)]


def test_a_crash_books_no_work_to_an_attempt_that_was_over_when_its_strand_still_worked() -> None:
    record = play(
        """
workload: {c: {calls: a.x, arrivals: at 250ms}}
services:
  a: {operations: {x: [{call: b.y, on error: ignore}]}}
  b: {operations: {y: [{parallel: [[], [{work: 500ms}]], join: 1}]}}
links: {a -> b: {latency: 1s}}
faults: {f: {crash: b, mode: silent, at: 1500ms, for: 1s}}"""
    )
    assert record.attempts["left_at"][record.attempts["parent"] >= 0].tolist() == [1.25]
    assert record.attempts["worked_s"][record.attempts["parent"] >= 0].tolist() == [0.0]
