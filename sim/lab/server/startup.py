"""Before the first page: start the workers, import what pages need, play what most participants ask for first.

Imports are done before the server listens, in one thread: pages are drawn in threads of their own, and two that import
modules which know each other can meet one that is half made. The workers start meanwhile.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from sim.lab.server import jobs

PAGES = ("start", "lab", "compare", "trace", "compose", "learn")
NEEDED = (
    "pandas", *(f"sim.lab.pages.{name}" for name in PAGES), "sim.lab.server.worker_tasks", "sim.replay",
    "sim.experiments.ablation.ablate", "sim.experiments.fault_matrix.matrix",
)  # fmt: skip
"""What pages and the results they show import when they come first; Streamlit asks pandas whether data is a table."""


@asynccontextmanager
async def getting_ready(app: Any) -> AsyncIterator[None]:
    """Get ready before the server begins, and end its workers with it: the lifespan of ``streamlit.App``."""
    if os.environ.get("PILEUP_LAB_WATCHES_STDIN"):
        threading.Thread(target=_end_with_the_command, daemon=True, name="end with the command").start()
    pool = jobs.worker_pool()
    for name in NEEDED:
        import_module(name)
    gc.freeze()  # see ``sim.lab.server.job_queue``
    threading.Thread(target=jobs.play_first, name="playing first", daemon=True).start()
    yield
    pool.close()


def _end_with_the_command() -> None:
    """Wait for the end of stdin, which `pileup lab` holds open while it lives; then end in order, or else at once."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)
    os._exit(1)
