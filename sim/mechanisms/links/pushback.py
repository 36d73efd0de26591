"""What a caller does when the callee says when it may try again."""

from __future__ import annotations

from math import inf
from typing import Literal

from sim.fields.model import Model
from sim.fields.quantity import PositiveDuration
from sim.policies import pushback as policies


class Pushback(Model):
    """Obey a callee that says `retry after`; without it the caller does not listen. `never` ends the attempts.

    The defaults are gRPC's (`grpc-retry-pushback-ms`). HTTP clients that read `Retry-After`, such as urllib3 and Polly,
    have `resets backoff: false`.
    """

    wait: Literal["exactly", "at least"] = "exactly"
    """Wait as long as the callee asks, instead of the backoff, or as long as the longer of the two."""
    cap: PositiveDuration | None = None
    """What the callee may ask for at most (Envoy's `max_interval`)."""
    beyond_cap: Literal["cut", "ignore", "stop"] = "cut"
    """If it asks for more: wait for the cap, wait by the backoff (Envoy), or end the attempts."""
    resets_backoff: bool = True
    """Whether the backoff begins with its first wait again after a pushback."""

    def policy(self) -> policies.Pushback:
        """Return the policy that decides."""
        cap_s = inf if self.cap is None else float(self.cap)
        return policies.Pushback(self.wait, cap_s, self.beyond_cap, self.resets_backoff)
