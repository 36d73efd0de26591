"""What the server does before anybody asks: import what pages need, start the workers, play what is asked for first.

It runs in a thread beside the server, so the lab listens at once; whoever comes early waits for no more than without
it. The first screen comes first, since it needs no worker; then the run that the Lab opens with; then the gallery.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from sim.lab import state

FIRST = ("pandas", "sim.lab.start", "sim.lab.lab", "sim.replay")
"""The modules of the first screen and of the Lab; Streamlit asks pandas whether the player's data is a table."""
NEXT = ("pyarrow", "sim.lab.compare", "sim.lab.trace", "sim.lab.learn", "sim.lab.compose")


@asynccontextmanager
async def getting_ready(app: Any) -> AsyncIterator[None]:
    """Get ready beside the server that begins, and end its workers with it: the lifespan of ``streamlit.App``."""
    gc.freeze()
    players = state.players()
    threading.Thread(target=get_ready, name="getting ready", daemon=True).start()
    yield
    players.close()


def get_ready() -> None:
    """Import and play what the first participants need, in the order in which they need it.

    What was imported is taken out of the garbage collector's sight at once: see ``sim.lab.runs``.
    """
    for name in FIRST:
        import_module(name)
        gc.freeze()
    state.play_first()
    for name in NEXT:
        import_module(name)
        gc.freeze()
    import_module("sim.lab.learn.lessons").lessons()
