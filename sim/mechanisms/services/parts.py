"""One replica as a rule of its service sees it: where in the path of a call the rule is asked.

::

    call -> token of the rate limit -> at entry -> worker free? -- yes --> begin
                                                        no -> join the queue -> leave it -> begin

The engine implements the verbs. *reason* is a declared reason word: the record's reason of the calls that are rejected.
"""

from __future__ import annotations

from typing import Any, Callable, Protocol, Sequence


class ReplicaPart(Protocol):
    """The admission control of one replica, while it is built: at the start, and again after a crash."""

    def limit_rate(self, bucket: Any, reason: str, waits: bool, most_s: float) -> None:
        """Ask *bucket* for a token before the replica is entered, or wait for one for *most_s* seconds at most."""
        ...

    def let_clients_leave(self, leaves: Callable[[int], float], only_line: bool, reason: str) -> None:
        """Let a client leave at entry with the probability ``leaves(found)``; *only_line*: it counts those in line."""
        ...

    def admit(self, policy: Any, reason: str) -> None:
        """Ask ``policy.admit(now)`` at entry."""
        ...

    def refuse_late(self, least_s: float, reason: str) -> None:
        """Reject a call whose caller's time ends in less than *least_s*: at entry and when a worker would take it."""
        ...

    def limit_in_flight(self, policy: Any, reason: str, hears_drops: bool) -> None:
        """Bound the calls inside by ``policy.limit``; it learns how each ended (*hears_drops*: rejected ones too)."""
        ...

    def limit_queue(self, length: int, reason: str) -> None:
        """Reject a call that finds *length* calls in the queue."""
        ...

    def shed_by_priority(self, shares: Sequence[float], reason: str) -> None:
        """Keep the last waiting places for important calls."""
        ...

    def drop_on_leaving(self, policy: Any, reason: str) -> None:
        """Ask ``policy.keep(now, waited_s, is_last)`` when a worker takes a call from the queue."""
        ...

    def bound_waits(self, policy: Any, reason: str) -> None:
        """Withdraw calls from the queue after ``policy.patience_s``."""
        ...

    def take_newest_first(self, newest_first: Callable[[float, int, float], bool]) -> None:
        """Ask, with the instant, the length of the queue and when it was last empty, whether the newest is next."""
        ...

    def take_by_shares(self, by: str, weights: Sequence[tuple[str, float]]) -> None:
        """Give each class its own line, and take from them by weight: classes *by* workload, key or priority."""
        ...

    def take_important_first(self) -> None:
        """Order the queue by the priorities of the workloads."""
        ...
