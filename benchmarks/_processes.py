"""Whole processes, one after another on one processor: CPU time, wall time and peak memory, as the system counts them.

A process is measured from its start to its end, with the interpreter, the imports and the worker processes that it
waits for. Both cores of the engine are asked for by the environment variable ``PILEUP_CORE``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
CORES = ("python", "compiled")
NOT_BUILT = "not built"
PAGE_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in a unit of ``ru_maxrss``: macOS counts bytes, Linux KiB."""

Command = tuple[str, ...]
"""The arguments of an interpreter; a first one that ends in ``.py`` is a script in this folder."""


class Spent(NamedTuple):
    """The cost of one process, and what it printed."""

    cpu_s: float
    wall_s: float
    peak_mib: float
    text: str


def spend(command: Command, core: str = "", tree: Path = ROOT, allowed: tuple[int, ...] = (0,)) -> Spent:
    """Run one command to its end with the ``sim`` of *tree*; leave the script if its exit status is not *allowed*."""
    _compile_modules(tree)
    program = [sys.executable, *command]
    if command[0].endswith(".py"):
        program[1] = str(HERE / command[0])
    elif not command[0].startswith("-"):
        program = list(command)
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        process = subprocess.Popen(
            program, stdin=subprocess.DEVNULL, stdout=said, stderr=complained, cwd=folder(),
            env=_environment(core, tree),
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0), complained.seek(0)
        if process.returncode not in allowed:
            sys.exit(f"{' '.join(program)} ended with status {process.returncode}\n{complained.read()}")
        text = said.read().strip()
    return Spent(usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss * PAGE_UNIT / 2**20, text)


def _environment(core: str, tree: Path) -> dict[str, str]:
    """Return the environment of a process: every side starts from compiled modules, as Python does by default."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment.pop("PILEUP_CORE", None)
    return {**environment, "PILEUP_CORE": core} if core else environment


@cache
def _compile_modules(tree: Path) -> None:
    """Leave the byte code of ``sim`` behind, where it can be written, so that no side compiles it in a measurement."""
    subprocess.run([sys.executable, "-m", "compileall", "-qq", str(tree / "sim")], check=False)


@cache
def folder() -> str:
    """Return a folder for what the commands write."""
    folder = ROOT / "out" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


@cache
def built(core: str, tree: Path = ROOT) -> bool:
    """Whether the engine has this core here: ``pileup --version`` names the one that is on."""
    if core == "python":
        return True
    version = subprocess.run(
        [sys.executable, "-m", "sim", "--version"], cwd=folder(), env=_environment(core, tree), text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    return version.returncode == 0 and f"({core} core" in version.stdout


def cores() -> list[str]:
    """Return the cores that can be measured here, and say which cannot."""
    found = [core for core in CORES if built(core)]
    for core in CORES:
        if core not in found:
            note(f"core {core}: {NOT_BUILT}")
    return found


@contextmanager
def one_processor() -> Iterator[None]:
    """Keep this process, and those it starts, on one processor, where the system lets a process choose."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def note(text: str) -> None:
    """Say on stderr how far the measurement is."""
    print(text, file=sys.stderr, flush=True)
