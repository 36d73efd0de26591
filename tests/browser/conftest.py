"""One server of the lab for the browser tests, and pages opened on it; skipped where something is missing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser._chromium import chromium

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "out" / "screenshots"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


@pytest.fixture(scope="session")
def lab_address() -> Iterator[str]:
    """Start the lab as a person would, on a free port; give its address."""
    pytest.importorskip("streamlit", reason="streamlit is not installed")
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as server:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="module")
def lab_browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def visit(lab_browser: Any, lab_address: str) -> Iterator[Callable[..., Any]]:
    """Give a function that opens a page in a window of its own; in the end nothing was asked of elsewhere."""
    contexts: list[Any] = []
    elsewhere: list[str] = []

    def note(request: Any) -> None:
        if not request.url.startswith((lab_address, lab_address.replace("http", "ws"), "data:", "blob:")):
            elsewhere.append(request.url)

    def open_page(path: str = "", width: int = 1280, theme: str = "light", height: int = 900) -> Any:
        context = lab_browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("request", note)
        page.goto(f"{lab_address}/{path}")
        page.locator("h1").first.wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert elsewhere == []
