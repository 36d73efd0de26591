"""Rules of every shipped scenario: it is valid, drawn, healthy before its fault, and claims support its text."""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.errors import ParameterError
from sim.experiments.check import check
from sim.experiments.run import run_resolved
from sim.quantities import parse_value
from sim.scenario.loading import problems
from sim.scenario.shipped import shipped_folder
from sim.topology import advice

FILES = sorted(shipped_folder().glob("*.yaml"))
SHIPPED = (
    "cascade_vs_backlog", "launch_day", "online_boutique", "poison_message", "retry_storm",
    "all_synchronous", "breaker_that_hurts", "bulkhead", "cache_cold_start", "circuit_breaker_seed",
    "deadline_propagation", "fallback_degrades", "hedging", "jitter", "nested_retries", "no_circuit_breaker",
    "slow_is_not_failed", "timeouts_too_long", "contended_row", "retry_budgets", "adaptive_limits",
    "bad_deploy", "split_network", "poison_by_key", "up_and_down", "sock_shop", "cpu_autoscaler_sees_nothing",
    "backlog_autoscaler", "grpc_retry_throttling", "linkerd_budget_floor",
)  # fmt: skip
UNWISE_ON_PURPOSE = {
    "slow_is_not_failed": ["should be below the deadline"],
    "fallback_degrades": ["should be below the deadline"],
    "timeouts_too_long": ["should be below the deadline"],
    "cascade_vs_backlog": ["should be below the deadline", "should end before the deadline"],
    "linkerd_budget_floor": ["one request can make any number of this call"],
    "retry_storm": ["server.waiting should have a bound"],
    "shared_host": ["should place some replica of"],
}
SAID_ON_PURPOSE = {
    "cpu_autoscaler_sees_nothing": ["its autoscaler reads CPU; it counts 20% of the time"],
    "cache_cold_start": ["db: its workers are asked for"],  # without the cache, which it was built for
    "contended_row": ["one request can make any number of this call"],
    "linkerd_budget_floor": ["one request can make any number of this call"],
    "retry_storm": ["server: its queue is unlimited"],
    "nested_retries": ["one request can make 16 of this call", "one request can make 64 of this call"],
}
SEEDS = {"sock_shop": [1]}  # 25 runs of ten seconds for each seed
WORKERS = {"sock_shop": None}
EACH = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
LONG = [
    pytest.param(file, marks=pytest.mark.slow) if file.stem in ("launch_day", "sock_shop") else file for file in FILES
]
EACH_PLAYED = pytest.mark.parametrize("file", LONG, ids=lambda file: file.stem)


def header(file: Path) -> list[str]:
    """Return the comment lines before the document."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return lines[: next(i for i, line in enumerate(lines) if line and not line.startswith("#"))]


def combinations(scenario: Any) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    """Yield each variant alone and with each of its toggles."""
    for variant in scenario.variants or [None]:
        yield variant, ()
        for name, toggle in scenario.toggles.items():
            if toggle.for_ is None or variant in toggle.for_:
                yield variant, (name,)


def test_the_scenarios_that_lessons_and_docs_name_are_shipped():
    assert set(SHIPPED) <= {file.stem for file in FILES}


@EACH
def test_it_is_valid_in_every_variant_and_with_every_toggle(file: Path):
    errors, warnings = problems(file)
    assert list(errors) == []
    unexplained = [
        line for line in warnings if not any(words in line for words in UNWISE_ON_PURPOSE.get(file.stem, []))
    ]
    assert unexplained == []
    scenario = sim.load(file)
    for variant, toggles in combinations(scenario):
        resolved = scenario.resolve(variant, with_=toggles)
        assert not resolved.notes, "a toggle that changes nothing is not for this variant"


@EACH
def test_its_topology_has_nothing_against_the_baseline(file: Path):
    said = advice(sim.load(file).resolve())
    assert [line for line in said if not any(words in line for words in SAID_ON_PURPOSE.get(file.stem, []))] == []


@EACH
def test_its_header_has_the_schema_a_drawing_the_load_and_the_source(file: Path):
    lines = header(file)
    assert lines[0] == "# yaml-language-server: $schema=scenario.schema.json"
    text = "\n".join(lines)
    assert "-->" in text and "Load, offered against capacity" in text and "Source:" in text
    assert len([line for line in lines if re.search(r"\d.*(/s|%)", line)]) >= 3, "the arithmetic of the load"


@EACH
def test_it_asks_and_teaches_and_says_where_it_is_from(file: Path):
    scenario = sim.load(file)
    assert scenario.question.endswith("?")
    assert scenario.lesson and scenario.source and scenario.assumptions and scenario.expect
    assert scenario.replications >= 5
    assert all(toggle.about for toggle in scenario.toggles.values())


@EACH_PLAYED
def test_less_than_two_percent_fail_before_the_fault(file: Path):
    scenario = sim.load(file)
    run = run_resolved(scenario.resolve(), replications=1)
    failures = run.value("failure ratio", "system", "before" if scenario.faults else "all")
    assert failures is not None and failures < 0.02
    assert all(run.identities.values())


@EACH
def test_every_toggle_has_a_claim_on_every_workload(file: Path):
    scenario = sim.load(file)
    for name in scenario.toggles:
        claims = [claim for claim in scenario.expect.values() if name in claim.with_]
        spoken_of = {claim.of.partition("/")[0] for claim in claims}
        assert set(scenario.workload) <= spoken_of, f"claims with {name!r} speak of {sorted(spoken_of)}"


@EACH
def test_every_number_of_its_lesson_is_claimed_or_written(file: Path):
    scenario = sim.load(file)
    known = {value for claim in scenario.expect.values() for value in bounds(claim)}
    known |= {1 - value for value in known if 0 <= value <= 1}
    known |= set(quantities(scenario.document))
    texts = [scenario.lesson, scenario.question, *(toggle.about for toggle in scenario.toggles.values())]
    for number, unit in chain.from_iterable(numbers(text) for text in texts):
        wanted = parse_value(f"{number}{unit}")
        assert any(abs(wanted - value) < 1e-9 for value in known), f"{number} {unit} is claimed nowhere"


def numbers(text: str) -> list[tuple[str, str]]:
    """Return the numbers of a text that have a unit."""
    found = re.findall(r"(\d+(?:\.\d+)?) ?(%|ms\b|/s|s\b|seconds?\b)", text)
    return [(number, "s" if unit.startswith("second") else unit) for number, unit in found]


def bounds(claim: Any) -> list[float]:
    one = [claim.above, claim.below, claim.at_least, claim.at_most, claim.is_]
    return [float(value) for value in (*one, *(claim.between or [])) if value is not None]


def quantities(value: Any) -> Iterator[float]:
    """Yield every quantity that is written in a document, those inside of laws included."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from quantities(inner)
    elif isinstance(value, str):
        for word in value.split():
            try:
                yield parse_value(word)
            except ParameterError:
                continue


def test_a_number_that_nobody_claims_is_found():
    assert numbers("more than 90 % for 30 seconds, 25/s, 5 times, 1.5 s") == [
        ("90", "%"), ("30", "s"), ("25", "/s"), ("1.5", "s")
    ]  # fmt: skip
    assert list(quantities({"a": ["exponential 5ms", 3], "b": {"c": "30s"}})) == [0.005, 30.0]


@pytest.mark.slow
@pytest.mark.parametrize(
    "file, seed",
    [pytest.param(file, seed, id=f"{file.stem}-{seed}") for file in FILES for seed in SEEDS.get(file.stem, [1, 2, 12])],
)
def test_every_claim_holds(file: Path, seed: int):
    checked = check(sim.load(file), seed=seed, workers=WORKERS.get(file.stem, 1))
    assert {name: v.values for name, v in checked.verdicts.items() if v.verdict != "holds"} == {}
    assert all(checked.identities.values()) and checked.holds


@pytest.mark.slow
def test_claims_are_judged_alike_in_one_process_and_in_several():
    scenario = sim.load(shipped_folder() / "poison_message.yaml")
    alone, together = (check(scenario, replications=3, workers=workers) for workers in (1, 2))
    assert {name: v.values for name, v in alone.verdicts.items()} == {
        name: v.values for name, v in together.verdicts.items()
    }
