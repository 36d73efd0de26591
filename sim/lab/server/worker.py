"""A worker process: ``python -m sim.lab.server.worker`` reads tasks on stdin and writes their results on stdout.

Each message is a pickle between this process and the server that started it, never from anyone else. A long run in a
process of its own does not slow the pages of others, and can be ended at once.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import struct
import sys
import threading
import time
import traceback
from contextlib import suppress
from typing import IO, Any

MOST_MEMORY = 4_000_000_000
REPORT_EVERY_S = 0.05


def send(pipe: IO[bytes], message: Any) -> int:
    """Write one message and return its size in bytes."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(struct.pack(">Q", len(data)))
    pipe.write(data)
    pipe.flush()
    return len(data)


def receive(pipe: IO[bytes]) -> tuple[Any, int]:
    """Read one message and return it with its size in bytes; raises ``EOFError`` when the other side is gone."""
    data = _read(pipe)
    return pickle.loads(data), len(data)


def _read(pipe: IO[bytes]) -> bytes:
    head = pipe.read(8)
    if len(head) < 8:
        raise EOFError
    size = struct.unpack(">Q", head)[0]
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


def main() -> None:
    """Serve tasks until stdin ends, which ends a run too: the server that asked for it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl+C is the server's, which ends its workers
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not come between the messages
    _bound_memory()
    from sim.lab.server import worker_tasks

    worker_tasks.get_ready()
    tasks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(tasks,), daemon=True, name="listening").start()
    while True:
        name, options = pickle.loads(tasks.get())
        send(out, _answer(out, name, options))


def _listen(tasks: queue.SimpleQueue[bytes]) -> None:
    """Put every task into the queue, and end this process when the server is gone."""
    with suppress(EOFError):
        while True:
            tasks.put(_read(sys.stdin.buffer))
    os._exit(0)


def _answer(out: IO[bytes], name: str, options: dict[str, Any]) -> tuple[str, Any]:
    from sim.errors import LabError
    from sim.lab.server.worker_tasks import TASKS

    last = time.monotonic()

    def report(share: float) -> None:
        nonlocal last
        if (now := time.monotonic()) - last >= REPORT_EVERY_S:
            last = now
            send(out, ("progress", share))

    try:
        return "done", TASKS[name](progress=report, **options)
    except LabError as error:
        return "problem", error
    except MemoryError:
        return "problem", LabError(
            "the run needs more memory than the lab gives to one run: make it shorter or smaller"
        )
    except Exception:
        traceback.print_exc()
        return "problem", LabError("the run met a bug of Pileup's; the reason is in the lab's terminal")


def _bound_memory() -> None:
    """Let a run that grows without end fail by itself, where the system can bound a process."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


if __name__ == "__main__":
    with suppress(BrokenPipeError, KeyboardInterrupt):  # the server is gone
        main()
