"""A command and a worker import what they use: which libraries, and how many modules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TINY = """
version: 1
title: Nothing much
duration: 10s
workload: {ones: {calls: web.get, rate: 5/s, deadline: 1s}}
services: {web: {workers: 2, waiting: 4, operations: {get: [{work: 10ms}]}}}
faults: {slow: {slow: web, by: 10x, at: 5s, for: 2s}}
"""
SAY = "\nimport json, sys\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
COMMAND = """
import sys
from contextlib import suppress
from sim.cli import main
sys.argv = ["pileup", "run", sys.argv[1]]
with suppress(SystemExit):
    main()
"""
WORKER = """
import json, sys

if __name__ == "__main__":
    import sim
    from sim.experiments.pool import play_each
    from sim.experiments.processes import open_pool
    from sim.experiments.replications import play_and_examine
    from sim.experiments.run import planned

    tasks = planned(sim.load(sys.argv[1]).resolve(), replications=2).tasks[1:]
    with open_pool(1) as pool:
        assert [one.replication.number for one in pool.submit(play_each, play_and_examine, tasks).result()] == [1]
        held = pool.submit(eval, "sorted(__import__('sys').modules)").result()
    print(json.dumps(held), file=sys.stderr)
"""
"""A script, because a worker imports the main module of the process that starts it."""
OF_A_RUN = {"numpy", "pydantic", "pydantic_core", "simpy"}
OF_A_COMMAND = OF_A_RUN | {"typer", "ruamel"}
"""The libraries from outside that are imported, without those that they import themselves."""
OTHERS = {
    "altair", "dask", "jinja2", "matplotlib", "networkx", "pandas", "pyarrow", "rich", "scipy", "statistics",
    "streamlit",
}  # fmt: skip
"""Libraries that some command or page uses, and a run does not."""
OTHER_STUDIES = ("compare", "check", "hysteresis", "breakers", "ablation", "fault_matrix")
MOST_OF_A_COMMAND, MOST_OF_A_WORKER = 330, 275
"""Modules of Pileup: a few more than there were when this was written."""


def last_line(*words: str | Path) -> set[str]:
    """Return the list that a fresh interpreter prints last on stderr."""
    done = subprocess.run(
        [sys.executable, *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("imports") / "tiny.yaml"
    path.write_text(TINY)
    return path


@pytest.fixture(scope="module")
def of_a_command(tiny: Path) -> set[str]:
    return last_line("-c", COMMAND + SAY, tiny)


@pytest.fixture(scope="module")
def of_a_worker(tiny: Path) -> set[str]:
    script = tiny.with_name("start_a_worker.py")
    script.write_text(WORKER)
    return last_line(script, tiny)


@pytest.mark.slow
def test_pileup_run_imports_the_libraries_of_a_run_and_of_the_command_line(of_a_command: set[str]) -> None:
    assert OF_A_COMMAND <= of_a_command and not OTHERS & of_a_command


@pytest.mark.slow
def test_pileup_run_imports_no_other_study_and_no_topology(of_a_command: set[str]) -> None:
    assert not [name for name in of_a_command if name.startswith("sim.topology")]
    assert not {f"sim.experiments.{study}" for study in OTHER_STUDIES} & of_a_command
    assert len([name for name in of_a_command if name.startswith("sim.")]) <= MOST_OF_A_COMMAND


@pytest.mark.slow
def test_a_worker_imports_neither_the_command_line_nor_the_reader_of_files(of_a_worker: set[str]) -> None:
    assert of_a_worker >= OF_A_RUN and not (OTHERS | {"typer", "ruamel"}) & of_a_worker
    assert not [name for name in of_a_worker if name.startswith(("sim.cli", "sim.export", "sim.topology"))]
    assert "sim.scenario.scenario_file" not in of_a_worker
    assert len([name for name in of_a_worker if name.startswith("sim.")]) <= MOST_OF_A_WORKER


@pytest.mark.slow
def test_importing_sim_imports_nothing_else() -> None:
    bare = last_line("-c", "import sim" + SAY)
    assert {name for name in bare if name.startswith("sim.")} == {"sim.core", "sim.errors", "sim.version"}
    assert not OF_A_COMMAND & bare
