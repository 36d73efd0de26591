"""Queues with impatience, priorities or interrupted workers, and closed networks of stations.

Rates are per second and one worker's; times are seconds. Not modelled: patience that is neither
constant (``mm1_patience``) nor exponential, and closed networks with other stations than single exponential workers.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Sequence

from sim.errors import ParameterError
from sim.theory._rules import above_zero, stable, whole


@dataclass(frozen=True, slots=True)
class Impatient:
    """A queue that some requests leave unserved: their share, the mean queue length, and the share of busy time."""

    lost_ratio: float
    waiting: float
    utilisation: float


def mmc_impatient(rate: float, service_rate: float, workers: int, patience_s: float) -> Impatient:
    """*workers* with one queue; each request leaves after an exponential time of mean *patience_s*, unless served.

    Overload is allowed. Source: C. Palm 1957; O. Garnett, A. Mandelbaum, M. Reiman, Designing a call center with
    impatient customers, M&SOM 4 (2002), section 2 (Erlang A).

    >>> round(mmc_impatient(12, 10, 1, 0.5).lost_ratio, 4)
    0.2981
    """
    above_zero(rate=rate, service_rate=service_rate, patience_s=patience_s)
    whole(1, workers=workers)
    logs = [0.0]
    while len(logs) <= workers or logs[-1] > max(logs) - 40:
        n = len(logs)
        leaving = service_rate * min(n, workers) + max(0, n - workers) / patience_s
        logs.append(logs[-1] + math.log(rate / leaving))
    top = max(logs)
    weights = [math.exp(value - top) for value in logs]
    total = math.fsum(weights)
    waiting = math.fsum(max(0, n - workers) * weight for n, weight in enumerate(weights)) / total
    busy = math.fsum(min(n, workers) * weight for n, weight in enumerate(weights)) / total
    return Impatient(waiting / patience_s / rate, waiting, busy / workers)


def priority_waits(rates: Sequence[float], services_s: Sequence[float], scvs: Sequence[float]) -> list[float]:
    """Return the mean wait of each class, the most important first, with non-preemptive priorities.

    One worker; *services_s* are the mean service times, *scvs* their squared coefficients of variation.
    Source: A. Cobham, Priority assignment in waiting line problems, Operations Research 2 (1954).

    >>> [round(wait, 4) for wait in priority_waits([3, 3, 2], [0.1] * 3, [1] * 3)]
    [0.1143, 0.2857, 1.0]
    """
    if not len(rates) == len(services_s) == len(scvs):
        raise ParameterError("have one value for each class", len(services_s), place="services_s and scvs")
    for rate, service_s in zip(rates, services_s, strict=True):
        above_zero(rate=rate, service_s=service_s)
    loads = [rate * service_s for rate, service_s in zip(rates, services_s, strict=True)]
    stable(math.fsum(loads))
    residual_s = math.fsum(a * s * (1 + c) / 2 for a, s, c in zip(loads, services_s, scvs, strict=True))
    before = [math.fsum(loads[:i]) for i in range(len(loads) + 1)]
    return [residual_s / (1 - above) / (1 - own) for above, own in itertools.pairwise(before)]


def mm1_interrupted(rate: float, service_rate: float, mean_up_s: float, mean_down_s: float) -> float:
    """Return the mean time in system for one worker with breakdowns, busy or idle; interrupted work resumes.

    Up and down times are exponential. Source: H. White, L. Christie, Queuing with preemptive priorities or with
    breakdown, Operations Research 6 (1958).

    >>> mm1_interrupted(4, 10, 10, 2.5)
    1.25
    """
    above_zero(rate=rate, service_rate=service_rate, mean_up_s=mean_up_s, mean_down_s=mean_down_s)
    breaks, mends = 1 / mean_up_s, 1 / mean_down_s
    stable(rate * (breaks + mends) / (mends * service_rate))
    both = breaks + mends
    return (both**2 + service_rate * breaks) / (both * (mends * service_rate - rate * both))


def closed_network(users: int, think_s: float, demands_s: Sequence[float]) -> tuple[float, float]:
    """Return throughput per second and response time of a closed loop through several single-worker stations.

    *demands_s* are visits times mean exponential service of each station; users think for a mean of *think_s*.
    Source: M. Reiser, S. Lavenberg, Mean-value analysis of closed multichain queuing networks, JACM 27 (1980).

    >>> [round(value, 4) for value in closed_network(20, 1, [0.1])]
    [9.9813, 1.0037]
    """
    whole(1, users=users)
    for demand_s in demands_s:
        above_zero(demand_s=demand_s)
    lengths, throughput, response_s = [0.0] * len(demands_s), 0.0, 0.0
    for n in range(1, users + 1):
        times = [demand_s * (1 + length) for demand_s, length in zip(demands_s, lengths, strict=True)]
        response_s = math.fsum(times)
        throughput = n / (think_s + response_s)
        lengths = [throughput * time_s for time_s in times]
    return throughput, response_s
