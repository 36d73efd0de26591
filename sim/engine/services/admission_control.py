"""The admission rules of one replica, asked in the order of the path of a call, with what they remember."""

from __future__ import annotations

from typing import Any, Callable

from sim.engine.services.in_flight import InFlight
from sim.engine.services.interfaces import AdmissionRule, QueueTimer, TokenLimit


class AdmissionControl:
    """The rules of one replica, with what they remember."""

    __slots__ = (
        "tokens",
        "at_entry",
        "to_join",
        "to_begin",
        "newest_first",
        "rank",
        "wait_timer",
        "empty_at",
        "renewed",
        "in_flight",
    )
    in_flight: InFlight
    """Of replicas with a limit on calls in flight; one of the rules at entry, too."""

    def __init__(self, renewed: Callable[[], AdmissionControl]) -> None:
        self.tokens: TokenLimit | None = None
        self.at_entry: list[AdmissionRule] = []
        self.to_join: list[AdmissionRule] = []
        self.to_begin: list[AdmissionRule] = []
        self.newest_first: Callable[[float, int, float], bool] | None = None
        """Asked with the instant, the length of the line, and when that was last empty."""
        self.rank: Callable[[Any], int] | None = None
        """How far behind an attempt stands in line; equals stand in the order in which they came."""
        self.wait_timer: Callable[[QueueTimer, float, float], None] | None = None
        """Starts the timer of one who joins the line, given the instant and when the line was last empty."""
        self.empty_at = 0.0
        self.renewed = renewed
        """Makes the door of a replica that has just been started again."""
