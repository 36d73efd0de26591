"""The lab's server for the tests of this folder: a process of its own on a free port, ended with the test."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def lab(*options: str) -> Iterator[str]:
    """Serve the lab with the command's own options, and give its address; skip where streamlit is missing."""
    pytest.importorskip("streamlit", reason="streamlit is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sim", "lab", "--port", str(port), *options]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=os.name == "posix")
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
