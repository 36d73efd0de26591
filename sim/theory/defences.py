"""Mean effect of retries, jitter, breakers, throttles and token buckets, for independent failures.

Independence is the strong assumption: in a cascade failures are correlated, and the run will differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from sim.errors import ParameterError
from sim.theory._rules import above_zero, probability, whole


def expected_attempts(p_fail: float, max_attempts: int) -> float:
    """Return the mean number of attempts, the first one counted, when each fails with *p_fail*.

    Source: the truncated geometric sum 1 + p + ... + p**(max_attempts - 1).

    >>> round(expected_attempts(0.3, 5), 4)
    1.4251
    """
    probability(p_fail=p_fail)
    whole(1, max_attempts=max_attempts)
    return float(max_attempts) if p_fail == 1 else (1 - p_fail**max_attempts) / (1 - p_fail)


def exhausted_ratio(p_fail: float, max_attempts: int) -> float:
    """Return the share of calls whose every attempt fails (of messages: the dead-lettered share)."""
    probability(p_fail=p_fail)
    whole(1, max_attempts=max_attempts)
    return p_fail**max_attempts


def expected_deliveries(p_lost_ack: float) -> float:
    """Return the mean deliveries of a message that is redelivered until an acknowledgement arrives.

    Of these all but one are duplicates. Source: geometric distribution.
    """
    probability(p_lost_ack=p_lost_ack)
    return math.inf if p_lost_ack == 1 else 1 / (1 - p_lost_ack)


def retry_amplification(attempts: Iterable[int]) -> int:
    """Return the calls at the bottom for one request at the top, when every attempt fails.

    *attempts* of each layer, the first one counted. Source: Beyer et al., Site Reliability Engineering, ch. 22
    (Addressing cascading failures): three layers of four attempts make 64.

    >>> retry_amplification([4, 4, 4])
    64
    """
    layers = list(attempts)
    for layer in layers:
        whole(1, attempts=layer)
    return math.prod(layers)


@dataclass(frozen=True, slots=True)
class BackoffWait:
    """A jittered wait in seconds: its range, mean and standard deviation."""

    least_s: float
    most_s: float
    mean_s: float
    sd_s: float


def jittered_wait(wait_s: float, jitter: str) -> BackoffWait:
    """Return the distribution of a wait with ``none``, ``full`` or ``equal`` jitter on the plain backoff *wait_s*.

    Source: M. Brooker, Exponential backoff and jitter, AWS Architecture Blog 2015: full is uniform from zero, equal
    keeps half and draws the other half. Decorrelated jitter depends on the previous wait and is not covered.
    """
    least = {"none": wait_s, "full": 0.0, "equal": wait_s / 2}
    if jitter not in least:
        raise ParameterError("be none, full or equal", jitter, place="jitter")
    low = least[jitter]
    return BackoffWait(low, wait_s, (low + wait_s) / 2, (wait_s - low) / math.sqrt(12))


def breaker_opens(calls_per_s: float, failures: int, p_fail: float = 1.0) -> float:
    """Return the mean time in seconds until *failures* calls in a row have failed, for Poisson calls.

    With *p_fail* 1 the time is Erlang with standard deviation sqrt(failures) / calls_per_s. Source: the mean
    waiting time for a run, W. Feller, An Introduction to Probability Theory vol. 1, section XIII.7.
    """
    above_zero(calls_per_s=calls_per_s, p_fail=p_fail)
    probability(p_fail=p_fail)
    whole(1, failures=failures)
    calls = float(failures) if p_fail == 1 else (p_fail**-failures - 1) / (1 - p_fail)
    return calls / calls_per_s


def token_bucket_admitted(rate: float, burst: float, offered_per_s: float, during_s: float) -> int:
    """Return the number of calls of a regular stream that a full bucket admits in [0, during_s).

    Source: the arrival curve rate * t + burst (ITU-T I.371), at most the offered calls; exact within one request.

    >>> token_bucket_admitted(10, 20, 50, 10)
    120
    """
    above_zero(rate=rate, offered_per_s=offered_per_s)
    return math.floor(min(offered_per_s * during_s, burst + rate * during_s) + 1e-9)


def adaptive_throttle_sent(demand_per_s: float, accepted_per_s: float, multiplier: float) -> float:
    """Return the rate at which a client sends when it caps requests at *multiplier* times the accepted rate.

    Source: Beyer et al., Site Reliability Engineering, ch. 21 (Handling overload, client-side throttling): stopping
    (requests - K accepts) / requests of the demand leaves K times the accepted rate.
    """
    above_zero(demand_per_s=demand_per_s, multiplier=multiplier)
    return min(demand_per_s, max(multiplier, 1.0) * accepted_per_s)
