"""The calls of a link as a defence sees them: where it puts its policy in. The engine implements the verbs."""

from __future__ import annotations

from typing import Any, Callable, Protocol

OnChange = Callable[[float, str], None]
"""Notes that a policy entered a new state: at an instant (seconds), which."""


class LinkPart(Protocol):
    """The pipeline of one link, while it is built.

    *scope* says who shares a policy: all callers on the ``link``, or each ``caller`` (replica or client instance) has
    its own; the policy is made once for each of them, when it is first needed. *reason* is a declared reason word: the
    record's reason of the attempts that the policy stops.
    """

    @property
    def timeout_s(self) -> float:
        """The longest time of one attempt; infinite without a timeout."""
        ...

    def uniform(self, purpose: str) -> Callable[[], float]:
        """Return random numbers from [0, 1), from a stream of the link for this *purpose*."""
        ...

    def admit(self, scope: str, make: Callable[[], Any], reason: str) -> None:
        """Ask a policy ``admit(now) -> bool`` before each attempt; one that is denied is stopped."""
        ...

    def admit_by_outcomes(self, scope: str, make: Callable[[], Any], reason: str) -> None:
        """As ``admit``; the policy's ``accepted(now)`` is called for each attempt that the callee did not turn away."""
        ...

    def break_circuit(
        self, scope: str, make: Callable[[OnChange], Any], reason: str, retries_only: bool, by_rules: bool = False
    ) -> None:
        """Ask a circuit breaker; *scope* can be ``callee`` too: one for each replica of the callee.

        One that is *by_rules* is asked while it is closed, too, and woken at its ``wakes_at``.
        """
        ...

    def eject_outliers(self, model: Any, scope: str, reason: str) -> None:
        """Let each scope's detector (``model.policy``) choose the replica of an attempt, and learn how it ended."""
        ...

    def know_subset(self, model: Any, reason: str) -> None:
        """Let each caller's balancer choose from the subset of replicas that the caller knows."""
        ...

    def prefer_zone(self, model: Any, reason: str) -> None:
        """Let each caller's balancer choose the zone of an attempt first, by ``model.rule``."""
        ...

    def limit_rate(self, scope: str, make: Callable[[], Any], reason: str, waits: bool, most_s: float) -> None:
        """Take a token from a bucket, or wait for one for *most_s* seconds at most."""
        ...

    def limit_concurrency(
        self, scope: str, places: int, reason: str, most_waiting: float, max_wait_s: float | None
    ) -> None:
        """Hold one of *places* while an attempt is out; some may wait for one."""
        ...

    def pay_for_retries(self, scope: str, make: Callable[[], Any], hedges: bool, holds: bool) -> None:
        """Let each retry take from a budget, and each hedge (*hedges*); with *holds* it counts what is out."""
        ...

    def limit_retries(self, max_duration: Any, pushback: Any) -> None:
        """Limit the time over all attempts, and obey what the callee asks for (policies, or None)."""
        ...

    def limit_call(self, total_s: float) -> None:
        """End the call, whatever is under way, when *total_s* have passed."""
        ...

    def hedge(self, policy: Any) -> None:
        """Send a second attempt when *policy* says so."""
        ...

    def cache(self, scope: str, make: Callable[[], Any], coalesce: bool, hit_ratio: float | None) -> None:
        """Look for an answer before the call; keep good answers."""
        ...

    def fall_back(self, kind: str) -> None:
        """Continue with a stand-in answer when the call fails."""
        ...

    def propagate_deadline(self) -> None:
        """Send along how much of the caller's time is left."""
        ...

    def on_abandon(self, how: str) -> None:
        """Say what happens at the callee to an attempt that its caller gave up."""
        ...

    def accept_late_answers(self) -> None:
        """Let a good answer to an attempt that timed out end the call."""
        ...
