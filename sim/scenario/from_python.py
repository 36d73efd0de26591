"""Scenarios built in Python: ``sim.Scenario(title=..., services={...})`` with values, dicts or models inside."""

from __future__ import annotations

from typing import Any, Callable

from pydantic import ValidationError

from sim.errors import ScenarioError
from sim.scenario.key_normalisation import normalise
from sim.scenario.models import Model, Scenario
from sim.scenario.yaml.nodes import Problem, grown, in_order, plain
from sim.scenario.yaml.pydantic_errors import problems_of
from sim.scenario.yaml.scenario_file import Origin, Source, attach


def from_python(values: Any, handler: Callable[[Any], Scenario]) -> Scenario:
    """Return the scenario of keyword arguments, checked as a file would be; raises ``ScenarioError``.

    *handler* is pydantic's own validation, which also fills the object that is being built.
    """
    problems: list[Problem] = []
    source = Source(normalise(grown(written(values)), problems))
    problems += source.problems()
    try:
        model = handler(plain(source.root))
    except ValidationError as error:
        problems += problems_of(error, source.root)
    if problems:
        raise ScenarioError(in_order(problems))
    tables, _ = source.load_tables(source.root)
    return attach(model, Origin(source, source.root, "", (), tables))


def written(value: Any) -> Any:
    """Return *value* as a file would hold it: models as maps of what was given, quantities as their text."""
    if isinstance(value, Model):
        return value.model_dump(by_alias=True, exclude_unset=True)
    if isinstance(value, dict):
        return {key: written(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [written(child) for child in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return getattr(value, "text", value)
