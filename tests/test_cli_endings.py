"""Signals end a run in order, and no worker process lives longer than the process that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = [
    pytest.mark.slow, pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc"),
]  # fmt: skip


def begin(*words: str, folder: Path) -> subprocess.Popen[str]:
    """Start a command in a session of its own, deaf to nothing that the shell above may ignore."""

    def listen() -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)

    return subprocess.Popen(
        [sys.executable, "-m", "sim", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True, preexec_fn=listen,
    )  # fmt: skip


def members(session: int) -> dict[int, str]:
    """Return the live processes of a session: number to command line."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split() if entry.name.isdigit() else []
            if fields and int(fields[3]) == session and fields[0] != "Z":
                found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
    return found


def within(seconds: float, happened: object) -> bool:
    """Wait until *happened* returns something true."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        if happened():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


def with_workers(process: subprocess.Popen[str], count: int = 2) -> bool:
    return within(60, lambda: sum("spawn_main" in words for words in members(process.pid).values()) >= count)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


RUN = ("run", "cascade_vs_backlog", "--replications", "500", "--workers", "3", "--out", "never")


@pytest.mark.parametrize("to", ["the parent", "the whole group"])
@pytest.mark.parametrize("number, status", [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_signal_ends_a_run_and_its_workers_in_order(
    folder: Path, number: signal.Signals, status: int, to: str
) -> None:
    process = begin(*RUN, folder=folder)
    assert with_workers(process)
    (os.kill if to == "the parent" else os.killpg)(process.pid, number)
    out, said = process.communicate(timeout=60)
    word = "Interrupted" if number == signal.SIGINT else f"Ended by {number.name.removeprefix('SIG')}"
    assert (process.returncode, out, said) == (status, "", f"{word}; no file was left incomplete.\n")
    assert within(10, lambda: not members(process.pid)), members(process.pid)
    assert list(folder.iterdir()) == []


def test_workers_end_after_their_parent_was_killed(folder: Path) -> None:
    process = begin(*RUN, folder=folder)
    assert with_workers(process)
    os.kill(process.pid, signal.SIGKILL)
    out, said = process.communicate(timeout=60)  # it ends only when no worker holds the pipes
    assert (process.returncode, out) == (-9, "") and "leaked" not in said
    assert within(10, lambda: not members(process.pid)), members(process.pid)


def test_a_worker_that_was_killed_is_no_failed_claim(folder: Path) -> None:
    process = begin(*RUN, folder=folder)
    assert with_workers(process)
    worker = next(number for number, words in members(process.pid).items() if "spawn_main" in words)
    os.kill(worker, signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 70
    assert said == "A worker process was ended from outside, or needed more memory than there is.\n"
    assert within(10, lambda: not members(process.pid)) and list(folder.iterdir()) == []
