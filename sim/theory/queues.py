"""Queues in steady state: waits, lengths and losses of the systems that textbooks solve.

Arrivals are Poisson and queues are first come, first served. Rates are per second and one worker's; times are seconds.

Not modelled: other disciplines (``sim.theory.lines``), and transients, except a fluid's straight lines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.errors import ParameterError
from sim.theory._rules import above_zero, probability, stable, whole


@dataclass(frozen=True, slots=True)
class Steady:
    """A queue in steady state; the times are those of admitted requests.

    ``wait_s`` is before service, ``sojourn_s`` from arrival to the end; ``waiting`` and ``in_system`` are mean counts
    (Little: rate of admitted times the mean time); ``p_wait`` is the share of admitted requests that wait and
    ``lost_ratio`` the share of arrivals rejected.
    """

    wait_s: float
    sojourn_s: float
    waiting: float
    in_system: float
    utilisation: float
    throughput_per_s: float
    p_wait: float
    lost_ratio: float = 0.0


def _steady(rate: float, wait_s: float, service_s: float, workers: float, p_wait: float) -> Steady:
    """Complete a lossless queue from its mean wait by Little's law (Little 1961)."""
    busy = rate * service_s
    sojourn_s = wait_s + service_s
    return Steady(wait_s, sojourn_s, rate * wait_s, rate * sojourn_s, busy / workers, rate, p_wait)


def erlang_b(offered: float, workers: int) -> float:
    """Return the share of arrivals that find all *workers* busy and leave; *offered* is rate over service rate.

    Source: A. K. Erlang 1917; the stable recursion in Gross, Shortle, Thompson, Harris, Fundamentals of Queueing
    Theory, 4th ed., section 3.6.
    """
    whole(0, workers=workers)
    blocked = 1.0
    for n in range(1, workers + 1):
        blocked = offered * blocked / (n + offered * blocked)
    return blocked


def erlang_c(offered: float, workers: int) -> float:
    """Return the share of arrivals that wait when all may wait; *offered* below *workers*.

    Source: Gross et al., section 3.4, written through Erlang B.
    """
    stable(offered / workers)
    blocked = erlang_b(offered, workers)
    return workers * blocked / (workers - offered * (1 - blocked))


def mm1(rate: float, service_rate: float) -> Steady:
    """One worker, exponential service. Source: Gross et al., section 3.2."""
    return mmc(rate, service_rate, 1)


def mmc(rate: float, service_rate: float, workers: int) -> Steady:
    """*workers* with one queue, exponential service. Source: Gross et al., section 3.4 (Erlang C).

    Not for replicas with a queue each: those are several smaller systems with longer waits.

    >>> round(mmc(16, 5, 4).sojourn_s, 4)
    0.3491
    """
    above_zero(rate=rate, service_rate=service_rate)
    whole(1, workers=workers)
    p_wait = erlang_c(rate / service_rate, workers)
    return _steady(rate, p_wait / (workers * service_rate - rate), 1 / service_rate, workers, p_wait)


def mmck(rate: float, service_rate: float, workers: int, places: int) -> Steady:
    """*places* in all, those in service included; an arrival that finds them full is rejected. Overload is allowed.

    Source: Gross et al., section 3.5. Summed from the balance equations, scaled to avoid overflow.
    """
    above_zero(rate=rate, service_rate=service_rate)
    whole(1, workers=workers, places=places)
    if places < workers:
        raise ParameterError("hold at least every worker", places, place="places")
    log_weights = [0.0]
    for n in range(1, places + 1):
        log_weights.append(log_weights[-1] + math.log(rate / (service_rate * min(n, workers))))
    top = max(log_weights)
    weights = [math.exp(w - top) for w in log_weights]
    total = math.fsum(weights)
    p = [w / total for w in weights]
    admitted = rate * (1 - p[-1])
    in_system = math.fsum(n * share for n, share in enumerate(p))
    waiting = math.fsum((n - workers) * share for n, share in enumerate(p) if n > workers)
    busy = math.fsum(min(n, workers) * share for n, share in enumerate(p))
    p_wait = math.fsum(p[workers:-1]) / (1 - p[-1])
    return Steady(
        waiting / admitted, in_system / admitted, waiting, in_system, busy / workers, admitted, p_wait, p[-1]
    )  # fmt: skip


def mg1(rate: float, service_s: float, scv: float) -> Steady:
    """One worker, any service law with mean *service_s* and squared coefficient of variation *scv*.

    Source: Pollaczek 1930 and Khinchine 1932, as in Gross et al., section 6.1: the wait grows with 1 + scv.
    """
    above_zero(rate=rate, service_s=service_s)
    load = rate * service_s
    stable(load)
    return _steady(rate, load / (1 - load) * service_s * (1 + scv) / 2, service_s, 1, load)


def md1(rate: float, service_s: float) -> Steady:
    """One worker, constant service: half the wait of M/M/1. Source: ``mg1`` with scv 0."""
    return mg1(rate, service_s, 0.0)


def batch_mm1(batches_per_s: float, batch: int, service_rate: float) -> Steady:
    """One exponential worker, requests in batches of exactly *batch* at Poisson instants.

    Source: Gross et al., section 4.1 (M^[X]/M/1): in system = load (batch + 1) / (2 (1 - load)). ``p_wait``:
    the first of a batch waits with probability load, the others always.
    """
    above_zero(batches_per_s=batches_per_s, service_rate=service_rate)
    whole(1, batch=batch)
    rate = batches_per_s * batch
    load = rate / service_rate
    stable(load)
    sojourn_s = load * (batch + 1) / (2 * (1 - load)) / rate
    return _steady(rate, sojourn_s - 1 / service_rate, 1 / service_rate, 1, (load + batch - 1) / batch)


def mm1_sojourn_tail(rate: float, service_rate: float, after_s: float) -> float:
    """Return the share of M/M/1 requests in the system for longer than *after_s*.

    It is also the share that times out when a caller gives up but the server works on, so that nothing changes for
    the others. Source: Gross et al., section 3.2: the sojourn is exponential with rate service_rate - rate.
    """
    above_zero(rate=rate, service_rate=service_rate)
    stable(rate / service_rate)
    return math.exp(-(service_rate - rate) * after_s)


def mm1_patience(rate: float, service_rate: float, patience_s: float) -> Steady:
    """One exponential worker; a request that has waited *patience_s* leaves unserved. Overload is allowed.

    ``lost_ratio`` is the share that leaves; times and counts are of those served (``waiting`` and ``in_system`` do not
    count requests that will leave). Sources: D. Y. Barrer, Queuing with impatient customers and ordered service,
    Operations Research 5 (1957); F. Baccelli and G. Hebuterne, On queues with impatient customers (1981): the offered
    wait has density p0 rate exp((rate - service_rate) x) below the patience and decays at service_rate above it.
    """
    above_zero(rate=rate, service_rate=service_rate, patience_s=patience_s)
    growth = (rate - service_rate) * patience_s
    if abs(growth) < 1e-4:  # series: the closed forms lose digits where the two rates meet
        area = patience_s * (1 + growth / 2 + growth**2 / 6)
        moment = patience_s**2 * (1 / 2 + growth / 3 + growth**2 / 8)
    else:
        area = patience_s * math.expm1(growth) / growth
        moment = patience_s**2 * (math.exp(growth) * (growth - 1) + 1) / growth**2
    above = math.exp(growth) / service_rate
    idle = 1 / (1 + rate * (area + above))
    lost = idle * rate * above
    served = rate * (1 - lost)
    wait_s = idle * rate * moment / (1 - lost)
    sojourn_s = wait_s + 1 / service_rate
    p_wait = idle * rate * area / (1 - lost)
    return Steady(wait_s, sojourn_s, served * wait_s, served * sojourn_s, 1 - idle, served, p_wait, lost)


def machine_repair(users: int, think_s: float, service_rate: float, workers: int = 1) -> Steady:
    """A closed loop: *users* think for a mean of *think_s*, then request one station and wait for the answer.

    The think time may have any law, service is exponential. ``p_wait`` is the probability that an arrival waits (the
    loop with one user less: the arrival theorem). Source: Gross et al., section 3.8 (finite source); Reiser and
    Lavenberg, Mean-value analysis, JACM 27 (1980). Response time is ``sojourn_s`` = users / throughput - think.
    """
    above_zero(think_s=think_s, service_rate=service_rate)
    whole(1, users=users, workers=workers)
    p = _repair_states(users, think_s, service_rate, workers)
    in_system = math.fsum(n * share for n, share in enumerate(p))
    waiting = math.fsum((n - workers) * share for n, share in enumerate(p) if n > workers)
    throughput = (users - in_system) / think_s
    seen = _repair_states(users - 1, think_s, service_rate, workers)
    return Steady(
        waiting / throughput, in_system / throughput, waiting, in_system, throughput / service_rate / workers,
        throughput, math.fsum(seen[workers:]),
    )  # fmt: skip


def _repair_states(users: int, think_s: float, service_rate: float, workers: int) -> list[float]:
    logs = [0.0]
    for n in range(1, users + 1):
        logs.append(logs[-1] + math.log((users - n + 1) / think_s / (service_rate * min(n, workers))))
    top = max(logs)
    weights = [math.exp(w - top) for w in logs]
    total = math.fsum(weights)
    return [w / total for w in weights]


def power_of_choices_sojourn(load: float, choices: int, service_s: float = 1.0) -> float:
    """Return the mean time in system when each request joins the shortest of *choices* random queues.

    The limit of many one-worker servers; at 100 servers it is within about 2 %. *load* is arrivals per server over
    its service rate. Source: Vvedenskaya, Dobrushin, Karpelevich (1996); Mitzenmacher, The power of two choices
    (2001), section 3: sum over i of load**((choices**i - choices) / (choices - 1)).
    """
    probability(load=load)
    stable(load)
    whole(1, choices=choices)
    if choices == 1:
        return service_s / (1 - load)
    terms, exponent = [1.0], 0
    while terms[-1] > 1e-17:
        exponent = exponent * choices + choices  # (choices**i - choices) / (choices - 1) for i = 2, 3, ...
        terms.append(load**exponent)
    return service_s * math.fsum(terms)


@dataclass(frozen=True, slots=True)
class Backlog:
    """A backlog as a fluid: its *peak* and how long after the outage's end it takes to drain."""

    peak: float
    drain_s: float


def fluid_backlog(rate: float, capacity: float, outage_s: float, capacity_during: float = 0.0) -> Backlog:
    """A consumer of *capacity* per second falls to *capacity_during* for *outage_s* while *rate* continues.

    Good when the backlog is large against its randomness. ``drain_s`` is infinite without spare capacity. Source:
    balance of flows, as in L. Kleinrock, Queueing Systems vol. 2, section 2.7 (fluid approximation).

    >>> fluid_backlog(50, 80, 120)
    Backlog(peak=6000.0, drain_s=200.0)
    """
    above_zero(rate=rate, capacity=capacity)
    peak = max(0.0, rate - capacity_during) * outage_s
    if peak == 0:
        return Backlog(0.0, 0.0)
    return Backlog(float(peak), peak / (capacity - rate) if capacity > rate else math.inf)
