"""Fifty participants press Run within five seconds on one server: how long until each has the numbers and the replay?

``python benchmarks/lab_load.py [participants] [--cold]`` starts the lab on a free port. Each participant is a WebSocket
client that speaks Streamlit's own messages. The trainer has opened the first screen some time before; with ``--cold``
no page was opened, and all arrive as soon as the server answers. They open the page Lab on a scenario that was not
played before; when all see it, they press the button Run one after another, and wait for the headline numbers and the
player's data. No browser draws, so the time is that of the server and of the one run that they share. Exit status 1
when fewer than 95 % are served within three seconds.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WITHIN_S = 5.0
TALKS_S = 10.0
GOAL_S, SHARE = 3.0, 0.95
SCENARIO = "scenario=poison_message"


def serve(port: int) -> subprocess.Popen[bytes]:
    """Start the lab on *port*, and wait until it answers."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=30):
                return server
        except OSError:
            time.sleep(0.1)
    server.kill()
    raise SystemExit("the lab did not start")


class Participant:
    """One session: its socket, and what the page said so far."""

    def __init__(self, port: int, number: int = 0) -> None:
        self.port, self.number = port, number
        self.page, self.run_button = "", ""

    async def lead(self) -> None:
        """Open the first screen, as a trainer does before the others come."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from websockets.asyncio.client import connect

        origin: Any = f"http://127.0.0.1:{self.port}"
        async with connect(f"ws://127.0.0.1:{self.port}/_stcore/stream", max_size=None, origin=origin) as wire:
            message = BackMsg()
            message.rerun_script.query_string = ""
            await wire.send(message.SerializeToString())
            await self._listen(wire)
            await asyncio.sleep(TALKS_S)

    async def attend(self, everybody: asyncio.Barrier, press_after_s: float) -> float:
        """Open the Lab, press Run *press_after_s* after *everybody* has; return the seconds until all was there."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from websockets.asyncio.client import connect

        address = f"ws://127.0.0.1:{self.port}/_stcore/stream"
        origin: Any = f"http://127.0.0.1:{self.port}"
        async with connect(address, max_size=None, origin=origin) as wire:
            message = BackMsg()
            message.rerun_script.page_name = "lab"
            message.rerun_script.query_string = SCENARIO
            await wire.send(message.SerializeToString())
            await self._listen(wire)
            if not self.run_button:
                raise SystemExit("the page Lab did not show its button Run")
            await everybody.wait()
            await asyncio.sleep(press_after_s)
            pressed = time.monotonic()
            message = BackMsg()
            message.rerun_script.page_script_hash = self.page
            message.rerun_script.query_string = SCENARIO
            state = message.rerun_script.widget_states.widgets.add()
            state.id, state.trigger_value = self.run_button, True
            await wire.send(message.SerializeToString())
            seen = await self._listen(wire)
            if not {"metric", "bidi_component"} <= seen:
                raise SystemExit(f"participant {self.number} saw only {sorted(seen)}")
            return time.monotonic() - pressed

    async def _listen(self, wire: Any) -> set[str]:
        """Read until the page has run to its end; return the kinds of elements it drew."""
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        seen: set[str] = set()
        async for data in wire:
            message = ForwardMsg.FromString(data)
            kind = message.WhichOneof("type")
            if kind == "navigation":
                self.page = message.navigation.page_script_hash
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                element = message.delta.new_element
                seen.add(element.WhichOneof("type"))
                if element.WhichOneof("type") == "button" and element.button.label == "Run":
                    self.run_button = element.button.id
            elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return seen
        raise SystemExit("the server hung up")


async def measure(port: int, participants: int, cold: bool = False) -> list[float]:
    """Return how long each participant waited, in seconds; they press evenly within ``WITHIN_S``."""
    if not cold:
        await Participant(port).lead()
    everybody = asyncio.Barrier(participants)
    return await asyncio.gather(
        *(Participant(port, n).attend(everybody, WITHIN_S * n / participants) for n in range(participants))
    )


def main() -> None:
    """Measure and print; leave with 1 when the goal is missed."""
    cold = "--cold" in sys.argv
    participants = next((int(word) for word in sys.argv[1:] if word.isdigit()), 50)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    server = serve(port)
    try:
        waited = sorted(asyncio.run(measure(port, participants, cold)))
    finally:
        server.terminate()
        server.wait(10)
    within = sum(one <= GOAL_S for one in waited) / len(waited)
    middle, late = waited[len(waited) // 2], waited[min(len(waited) - 1, int(SHARE * len(waited)))]
    before = "a server nobody had opened" if cold else "a warm server"
    print(f"{participants} participants pressed Run within {WITHIN_S:g} s on {before}")
    print(f"until it was there: median {middle:.2f} s, p95 {late:.2f} s, last {waited[-1]:.2f} s")
    print(f"{within:.0%} within {GOAL_S:g} s (goal: {SHARE:.0%})")
    sys.exit(0 if within >= SHARE else 1)


if __name__ == "__main__":
    main()
