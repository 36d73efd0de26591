"""Progress of a command: the number of runs and an estimate first, then periodic lines; stdout has none of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.cli.progress import Progress
from tests.test_cli import SMALL, pileup


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


def test_the_estimate_comes_with_the_first_run_and_lines_say_what_is_left() -> None:
    said: list[str] = []
    now = [0.0]
    progress = Progress("trying", 30, said.append, lambda: now[0])
    progress.announce(40, 21)
    now[0] = 3.0
    progress.say_where()
    progress(0.5 / 40)
    now[0] = 6.0
    progress(1 / 40)
    now[0] = 60.0
    progress(20 / 40)
    progress.say_where()
    assert said == [
        "trying: 40 runs, the first is being played",
        "trying: 40 runs, about 2 min",
        "trying: 50 % after 60 s, about 60 s left",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "words, first",
    [
        (("matrix", "--faults", "slow", "--worst", 0), "trying faults on Small: 6 runs, about "),
        (("ablate",), "ablating Small: 4 runs, about "),
        (("compare",), "comparing Small: 4 runs, about "),
        (("check",), "checking Small: 4 runs, about "),
    ],
)
def test_the_number_of_runs_and_an_estimate_come_first(small: Path, words: tuple[object, ...], first: str) -> None:
    said = pileup(words[0], small, *words[1:], "--json")
    assert said.returncode == 0 and said.stderr.startswith(first), said.stderr
    assert json.loads(said.stdout)


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [("run", "--json"), ("check", "--json"), ("matrix", "--json", "--faults", "slow"), ("report",)]
)
def test_off_a_terminal_a_line_says_now_and_then_how_far_it_is(
    small: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PILEUP_PROGRESS_S", "0.05")
    said = pileup(words[0], small, *words[1:], "--replications", 6, folder=small.parent)
    lines = [line for line in said.stderr.splitlines() if " % after " in line]
    assert lines and all(" Small: " in line for line in lines), said.stderr
    assert words[0] == "report" or json.loads(said.stdout)


def test_an_interval_that_is_none_is_refused(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PILEUP_PROGRESS_S", "soon")
    said = pileup("run", small)
    assert said.returncode == 2
    assert said.stderr == "PILEUP_PROGRESS_S must be a number of seconds above 0, got 'soon'\n"
