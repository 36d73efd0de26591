"""Messages for mistakes that could pass unnoticed: empty or replaced settings, zero loads, absurd counts."""

import sys
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.cli import main
from sim.errors import LabError
from sim.scenario.loading import loads, problems

SMALL = """\
version: 1
title: t
duration: 4s
workload:
  people: {calls: till.get, rate: 2/s}
services:
  till: {workers: 1, operations: {get: [{work: 100ms}]}}
toggles:
  fast: {patch: {services: {till: {workers: 2}}}}
"""


def said(call: Any) -> str:
    with pytest.raises(LabError) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize("text", ["services.till.workers=", "services.till.workers= "])
def test_an_empty_value_is_refused_and_null_takes_out(text: str) -> None:
    asked = loads(SMALL)
    rule = "services.till.workers must have a value, got nothing; write null to take it out"
    assert said(lambda: asked.resolve(set_=[text])) == f"--set {rule}"
    assert said(lambda: asked.resolve(set_={"services.till.workers": ""})) == f"set_ {rule}"
    assert asked.resolve(set_=["services.till.workers=null"]).services["till"].workers == 1


@pytest.mark.parametrize(
    "first, second",
    [
        ("services.till.workers", "services.till.workers"),
        ("services.till.max wait", "services.till.max_wait"),
        ("services.till.workers", "services.till"),
    ],
)
def test_two_settings_of_one_place_are_refused_in_every_spelling(first: str, second: str) -> None:
    assert f"--set {first} must be given once, got " in said(
        lambda: loads(SMALL).resolve(set_=[f"{first}=2s", f"{second}=3s"])
    )


def test_settings_of_different_places_and_later_changes_are_no_repetition() -> None:
    asked = loads(SMALL)
    assert asked.resolve(set_=["services.till.workers=2", "services.till.waiting=3"]).services["till"].workers == 2
    assert asked.set("seed", 3).set("seed", 4).seed == 4


def test_messages_about_a_setting_name_the_way_it_was_given() -> None:
    asked, rule = loads(SMALL), "services.till must have known keys only, got 'wrkers'; did you mean 'workers'?"
    assert said(lambda: asked.resolve(set_={"services.till.wrkers": 2})) == f"set_ {rule}"  # codespell:ignore wrkers
    assert said(lambda: asked.resolve(set_=["services.till.wrkers=2"])) == f"--set {rule}"  # codespell:ignore wrkers


@pytest.mark.parametrize("rate", ["0/s", "ramp 0/s to 0/s over 2s", "steps 0/s 0s 5/s 9s"])
def test_a_workload_that_never_asks_is_warned_of_and_noted(rate: str, tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(SMALL.replace("2/s", rate))
    warning = f"{file}:5:35: workload.people.rate should send something before the duration ends, got {rate!r}"
    assert problems(file) == ([], [warning])
    assert sim.load(file).resolve().notes == (f"people asks for nothing: its rate is {rate}",)


def test_a_misspelt_key_is_not_missing_as_well() -> None:
    assert said(lambda: loads(SMALL.replace("duration", "duraton"))) == (
        "<text>:3:1: scenario must have known keys only, got 'duraton'; did you mean 'duration'?"
    )


@pytest.mark.parametrize("wanted", [0, -1, 100_001, 99_999_999_999, 1.5, True])
def test_a_number_of_replications_that_cannot_be_played_is_refused(wanted: Any) -> None:
    assert said(lambda: sim.run(loads(SMALL), replications=wanted)) == (
        f"replications must be a whole number from 1 to 100000, got {wanted}"
    )


def test_a_run_takes_a_file_a_shipped_name_and_one_toggle_as_a_word(tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(SMALL)
    assert sim.run(str(file), with_="fast").toggles == sim.run(file, with_=["fast"]).toggles == ("fast",)
    assert sim.run(loads(SMALL), with_=["fast"], without="fast").toggles == ()
    assert sim.load("retry_storm").title == sim.load("retry_storm.yaml").title == "Retry storm"
    assert "got 'retry_strom'; did you mean 'retry_storm'?" in said(lambda: sim.load("retry_strom"))
    assert "nope.yaml:1:1: file must be a scenario file" in said(lambda: sim.run("nope.yaml"))
    assert said(lambda: sim.run(7)) == "scenario must be a scenario, a file or the name of a shipped one, got 7"


def test_each_warning_is_one_placed_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "t.yaml"
    more = "variants: {a: {}, b: {}, c: {services: {till: {workers: 9}}}}\n"
    file.write_text(SMALL.replace("2/s", "200/s").replace("workers: 1,", "workers: 1, waiting: unlimited,") + more)
    monkeypatch.setattr(sys, "argv", ["pileup", "validate", "missing.yaml", str(file)])
    with pytest.raises(SystemExit) as left:
        main()
    out, err = capsys.readouterr()
    assert left.value.code == 2 and err == ""
    assert out.splitlines() == [
        "scenario must be a file, got 'missing.yaml'",
        f"{file}: ok",
        f"warning: {file}:7:22: services.till.waiting should have a bound, without which the queue grows "
        "without limit, got 'unlimited'",
        f"warning: {file}:7:3: till: its workers are asked for 2000% of their time on average (in a, b)",
        f"warning: {file}:7:3: till: its workers are asked for 222% of their time on average (in c)",
    ]
