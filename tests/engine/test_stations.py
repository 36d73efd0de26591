"""Workers, waiting lines, balancing, and workers that are freed while calling."""

from __future__ import annotations

import pytest

from tests.engine._play import attempts, play, requests, waits


def station(service: str, client: str, work: str = "1s", rest: str = "") -> str:
    return f"""
workload: {{c: {{calls: a.x, {client}}}}}
services: {{a: {{{service}, operations: {{x: [{{work: {work}}}]}}}}}}
{rest}"""


def test_a_full_line_rejects_at_once() -> None:
    record = play(station("workers: 1, waiting: 2", "arrivals: at 0s 0s 0s 0s 500ms 1s"))
    assert requests(record) == [
        (0.0, 1.0, "ok", ""), (0.0, 2.0, "ok", ""), (0.0, 3.0, "ok", ""), (0.0, 0.0, "rejected", "line full"),
        (0.5, 0.5, "rejected", "line full"), (1.0, 4.0, "ok", ""),
    ]  # fmt: skip


def test_no_waiting_places_at_all_are_allowed() -> None:
    record = play(station("workers: 2, waiting: 0", "arrivals: at 0s 0s 0s 1s"))
    assert [outcome for _, _, outcome, _ in requests(record)] == ["ok", "ok", "rejected", "ok"]


@pytest.mark.parametrize("way", ["hold", "free"])
def test_whoever_has_waited_long_enough_withdraws_and_a_worker_wins_a_tie(way: str) -> None:
    service = f"workers: 1, waiting: unlimited, max wait: 1s, while calling: {way}"
    record = play(station(service, "arrivals: at 0s 0s 500ms"))
    assert requests(record) == [(0.0, 1.0, "ok", ""), (0.0, 2.0, "ok", ""), (0.5, 1.5, "rejected", "waited too long")]


@pytest.mark.parametrize("way", ["hold", "free"])
def test_patience_that_is_drawn_ends_for_each_at_its_own_time(way: str) -> None:
    """Half of those who wait behind four seconds of work leave after one second, half after two, not in order."""
    service = f"workers: 1, waiting: unlimited, max wait: mix 50% 1s 50% 2s, while calling: {way}"
    record = play(station(service, "arrivals: at 0s" + " 500ms" * 20, "4s"))
    left = [ended - arrived for arrived, ended, outcome, _ in requests(record) if outcome == "rejected"]
    assert len(left) == 20 and set(left) == {1.0, 2.0}
    assert left != sorted(left)


@pytest.mark.parametrize("way", ["hold", "free"])
def test_who_is_served_before_its_drawn_patience_ends_stays(way: str) -> None:
    service = f"workers: 1, waiting: unlimited, max wait: uniform 3s to 4s, while calling: {way}"
    record = play(station(service, "arrivals: at 0s 0s 0s"))
    assert [outcome for _, _, outcome, _ in requests(record)] == ["ok"] * 3


@pytest.mark.parametrize("way", ["hold", "free"])
def test_who_is_served_at_the_instant_it_came_does_not_withdraw_later(way: str) -> None:
    """The answer to the first call and the arrival of the second fall on one instant, through a caller's recipe."""
    record = play(f"""
workload: {{c: {{calls: a.x, arrivals: at 0s}}}}
services:
  a: {{workers: unlimited, operations: {{x: [{{parallel: [[{{work: 1s}}, {{call: b.y}}], {{call: b.z}}]}}]}}}}
  b: {{workers: 1, max wait: 250ms, while calling: {way}, operations: {{y: [{{work: 1s}}], z: [{{work: 1s}}]}}}}""")
    assert waits(record, "b") == [(0.0, 0.0, 1.0), (1.0, 1.0, 2.0)]
    assert requests(record) == [(0.0, 2.0, "ok", "")]


def replicas_used(balance: str, count: int = 6, work: str = "8s", client: str = "") -> list[int]:
    client = client or "arrivals: at " + " ".join(f"{i}s" for i in range(count))
    body = station(f"workers: 8, replicas: 3, balance: {balance}", client, work)
    return [replica for (replica,) in attempts(play(body), "replica")]


def test_round_robin_takes_turns() -> None:
    assert replicas_used("round robin") == [0, 1, 2, 0, 1, 2]


def test_least_outstanding_avoids_whoever_is_slow() -> None:
    """Two-second work; each second one call: the replica that is free is taken."""
    used = replicas_used("least outstanding", 6, "2s")
    assert used == [0, 1, 2, 0, 1, 2]
    body = """
workload: {c: {mix: {a.long: 1}, arrivals: at 0s}, d: {calls: a.short, arrivals: at 1s 2s 3s 4s}}
services:
  a: {workers: 8, replicas: 2, balance: least outstanding, operations: {long: [{work: 8s}], short: [{work: 500ms}]}}"""
    record = play(body)
    # links have balancers of their own, but they see the same replicas
    assert attempts(record, "replica", "c -> a") == [(0,)]
    assert attempts(record, "replica", "d -> a") == [(1,)] * 4


def test_random_and_best_of_k_come_from_a_stream_of_the_link() -> None:
    for balance in ("random", "best of 2"):
        used = replicas_used(balance, client="arrivals: regular, rate: 100/s", work="125ms")
        assert {replica: 0.28 < used.count(replica) / len(used) < 0.38 for replica in (0, 1, 2)} == {
            0: True, 1: True, 2: True,
        }  # fmt: skip
        assert used == replicas_used(balance, client="arrivals: regular, rate: 100/s", work="125ms")


def test_best_of_all_is_the_least_outstanding() -> None:
    used = replicas_used("best of 3", 3)
    assert sorted(used) == [0, 1, 2]


def test_an_attempt_given_up_on_its_way_is_not_outstanding_for_ever() -> None:
    """Replica 0's call times out in transit; if it were counted, replica 0 would never be chosen again."""
    record = play("""
workload: {c: {calls: a.x, arrivals: at 0s 2s 4s 6s}}
services: {a: {workers: 8, replicas: 2, balance: least outstanding, operations: {x: [{work: 125ms}]}}}
links: {c -> a: {latency: 1s, timeout: 500ms}}""")
    assert attempts(record, "replica outcome") == [(i % 2, "timeout") for i in range(4)]


FREE = """
workload: {{c: {{calls: a.x, arrivals: at {arrivals}}}}}
services:
  a: {{workers: 1, waiting: {waiting}, while calling: {way}{limit}, operations: {{x: [{work}, {{call: b.y}}, {work}]}}}}
  b: {{workers: unlimited, operations: {{y: [{{work: 1s}}]}}}}"""


def free(way: str = "free", limit: str = "", arrivals: str = "0s 0s", waiting: str = "8") -> str:
    return FREE.format(way=way, limit=limit, arrivals=arrivals, waiting=waiting, work="{work: 250ms}")


def test_a_held_worker_waits_with_its_call() -> None:
    assert waits(play(free("hold")), "a") == [(0.0, 0.0, 1.5), (0.0, 1.5, 3.0)]


def test_a_freed_worker_serves_others_during_the_call() -> None:
    record = play(free())
    assert waits(record, "a") == [(0.0, 0.0, 1.5), (0.0, 0.25, 1.75)]
    segments = record.segments
    assert list(zip(*(segments[name].tolist() for name in ("attempt", "queued_at", "started_at", "ended_at")))) == [
        (0, 0.0, 0.0, 0.25), (1, 0.0, 0.25, 0.5), (0, 1.25, 1.25, 1.5), (1, 1.5, 1.5, 1.75),
    ]  # fmt: skip


def test_who_goes_on_waits_for_a_worker_in_order_of_coming() -> None:
    record = play(free(arrivals="0s 0s 1125ms"))
    # the third takes the worker at 1.125; the first wants to go on at 1.25 and gets it at 1.375
    assert waits(record, "a") == [(0.0, 0.0, 1.625), (0.0, 0.25, 1.875), (1.125, 1.125, 2.625)]


def test_in_flight_bounds_how_many_are_begun() -> None:
    record = play(free(limit=", in flight: 1"))
    assert waits(record, "a") == [(0.0, 0.0, 1.5), (0.0, 1.5, 3.0)]
    record = play(free(limit=", in flight: 2", arrivals="0s 0s 0s", waiting="0"))
    outcomes = [outcome for _, _, outcome, _ in requests(record)]
    assert outcomes == ["ok", "rejected", "rejected"], "one worker, no waiting place: only the first can begin"
    record = play(free(limit=", in flight: 2", arrivals="0s 0s 0s"))
    assert [started for _, started, _ in waits(record, "a")] == [0.0, 0.25, 1.5]


def test_strands_in_a_freeing_service_need_a_worker_each() -> None:
    body = """
workload: {{c: {{calls: a.x, arrivals: at 0s}}}}
services:
  a: {{workers: {workers}, while calling: free, operations: {{x: [{{parallel: [{{work: 1s}}, {{work: 1s}}]}}]}}}}"""
    assert requests(play(body.format(workers=1))) == [(0.0, 2.0, "ok", "")]
    assert requests(play(body.format(workers=2))) == [(0.0, 1.0, "ok", "")]


def test_the_loser_of_a_join_gives_its_worker_back() -> None:
    record = play("""
workload: {c: {calls: a.x, arrivals: at 0s 4s 4s}}
services:
  a: {workers: 2, while calling: free, operations: {x: [{parallel: [{work: 250ms}, {work: 1s}], join: 1}]}}""")
    # from 4 s on: the second request takes the first worker that comes free; both joins are decided before their
    # requests get a worker to go on with, and that is when the first loser has done its second of work
    assert [ended for _, ended, _, _ in requests(record)] == [0.25, 5.0, 5.0]
    assert record.ended_at == 10.0 and record.census[-1].tolist() == [0, 0, 0], "every worker is free in the end"
    assert record.segments["ended_at"].max() == 5.5


def test_services_that_call_each_other_can_deadlock_their_pools_and_it_is_counted() -> None:
    """a.x -> b.y -> a.z with one worker each: legal between services, and nobody ever moves again."""
    body = """
workload: {c: {calls: a.x, arrivals: at 0s 1s}}
services:
  a: {workers: 1, operations: {x: [{call: b.y}], z: [{work: 250ms}]}}
  b: {workers: 1, operations: {y: [{call: a.z}]}}"""
    record = play(body, "4s")
    assert requests(record) == [(0.0, None, "open", ""), (1.0, None, "open", "")]
    assert record.ended_at == 8.0
    assert attempts(record, "link started_at left_at outcome") == [
        ("c -> a", 0.0, None, "open"), ("a -> b", 0.0, None, "open"), ("b -> a", None, None, "open"),
        ("c -> a", None, None, "open"),
    ]  # fmt: skip


def test_a_long_line_drains_in_no_time_with_a_flat_stack() -> None:
    """One request works for half a second; thousands come behind it and then take no time at all."""
    record = play(
        """
workload:
  first: {calls: a.long, arrivals: at 0s}
  then: {calls: a.x, rate: 1/s, arrivals: regular batches of 5000}
services: {a: {workers: 1, waiting: unlimited, operations: {long: [{work: 500ms}], x: [{effect: e}]}}}""",
        "1s",
    )
    assert set(requests(record)[1:]) == {(0.0, 0.5, "ok", "")}
