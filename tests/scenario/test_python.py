"""Scenarios built in Python mean the same as files."""

from typing import Any

import pytest

from sim.engine.run import play
from sim.errors import ScenarioError
from sim.mechanisms.faults.slow import Slow
from sim.mechanisms.links.breaker import Breaker
from sim.mechanisms.links.retry import Retry
from sim.mechanisms.steps import Call, Work
from sim.scenario import models
from sim.scenario.loading import dump, loads
from sim.scenario.models import Claim, Link, Service, Workload
from sim.scenario.scenario_file import ScenarioFile


def parts() -> dict[str, Any]:
    return {
        "version": 1,
        "title": "t",
        "duration": "60s",
        "workload": {"clients": Workload(calls="web.get", rate="10/s", deadline="1s", done_within="5s")},
        "services": {
            "web": Service(
                workers="unlimited", operations={"get": [Work(work="exponential 5ms"), Call(call="db.read")]}
            ),
            "db": {"max_wait": "2s", "operations": {"read": [{"repeat": 2, "work": "1ms"}, "reply"]}},
        },
        "links": {"web->db": Link(timeout="250ms", loss="1%", retry=Retry(max_attempts=3), breaker=Breaker())},
        "faults": {"db slow": Slow(slow="db", by="10x", at="20s", for_="5s")},
        "toggles": {"slow": {"patch": {"services": {"db": {"max_wait": "3s"}}}}},
        "expect": {"well": Claim(measure="goodput ratio", above="50%", in_="mean")},
    }


def test_a_scenario_built_in_python_dumps_and_reads_back_equal() -> None:
    built = ScenarioFile(**parts())
    again = loads(dump(built))
    assert again == built and again.digest == built.digest and hash(again) == hash(built)
    assert again.resolve(with_=["slow"]) == built.resolve(with_=["slow"])
    assert built.links["web -> db"].timeout == 0.25
    assert built.services["db"].max_wait.mean == 2


def test_a_change_makes_it_unequal() -> None:
    assert ScenarioFile(**parts()) != ScenarioFile(**{**parts(), "seed": 2})
    assert ScenarioFile(**parts()) != "a scenario"


def test_all_mistakes_are_told_at_once_without_places() -> None:
    wrong = {
        **parts(),
        "duration": 60,
        "links": {"web -> dbb": {"timout": "1s"}},  # codespell:ignore timout
        "queues": {"jobs": {"x": 1}},
    }
    with pytest.raises(ScenarioError) as caught:
        ScenarioFile(**wrong)
    assert sorted(caught.value.problems) == [
        "duration must be a duration such as 250ms or 30s, got 60; the unit is missing",
        "links.web -> dbb must have known keys only, got 'timout'; did you mean 'timeout'?",
        "links.web -> dbb must join two nodes that exist, got 'dbb'; did you mean 'db'?",
        "queues.jobs must have known keys only, got 'x'; "
        "the keys are visibility timeout, max deliveries, max stalled, late acknowledgement, dead letters, redelivery, "
        "max length, when full",
    ]


def test_defaults_are_written_with_their_units() -> None:
    service = Service(operations={"get": [Work(work="5ms")]})
    written = ScenarioFile(**{**parts(), "links": {}, "max_memory": "1GB"}).model_dump(by_alias=True)
    assert service.model_dump(by_alias=True)["workers"] == 1
    assert written["warmup"] == "0s" and written["max memory"] == "1GB"
    assert Link().model_dump(by_alias=True)["loss"] == "0%"
    dumped = Breaker().model_dump(by_alias=True, exclude_none=True)
    assert {key: dumped[key] for key in ("failures", "open for", "probes")} == {
        "failures": 5, "open for": "30s", "probes": 1,
    }  # fmt: skip
    assert ScenarioFile(**parts()).model_dump(by_alias=True)["max memory"] == "4GB"


def test_a_dump_of_the_models_reads_back_as_the_same_system() -> None:
    built = ScenarioFile(**parts())
    again = ScenarioFile(**built.model_dump(by_alias=True, exclude_defaults=True))
    assert again.model_dump(by_alias=True) == built.model_dump(by_alias=True)


def test_scenarios_are_frozen() -> None:
    with pytest.raises(Exception, match="frozen"):
        ScenarioFile(**parts()).title = "other"


def test_the_engine_plays_a_plain_model_like_the_file_that_extends_it() -> None:
    file = ScenarioFile(**{**parts(), "duration": "5s", "faults": {}}).resolve()
    model = models.Scenario.model_validate(file.document)
    assert isinstance(file, models.Scenario) and not hasattr(model, "resolve")
    played, plainly = play(file), play(model)
    assert len(played.requests["id"]) > 0
    assert all(
        (played.requests[column] == plainly.requests[column]).all() for column in ("id", "arrived_at", "outcome")
    )
