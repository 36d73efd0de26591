"""Messages (cases D01 to D13): backlogs as fluids, and the deliveries of a message that is never acknowledged."""

from __future__ import annotations

from typing import Any

import pytest

from sim import theory
from tests.acceptance._judging import Size, in_two_sizes, play, share_agrees
from tests.acceptance._systems import at, recipe, system

SHOP = {"shop": recipe("{send: orders}")}


def consumer(workers: int, work_ms: float) -> dict[str, str]:
    """Return a shop that sends and a warehouse of constant work that handles."""
    warehouse = f"workers: {workers}, consumes: {{orders: do}}, operations: {{do: [{{work: {work_ms!r}ms}}]}}"
    return {**SHOP, "warehouse": warehouse}


def backlog(rate: float, workers: int, work_ms: float, fault: str, at_s: float, for_s: float, after_s: float) -> Any:
    """Play a regular stream of messages and a fault at its consumer."""
    text = system(
        at_s + for_s + after_s, {"clients": f"calls: shop.do, rate: {rate}/s, arrivals: regular"},
        consumer(workers, work_ms), queues={"orders": ""},
        faults={"trouble": f"{fault}, at: {at_s}s, for: {for_s}s"},
    )  # fmt: skip
    return play(text)


@pytest.mark.parametrize("mode", ["silent", "refuse"])
@pytest.mark.parametrize(
    "rate, workers, work_ms, down_s, peak, drain_s",
    [
        pytest.param(50, 4, 50, 120, 6000, 200, id="D01"),  # capacity 80/s; fluid: 50 * 120 and 6000 / (80 - 50)
        pytest.param(30, 5, 100, 40, 1200, 60, id="smaller"),
    ],
)
def test_a_dead_consumer_is_a_backlog(
    rate: float, workers: int, work_ms: float, down_s: float, peak: float, drain_s: float, mode: str
):
    run = backlog(rate, workers, work_ms, f"crash: warehouse, mode: {mode}", 20, down_s, drain_s * 1.2)
    assert run.value("backlog peak", "orders") == pytest.approx(peak, rel=0.01)
    assert run.value("drain time", "orders") == pytest.approx(drain_s, rel=0.01)
    assert run.value("answered ratio", "clients") == 1  # the shop's clients notice nothing
    assert run.value("done", "orders") == run.value("published", "orders")
    # what died in the workers' hands is visible again 30 s later, behind all that came meanwhile
    capacity = workers * 1000 / work_ms
    assert run.value("oldest age", "orders") == pytest.approx(down_s + 30 * rate / capacity, rel=0.01)


@in_two_sizes
def test_a_slow_consumer_is_a_backlog_too(size: Size):
    """D03: 50/s against 60/s, slowed to 20/s for 300 s: 9000, drained after 900 s (fast: a tenth of both)."""
    slow_s = size.of(30, 300)
    run = backlog(50, 3, 50, "slow: warehouse, by: 3x", 20, slow_s, slow_s * 3.3)
    assert run.value("backlog peak", "orders") == pytest.approx(30 * slow_s, rel=0.02)
    assert run.value("drain time", "orders") == pytest.approx(3 * slow_s, rel=0.02)


@pytest.mark.parametrize("factor, during_per_s", [("2x", 20.0), ("5x", 8.0)])
def test_how_slow_it_is_decides_the_backlog(factor: str, during_per_s: float):
    run = backlog(25, 4, 100, f"slow: warehouse, by: {factor}", 20, 60, 90)
    fluid = theory.fluid_backlog(25, 40, 60, during_per_s)
    assert run.value("backlog peak", "orders") == pytest.approx(fluid.peak, rel=0.02)
    assert run.value("drain time", "orders") == pytest.approx(fluid.drain_s, rel=0.02)


# --- nobody acknowledges --------------------------------------------------------------------------------------


def unacknowledged(queue: str, polls_s: tuple[float, ...] | None = None, until_s: float = 120) -> Any:
    """Play one message whose deliveries get lost on their way, so that its queue hears nothing.

    With *polls_s*, the queue is paused except in the second after each of these instants: nobody asks in between.
    """
    pauses = {}
    if polls_s is not None:
        ends = [*polls_s[1:], until_s]
        pauses = {
            f"nobody asks {i}": f"pause: orders, at: {begin + 0.5}s, for: {end - begin - 0.5}s"
            for i, (begin, end) in enumerate(zip(polls_s, ends, strict=True))
        }
    text = system(
        until_s, at(0, calls="shop.do"), consumer(1, 1), faults=pauses,
        queues={"orders": f"visibility timeout: 30s, {queue}", "dead": ""},
        links={"orders -> warehouse": "loss: 100%"},
    )  # fmt: skip
    return play(text)


def deliveries(run: Any) -> list[tuple[float, int]]:
    """Return (instant, number) of each delivery."""
    tries = run.attempts[run.attempts["kind"] == "delivery"]
    return list(zip(tries["sent_at"].tolist(), tries["number"].tolist(), strict=True))


def ends(run: Any) -> list[tuple[str, str, float]]:
    """Return (queue, outcome, instant) of each message."""
    frame = run.messages[run.messages["outcome"] != "waiting"]
    return list(zip(frame["queue"], frame["outcome"], frame["ended_at"].tolist(), strict=True))


def test_poison_polled_at_0_31_62_and_93_is_delivered_three_times_then_dead_lettered():
    """D05, as SQS with maxReceiveCount 3 and a visibility timeout of 30 s does (traced with moto 5)."""
    run = unacknowledged("max deliveries: 3, dead letters: dead", (0, 31, 62, 93))
    assert deliveries(run) == [(0, 1), (31, 2), (62, 3)]
    assert ends(run) == [("orders", "dead-lettered", 93)]  # at the fourth receive attempt
    assert run.messages[run.messages["queue"] == "dead"]["published_at"].tolist() == [93]


@pytest.mark.parametrize("most, over_s", [(1, 30), (2, 60), (3, 90)])
def test_poison_that_somebody_always_asks_for_goes_when_the_next_delivery_would_start(most: int, over_s: float):
    run = unacknowledged(f"max deliveries: {most}, dead letters: dead")
    assert deliveries(run) == [(30 * i, i + 1) for i in range(most)]
    assert ends(run) == [("orders", "dead-lettered", over_s)]


def test_poison_without_dead_letters_is_lost_and_counted():
    run = unacknowledged("max deliveries: 3")
    assert ends(run) == [("orders", "lost", 90)]
    assert run.value("lost", "orders") == 1


def test_a_message_that_is_never_deleted_comes_back_every_30_s_and_never_in_between():
    """D06: with a worker that is always free, so that it would be delivered earlier if it could."""
    run = unacknowledged("max deliveries: unlimited", until_s=100)
    assert deliveries(run)[:4] == [(0, 1), (30, 2), (60, 3), (90, 4)]


@pytest.mark.parametrize("polls_s, expected", [((0, 29, 31, 60, 61.5), [0, 31, 61.5]), ((0, 10, 20, 30, 45), [0, 30])])
def test_asking_early_gets_nothing(polls_s: tuple[float, ...], expected: list[float]):
    run = unacknowledged("max deliveries: unlimited", polls_s, until_s=85)
    assert [at_s for at_s, _ in deliveries(run) if at_s < 85] == expected


# --- some fail ------------------------------------------------------------------------------------------------


@in_two_sizes
@pytest.mark.parametrize(
    "fails, most, dead",
    [pytest.param("30%", 4, 0.0081, id="D13"), pytest.param("50%", 3, 0.125, id="worse")],
)
def test_the_dead_lettered_share_is_that_of_as_many_failures_in_a_row(size: Size, fails: str, most: int, dead: float):
    """3 standard errors of 10^5 messages (fast: 10^4)."""
    warehouse = f"workers: 10, consumes: {{orders: do}}, operations: {{do: [{{fail: {fails}}}]}}"
    messages = int(size.of(1e4, 1e5))
    run = play(
        system(
            100, {"clients": f"calls: shop.do, rate: {messages / 100}/s, arrivals: regular"},
            {**SHOP, "warehouse": warehouse},
            queues={"orders": f"max deliveries: {most}, dead letters: dead", "dead": ""},
        )
    )  # fmt: skip
    assert run.value("published", "orders") == messages
    share_agrees(int(run.value("dead-lettered", "orders")), messages, dead)
    assert run.value("done", "orders") + run.value("dead-lettered", "orders") == messages
    assert run.value("published", "dead") == run.value("dead-lettered", "orders")
    p = float(fails.strip("%")) / 100
    assert run.value("deliveries per message", "orders") == pytest.approx(theory.expected_attempts(p, most), rel=0.02)
