"""Defaults: merged below all of a kind, null removes one, and what is wrong in them is reported at their line."""

from __future__ import annotations

import pytest

import sim

TEXT = """version: 1
title: Defaults
duration: 20s
workload: {users: {calls: web.get, rate: 5/s}}
defaults:
  links: {timeout: 2s, latency: 5ms, retry: {max_attempts: 3, backoff: 100ms}}
  services: {workers: 4}
  queues: {max deliveries: 3}
  workload: {instances: 2}
services:
  web: {operations: {get: [{call: db.read}, {send: jobs}]}}
  db: {workers: 2, consumes: {jobs: work}, operations: {read: [{work: 5ms}], work: [{work: 1ms}]}}
queues: {jobs: {}}
links:
  web -> db: {retry: null, timeout: 1s}
variants:
  as written: {}
  without a timeout: {links: {web -> db: {timeout: null}}}
  longer: {defaults: {links: {timeout: 3s}}}
"""


def links(variant: str, **options: object) -> dict[str, tuple[object, ...]]:
    """Return (timeout, attempts, latency) of each link."""
    scenario = sim.loads(TEXT).resolve(variant, **options)
    return {
        name: (link.timeout, link.retry and link.retry.max_attempts, str(link.latency))
        for name, link in scenario.links.items()
    }


def test_defaults_hold_for_all_links_of_calls_and_sends_and_for_the_network_of_deliveries() -> None:
    assert links("as written") == {
        "web -> db": (1.0, None, "5ms"), "users -> web": (2.0, 3, "5ms"), "web -> jobs": (2.0, 3, "5ms"),
        "jobs -> db": (None, None, "5ms"),
    }  # fmt: skip


def test_defaults_hold_for_services_queues_and_workloads() -> None:
    scenario = sim.loads(TEXT).resolve()
    assert {name: model.workers for name, model in scenario.services.items()} == {"web": 4, "db": 2}
    assert scenario.queues["jobs"].max_deliveries == 3 and scenario.workload["users"].instances == 2


def test_variants_and_settings_change_defaults_and_null_removes_them() -> None:
    assert links("without a timeout")["web -> db"] == (None, None, "5ms")
    assert links("longer")["users -> web"][0] == 3.0
    assert links("as written", set_={"defaults.links.timeout": "4s"})["users -> web"][0] == 4.0
    assert links("as written", set_={"links.web:db.timeout": None})["web -> db"][0] is None


def test_a_resolved_scenario_shows_the_merged_document_and_reads_back() -> None:
    scenario = sim.loads(TEXT).resolve("without a timeout")
    text = sim.dump(scenario)
    assert "defaults" not in text and "users -> web:\n    timeout: 2s\n    latency: 5ms" in text
    assert sim.loads(text).resolve().links == scenario.links
    assert "defaults:" in sim.dump(sim.loads(TEXT))


def test_a_scenario_in_python_has_defaults_too() -> None:
    shop = sim.Scenario(
        version=1, title="T", duration="9s", workload={"c": {"calls": "a.x", "rate": "1/s"}},
        services={"a": {"operations": {"x": [{"work": "1ms"}]}}}, defaults={"links": {"timeout": "2s"}},
    )  # fmt: skip
    assert shop.links["c -> a"].timeout == shop.resolve().links["c -> a"].timeout == 2.0


@pytest.mark.parametrize(
    "wrong, message",
    [
        ("timeuot: 2s", "<text>:6:11: defaults.links must have known keys only, got 'timeuot'; did you mean 'timeout'"),
        ("timeout: 2", "<text>:6:20: defaults.links.timeout must be a duration"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_defaults_is_reported_once_at_its_line(wrong: str, message: str) -> None:
    with pytest.raises(sim.ScenarioError) as caught:
        sim.loads(TEXT.replace("timeout: 2s", wrong))
    (problem,) = caught.value.problems
    assert problem.startswith(message)


def test_defaults_of_nothing_known_are_refused() -> None:
    with pytest.raises(sim.ScenarioError, match="defaults must have known keys only, got 'hosts'"):
        sim.loads(TEXT.replace("  workload: {instances: 2}", "  hosts: {}"))
    line = TEXT.splitlines()[5]
    with pytest.raises(sim.ScenarioError, match="defaults.links must be a map, got 5"):
        sim.loads(TEXT.replace(line, "  links: 5"))
