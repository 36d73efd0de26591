"""Faults that come and go, hang on each other, kill again and again, wear off or build up; poison, and herds."""

from __future__ import annotations

import math

import pytest

from sim.record.record import Record
from sim.results.index.windows import windows
from tests.engine._play import attempts, effects, play, requests

PLAIN = """
workload: {{c: {{calls: a.x, arrivals: at {arrivals}, keys: uniform 1}}}}
services: {{a: {{{service}, operations: {{x: [{{work: {work}}}]}}}}}}
links: {{c -> a: {{timeout: 9s}}}}
faults: {{{faults}}}"""


def on_plain(
    faults: str, arrivals: str = "0s", work: str = "1s", service: str = "workers: unlimited", duration: str = "10s"
) -> Record:  # fmt: skip
    return play(PLAIN.format(faults=faults, arrivals=arrivals, work=work, service=service), duration)


def ends(record: Record) -> list[tuple[object, ...]]:
    return attempts(record, "sent_at left_at outcome")


# --- when ---------------------------------------------------------------------------------------------------


def test_up_and_down_in_turn_from_the_warm_ups_end_or_within_a_window() -> None:
    record = on_plain("f: {slow: a, by: 2x, up: 2s, down: 1s}")
    assert record.windows == [("f", 2.0, 3.0), ("f", 5.0, 6.0), ("f", 8.0, 9.0)]
    record = on_plain("f: {slow: a, by: 2x, at: 1s, for: 5s, up: 1s, down: 2s}")
    assert record.windows == [("f", 2.0, 4.0), ("f", 5.0, 6.0)]
    assert windows(record)["fault"].spans == ((2.0, 4.0), (5.0, 6.0))
    assert windows(record)["before"].spans == ((0.0, 2.0),)
    assert windows(record)["after"].spans == ((6.0, 10.0),)


def test_a_fault_that_never_struck_leaves_an_empty_window() -> None:
    record = on_plain("f: {slow: a, by: 2x, up: 20s, down: 1s}")
    assert record.windows == []
    assert windows(record)["fault"].spans == windows(record)["f"].spans == ()
    assert windows(record)["before"].seconds == 10.0


def test_random_windows_differ_between_replications_and_not_between_variants_of_the_rest() -> None:
    body = PLAIN.format(
        faults="f: {slow: a, by: 2x, up: exponential 2s, down: exponential 1s}", arrivals="0s", work="1s",
        service="workers: unlimited",
    )  # fmt: skip
    fault_windows = [play(body, "100s", replication=i).windows for i in (0, 1)]
    assert fault_windows[0] != fault_windows[1]
    assert play(body.replace("work: 1s", "work: exponential 3s"), "100s").windows == fault_windows[0]


def test_a_fault_hangs_on_the_end_or_the_beginning_of_another_once_for_each_of_its_windows() -> None:
    record = on_plain("""
      third: {pause: a, at: 500ms after second, for: 250ms},
      first: {slow: a, by: 2x, at: 1s, for: 1s},
      second: {slow: a, by: 3x, at: 1s after first begins, for: 2s},
      often: {slow: a, by: 2x, up: 3s, down: 500ms},
      each: {slow: a, by: 2x, at: after often ends, for: 125ms}""")
    assert record.windows == [
        ("third", 4.5, 4.75), ("first", 1.0, 2.0), ("second", 2.0, 4.0), ("often", 3.0, 3.5), ("often", 6.5, 7.0),
        ("each", 3.5, 3.625), ("each", 7.0, 7.125),
    ]  # fmt: skip
    begun = [(name, at) for at, kind, name, _ in record.events if kind == "fault begins"]
    assert begun == [("first", 1.0), ("second", 2.0), ("often", 3.0), ("each", 3.5), ("third", 4.5), ("often", 6.5),
                     ("each", 7.0)]  # fmt: skip


def test_what_hangs_on_a_random_fault_follows_it() -> None:
    body = PLAIN.format(
        faults="f: {slow: a, by: 2x, at: uniform 1s to 5s, for: 1s}, g: {pause: a, at: 1s after f, for: 1s}",
        arrivals="0s", work="1s", service="workers: 1",
    )  # fmt: skip
    for replication in range(3):
        (_, begin, end), (_, then, _) = play(body, replication=replication).windows
        assert then == end + 1.0 == begin + 2.0


def test_one_fault_of_two_windows_that_overlap_multiplies_with_itself() -> None:
    record = on_plain(
        "f: {slow: a, by: 2x, up: 1s, down: 1s, at: 0s, for: 4s}, g: {slow: a, by: 3x, at: after f, for: 3s}",
        "1500ms 2500ms 4500ms 6s 8s",
    )
    assert [w for w in record.windows if w[0] == "g"] == [("g", 2.0, 5.0), ("g", 4.0, 7.0)]
    assert [left - sent for sent, left, _ in ends(record)] == [2.0, 3.0, 9.0, 3.0, 1.0]


# --- deaths -------------------------------------------------------------------------------------------------


def test_a_crash_loop_dies_waits_lives_and_dies_again() -> None:
    faults = "f: {crash loop: a, mode: refuse, lives: 1s, restarts after: exponential 1s factor 2, at: 1s, for: 12s}"
    record = on_plain(faults, "0s 1500ms 2250ms 4s 5500ms 9s 14s", "500ms", duration="20s")
    assert record.down == [("a", 0, 1.0, 2.0), ("a", 0, 3.0, 5.0), ("a", 0, 6.0, 10.0), ("a", 0, 11.0, 13.0)]
    assert [outcome for _, _, outcome in ends(record)] == ["ok", "refused", "ok", "refused", "refused", "refused", "ok"]
    told = [(at, what) for at, what, name, index in record.events if (name, index) == ("a", "0")]
    assert told == [(1, "died"), (2, "restarted"), (3, "died"), (5, "restarted"), (6, "died"), (10, "restarted"),
                    (11, "died"), (13, "restarted")]  # fmt: skip
    assert record.windows == [("f", 1.0, 13.0)]


def test_a_crash_loop_may_end_after_so_many_deaths() -> None:
    record = on_plain("f: {crash loop: a, mode: silent, lives: 1s, restarts after: 500ms, times: 2, at: 1s, for: 8s}")
    assert record.down == [("a", 0, 1.0, 1.5), ("a", 0, 2.5, 3.0)]


def test_each_replica_of_a_crash_loop_has_luck_of_its_own() -> None:
    faults = "f: {crash loop: a, mode: refuse, lives: exponential 1s, restarts after: 250ms, at: 1s, for: 50s}"
    record = on_plain(faults, service="replicas: 2", duration="60s")
    begins = {index: [begin for _, i, begin, _ in record.down if i == index] for index in (0, 1)}
    assert begins[0][0] == begins[1][0] == 1.0 and begins[0][1:] != begins[1][1:]
    # a cycle of 1.25 s in the mean, sd 1 s: 50 s hold 40 of them, give or take 4 sd of sqrt(50 * 1 / 1.25**3)
    assert all(abs(len(times) - 40) < 4 * 5.1 for times in begins.values())


def test_a_cold_replica_gets_warm_in_a_straight_line() -> None:
    faults = "f: {crash: a, mode: refuse, warm up: 4s, cold: 5x, at: 1s, for: 1s}"
    record = on_plain(faults, "0s 2s 3s 4s 6s 8s")
    assert [left - sent for sent, left, _ in ends(record)] == [1.0, 5.0, 4.0, 3.0, 1.0, 1.0]


def test_only_who_died_is_cold_and_every_restart_begins_anew() -> None:
    faults = "f: {crash: a, mode: refuse, replicas: 1, warm up: 4s, cold: 5x, up: 1s, down: 1s, at: 0s, for: 4s}"
    record = on_plain(faults, "2s 2s 4s 4s 5s 5s", service="replicas: 2, workers: 9")
    assert attempts(record, "replica left_at outcome") == [
        (0, 3.0, "refused"), (1, 3.0, "ok"), (0, 9.0, "ok"), (1, 5.0, "ok"), (0, 9.0, "ok"), (1, 6.0, "ok"),
    ]  # fmt: skip


def test_work_after_a_restart_that_another_crash_put_off_is_cold_all_the_same() -> None:
    faults = """f: {crash: a, mode: refuse, warm up: 4s, cold: 5x, at: 1s, for: 1s},
                g: {crash: a, mode: refuse, at: 1500ms, for: 1500ms}"""
    assert ends(on_plain(faults, "3s 5s")) == [(3.0, 8.0, "ok"), (5.0, 8.0, "ok")]


# --- wear ---------------------------------------------------------------------------------------------------


def test_a_leak_grows_with_time_until_it_is_over_or_the_replica_restarts() -> None:
    leak = "f: {leak: a, by: 3x, within: 2s, at: 1s, for: 6s}"
    record = on_plain(leak, "500ms 1s 2s 3s 5s 7s")
    assert [left - sent for sent, left, _ in ends(record)] == [1.0, 1.0, 2.0, 3.0, 5.0, 1.0]
    record = on_plain(leak + ", g: {crash: a, mode: refuse, at: 4s, for: 1s}", "3s 5s 6s")
    assert ends(record) == [(3.0, 4.0, "refused"), (5.0, 6.0, "ok"), (6.0, 8.0, "ok")]


def test_a_leak_may_grow_with_requests_each_replica_for_itself() -> None:
    record = on_plain(
        "f: {leak: a, by: 2x, requests: 2, replicas: [1], at: 1s, for: 6s}", "1s 1s 1s 1s 1s 1s",
        service="replicas: 2, workers: 9",
    )  # fmt: skip
    assert attempts(record, "replica left_at") == [(0, 2.0), (1, 2.0), (0, 2.0), (1, 2.5), (0, 2.0), (1, 3.0)]


def test_a_bad_version_fails_and_is_slow_until_it_is_rolled_back() -> None:
    faults = "f: {deploy: a, share: 100%, replicas: [0], at: 1s, for: 1s}, g: {deploy: a, by: 2x, at: 3s, for: 1s}"
    record = on_plain(faults, "1s 1s 2s 2s 3s 3s 4s 4s", service="replicas: 2, workers: 9")
    assert attempts(record, "replica left_at outcome why") == [
        (0, 1.0, "error", "injected errors"), (1, 2.0, "ok", ""), (0, 3.0, "ok", ""), (1, 3.0, "ok", ""),
        (0, 5.0, "ok", ""), (1, 5.0, "ok", ""), (0, 5.0, "ok", ""), (1, 5.0, "ok", ""),
    ]  # fmt: skip


def test_a_version_that_fails_a_fifth_on_half_of_the_replicas_fails_a_tenth() -> None:
    body = """
workload: {c: {calls: a.x, rate: 1000/s, arrivals: regular}}
services: {a: {replicas: 4, workers: unlimited, operations: {x: []}}}
faults: {f: {deploy: a, share: 20%, replicas: 2, at: 0s, for: 10s}}"""
    failed = [outcome for _, _, outcome, _ in requests(play(body))].count("error")
    assert abs(failed - 1000) <= 4 * (5000 * 0.2 * 0.8) ** 0.5


# --- poison -------------------------------------------------------------------------------------------------

POISONED = """
workload: {{c: {{calls: a.x, rate: 4/s, arrivals: regular, keys: uniform 4, deadline: 9s}}}}
services: {{a: {{workers: 4, operations: {{x: [{{work: 250ms}}, {{effect: e}}], y: [{{work: 1s}}]}}}}}}
faults: {{f: {{poison: a.x, keys: [2, 3], effect: {effect}, at: 2s, for: 4s}}}}"""


def test_poison_fails_the_requests_of_its_keys_only() -> None:
    record = play(POISONED.format(effect="error"))
    for arrived, key, outcome, why in requests(record, "arrived_at key outcome why"):
        bad = 2.0 <= arrived < 6.0 and key >= 2
        assert (outcome, why) == (("error", "poison") if bad else ("ok", ""))
    assert {key for _, key in requests(record, "arrived_at key")} == {0, 1, 2, 3}


def test_poison_kills_the_replica_that_begins_it_with_all_it_has() -> None:
    record = play(POISONED.format(effect="crash"))
    rows = requests(record, "arrived_at key outcome why")
    first = next(at for at, key, _, _ in rows if at >= 2.0 and key >= 2)
    assert record.down[0] == ("a", 0, first, first + 1.0)
    during = [outcome for at, _, outcome, _ in rows if first <= at < first + 1.0]
    assert during == ["refused"] * 4
    assert all(outcome == "ok" for at, _, outcome, _ in rows if at < 1.75 or at >= record.down[-1][3])
    assert all(begin in {at for at, key, _, _ in rows if key >= 2} for _, _, begin, _ in record.down)


def test_a_poisonous_message_kills_its_consumer_again_and_again_until_it_is_dead_lettered() -> None:
    record = play(
        """
workload: {c: {calls: a.x, arrivals: at 1s, keys: uniform 1}}
services:
  a: {operations: {x: [{send: q}]}}
  h: {operations: {y: [{work: 250ms}]}, consumes: {q: y}}
queues: {q: {visibility timeout: 2s, max deliveries: 3, dead letters: dlq}, dlq: {}}
faults: {f: {poison: h.y, keys: [0], effect: crash, restarts after: 500ms, at: 0s, for: 19s}}""",
        "20s",
    )
    assert [(begin, end) for _, _, begin, end in record.down] == [(1.0, 1.5), (3.0, 3.5), (5.0, 5.5)]
    assert [(at, kind) for at, kind, _, _ in record.events if kind == "dead-lettered"] == [(7.0, "dead-lettered")]


# --- herds --------------------------------------------------------------------------------------------------


def test_synchronised_arrivals_come_at_the_ticks_none_more_and_none_fewer() -> None:
    body = """
workload: {c: {calls: a.x, rate: 40/s}}
services: {a: {workers: unlimited, waiting: unlimited, operations: {x: []}}}"""
    plain = [at for (at,) in requests(play(body), "arrived_at")]
    herd = [
        at
        for (at,) in requests(play(body + "\nfaults: {f: {synchronise: c, every: 2s, at: 3s, for: 4s}}"), "arrived_at")
    ]
    assert len(herd) == len(plain)
    assert herd == [3.0 + 2.0 * math.floor((at - 3) / 2) if 3 <= at < 7 else at for at in plain]
    once = [at for (at,) in requests(play(body + "\nfaults: {f: {synchronise: c, at: 3s, for: 4s}}"), "arrived_at")]
    assert once == [3.0 if 3 <= at < 7 else at for at in plain]


def test_users_of_a_closed_loop_wake_together() -> None:
    body = """
workload: {c: {calls: a.x, users: 8, think: exponential 1s}}
services: {a: {workers: unlimited, operations: {x: []}}}
faults: {f: {synchronise: c, every: 2s, at: 2s, for: 4s}}"""
    times = [at for (at,) in requests(play(body), "arrived_at")]
    inside = [round(at, 9) for at in times if 2 <= at <= 6]
    assert set(inside) == {4.0, 6.0} and inside.count(4.0) == 8
    assert len({at for at in times if at > 6.5}) > 8


# --- words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault, text", [
    ("crash loop: a, mode: refuse, lives: 1s", "a dies again and again and refuses calls"),
    ("leak: a, by: 3x, within: 20s", "a gets slower and slower, 3 times in 20 s,"),
    ("leak: a, by: 3x, requests: 1000", "a gets slower and slower, 3 times with 1,000 requests,"),
    ("deploy: a, share: 20%, by: 2x", "a runs a bad version (20 % of requests fail and work takes 2 times as long)"),
    ("poison: a.x, keys: [0], effect: crash", "requests for key 0 kill the replicas of a.x"),
    ("synchronise: c, every: 5s", "requests of c come all at once every 5 s"),
])  # fmt: skip
def test_a_fault_is_told_in_words(fault: str, text: str) -> None:
    record = on_plain(f"f: {{{fault}, at: 1s, for: 2s}}", "500ms")
    assert record.scenario.faults["f"].sentence() == text
    assert not effects(record)
