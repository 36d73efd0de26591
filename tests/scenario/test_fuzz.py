"""Whatever stands in a scenario file, reading it gives a scenario or messages, never another exception."""

import copy
import random
from pathlib import Path
from typing import Any

import pytest

from sim.errors import ScenarioError
from sim.mechanisms.faults import FAULTS
from sim.mechanisms.links.retry import Retry
from sim.mechanisms.steps import STEPS
from sim.scenario import models
from sim.scenario.key_normalisation import normalise
from sim.scenario.loading import loads
from sim.scenario.scenario_file import ScenarioFile
from sim.scenario.source import Source
from sim.scenario.yaml.nodes import node_of, plain
from sim.scenario.yaml.parse import read

HERO = Path(__file__).parent.parent.parent / "scenarios" / "cascade_vs_backlog.yaml"
WORDS = [
    None, True, False, 0, -1, 3, 1.5, "", "x", "5ms", "1s", "10x", "5%", "100/s", "unlimited", "web", "orders.place",
    "a -> b", "fault", "all", [], {}, [{}], [[]], {"call": "web.browse"}, {"work": "5ms"}, {"": None}, ["reply"],
    {"a": {"b": {"c": 1}}}, "trace x.csv", "empirical ../x", "<b>", "uniform 1s to 2s", 10**30,
    float("inf"), float("nan"),
]  # fmt: skip
KEYS = sorted(
    {info.alias or name for model in (*STEPS.values(), *FAULTS.values(), models.Scenario, models.Link,
     models.Service, models.Queue, models.Workload, models.Claim, models.Toggle, Retry)
     for name, info in model.model_fields.items()} | {"x", "retry", "extends"}
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        found += places(child, (*path, key))
    return found


def mutate(document: Any, chance: random.Random) -> None:
    path = chance.choice(places(document))
    holder = document
    for part in path[:-1]:
        holder = holder[part]
    action = chance.randrange(4)
    if action == 0:
        holder[path[-1]] = copy.deepcopy(chance.choice(WORDS))
    elif action == 1:
        del holder[path[-1]]
    elif action == 2 and isinstance(holder, dict):
        holder[chance.choice(KEYS)] = copy.deepcopy(chance.choice(WORDS))
    else:
        other = document
        for part in chance.choice(places(document)):
            other = other[part]
        holder[path[-1]] = copy.deepcopy(other)


@pytest.mark.parametrize("seed", range(25))
def test_a_mutated_document_is_a_scenario_or_messages(seed: int) -> None:
    node, _ = read(HERO.read_text(encoding="utf-8"), "hero")
    assert node is not None
    document = plain(node)
    chance = random.Random(seed)
    for _ in range(chance.choice((1, 1, 2, 5))):
        mutate(document, chance)
    problems: list[Any] = []
    try:
        scenario = ScenarioFile.of(Source(normalise(node_of(document), problems), "hero").open())
    except ScenarioError as error:
        assert all(" must " in line for line in error.problems)
        return
    for variant in scenario.variants or [None]:
        assert scenario.resolve(variant).digest


@pytest.mark.parametrize("seed", range(25))
def test_a_mutated_text_is_a_scenario_or_messages(seed: int) -> None:
    text = HERO.read_text(encoding="utf-8")
    chance = random.Random(seed)
    for _ in range(chance.choice((1, 3, 10))):
        at = chance.randrange(len(text))
        text = text[:at] + chance.choice("{}[]:,-#&*!|>'\"%@`\t\n x0\x00\u00e9") + text[at + chance.randrange(2) :]
    try:
        loads(text)
    except ScenarioError as error:
        assert all(line.startswith("<text>:") and " must " in line for line in error.problems)
