"""The command line as a person or a CI server meets it: whole processes, their output and their exit status."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import pytest

import sim

ROOT = Path(__file__).parent.parent
SMALL = """\
version: 1
title: Small
question: What does a slow till do?
duration: 30s
warmup: 2s
seed: 3
replications: 2
workload:
  customers: {calls: till.pay, rate: 20/s, deadline: 1s}
services:
  till: {workers: 4, waiting: 20, operations: {pay: [{work: exponential 50ms}, {effect: paid}]}}
faults:
  till slow: {slow: till, by: 10x, at: 10s, for: 8s}
variants:
  as it is: {}
  more tills: {services: {till: {workers: 60}}}
toggles:
  patience: {about: Wait longer., patch: {workload: {customers: {deadline: 5s}}}}
expect:
  customers fail: {measure: goodput ratio, of: customers, during: fault, below: 60%}
  more tills help:
    {variant: more tills, measure: goodput ratio, of: customers, during: fault, than: as it is, above: 10%}
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


def pileup(*arguments: object, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "sim", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)


def test_help_comes_in_under_half_a_second_of_processor_time() -> None:
    before = os.times()
    assert pileup("--help").returncode == 0
    after = os.times()
    assert after.children_user + after.children_system - before.children_user - before.children_system < 0.5


def test_an_unknown_command_is_bad_usage_with_a_suggestion() -> None:
    said = pileup("rnu")
    assert said.returncode == 2
    assert "Did you mean 'run'" in said.stderr


def test_run_prints_tables_and_judges_the_claims_of_what_it_played(small: Path) -> None:
    said = pileup("run", small, folder=small.parent)
    assert said.returncode == 0, said.stderr
    assert "customers fail" in said.stdout and "more tills help" not in said.stdout
    assert "11 identities hold" in said.stdout
    assert said.stderr == ""


def test_json_is_one_document_with_what_the_design_names(small: Path) -> None:
    document = json.loads(pileup("run", small, "--json", "--variant", "more tills").stdout)
    wanted = {"scenario", "variant", "toggles", "seed", "replications", "expect", "identities", "versions", "measures"}
    assert wanted <= set(document)
    assert document["variant"] == "more tills" and document["seed"] == 3 and document["replications"] == 2
    assert [row["claim"] for row in document["expect"]] == ["more tills help"]
    assert document["expect"][0]["verdict"] == "holds"
    row = document["measures"][0]
    wanted = {"measure", "of", "during", "mean", "low", "high", "standard error", "n", "runs", "unit", "values"}
    assert set(row) == wanted | {"undecided", "least", "most"}
    assert len(row["values"]) == 2 and sum(row["values"]) == pytest.approx(2 * row["mean"])
    half = abs(row["values"][0] - row["values"][1]) / 2
    assert row["standard error"] == pytest.approx(half)
    assert all(document["identities"].values())


@pytest.mark.slow
def test_the_same_command_prints_the_same_bytes(small: Path) -> None:
    assert pileup("run", small, "--json").stdout == pileup("run", small, "--json").stdout


def test_a_claim_that_fails_is_status_1_and_is_judged_with_a_set_value_too(small: Path) -> None:
    small.write_text(SMALL.replace("below: 60%", "above: 60%"))
    assert pileup("run", small).returncode == 1
    changed = pileup("run", small, "--set", "services.till.workers=60", "--json")
    assert changed.returncode == 0
    assert [row["verdict"] for row in json.loads(changed.stdout)["expect"]] == ["holds"]


@pytest.mark.slow
def test_check_judges_the_claims_of_a_changed_system(small: Path) -> None:
    small.write_text(SMALL.replace("below: 60%", "above: 60%"))
    more = ("--set", "services.till.workers=60")
    assert pileup("check", small).returncode == 1
    said = pileup("check", small, *more)
    assert said.returncode == 1 and "1 of 2 claims hold" in said.stdout  # more tills help no more: there are enough
    assert pileup("check", small, *more, "--set", "expect.more tills help.above=-1%").returncode == 0
    assert "customers fail" in pileup("check", small, "--with", "patience").stdout
    unknown = pileup("check", small, "--with", "patiense")
    assert unknown.returncode == 2 and "did you mean 'patience'" in unknown.stderr


def test_a_bad_file_is_status_2_with_every_problem_placed(small: Path) -> None:
    small.write_text(
        SMALL.replace("workers: 4,", "wrokers: 4,").replace("rate: 20/s", "rate: 20")  # codespell:ignore wrokers
    )
    said = pileup("run", "small.yaml", folder=small.parent)
    assert said.returncode == 2 and said.stdout == ""
    lines = said.stderr.splitlines()
    assert len(lines) == 2 and all(line.startswith("small.yaml:") for line in lines)
    assert "did you mean 'workers'?" in said.stderr and "the unit is missing" in said.stderr


def test_a_missing_file_is_a_message_with_the_nearest_name(small: Path) -> None:
    said = pileup("run", "smal.yaml", folder=small.parent)  # codespell:ignore smal
    assert said.returncode == 2
    assert "scenario must be a file, got 'smal.yaml'; did you mean 'small.yaml'?" in said.stderr


def test_a_run_over_its_budget_is_status_3_and_tells_what_it_measured(small: Path) -> None:
    said = pileup("run", small, "--replications", 1, "--set", "max events=300")
    assert said.returncode == 3
    assert "CUT OFF: more than 300 events" in said.stdout and "customers" in said.stdout


def test_a_run_that_never_leaves_an_instant_is_status_3(small: Path) -> None:
    endless = SMALL.replace("rate: 20/s, deadline: 1s", "users: 1").replace("work: exponential 50ms", "work: 0s")
    small.write_text(endless)
    said = pileup("run", small, "--replications", 1)
    assert said.returncode == 3
    assert "does not leave the instant" in said.stderr


def test_check_plays_every_combination_and_writes_junit(small: Path) -> None:
    said = pileup("check", small, "--junit", small.parent / "claims.xml")
    assert said.returncode == 0, said.stdout + said.stderr
    assert "2 of 2 claims hold" in said.stdout
    suite = ElementTree.parse(small.parent / "claims.xml").getroot()[0]
    assert suite.attrib["tests"] == "2" and suite.attrib["failures"] == "0" and float(suite.attrib["time"]) > 0
    for case in suite:
        out = case.findtext("system-out") or ""
        assert float(case.attrib["time"]) > 0
        assert out.startswith("holds: goodput ratio of customers") and out.count(" %") == 2  # each replication's


@pytest.mark.slow
def test_check_against_an_earlier_check_tells_what_changed(small: Path) -> None:
    earlier = small.parent / "earlier.json"
    earlier.write_text(pileup("check", small, "--json").stdout)
    assert pileup("check", small, "--against", earlier).returncode == 0
    document = json.loads(earlier.read_text())
    document["files"][str(small)]["expect"][0]["values"][0] = 0.123
    earlier.write_text(json.dumps(document))
    said = pileup("check", small, "--against", earlier)
    assert said.returncode == 0
    assert "other values for the same scenario" in said.stderr
    document["files"][str(small)]["expect"][0]["verdict"] = "fails"
    earlier.write_text(json.dumps(document))
    said = pileup("check", small, "--against", earlier)
    assert said.returncode == 0 and "'customers fail': fails before, holds now" in said.stderr
    worse = pileup("check", small, "--against", earlier, "--set", "expect.more tills help.above=99%")
    assert worse.returncode == 1 and "'more tills help': holds before, fails now" in worse.stderr
    earlier.write_text("not json")
    assert pileup("check", small, "--against", earlier).returncode == 2


def test_compare_pairs_variants_and_toggles(small: Path) -> None:
    document = json.loads(pileup("compare", small, "--json").stdout)
    assert document["baseline"] == "as it is" and list(document["combinations"]) == ["as it is", "more tills"]
    row = next(
        r for r in document["differences"]
        if (r["measure"], r["of"], r["during"]) == ("goodput ratio", "customers", "fault")
    )  # fmt: skip
    assert row["difference"] == pytest.approx(row["mean"] - row["baseline"]) and row["difference"] > 0.1
    said = pileup("compare", small, "--toggle", "patience", "--variant", "more tills")
    assert said.returncode == 0 and "with patience" in said.stdout
    assert pileup("compare", small, "--toggle", "patiense").returncode == 2


def test_explain_tells_the_story_in_order(small: Path) -> None:
    said = pileup("explain", small)
    assert said.returncode == 0, said.stderr
    assert "till slow: till takes 10 times as long to work for 8 s" in said.stdout
    story = json.loads(pileup("explain", small, "--json").stdout)["story"]
    assert [row["at_s"] for row in story] == sorted(row["at_s"] for row in story) and len(story) >= 3


@pytest.mark.slow
def test_ablate_plays_every_combination_of_switches(small: Path) -> None:
    said = pileup("ablate", small, "--replications", 2, "--json")
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["toggles"] == ["patience"]
    assert pileup("ablate", small, "--toggles", "patients").returncode == 2


@pytest.mark.slow
def test_out_writes_a_whole_folder_and_leaves_other_folders_alone(small: Path) -> None:
    out = small.parent / "out"
    assert pileup("run", small, "--out", out, "--replications", 1).returncode in (0, 1)
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {"summary.json", "scenario.yaml", "manifest.json", "report.md", "tables/requests.parquet"} <= names
    assert {"figures/system.png", "figures/answered_and_done.png", "figures/services.png"} <= names
    assert json.loads((out / "manifest.json").read_text())["seed"] == 3
    again = pileup("run", out / "scenario.yaml", "--replications", 1, "--json")
    assert json.loads(again.stdout)["digest"] == json.loads((out / "summary.json").read_text())["digest"]
    assert pileup("run", small, "--out", out, "--replications", 1).returncode == 0  # the same command again
    other = ("run", small, "--out", out, "--replications", 1, "--seed", 5)
    said = pileup(*other)
    assert said.returncode == 2 and "the result of the same command" in said.stderr and "--force" in said.stderr
    assert json.loads((out / "manifest.json").read_text())["seed"] == 3
    assert pileup(*other, "--force").returncode in (0, 1)
    assert json.loads((out / "manifest.json").read_text())["seed"] == 5
    (small.parent / "mine").mkdir()
    (small.parent / "mine" / "thesis.txt").write_text("precious")
    said = pileup("run", small, "--out", small.parent / "mine", "--replications", 1)
    assert said.returncode == 2 and "it holds something else" in said.stderr
    assert (small.parent / "mine" / "thesis.txt").read_text() == "precious"
    assert not [path for path in small.parent.iterdir() if path.name.startswith(".")]


@pytest.mark.slow
def test_new_writes_a_scenario_that_is_valid_and_healthy(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    assert pileup("new", "web -> orders ~> payments", "--out", path).returncode == 0
    assert pileup("new", "web -> orders", "--out", path).returncode == 2  # never over an existing file
    assert pileup("validate", path).stdout.endswith("mine.yaml: ok\n")
    assert pileup("check", path, "--replications", 2).returncode == 0
    assert pileup("new", "web -> <b>").returncode == 2


@pytest.mark.slow
def test_list_show_schema_and_explain_field_answer(small: Path) -> None:
    assert "cascade_vs_backlog" in pileup("list", folder=small.parent).stdout
    lessons = pileup("list", "--lessons", folder=small.parent).stdout
    assert "Never: the retries of those who were not answered" in " ".join(lessons.split())
    (small.parent / "broken").mkdir()
    (small.parent / "broken" / "torn.yaml").write_text("title: [", encoding="utf-8")
    assert "torn  cannot be read: " in pileup("list", "broken", folder=small.parent).stdout
    shown, answered = pileup("show", small).stdout, pileup("show", small, "--answer").stdout
    assert "single points of failure" in shown and "patience" in shown
    assert "goodput ratio of customers" not in shown and "goodput ratio of customers" in answered
    assert json.loads(pileup("schema").stdout)["title"]
    assert "half-open" in pileup("explain-field", "breaker.probes").stdout
    assert "measure" in pileup("explain-field", "goodput ratio").stdout
    unknown = pileup("explain-field", "max deliveris")
    assert unknown.returncode == 2 and "did you mean 'max deliveries'?" in unknown.stderr


@pytest.mark.slow
def test_an_interrupt_leaves_status_130_and_nothing_half_written(small: Path) -> None:
    out = small.parent / "never"
    command = [sys.executable, "-m", "sim", "run", "cascade_vs_backlog", "--out", str(out), "--replications"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    begun_at = time.monotonic()
    pileup("run", "cascade_vs_backlog", "--replications", "1")
    process = subprocess.Popen(
        [*command, "200"], stderr=subprocess.PIPE, text=True, env=environment, cwd=small.parent,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # a shell's `&` ignores it
    )  # fmt: skip
    time.sleep(time.monotonic() - begun_at)  # a signal before the process runs our code would test Python instead
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.strip() == "Interrupted; no file was left incomplete."
    assert [path.name for path in small.parent.iterdir()] == ["small.yaml"]


def test_the_version_is_told() -> None:
    from sim.version import VERSION

    assert re.fullmatch(rf"pileup {VERSION} \((python|compiled) core.*\)\n", pileup("--version").stdout)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("run", "retry_storm", "--seed", "-1"), "--seed must be a whole number of at least 0, got '-1'"),
        (("run", "retry_storm", "--replications", "x"), "--replications must be a whole number of at least 1, got 'x'"),
        (("matrix", "retry_storm", "--worst", "-2"), "--worst must be a whole number of at least 0, got '-2'"),
        (("matrix", "jitter", "--size", "slow"), "--size must be written FAULT=SIZE, such as slow=20x, got 'slow'"),
        (("matrix", "retry_storm", "--at", "soon"), "--at must be a duration such as 250ms or 30s, got 'soon'"),
        (
            ("matrix", "retry_storm", "--against", "nothere.json"),
            "--against must be the output of an earlier `pileup matrix --json`, got 'nothere.json'; "
            "no such file or directory",
        ),
        (
            ("hysteresis", "retry_storm", "--workload", "clients", "--from", "few", "--to", "9/s"),
            "--from must be a rate such as 100/s, got 'few'",
        ),
        (("run", ""), "scenario must be a file or the name of a shipped scenario, got ''; see: pileup list"),
        (("run", "folder"), "scenario must be a file, got 'folder'; that is a folder; see: pileup list FOLDER"),
        (("check", "retry_storm", "--junit", "folder"), "--junit must be a file in a folder that exists, got 'folder'"),
        (("schema", "--out", "no/where"), "--out must be a file in a folder that exists, got 'no/where'"),
        (
            ("explain-field", "goodput ratoi"),
            "field must be a field of the format, a measure or a word of the glossary, got 'goodput ratoi'; "
            "did you mean 'goodput ratio'?",
        ),
        (
            ("run", "retry_storm", "--out", "retry.txt/x"),
            "--out must be in a folder that can be written to, got 'retry.txt/x'; not a directory",
        ),
        (
            ("compare", "retry_storm", "--variants", "storm,storm"),
            "compare must name each variant once, got ['storm', 'storm']",
        ),
    ],
)  # fmt: skip
def test_a_bad_option_is_named_with_its_rule_and_value_before_anything_is_played(
    arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "retry.txt").write_text("no folder")
    said = pileup(*arguments, folder=tmp_path)
    assert (said.returncode, said.stdout, said.stderr) == (2, "", message + "\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "retry.txt"]


def test_show_names_the_variant_of_each_claim(small: Path) -> None:
    said = pileup("show", small, "--answer").stdout
    assert "customers fail (as it is): goodput ratio" in said


def test_a_claim_about_no_measure_is_told_before_anything_is_played(small: Path) -> None:
    small.write_text(SMALL.replace("customers fail: {measure: goodput ratio", "customers fail: {measure: good"))
    line = f"{small}:20:29: expect.customers fail.measure must be a measure, got 'good'; did you mean 'goodput'?\n"
    told, checked = pileup("validate", small), pileup("check", small)
    assert (told.returncode, told.stdout) == (2, line)
    assert (checked.returncode, checked.stdout, checked.stderr) == (2, "", line)


def test_show_keeps_lesson_and_claims_back_unless_they_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    from sim.cli.files import show

    scenario = sim.load("scenarios/retry_storm.yaml")
    show("retry_storm")
    kept = capsys.readouterr().out
    show("retry_storm", answer=True)
    answered = capsys.readouterr().out
    given_away = [scenario.lesson.strip()[:40], *scenario.expect]
    assert not [words for words in given_away if words in kept]
    assert [words for words in given_away if words in answered] == given_away
    assert f"the lesson and {len(scenario.expect)} claims (--answer shows them)" in kept
    assert "Kept back" not in answered
