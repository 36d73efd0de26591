"""Retries: whether another attempt follows a failed one, and after which wait.

Budgets that many calls share are in ``sim.policies.budget``, a second attempt before the first has failed in
``sim.policies.hedge``. Not modelled: permanent and transient errors (every error can be retried).
"""

from __future__ import annotations

from typing import Sequence

from sim.errors import ParameterError
from sim.outcomes import ERROR, OUTCOMES, REFUSED, REJECTED, SHORT_CIRCUITED, TIMEOUT
from sim.policies.backoff import Backoff

RETRYABLE = (ERROR, TIMEOUT, REFUSED, REJECTED, SHORT_CIRCUITED)
USUAL = RETRYABLE[:-1]
"""Without short-circuits: no attempt was made, so there is nothing to repeat."""


class Retry:
    """Try up to *max_attempts* times in all, the first one counted, with *backoff* between two attempts.

    Use it for faults that pass on their own and for operations that may run twice. In an overload it multiplies the
    load, and each layer that retries multiplies it again. *max_attempts* may be infinite; use that only together with a
    budget, or for work that must finally be done. A list of waits that stops bounds it too. *on* are the outcomes after
    which it tries again.
    Source: B. Beyer et al., Site Reliability Engineering, ch. 22 "Addressing Cascading Failures"; resilience4j counts
    the first attempt as here, Polly's ``MaxRetryAttempts`` does not.
    """

    __slots__ = ("max_attempts", "backoff", "on")

    def __init__(self, max_attempts: float, backoff: Backoff, on: Sequence[int] = USUAL) -> None:
        if not max_attempts >= 1:
            raise ParameterError("be a whole number of at least 1, or 'unlimited'", max_attempts, place="max attempts")
        for outcome in on:
            if outcome not in RETRYABLE:
                raise ParameterError(
                    "be among error, timeout, refused, rejected, short-circuited", OUTCOMES[outcome], place="on"
                )
        self.max_attempts = min(max_attempts, backoff.law.most_waits + 1)
        self.backoff, self.on = backoff, tuple(on)

    def next_wait_s(self, attempt_number: int, outcome_code: int, last_wait_s: float = 0.0) -> float | None:
        """Return the seconds until the next attempt, or None to give up.

        *attempt_number* (from 1) has just ended with *outcome_code*; *last_wait_s* is the wait before this attempt, 0
        at first. There is no wait after the last attempt.
        """
        if attempt_number >= self.max_attempts or outcome_code not in self.on:
            return None
        return self.backoff.wait_s(attempt_number, last_wait_s)

    def tries_again(self, attempt_number: int, outcome_code: int) -> bool:
        """Whether another attempt may follow *attempt_number*, which has just ended with *outcome_code*."""
        return attempt_number < self.max_attempts and outcome_code in self.on
