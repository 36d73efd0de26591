"""How many replicas an autoscaler settles at, metric by metric, and where a metric cannot see the load.

::

    CPU           cores busy with work / (cores * target)
    held time     workers held / (workers * target)
    backlog       messages in work / target, and more than the workers held need
    concurrency   calls in flight / (target * share)

A metric is blind where even full use of a replica reads too little to ask for more: workers that wait for callees use
no processor, so all of them may be held while CPU is on target.

Not modelled: queues (an autoscaler that comes late has one), tolerances below the settled number, and metrics together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterator

from sim.quantities import UNLIMITED
from sim.scenario.models import Scenario, Service
from sim.topology.operation_costs import OperationCosts
from sim.topology.traffic import Traffic

MOSTLY = 0.5
"""If less of the time that workers are held is work, a metric of work does not see most of it."""


@dataclass(frozen=True, slots=True)
class Settled:
    """One *metric* of the autoscaler of *service*: the *replicas* it settles at within its bounds, and why, in words.

    *asked* is the number before the bounds; *blind* says which load it cannot see, or is empty.
    """

    service: str
    metric: str
    arithmetic: str
    asked: float
    replicas: float
    blind: str = ""


def settled(scenario: Scenario, name: str, usual: Traffic) -> Iterator[Settled]:
    """Yield what each metric of the autoscaler of *name* settles at, with the *usual* traffic."""
    service = scenario.services[name]
    scale = service.autoscale
    if scale is None:
        return
    cpu_s, own_s, span_s, rate = _times(scenario, name, service, usual)
    if not math.isfinite(rate):
        return
    held = rate * (own_s if service.while_calling == "free" else span_s)
    cores, tolerance = service.requested_cores, float(scale.tolerance)
    if scale.target_utilisation is not None and scale.is_recorded:
        target = float(scale.target_utilisation)
        text = f"{_number(held)} of {_number(service.workers)} workers a replica held, {target:.0%} of them aimed at"
        yield _within(service, name, "held time", text, held / (service.workers * target))
    if scale.target_cpu is not None:
        busy, target = rate * cpu_s, float(scale.target_cpu)
        text = f"{_number(busy)} cores busy with work, {target:.0%} of {_number(cores)} a replica aimed at"
        blind = _blind(service, cpu_s, own_s if service.while_calling == "free" else span_s, target, tolerance)
        yield _within(service, name, "CPU", text, busy / (cores * target), blind)
    if scale.backlog is not None:
        target = scale.backlog.target
        for_work = held / service.workers if service.workers != UNLIMITED else 0.0
        text = f"{_number(held)} messages in work, {_number(target)} a replica aimed at"
        asked = held / target if scale.backlog.counts == "all" else 0.0
        if for_work > asked:
            text += f"; {_number(for_work)} replicas can just do the work, so a backlog of {_number(target)} each stays"
        yield _within(service, name, "backlog", text, max(asked, for_work))
    if scale.concurrency is not None:
        target, flying = scale.concurrency.per_replica, rate * span_s
        text = f"{_number(flying)} calls in flight, {_number(target)} a replica aimed at"
        most = service.workers + service.waiting
        blind = f"a replica has room for {_number(most)} calls only" if most < target else ""
        yield _within(service, name, "concurrency", text, flying / target, blind)


def _times(scenario: Scenario, name: str, service: Service, usual: Traffic) -> tuple[float, float, float, float]:
    """Return the mean processor time, own time and span of a visit in seconds, and the visits per second."""
    keys = next((workload.keys for workload in scenario.workload.values() if workload.keys), None)
    rates = {operation: usual.runs.get(f"{name}.{operation}", 0.0) for operation in service.operations}
    rate = math.fsum(rates.values())
    if not rate or not math.isfinite(rate):
        return 0.0, 0.0, 0.0, rate
    costs = OperationCosts(scenario, keys, hits=usual.hits)

    def mean(what: str) -> float:
        return math.fsum(part * getattr(costs.profile(f"{name}.{one}"), what) for one, part in rates.items()) / rate

    return mean("cpu_s"), mean("own_s"), mean("span_s"), rate


def _blind(service: Service, cpu_s: float, held_s: float, target: float, tolerance: float) -> str:
    """Return what CPU cannot see, or nothing: any overload, if it cannot exceed its target; and mere waiting."""
    if not held_s:
        return ""
    most, work = service.workers * cpu_s / held_s, cpu_s / held_s
    if service.shared_cores != UNLIMITED:
        most = min(most, service.shared_cores)
    share = most / service.requested_cores
    if share <= target * (1 + tolerance):
        return f"with all workers held it reads {share:.0%} at most, which asks for no more replicas"
    waits = f"it counts {work:.0%} of the time that workers are held, so a callee that gets slower adds nothing"
    return waits if work < MOSTLY else ""


def _within(service: Service, name: str, metric: str, text: str, asked: float, blind: str = "") -> Settled:
    scale = service.autoscale
    most, least = (scale.max_replicas, scale.min_replicas) if scale is not None else (1, 1)
    asked = math.ceil(asked - 1e-9)
    return Settled(name, metric, text, asked, max(least, min(most, asked)), blind)


def _number(value: float) -> str:
    return "unlimited" if math.isinf(value) else f"{value:,.0f}" if value >= 999.5 else f"{value:.3g}"
