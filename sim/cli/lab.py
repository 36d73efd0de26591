"""The command that opens the lab in the browser: on this machine only, or with --room on the local network."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.helpers import leave, say
from sim.cli.options import whole
from sim.cli.status import OK
from sim.errors import LabError, ParameterError

if TYPE_CHECKING:
    import subprocess

PATIENCE_S = 10.0
"""Seconds that the server may take to end."""
WATCHES = "PILEUP_LAB_WATCHES_STDIN"
"""Set: the end of the server's stdin is the end of the command that started it; see ``sim.lab.server.startup``."""
HERE, EVERYWHERE = "127.0.0.1", "0.0.0.0"
SETTINGS = {
    "server.headless": "true", "server.fileWatcherType": "none", "server.showEmailPrompt": "false",
    "browser.gatherUsageStats": "false", "client.showErrorDetails": "none", "client.toolbarMode": "viewer",
}  # fmt: skip
"""Also in the lab's own configuration; given on the command line so that no other file can override them."""


def lab(
    port: Annotated[int, whole("--port", 1, "The port to listen on.", 65535)] = 8501,
    room: Annotated[
        bool, typer.Option("--room", help="Open to the local network, with a join code; without it, this machine only.")
    ] = False,
) -> None:
    """Open the lab in the browser; Ctrl+C ends it. It stores nothing and sends nothing elsewhere."""
    for package in ("streamlit", *(["segno"] if room else [])):
        if find_spec(package) is None:
            raise LabError(f"the lab needs {package}: pip install 'pileup[ui]'")
    address = EVERYWHERE if room else HERE
    _must_be_free(address, port)
    environment = dict(os.environ)
    settings = SETTINGS | {"server.address": address, "server.port": str(port)}
    if room:
        environment |= _open_room(port)
        settings |= {"browser.serverAddress": local_address(), "server.maxUploadSize": "0"}
    else:
        for name in ("PILEUP_ROOM_CODE", "PILEUP_ROOM_KEY", "PILEUP_ROOM_ADDRESS"):
            environment.pop(name, None)
        say(f"The lab is at http://{HERE}:{port} (this machine only). Ctrl+C ends it.")
    options = [f"--{name}={value}" for name, value in settings.items()]
    command = [sys.executable, "-m", "streamlit", "run", str(script()), *options]
    leave(_serve(command, environment))


def script() -> Path:
    """Return the page's script: of the checkout, or, in an installed copy, the one inside the package."""
    package = Path(__file__).resolve().parent.parent
    for path in (package / "_app" / "app.py", package.parent / "app.py"):
        if path.is_file():
            return path
    raise LabError(f"this copy of Pileup has no lab; looked in {package} and next to it: install again")


def local_address() -> str:
    """Return this machine's address on the local network, or the loopback address where there is no network.

    Connecting a datagram socket sends nothing; it asks the system which of its addresses it would send from. The far
    end is an address that is reserved for documentation (RFC 5737).
    """
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return HERE


def _must_be_free(address: str, port: int) -> None:
    """Raise ``ParameterError`` if something listens on the port already."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            hint = f"try --port {port % 65535 + 1}"
            raise ParameterError(f"be a free port ({error.strerror})", port, hint, "--port") from None


def _open_room(port: int) -> dict[str, str]:
    """Make the room's code and key, print them for the trainer, and return the server's settings."""
    import segno

    from sim.lab.server.join_code import new_code, new_key

    code, key, address = new_code(), new_key(), f"http://{local_address()}:{port}"
    say(f"Everyone on this network who has the code can join.\n\n  {address}    join code  {code}\n")
    segno.make(f"{address}/room?join={code}", micro=False).terminal(sys.stderr, compact=True)
    say(
        f"\nYou lead it from  http://{HERE}:{port}/?trainer={key}\n"
        f"Your notes are at  http://{HERE}:{port}/notes?trainer={key}  (a window of its own, not for the projector)\n"
        "Keep these addresses to yourself. Ctrl+C ends the room."
    )
    return {"PILEUP_ROOM_CODE": code, "PILEUP_ROOM_KEY": key, "PILEUP_ROOM_ADDRESS": address}


def _serve(command: list[str], environment: dict[str, str]) -> int:
    """Run the server until it ends or a signal ends it; if this process is killed, the server's stdin ends."""
    import subprocess

    with subprocess.Popen(command, env=environment | {WATCHES: "1"}, stdin=subprocess.PIPE) as server:
        try:
            return server.wait()
        except KeyboardInterrupt:
            _end(server)
            say("The lab is closed.")
            return OK
        except SystemExit:  # see sim.cli.endings
            _end(server)
            raise


def _end(server: subprocess.Popen[bytes]) -> None:
    """End the server in order; kill it if it does not end in time."""
    import subprocess

    server.terminate()
    try:
        server.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
