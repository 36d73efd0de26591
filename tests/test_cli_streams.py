"""Output of the command line in a locale without UTF-8, to a closed pipe, and when Pileup itself fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ASCII = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
LATIN = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "latin1"}
BARE = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
CAFE = """\
version: 1
title: Café → 漢字
question: Was kostet das Frühstück?
duration: 20s
replications: 2
workload:
  küñden: {calls: küche.essen, rate: 20/s, deadline: 1s}
services:
  küche: {workers: 4, waiting: 20, operations: {essen: [{work: exponential 50ms}, {effect: bezahlt}]}}
faults:
  küche träge: {slow: küche, by: 10x, at: 10s, for: 5s}
variants:
  wie es ist: {}
  größer: {services: {küche: {workers: 60}}}
toggles:
  geduld: {about: Länger warten., patch: {workload: {küñden: {deadline: 5s}}}}
expect:
  küñden leiden: {measure: goodput ratio, of: küñden, during: fault, below: 99%}
"""
COMMANDS: list[tuple[list[str], int, str]] = [
    (["run", "café.yaml", "--variant", "größer"], 0, "Café → 漢字: größer"),
    (["run", "café.yaml", "--with", "geduld", "--out", "results"], 0, "Café → 漢字: wie es ist, with geduld"),
    (["check", "café.yaml", "--junit", "übersicht.xml"], 0, "café.yaml: Café → 漢字"),
    (["validate", "café.yaml"], 0, "café.yaml: ok"),
    (["explain", "café.yaml"], 0, "küche träge: küche takes 10 times as long"),
    (["show", "café.yaml"], 0, "Café → 漢字"),
    (["list", "."], 0, "café  Café → 漢字: Was kostet das Frühstück?"),
    (["compare", "café.yaml"], 0, "Café → 漢字: wie es ist against größer"),
    (["ablate", "café.yaml"], 0, "Café → 漢字"),
    (["matrix", "café.yaml", "--faults", "slow", "--worst", "0"], 0, "küche"),
    (["report", "café.yaml", "--out", "übersicht.html"], 0, ""),
    (["new", "küche -> ofen"], 0, "küche"),
    (["run", "cafè.yaml"], 2, ""),
    (["run", "café.yaml", "--variant", "grösser"], 2, ""),
]  # fmt: skip
"""Words, the status and something that is said on stdout; one replication each where they play."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "café.yaml").write_text(CAFE, encoding="utf-8")
    return tmp_path


def pileup(*words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    where = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        [sys.executable, "-m", "sim", *words], capture_output=True, env=where, cwd=folder, check=False
    )


def test_the_sign_in_front_of_an_interval_needs_no_locale(tmp_path: Path) -> None:
    said = pileup("run", "retry_storm", "--replications", "2", folder=tmp_path, **ASCII)
    assert said.returncode == 0 and "±" in said.stdout.decode("utf-8"), said.stderr


@pytest.mark.slow
@pytest.mark.parametrize("words, status, says", COMMANDS, ids=[" ".join(words) for words, _, _ in COMMANDS])
def test_every_command_writes_utf_8_in_a_locale_without_it(
    folder: Path, words: list[str], status: int, says: str
) -> None:
    plays = words[0] in ("run", "check", "compare", "ablate", "matrix", "report")
    said = pileup(*words, *(["--replications", "1"] if plays else []), folder=folder, **BARE)
    assert said.returncode == status, said.stderr
    assert says in said.stdout.decode("utf-8") and "Traceback" not in said.stderr.decode("utf-8")
    for name in {"übersicht.xml", "übersicht.html"} & set(words):
        assert "Café → 漢字" in (folder / name).read_text(encoding="utf-8")
    if "results" in words:
        assert "Café → 漢字" in (folder / "results" / "report.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_document_is_json_in_every_locale(folder: Path) -> None:
    said = [pileup("run", "café.yaml", "--json", folder=folder, **locale).stdout for locale in (BARE, LATIN, ASCII)]
    assert json.loads(said[0].decode("utf-8"))["scenario"] == "Café → 漢字"
    assert said[0] == said[1] == said[2]


@pytest.mark.parametrize("words", [["list"], ["show", "retry_storm"], ["schema"], ["--help"]])
def test_a_reader_that_leaves_ends_a_command_quietly(words: list[str], tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "sim", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.slow
def test_a_reader_that_leaves_does_not_lose_the_results(folder: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "sim", "run", "café.yaml", "--replications", "1", "--out", "results"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=folder) as left:
        assert left.stdout is not None and left.stderr is not None
        left.stdout.close()
        left.stderr.read()
    assert left.returncode == 141
    assert (folder / "results" / "manifest.json").exists()


BROKEN = """
import sys
import sim.scenario.loading
def load(path): raise {error}
sim.scenario.loading.load = load
from sim.cli import main
sys.argv = ["pileup", "run", "retry_storm"]
main()
"""


@pytest.mark.parametrize("error", ["ZeroDivisionError('it is ours')", "EOFError()", "RecursionError('too deep')"])
def test_an_error_of_our_own_leaves_with_a_status_of_its_own(error: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", BROKEN.format(error=error)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert said.returncode == 70 and said.stdout == ""
    assert said.stderr.splitlines()[-1].startswith("This is a bug of Pileup's, please report it")
    assert error.partition("(")[0] in said.stderr


def test_too_little_memory_is_said_without_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-c", BROKEN.format(error="MemoryError()")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert said.returncode == 70 and said.stderr.startswith("This machine has too little memory for this run")


def test_a_full_stdout_is_named(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no full device")
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "sim", "list"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        said = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=environment, cwd=tmp_path, check=False)
    assert (said.returncode, said.stderr) == (2, b"stdout cannot be used: No space left on device\n")
