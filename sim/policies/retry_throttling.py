"""gRPC's throttling of retries: failures cost tokens, successes give a part back, and half of them must be there.

Not modelled: transparent retries, which gRPC makes where an attempt never left the client, and which cost nothing.
"""

from __future__ import annotations

from sim.errors import ParameterError
from sim.policies.budget import Budget

_UNIT = 1000
"""Tokens are counted in thousandths."""


class RetryThrottling(Budget):
    """Take a token for every failed attempt, give *token_ratio* back for every success, retry above half of the tokens.

    Use it where a whole client must stop its retries in an outage: since first tries pay too, retries end after about
    half of *max_tokens* failures, and they stay off while more than token_ratio / (1 + token_ratio) of the attempts
    fail. A retry itself costs nothing, so nothing limits retries while the tokens stay above half. It harms a client
    that sees one bad server of many: its failures stop the retries to the good ones too.

    Only failures that may be tried again count, the last attempt of a call included. Hedges are sent above half only,
    and never refunded. *max_tokens* is at most 1,000 and *token_ratio* is cut after three decimals.
    Source: gRPC proposal A6, "Throttling Retry Attempts and Hedged RPCs"; grpc-go, ``clientconn.go``
    (``retryThrottler``) and ``stream.go`` (``shouldRetry``: the failure pays before the attempts are counted).
    """

    __slots__ = ("_most", "_ratio", "_units")

    def __init__(self, max_tokens: float, token_ratio: float) -> None:
        if not 0 < max_tokens <= 1000:
            raise ParameterError("be above 0 and at most 1000", max_tokens, place="capacity")
        self._ratio = int(token_ratio * _UNIT + 1e-6)
        if self._ratio < 1:
            raise ParameterError("be at least 0.001", token_ratio, place="per success")
        self._most = self._units = int(max_tokens * _UNIT + 1e-6)

    @property
    def tokens(self) -> float:
        """The tokens that are left."""
        return self._units / _UNIT

    def failure(self, retryable: bool, now: float = 0.0) -> None:
        """Take one token, if the failure may be tried again."""
        if retryable:
            self._units = max(self._units - _UNIT, 0)

    def success(self, retried: bool = False, timed_out: bool = False, now: float = 0.0) -> None:
        """Give a part of a token back."""
        self._units = min(self._units + self._ratio, self._most)

    def take(self, timed_out: bool = False, now: float = 0.0) -> bool:
        """Whether more than half of the tokens are there; the retry takes none."""
        return 2 * self._units > self._most

    def take_for_hedge(self, now: float = 0.0) -> bool:
        """The same for a hedge."""
        return 2 * self._units > self._most
