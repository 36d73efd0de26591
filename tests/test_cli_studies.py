"""The studies at the command line, as whole processes: their output, files and exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.test_cli import SMALL, pileup


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


def test_matrix_answers_in_one_document(small: Path) -> None:
    said = pileup("matrix", small, "--faults", "slow", "--replications", 1, "--json")
    assert said.returncode == 0 and json.loads(said.stdout)["faults"][0]["on"] == "till", said.stderr


@pytest.mark.slow
def test_matrix_ranks_and_fails_above_a_limit_or_when_it_became_worse(small: Path) -> None:
    asked = (
        "matrix",
        small,
        "--faults",
        "crash refuse,slow",
        "--on",
        "till",
        "--size",
        "slow=20x",
        "--replications",
        1,
    )
    said = pileup(*asked, "--json")
    assert said.returncode == 0, said.stderr
    document = json.loads(said.stdout)
    assert [row["name"] for row in document["faults"]] == ["crash refuse: till", "slow 20x: till"]
    assert [one["toggle"] for one in document["defences"]] == ["patience"]
    limited = pileup(*asked, "--fail-above", "90%")
    assert limited.returncode == 1 and "crash refuse: till: more than 90% of the requests" in limited.stderr
    before = small.parent / "before.json"
    before.write_text(said.stdout)
    assert pileup(*asked, "--against", before).returncode == 0
    worse = pileup(*asked, "--against", before, "--set", "services.till.workers=2")
    assert worse.returncode == 1 and "more requests lost than before" in worse.stderr


@pytest.mark.slow
def test_matrix_refuses_what_cannot_be_meant(small: Path) -> None:
    for words, message in (
        (("--faults", "crsh"), "did you mean 'crash'"), (("--size", "slow"), "must"), (("--for", "1h"), "for must"),
        (("--against", small), "--against must be the output of an earlier `pileup matrix --json`"),
        (("--at", "ten"), "must"),
    ):  # fmt: skip
        said = pileup("matrix", small, "--replications", 1, *words)
        assert (said.returncode, said.stdout) == (2, "") and message in said.stderr, said.stderr


@pytest.mark.slow
def test_matrix_and_hysteresis_write_folders(small: Path) -> None:
    out = small.parent / "out"
    assert pileup("matrix", small, "--replications", 1, "--faults", "slow", "--out", out / "m").returncode == 0
    names = {path.relative_to(out / "m").as_posix() for path in (out / "m").rglob("*") if path.is_file()}
    assert names == {
        "summary.json", "manifest.json", "report.md", "tables/faults.parquet", "tables/faults.csv", "figures/matrix.png"
    }  # fmt: skip
    steps = ("--workload", "customers", "--from", "20/s", "--to", "90/s", "--steps", 2, "--step", "8s")
    assert pileup("hysteresis", small, *steps, "--out", out / "h").returncode == 0
    assert {path.name for path in (out / "h").rglob("*.p*") if path.is_file()} == {"steps.parquet", "hysteresis.png"}


@pytest.mark.slow
def test_hysteresis_steps_up_and_down(small: Path) -> None:
    steps = ("--workload", "customers", "--from", "20/s", "--to", "90/s", "--steps", 3, "--step", "8s")
    said = pileup("hysteresis", small, *steps, "--replications", 1, "--json")
    assert said.returncode == 0, said.stderr
    assert [step["rate"] for step in json.loads(said.stdout)["steps"]] == [20, 55, 90, 55, 20]
    assert "on the way down" in pileup("hysteresis", small, *steps, "--replications", 1).stdout
    assert pileup("hysteresis", small, "--workload", "x", "--from", "1/s", "--to", "2/s").returncode == 2


@pytest.mark.slow
def test_breakers_need_one(small: Path) -> None:
    said = pileup("breakers", small)
    assert said.returncode == 2 and "have a link with a breaker" in said.stderr
    small.write_text(SMALL + "links: {customers -> till: {timeout: 500ms, breaker: {failures: 2, open for: 2s}}}\n")
    document = json.loads(pileup("breakers", small, "--json", "--replications", 1).stdout)
    assert document["counts"]["customers -> till"][0]["stopped"] > 0


@pytest.mark.slow
def test_ablate_takes_the_scenarios_claims_as_goals(small: Path) -> None:
    said = pileup("ablate", small, "--replications", 1, "--claim", "customers fail")
    assert said.returncode == 0 and "They are met without any switch." in said.stdout, said.stderr
    unknown = pileup("ablate", small, "--replications", 1, "--claim", "customers fial")  # codespell:ignore fial
    assert unknown.returncode == 2 and "did you mean 'customers fail'" in unknown.stderr
