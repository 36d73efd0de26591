"""Poison: when it is delivered, when it is given up, and that no delivery follows."""

from typing import Any

import pytest

import sim
from sim.experiments.run import run_resolved
from sim.scenario.shipped import shipped_folder


@pytest.fixture(scope="module")
def poison() -> Any:
    """The deliveries of the first message that could not be handled, with its end."""
    run = run_resolved(sim.load(shipped_folder() / "poison_message.yaml").resolve(), replications=1)
    dead = run.messages[run.messages["outcome"] == "dead-lettered"].iloc[0]
    attempts = run.attempts
    mine = attempts[(attempts["kind"] == "delivery") & (attempts["request"] == dead["request"])].sort_values("sent_at")
    return dead, mine


def test_poison_is_delivered_at_0_1_3_7_and_15_seconds(poison: Any):
    _, deliveries = poison
    starts = deliveries["sent_at"] - deliveries["sent_at"].iloc[0]
    assert starts.tolist() == pytest.approx([0, 1, 3, 7, 15], abs=0.6)  # the work before each failure, 25 ms on average


def test_poison_waits_1_2_4_and_8_seconds_and_not_after_the_last(poison: Any):
    dead, deliveries = poison
    waits = deliveries["sent_at"].iloc[1:].to_numpy() - deliveries["ended_at"].iloc[:-1].to_numpy()
    assert waits.tolist() == pytest.approx([1, 2, 4, 8], abs=0.2)  # a worker may be busy for a moment
    assert dead["ended_at"] == deliveries["ended_at"].iloc[-1] and dead["deliveries"] == 5


def test_every_delivery_of_poison_fails(poison: Any):
    _, deliveries = poison
    assert deliveries["outcome"].tolist() == ["error"] * 5
