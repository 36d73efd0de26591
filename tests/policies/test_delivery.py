"""The queue's decisions: SQS traces (acceptance cases D05-D08), errors, silence, late acknowledgements."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from sim.errors import ParameterError
from sim.policies.delivery import Delivery, DeliveryPolicy, Message, VisibilityQueue
from sim.quantities import UNLIMITED, parse_backoff

SQS = json.loads((Path(__file__).parent / "traces" / "sqs.json").read_text())


class Driven:
    """A queue with a clock that is set by hand: timers that are due fire before each step, in order."""

    def __init__(
        self, max_deliveries: float = UNLIMITED, redelivery: str = "none", visibility_s: float = 30.0,
        max_stalled: float = UNLIMITED, refuses_late: bool = False,
    ) -> None:  # fmt: skip
        self.dead: list[tuple[float, Any]] = []
        policy = DeliveryPolicy(visibility_s, max_deliveries, parse_backoff(redelivery), max_stalled, refuses_late)
        self.queue = VisibilityQueue(policy, lambda message, now: self.dead.append((now, message.body)))
        self.deliveries: list[Delivery] = []
        self.waits_in_queue: list[tuple[float, Message]] = []

    def until(self, now: float) -> None:
        due: list[tuple[float, Any, Any]] = [
            (at, self.queue.wake, (message,)) for at, message in self.waits_in_queue if at <= now
        ]
        due += [(d.visible_at, self.queue.expire, (d, d.visible_at)) for d in self.deliveries if d.visible_at <= now]
        self.waits_in_queue = [rest for rest in self.waits_in_queue if rest[0] > now]
        for _, step, arguments in sorted(due, key=lambda timer: timer[0]):
            step(*arguments)

    def send(self, body: Any) -> Message:
        message = Message(body)
        self.queue.send(message)
        return message

    def receive(self, now: float, most: int = 10) -> list[Delivery]:
        self.until(now)
        got: list[Delivery] = []
        while len(got) < most and (delivery := self.queue.take(now)) is not None:
            got.append(delivery)
        self.deliveries += got
        return got

    def nack(self, delivery: Delivery, now: float) -> None:
        self.until(now)
        rest_s = self.queue.nack(delivery, now)
        if rest_s is not None:
            self.waits_in_queue.append((now + rest_s, delivery.message))

    def last(self, body: Any) -> Delivery:
        return [delivery for delivery in self.deliveries if delivery.message.body == body][-1]

    def received(self, now: float) -> list[tuple[Any, int]]:
        return [(delivery.message.body, delivery.number) for delivery in self.receive(now)]


@pytest.mark.parametrize("name", SQS["traces"])
def test_plays_like_sqs(name: str) -> None:
    trace = SQS["traces"][name]
    driven = Driven(trace["max_deliveries"] or UNLIMITED)
    for now, operation, argument in trace["steps"]:
        driven.until(now)
        if operation == "send":
            driven.send(argument)
        elif operation == "receive":
            assert driven.received(now) == [tuple(got) for got in argument], (name, now)
        elif operation == "delete":
            assert driven.queue.ack(driven.last(argument))
        elif operation == "change_visibility":
            assert driven.queue.change_visibility(driven.last("m1"), argument, now)
        else:
            assert operation == "dead letters"
            assert len(driven.dead) == argument, (name, now)


def test_silence_returns_a_message_at_the_instant_its_visibility_ends() -> None:
    driven = Driven()
    driven.send("m")
    instants = [0, 10, 29.5, 30, 59.5, 60]
    assert [driven.received(now) for now in instants] == [[("m", 1)], [], [], [("m", 2)], [], [("m", 3)]]


def test_after_silence_a_message_is_dead_lettered_only_when_one_delivery_too_many_would_start() -> None:
    driven = Driven(max_deliveries=3)
    driven.send("poison")
    assert [driven.received(now) for now in (0, 31, 62)] == [[("poison", 1)], [("poison", 2)], [("poison", 3)]]
    driven.until(92.5)
    assert (driven.dead, driven.queue.visible) == ([], 1)
    assert driven.received(93) == []
    assert driven.dead == [(93, "poison")]


def test_the_last_error_dead_letters_at_that_instant() -> None:
    driven = Driven(max_deliveries=5, redelivery="exponential 1s factor 2")
    driven.send("poison")
    log = []
    for now in (0.0, 1.0, 3.0, 7.0, 15.0):
        if now:
            assert driven.received(now - 0.25) == []
        (delivery,) = driven.receive(now)
        log.append((now, delivery.number))
        driven.nack(delivery, now)
    assert log == [(0, 1), (1, 2), (3, 3), (7, 4), (15, 5)]
    assert driven.dead == [(15.0, "poison")]
    assert driven.received(1000) == []


def test_an_error_returns_the_message_at_once_without_redelivery() -> None:
    driven = Driven(max_deliveries=2)
    driven.send("m")
    driven.nack(driven.receive(5)[0], 5)
    assert driven.received(5) == [("m", 2)]


def test_an_extension_counts_from_the_moment_of_the_call() -> None:
    driven = Driven()
    driven.send("m")
    (delivery,) = driven.receive(0)
    assert driven.queue.change_visibility(delivery, 30, 20)
    assert not driven.queue.expire(delivery, 30)
    assert [driven.received(now) for now in (30, 49.5, 50)] == [[], [], [("m", 2)]]


def test_returned_messages_go_to_the_back_of_the_line() -> None:
    driven = Driven()
    for body in "abc":
        driven.send(body)
    (a,) = driven.receive(0, most=1)
    driven.nack(a, 1)
    assert driven.received(2) == [("b", 1), ("c", 1), ("a", 2)]


def test_a_late_acknowledgement_ends_the_message_while_another_delivery_runs() -> None:
    driven = Driven()
    driven.send("m")
    (first,) = driven.receive(0)
    (second,) = driven.receive(30)
    assert driven.queue.ack(first)
    assert driven.queue.in_flight == 0
    driven.nack(second, 31)
    assert not driven.queue.ack(second)
    assert driven.received(100) == [] and driven.dead == []


def test_a_late_acknowledgement_takes_a_visible_message_out_of_the_line() -> None:
    driven = Driven()
    driven.send("m")
    (first,) = driven.receive(0)
    driven.until(30)
    assert driven.queue.visible == 1
    assert driven.queue.ack(first)
    assert driven.queue.visible == 0 and driven.received(31) == []


def test_an_acknowledgement_ends_a_message_that_rests() -> None:
    driven = Driven(redelivery="60s")
    driven.send("m")
    (first,) = driven.receive(0)
    (second,) = driven.receive(30)
    driven.nack(second, 31)
    assert driven.queue.resting == 1
    assert driven.queue.ack(first)
    assert driven.queue.resting == 0 and driven.received(200) == []


def test_an_error_after_silence_changes_nothing() -> None:
    driven = Driven(max_deliveries=1)
    driven.send("m")
    (first,) = driven.receive(0)
    driven.nack(first, 40)
    assert driven.queue.visible == 1 and driven.dead == []
    assert driven.received(41) == [] and driven.dead == [(41, "m")]


def test_a_late_acknowledgement_that_is_refused_leaves_the_message_where_it_is() -> None:
    driven = Driven(refuses_late=True)
    driven.send("m1")
    (first,) = driven.receive(0)
    driven.until(30)
    assert not driven.queue.ack(first) and driven.queue.visible == 1
    (second,) = driven.receive(31)
    assert not driven.queue.ack(first) and driven.queue.in_flight == 1, "another delivery hides it"
    assert driven.queue.ack(second) and driven.queue.in_flight == 0


@pytest.mark.parametrize("most, received", [(0, 1), (1, 2), (3, 4), (UNLIMITED, 9)])
def test_a_message_stalls_as_often_as_it_may(most: float, received: int) -> None:
    driven = Driven(max_stalled=most)
    driven.send("m1")
    count = sum(len(driven.receive(30.0 * i)) for i in range(9))
    assert count == received
    assert driven.dead == ([] if most == UNLIMITED else [(30.0 * received, "m1")])


def test_stalls_are_counted_apart_from_failures() -> None:
    driven = Driven(max_deliveries=2, max_stalled=2)
    driven.send("m1")
    driven.receive(0)
    driven.receive(30)
    (third,) = driven.receive(60)  # two stalls
    driven.nack(third, 61)  # the first failure that counts
    (fourth,) = driven.receive(61)
    assert driven.dead == []
    driven.nack(fourth, 62)
    assert driven.dead == [(62, "m1")]


@pytest.mark.parametrize("visibility_s, most", [(0.0, 3), (30.0, 0), (float("nan"), 3)])
def test_a_policy_that_cannot_work_is_refused(visibility_s: float, most: int) -> None:
    with pytest.raises(ParameterError):
        DeliveryPolicy(visibility_s, most, parse_backoff("none"))


def test_fewer_stalls_than_none_are_refused() -> None:
    with pytest.raises(ParameterError):
        DeliveryPolicy(30.0, 3, parse_backoff("none"), -1)


class QueueAgainstModel(RuleBasedStateMachine):
    """Any order of steps, against a model that finds out by looking at every message each time."""

    deliveries = Bundle("deliveries")

    @initialize(most=st.integers(1, 3), rest=st.sampled_from(["none", "2s", "exponential 1s factor 2"]))
    def build(self, most: int, rest: str) -> None:
        self.driven = Driven(most, rest, visibility_s=4.0)
        self.most, self.rest = most, parse_backoff(rest)
        self.now = 0.0
        self.turn = 0
        self.model: list[dict[str, Any]] = []

    def place_last(self, row: dict[str, Any], state: str = "visible") -> None:
        self.turn += 1
        row.update(state=state, turn=self.turn, due=None)

    @rule()
    def send(self) -> None:
        self.driven.send(len(self.model))
        self.model.append({"deliveries": 0, "by": None})
        self.place_last(self.model[-1])

    @rule(eighths=st.integers(1, 24), data=st.data())
    def time_passes(self, eighths: int, data: st.DataObject) -> None:
        """Time moves from one due instant to the next, so that ties are settled by the model's own order of turns."""
        self.now += eighths / 8
        while True:
            waiting = [row for row in self.model if row["due"] is not None and row["due"] <= self.now]
            if not waiting:
                break
            at = min(row["due"] for row in waiting)
            for row in sorted(
                (r for r in waiting if r["due"] == at), key=lambda r: (r["state"] != "resting", r["turn"])
            ):
                self.place_last(row)
            self.driven.until(at)
        self.driven.until(self.now)

    @rule(target=deliveries)
    def take(self) -> Delivery | None:
        line = sorted((row for row in self.model if row["state"] == "visible"), key=lambda row: row["turn"])
        for row in line:
            if row["deliveries"] == self.most:
                row["state"] = "dead"
                continue
            break
        else:
            assert self.driven.receive(self.now, most=1) == []
            return None
        self.place_last(row, "in flight")
        row["deliveries"] += 1
        row["due"] = self.now + 4
        (delivery,) = self.driven.receive(self.now, most=1)
        assert delivery.message.body == self.model.index(row)
        assert delivery.number == row["deliveries"]
        row["by"] = delivery
        return delivery

    @rule(delivery=deliveries)
    def ack(self, delivery: Delivery | None) -> None:
        if delivery is None:
            return
        row = self.model[delivery.message.body]
        assert self.driven.queue.ack(delivery) is (row["state"] not in ("acknowledged", "dead"))
        if row["state"] != "dead":
            row.update(state="acknowledged", due=None)

    @rule(delivery=deliveries)
    def nack(self, delivery: Delivery | None) -> None:
        if delivery is None:
            return
        row = self.model[delivery.message.body]
        self.driven.nack(delivery, self.now)
        if row["state"] != "in flight" or row["by"] is not delivery:
            return
        if row["deliveries"] == self.most:
            row.update(state="dead", due=None)
        else:
            rest_s = self.rest.wait_s(row["deliveries"])
            self.place_last(row, "resting" if rest_s else "visible")
            row["due"] = self.now + rest_s if rest_s else None

    @rule(delivery=deliveries, seconds=st.integers(0, 6))
    def change_visibility(self, delivery: Delivery | None, seconds: int) -> None:
        if delivery is None:
            return
        row = self.model[delivery.message.body]
        hides = row["state"] == "in flight" and row["by"] is delivery
        assert self.driven.queue.change_visibility(delivery, seconds, self.now) is hides
        if hides and seconds:
            row["due"] = self.now + seconds
        elif hides:
            self.place_last(row)

    @invariant()
    def counts_and_dead_letters_agree(self) -> None:
        if not hasattr(self, "model"):
            return
        queue = self.driven.queue
        states = [row["state"] for row in self.model]
        assert (queue.visible, queue.resting, queue.in_flight) == tuple(
            states.count(state) for state in ("visible", "resting", "in flight")
        )
        assert sorted(body for _, body in self.driven.dead) == [i for i, s in enumerate(states) if s == "dead"]


TestQueueAgainstModel = QueueAgainstModel.TestCase
TestQueueAgainstModel.settings = settings(max_examples=40, deadline=None, derandomize=True, database=None)
