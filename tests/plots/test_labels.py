"""A picture says each defence with the rule that it has, and each fault in a word or two."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

import sim
from sim.diagram.system import drawing_of
from sim.fields.labels import Label, labels
from sim.scenario.models import Link, Model, Scenario, Service
from sim.scenario.schema import all_models

BASE = """
version: 1
title: t
duration: 10s
workload: {{shop: {{calls: web.get, rate: 5/s, keys: uniform 9, deadline: 2s}}}}
services:
  web: {{replicas: 2, operations: {{get: [{{call: db.read}}, {{send: jobs}}]}}}}
  db: {{replicas: 2, workers: 2, operations: {{read: [{{work: 5ms}}]}}, {service}}}
  worker: {{operations: {{do: [{{work: 5ms}}]}}, consumes: {{jobs: do}}}}
queues: {{jobs: {{}}}}
links: {{web -> db: {{{link}}}}}
faults: {{{fault}}}
"""


def scenario(link: str = "", service: str = "", fault: str = "") -> Scenario:
    return sim.loads(BASE.format(link=link, service=service, fault=fault)).resolve()


LINKS = {
    "timeout: 250ms": ("timeout 250 ms",),
    "retry: {max attempts: 3}": ("3 attempts",),
    "retry: {max attempts: unlimited}": ("unlimited attempts",),
    "retry: {max attempts: 1}": (),
    "retry: {max attempts: 3, budget: {per try: 0.1}}": ("3 attempts", "retry budget 10% of tries"),
    "retry: {max attempts: 3, budget: {per success: 0.2}}": ("3 attempts", "retry budget 20% of successes"),
    "retry: {max attempts: 3, budget: {capacity: 20}}": ("3 attempts", "retry budget 20"),
    "retry: {max attempts: 3, budget: {capacity: 500, cost: 5, refund: true}}": ("3 attempts", "retry quota 500"),
    "breaker: {}": ("breaker: 5 failed in a row", "opens for 30 s"),
    "breaker: {failures: 3, open for: 500ms, scope: caller}": (
        "breaker: 3 failed in a row", "opens for 500 ms, per caller",
    ),
    "breaker: {failure rate: 30%, window: 10s, open for: 10s, scope: callee}": (
        "breaker: 30% failed in 10 s", "opens for 10 s, per replica",
    ),
    "breaker: {failure rate: 12.5%, calls: 20}": ("breaker: 12.5% of 20 calls failed", "opens for 30 s"),
    "breaker: {slow rate: 50%, slow call: 500ms, calls: 20}": (
        "breaker: 50% of 20 calls over 500 ms", "opens for 30 s",
    ),
    "breaker: {failure rate: 40%, slow rate: 80%, slow call: 1s, window: 5s}": (
        "breaker: 40% failed or 80% over 1 s in 5 s", "opens for 30 s",
    ),
    "retry: {max attempts: 2}, breaker: {guards: retries}": (
        "2 attempts", "retry breaker: 5 failed in a row", "opens for 30 s",
    ),
    "timeout: 1s, propagate deadline: true": ("timeout 1 s", "passes its deadline on"),
    "timeout: 1s, on abandon: cancel": ("timeout 1 s", "on abandon: cancel"),
    "timeout: 1s, retry: {max attempts: 2}, late answers: accept": (
        "timeout 1 s", "2 attempts", "late answers count",
    ),
    "hedge: {after: 50ms}": ("hedge after 50 ms",),
    "hedge: {percentile: 99.5%, most: 2}": ("2 hedges after p99.5",),
    "fallback: cached": ("fallback: cached",),
    "throttle: {factor: 1.5x}": ("throttle 1.5x",),
    "limit: {rate: 600/min}": ("limit 10/s",),
    "limit: {rate: 10/s, when full: wait}": ("limit 10/s, waits",),
    "bulkhead: {max concurrent calls: 8}": ("bulkhead 8",),
    "bulkhead: {max concurrent calls: 8, max waiting: unlimited}": ("bulkhead 8 + ∞ waiting",),
    "cache: {}": ("cache",),
    "cache: {hit ratio: 80%}": ("cache 80% hits",),
    "cache: {entries: 1000, expire after: 5s, coalesce: true}": ("cache 1,000 entries, 5 s, coalescing",),
}  # fmt: skip


@pytest.mark.parametrize("given", LINKS)
def test_an_arrow_says_the_defences_of_its_link(given: str) -> None:
    arrow = next(one for one in drawing_of(scenario(link=given)).arrows if one.callee == "db")
    assert arrow.policies == LINKS[given]


SERVICES = {
    "limit: {rate: 50/s}": ("limit 50/s",),
    "shed: {line length: 10}": ("sheds from 10 in line",),
    "shed: {by priority: [100%, 50%], codel: target 5ms interval 100ms}": ("sheds by priority", "CoDel 5 ms"),
    "shed: {controlled delay: target 5ms interval 100ms}": ("controlled delay 5 ms",),
    "concurrency: {kind: aimd}": ("AIMD limit",),
    "concurrency: {kind: gradient}": ("gradient limit",),
    "autoscale: {target utilisation: 50%, max replicas: 8}": ("scales 1 to 8",),
    "refuse late: {}": ("refuses late calls",),
    "line: lifo": ("lifo line",),
    "max wait: 100ms": ("waits up to 100 ms",),
    "max wait: exponential 2s": ("waits about 2 s",),
    "while calling: free": ("frees workers in calls",),
    "health checks: {every: 500ms, timeout: 100ms}": ("checked every 500 ms",),
    "waiting: 3, balance: random": (),
}


@pytest.mark.parametrize("given", SERVICES)
def test_a_box_says_the_defences_of_its_service(given: str) -> None:
    node = next(one for one in drawing_of(scenario(service=given)).nodes if one.name == "db")
    assert node.rules == SERVICES[given]


@pytest.mark.parametrize("model", [Link, Service], ids=lambda model: model.__name__)
def test_every_field_of_a_link_and_a_service_has_words_or_is_left_out_on_purpose(model: type[Model]) -> None:
    speaking = {part.__name__ for part in all_models().values() if hasattr(part, "labels")}
    for name, info in model.model_fields.items():
        said = any(isinstance(part, Label) for part in info.metadata)
        assert said or any(part in str(info.annotation) for part in speaking), f"{model.__name__}.{name}"


def test_a_defence_without_words_is_named_by_its_field() -> None:
    class TicketLink(Link):
        strict_ticket: int | None = None

    assert labels(TicketLink(timeout="1s", strict_ticket=2)) == ("timeout 1 s", "strict ticket")  # type: ignore[arg-type]


FIELDS = YAML(typ="safe").load((Path(__file__).parent.parent / "engine" / "fields.yaml").read_text(encoding="utf-8"))


def test_a_long_label_is_broken_so_that_its_arrow_stays_visible() -> None:
    drawn = drawing_of(scenario(link="breaker: {slow rate: 50%, slow call: 500ms, calls: 20}"))
    arrow = next(one for one in drawn.arrows if one.callee == "db")
    assert arrow.words == ["breaker: 50% of 20 calls", "over 500 ms", "opens for 30 s"]
