"""Every toggle of every shipped scenario is an honest switch: on, something measured changes; off, it is not there."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Iterator

import pytest
from ruamel.yaml import YAML

import sim
from sim.engine.run import play
from sim.record.record import Record
from sim.results.measures.registry import measures
from sim.scenario.shipped import shipped_folder
from tests.properties.judge import columns

CHANGES_NOTHING = {
    ("grpc_retry_throttling", "one in twenty fails", "throttling"): "the lesson: good answers pay for these retries",
    ("adaptive_limits", "slower work", "limit at the server"): "the lesson: no more calls come than on a good day",
    ("adaptive_limits", "slower work", "limit at the caller"): "the lesson: no more calls come than on a good day",
    ("gray_failure", "fails fast", "health checks"): "the lesson: a replica that fails at once passes its checks",
    ("gray_failure", "slow", "health checks"): "the lesson: so does one that is slow",
    ("load_shedding_by_priority", "all are important", "by priority"): "the lesson: nobody is less important",
    ("bad_deploy", "all at once", "health checks"): "the lesson: a bad version passes its checks",
    ("bad_deploy", "one of four", "health checks"): "the lesson: so does one of many",
    ("bad_deploy", "leak", "health checks"): "the lesson: so does one that gets slow",
    ("split_network", "refused", "timeout"): "who is refused at once waits for nothing",
    ("split_network", "reset", "timeout"): "nor does who is reset",
    **{
        ("split_network", variant, toggle): "the lesson: without a timeout nothing fails, so there is nothing to do"
        for variant in ("black hole", "answers lost", "drip")
        for toggle in ("retries", "breaker", "fallback")
    },
    ("shared_host", "together", "health checks"): "the lesson: with everybody dead the balancer uses everybody",
    ("poison_by_key", "asked", "health checks"): "the lesson: so it does where retries have killed everybody",
}
"""Switches that do not matter where they stand, and why that is meant; none of them may matter after all."""

REPLICATIONS = 20
"""So many are tried: a defence against what is rare does not act in each."""


def switches() -> Iterator[tuple[Path, str | None, str]]:
    """Yield (file, variant, toggle) for each toggle in each variant that it is for; `test_shipped` finds bad files."""
    for file in sorted(shipped_folder().glob("*.yaml")):
        try:
            scenario = sim.load(file)
        except sim.ScenarioError:
            continue
        for variant in scenario.variants or [None]:
            for name, toggle in scenario.toggles.items():
                if toggle.for_ is None or variant in toggle.for_:
                    yield file, variant, name


EACH = pytest.mark.parametrize(
    "file, variant, toggle",
    [pytest.param(*one, id=" - ".join([one[0].stem, *filter(None, one[1:])])) for one in switches()],
)


@cache
def off(
    file: Path, variant: str | None, replication: int = 0
) -> tuple[dict[tuple[str, ...], float | None], dict[str, bytes]]:
    """Return the measures, and every column of the record, of a variant with no switch on."""
    record = play(sim.load(file).resolve(variant), replication=replication)
    return measured(record), columns(record)


def measured(record: Record) -> dict[tuple[str, ...], float | None]:
    return {(row.measure, row.of, row.during): row.value for row in measures(record)}


def without(file: Path, toggle: str) -> sim.Scenario:
    """Return the scenario of *file* as if nobody had thought of this toggle: no claim speaks of it either."""
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(file)
    del document["toggles"][toggle]
    document["expect"] = {
        name: claim for name, claim in document["expect"].items() if toggle not in claim.get("with", [])
    }
    return sim.loads(json.dumps(document), shipped_folder())


@pytest.mark.slow
@EACH
def test_switched_on_it_changes_what_is_measured(file: Path, variant: str | None, toggle: str) -> None:
    scenario = sim.load(file).resolve(variant, with_=[toggle])
    meant = (file.stem, variant, toggle) in CHANGES_NOTHING
    assert any(changes(file, variant, scenario, replication) for replication in range(REPLICATIONS)) is not meant


def changes(file: Path, variant: str | None, switched_on: sim.Scenario, replication: int) -> bool:
    """Whether any measure that there is with and without the switch differs, on the same seed."""
    before, after = off(file, variant, replication)[0], measured(play(switched_on, replication=replication))
    return any(before[key] != after[key] for key in before.keys() & after.keys())


@pytest.mark.slow
@EACH
def test_switched_off_it_is_as_if_it_were_not_written(file: Path, variant: str | None, toggle: str) -> None:
    absent = columns(play(without(file, toggle).resolve(variant)))
    assert [name for name, column in off(file, variant)[1].items() if column != absent[name]] == []
    assert absent.keys() == off(file, variant)[1].keys()


@pytest.mark.slow
def test_the_exceptions_are_switches_that_exist() -> None:
    assert set(CHANGES_NOTHING) <= {(file.stem, variant, toggle) for file, variant, toggle in switches()}
