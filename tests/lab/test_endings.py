"""The lab ends with the command that started it: its server, its workers, and what they play."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from tests.test_cli_endings import begin, members, within

pytest.importorskip("streamlit")
pytestmark = [
    pytest.mark.slow, pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc"),
]  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    "number, status",
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 0), (signal.SIGKILL, -9)],
    ids=["TERM", "HUP", "INT", "KILL"],
)
def test_nothing_of_the_lab_outlives_its_command(tmp_path: Path, number: signal.Signals, status: int) -> None:
    process = begin("lab", "--port", str(free_port()), folder=tmp_path)
    try:
        assert within(90, lambda: any("sim.lab.server.worker" in words for words in members(process.pid).values()))
        os.kill(process.pid, number)
        assert process.wait(60) == status
        assert within(30, lambda: not members(process.pid)), members(process.pid)
    finally:
        for left in members(process.pid):
            os.kill(left, signal.SIGKILL)
        process.communicate()
