"""Random systems reach the whole format: every key that an engine must obey is set in some of them."""

from __future__ import annotations

import inspect
import json
from collections import Counter
from typing import Any, Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from pydantic import BaseModel

import sim
from sim.scenario import models
from tests.properties.scenarios import scenarios

FOR_READERS_AND_STUDIES = {
    "Scenario": {
        "question", "lesson", "source", "assumptions", "variants", "toggles", "expect", "replications", "max_events",
        "max_memory", "defaults",
    },
    "Claim": None, "Toggle": None, "Variant": None, "Defaults": None,
}  # fmt: skip
"""What the engine does not play; None: all of it. Defaults are merged into what they are for before."""
NAMES_NOBODY_ASKS_FOR = {"Work", "Wait", "Effect", "Read", "Write", "Fail", "Reply", "Branch", "Repeat"}


def _set_in(part: Any) -> Iterator[tuple[str, str]]:
    """Yield every field that is not at its default, by the class that declares it."""
    if isinstance(part, BaseModel):
        for name, field in type(part).model_fields.items():
            value = getattr(part, name)
            if value != field.default:
                yield _declarer(type(part), name), name
            yield from _set_in(value)
    elif isinstance(part, dict | list | tuple):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from _set_in(inner)


def _declarer(model: type[BaseModel], name: str) -> str:
    return next(cls.__name__ for cls in reversed(model.__mro__) if name in getattr(cls, "__annotations__", {}))


def _expected() -> set[tuple[str, str]]:
    found = set()
    for model in vars(models).values():
        if inspect.isclass(model) and issubclass(model, BaseModel):
            passed_over = FOR_READERS_AND_STUDIES.get(model.__name__, set())
            for name in model.model_fields:
                unasked = name == "as_" and model.__name__ in NAMES_NOBODY_ASKS_FOR
                if passed_over is not None and name not in passed_over and not unasked:
                    found.add((_declarer(model, name), name))
    return found


@pytest.mark.slow
def test_random_systems_set_every_key_that_is_played() -> None:
    seen = Counter[tuple[str, str]]()

    @settings(max_examples=600, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(scenarios())
    def look(document: dict[str, Any]) -> None:
        seen.update(set(_set_in(sim.loads(json.dumps(document)).resolve())))

    look()
    assert _expected() - set(seen) == set()
