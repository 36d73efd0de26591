"""The hero: its claims in one replication, and what its variants and toggles mean in the engine."""

from typing import Any

import pytest

import sim
from sim.experiments.check import check
from sim.experiments.run import run_resolved
from sim.scenario.shipped import shipped_folder


@pytest.fixture(scope="module")
def hero() -> Any:
    return sim.load(shipped_folder() / "cascade_vs_backlog.yaml")


@pytest.mark.slow
def test_its_claims_hold_in_one_replication(hero: Any):
    checked = check(hero, replications=1)
    assert {name: v.values for name, v in checked.verdicts.items() if v.verdict != "holds"} == {}
    assert all(checked.identities.values())


def test_its_variants_meet_the_same_arrivals(hero: Any):
    short = {"duration": "70s"}
    arrivals = [
        run_resolved(hero.resolve(variant, set_=short), replications=1).requests["arrived_at"].tolist()
        for variant in ("synchronous", "asynchronous", "hybrid")
    ]
    assert arrivals[0] == arrivals[1] == arrivals[2] and len(arrivals[0]) > 10_000


def test_a_charge_that_was_given_up_and_sent_again_counts_as_charged_twice(hero: Any):
    """The message stands in for the call: both together are due once, not twice."""
    run = run_resolved(hero.resolve("hybrid", set_={"duration": "100s"}), replications=1)
    applied = run.record.effects["request"]
    twice = len(applied) - len(set(applied.tolist()))
    assert twice > 500
    assert run.value("duplicated", "charged", "all") == pytest.approx(
        twice, abs=5
    )  # those of the warm-up are not measured
