"""Shared and preempted workers, clients who baulk, and quotas of processor time.

Rates are per second; times are seconds. Not modelled: limited processor sharing with other than exponential work, and
preemptive priorities with several workers.
"""

from __future__ import annotations

import itertools
import math
from typing import Callable, Sequence

from sim.errors import ParameterError
from sim.theory._rules import above_zero, stable, whole
from sim.theory.queues import Steady, mmc


def processor_sharing(rate: float, service_s: float, cores: int = 1) -> Steady:
    """Return the steady state of *cores* shared by all that are there, for work of any law with mean *service_s*.

    The mean time does not depend on the law, so it is that of M/M/c; on one core it is service_s / (1 - load), and
    work that needs x takes x / (1 - load) on average. Nothing waits: ``wait_s`` is zero.
    Source: L. Kleinrock, Queueing Systems vol. 2, section 4.4; for several cores J. Cohen, "The multiple phase service
    network with generalized processor sharing", Acta Informatica 12 (1979).

    >>> round(processor_sharing(8, 0.1).sojourn_s, 6)
    0.5
    """
    same = mmc(rate, 1 / service_s, cores)
    return Steady(0.0, same.sojourn_s, 0.0, same.in_system, same.utilisation, rate, 0.0)


def limited_sharing(rate: float, service_rate: float, threads: int) -> Steady:
    """Return the steady state of one core shared by *threads* at most; the others wait, and work is exponential.

    The number in the system is that of M/M/1, because the core works whenever something is there. Source: balance
    equations; B. Avi-Itzhak, S. Halfin, "Expected response times in a non-symmetric time sharing queue", ITC 12 (1988).

    >>> [round(limited_sharing(8, 10, k).wait_s, 4) for k in (1, 2, 10)]
    [0.4, 0.32, 0.0537]
    """
    above_zero(rate=rate, service_rate=service_rate)
    whole(1, threads=threads)
    load = rate / service_rate
    stable(load)
    waiting = load ** (threads + 1) / (1 - load)
    sojourn_s = 1 / (service_rate - rate)
    return Steady(waiting / rate, sojourn_s, waiting, rate * sojourn_s, load, rate, load**threads)


def preemptive_sojourns(rates: Sequence[float], services_s: Sequence[float], scvs: Sequence[float]) -> list[float]:
    """Return the mean time in system of each class, the most important first, with preemptive resume.

    One worker; *services_s* are the mean service times, *scvs* their squared coefficients of variation.
    Source: H. White, L. Christie, "Queuing with preemptive priorities or with breakdown", Operations Research 6 (1958).

    >>> [round(time, 4) for time in preemptive_sojourns([3, 3, 2], [0.1] * 3, [1] * 3)]
    [0.1429, 0.3571, 1.25]
    """
    if not len(rates) == len(services_s) == len(scvs):
        raise ParameterError("have one value for each class", len(services_s), place="services_s and scvs")
    for rate, service_s in zip(rates, services_s, strict=True):
        above_zero(rate=rate, service_s=service_s)
    loads = [rate * service_s for rate, service_s in zip(rates, services_s, strict=True)]
    stable(math.fsum(loads))
    residuals = [load * s * (1 + c) / 2 for load, s, c in zip(loads, services_s, scvs, strict=True)]
    found, sums = [], [math.fsum(loads[:i]) for i in range(len(loads) + 1)]
    for place, (above, own) in enumerate(itertools.pairwise(sums)):
        residual_s = math.fsum(residuals[: place + 1])
        found.append(services_s[place] / (1 - above) + residual_s / (1 - above) / (1 - own))
    return found


def restarted_span(rate: float, service_s: float, work_s: float, exponential: bool = False) -> float:
    """Return the mean time from begin to end of work that each more important arrival makes do from its beginning.

    Arrivals above come at *rate* and take *service_s* on average; the work takes the same time at each try, *work_s* or
    exponential with this mean. (With a new exponential time at each try it is that of resuming: work_s / (1 - load).)
    Source: R. Conway, W. Maxwell, L. Miller, Theory of Scheduling, 1967, section 8-6 (preemptive repeat).

    >>> round(restarted_span(3, 0.1, 0.1), 4)
    0.1666
    """
    above_zero(rate=rate, service_s=service_s, work_s=work_s)
    stable(rate * service_s)
    if exponential:
        stable(rate * work_s)
        tries = rate * work_s / (1 - rate * work_s)
    else:
        tries = math.expm1(rate * work_s)
    return tries / rate / (1 - rate * service_s)


def mm1_baulking(rate: float, service_rate: float, stays: Callable[[int], float]) -> Steady:
    """Return the steady state of M/M/1 whose clients stay with probability ``stays(n)`` if n are before them.

    Times are those of clients who stay; ``lost_ratio`` is the share that leaves. With 1/(n+1) the number in the system
    is Poisson with mean rate / service_rate. Source: Gross et al., Fundamentals of Queueing Theory, section 2.10.1.

    >>> found = mm1_baulking(12, 10, lambda n: 1 / (n + 1))
    >>> round(found.in_system, 6), round(found.lost_ratio, 4)
    (1.2, 0.4177)
    """
    above_zero(rate=rate, service_rate=service_rate)
    weights = [1.0]
    while weights[-1] > 1e-16 * max(weights):
        weights.append(weights[-1] * rate * stays(len(weights) - 1) / service_rate)
        if len(weights) > 1_000_000:
            raise ParameterError("let the line stay finite", rate, place="rate and stays")
    total = math.fsum(weights)
    in_system = math.fsum(n * weight for n, weight in enumerate(weights)) / total
    idle = weights[0] / total
    served = service_rate * (1 - idle)
    waiting = in_system - (1 - idle)
    begin_at_once = rate * idle * stays(0)
    return Steady(
        waiting / served, in_system / served, waiting, in_system, 1 - idle, served, 1 - begin_at_once / served,
        1 - served / rate,
    )  # fmt: skip


def quota_span(work_s: float, threads: int, quota_cores: float, period_s: float = 0.1) -> float:
    """Return how long *threads* that need *work_s* each take under a quota, from the begin of a period.

    Each has a core of its own until the processor time of the period is used up. Source: Linux,
    Documentation/scheduler/sched-bwc.rst.

    >>> round(quota_span(0.05, 4, 1), 4)
    0.125
    """
    above_zero(work_s=work_s, quota_cores=quota_cores, period_s=period_s)
    whole(1, threads=threads)
    each_s = quota_cores * period_s
    if threads <= quota_cores:
        return work_s
    periods = max(math.ceil(threads * work_s / each_s - 1e-12) - 1, 0)
    return periods * period_s + (threads * work_s - periods * each_s) / threads
