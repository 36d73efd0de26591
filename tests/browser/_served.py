"""The lab's server for the tests of this folder: a process of its own on a free port, ended with the test."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Any

import pytest


@contextmanager
def room() -> Iterator[tuple[str, str, str]]:
    """Open a room, and give its address, its join code and the trainer's address, as they were told to the trainer."""
    pytest.importorskip("segno", reason="segno is not installed")
    with TemporaryFile("w+", encoding="utf-8") as said, lab("--room", said=said) as address:
        said.seek(0)
        told = said.read()
        code, leading = re.search(r"join code  (\w+)", told), re.search(r"(http://\S+\?trainer=\S+)", told)
        assert code is not None and leading is not None
        yield address, code[1], leading[1]


@contextmanager
def lab(*options: str, said: Any = subprocess.DEVNULL) -> Iterator[str]:
    """Serve the lab with the command's own options, and give its address; skip where streamlit is missing.

    What the command says goes to *said*.
    """
    pytest.importorskip("streamlit", reason="streamlit is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sim", "lab", "--port", str(port), *options]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said, start_new_session=os.name == "posix")
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        if os.name == "posix":
            os.killpg(server.pid, 2)
        else:
            server.terminate()
        server.wait(20)


def _wait_for(address: str) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(address)


def settle(page: Any) -> None:
    """Wait until the page is drawn: what is still being drawn is shown paler, and axe would judge that."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=60_000)
    page.wait_for_timeout(1_000)
