"""A client whose requests a condition watches: it notes how each of them ends.

Not modelled: anything else than the client that it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.engine.clients.clients import Client
from sim.outcomes import PENDING

if TYPE_CHECKING:
    from sim.engine.calls.recent_ends import RecentEnds
    from sim.engine.clients.clients import Request


class WatchedClient(Client):
    """As any client; *watches* note each outcome."""

    watches: tuple[RecentEnds, ...] = ()

    def answered(self, request: Request) -> None:
        """As for any client."""
        self._noting(request, Client.answered, request)

    def failed(self, request: Request, outcome: int, reason: int) -> None:
        """As for any client."""
        self._noting(request, Client.failed, request, outcome, reason)

    def expire(self, request: Request) -> None:
        """As for any client; the call that it cancels does not fail the request first."""
        self._noting(request, Client.expire, request)

    def _noting(self, request: Request, end: Any, *arguments: Any) -> None:
        was_open = request.outcome == PENDING
        end(self, *arguments)
        if was_open and request.outcome != PENDING:
            for watch in self.watches:
                watch.note(request.outcome)
