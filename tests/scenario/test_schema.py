"""The committed JSON Schema is the models', and every field has its words."""

import json
import re
from pathlib import Path

import pytest

from sim.errors import ParameterError
from sim.mechanisms.steps import STEPS
from sim.scenario.loading import load
from sim.scenario.schema import explain_field, field_texts, schema
from sim.scenario.yaml.nodes import plain
from sim.scenario.yaml.parse import read

SCENARIOS = Path(__file__).parent.parent.parent / "scenarios"
FILES = sorted(SCENARIOS.glob("*.yaml"))


def test_the_committed_schema_is_fresh() -> None:
    committed = (SCENARIOS / "scenario.schema.json").read_text(encoding="utf-8")
    assert committed == json.dumps(schema(), indent=1) + "\n", "run: pileup schema --out scenarios/scenario.schema.json"


def test_every_field_has_a_description() -> None:
    silent = [
        f"{name}.{key}"
        for name, part in schema()["$defs"].items()
        for key, field in part.get("properties", {}).items()
        if not field.get("description")
    ]
    assert silent == []
    assert all(texts for name, texts in field_texts().items() if name in {step.__name__ for step in STEPS.values()})


def test_keys_in_the_schema_are_written_with_spaces() -> None:
    for part in schema()["$defs"].values():
        assert not any("_" in key for key in part.get("properties", {}))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_schema_accepts_every_shipped_scenario(path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    document, _ = read(path.read_text(encoding="utf-8"), path.name)
    assert document is not None
    validator = jsonschema.Draft202012Validator(schema())
    assert [error.message for error in validator.iter_errors(plain(document))] == []
    assert load(path).title


def test_the_schema_refuses_what_the_models_refuse() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(schema())
    base = {
        "version": 1,
        "title": "t",
        "duration": "60s",
        "workload": {"w": {"calls": "a.b", "rate": "1/s"}},
        "services": {"a": {"operations": {"b": [{"work": "5ms"}, "reply", {"repeat": 3, "call": "a.c"}]}}},
    }
    assert validator.is_valid(base)
    assert not validator.is_valid({**base, "fautls": {}})
    assert not validator.is_valid({**base, "duration": 60})
    assert not validator.is_valid({**base, "services": {"a": {"operations": {"b": [{"wrk": "5ms"}]}}}})
    assert not validator.is_valid({**base, "services": {"a.b": {"operations": {"b": []}}}})
    assert validator.is_valid({"extends": "shop.yaml", "duration": "5s"})


def test_a_field_is_explained_with_type_default_and_text() -> None:
    assert explain_field("bulkhead.max concurrent calls") == (
        "bulkhead.max concurrent calls\n  a whole number; required\n"
        "  Attempts out at once (resilience4j's `maxConcurrentCalls`, Polly's `PermitLimit`)."
    )
    assert "default 4GB" in explain_field("max_memory")
    assert re.search(r"fault slow\.at, (fault \w+\.at, )*fault crash\.at", explain_field("at").replace("\n", " "))
    assert "`all` or a whole number; default all" in explain_field("parallel.join")
    assert "required" in explain_field("scenario.services")
    assert "names, each with a map of `operations`, `replicas`" in explain_field("services")
    assert "link.breaker\n  a map of `preset`, `failures`, `open for`" in explain_field("breaker")
    assert explain_field("health checks.every").startswith("health checks.every\n")
    assert "  gamma 5ms cv 0.5: by its mean and coefficient of variation" in explain_field("law")


def test_an_unknown_field_gets_a_suggestion() -> None:
    with pytest.raises(
        ParameterError, match="field must be a field of the format, got 'tmeout'; did you mean 'timeout'?"
    ):
        explain_field("tmeout")
