"""The one join code and the one poll of this server, shared by all sessions of its room."""

from __future__ import annotations

import os
from functools import cache

from sim.lab import session
from sim.lab.server.join_code import JoinCode
from sim.lab.server.poll import Poll


@cache
def join_code() -> JoinCode:
    """Return the code that participants enter, with the trainer's key."""
    return JoinCode(os.environ[session.CODE], os.environ[session.KEY])


@cache
def poll() -> Poll:
    """Return the question that is put to the room, with its votes."""
    return Poll()
