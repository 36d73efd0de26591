"""What the server does before anybody asks: start the workers, import what pages need, play what is asked for first.

Imports are done before the server listens, in one thread: pages are drawn in threads of their own, and two that import
modules which know each other can meet one that is half made. The workers start meanwhile.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from sim.lab import state

NEEDED = (
    "pandas", "sim.lab.start", "sim.lab.lab", "sim.lab.compare", "sim.lab.trace", "sim.lab.compose", "sim.lab.learn",
    "sim.lab.tasks", "sim.replay", "sim.experiments.ablate", "sim.experiments.matrix",
)  # fmt: skip
"""What pages and the results they show import when they come first; Streamlit asks pandas whether data is a table."""


@asynccontextmanager
async def getting_ready(app: Any) -> AsyncIterator[None]:
    """Get ready before the server begins, and end its workers with it: the lifespan of ``streamlit.App``."""
    players = state.players()
    for name in NEEDED:
        import_module(name)
    gc.freeze()  # see ``sim.lab.runs``
    threading.Thread(target=state.play_first, name="playing first", daemon=True).start()
    yield
    players.close()
