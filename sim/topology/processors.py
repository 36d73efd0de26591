"""Shared cores before any run: the processor time asked of each service and each host, and how far work stretches.

A service asks for its rate times the processor time of a request; a host for the sum over the replicas on it.

Not modelled: faults, and peaks of the rate; the stretch is given only where a closed form has it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.mechanisms.faults.targets import on_host
from sim.quantities import UNLIMITED
from sim.scenario.models import Scenario
from sim.topology.operation_costs import OperationCosts
from sim.topology.traffic import traffic_of


@dataclass(frozen=True, slots=True)
class ProcessorLoad:
    """The load of the cores of a service or a host (*kind*): mean cores *asked* for, of the *cores* there are.

    *stretch* is how many times as long work takes on average as on a core of its own; None without a closed form.
    """

    part: str
    kind: str
    cores: float
    asked: float
    stretch: float | None = None

    @property
    def load(self) -> float:
        """The share of its cores that is asked for; zero where they have no bound."""
        return self.asked / self.cores


def processor_loads(scenario: Scenario) -> tuple[ProcessorLoad, ...]:
    """Return the load of all shared cores: services in file order, then hosts."""
    asked = {name: _asked(scenario, name) for name in scenario.sharing}
    found = [_of_service(scenario, name, cores) for name, cores in asked.items()]
    for name, host in scenario.machines.items():
        total = 0.0
        for service, indexes in on_host(scenario, name)[0].items():
            replicas = scenario.services[service].replicas
            total += asked[service] * (1.0 if indexes is None else len(indexes) / replicas)
        found.append(ProcessorLoad(name, "host", float(host.cores), total))
    return tuple(found)


def _asked(scenario: Scenario, name: str) -> float:
    """Return the mean cores that the requests of a service ask for."""
    usual = traffic_of(scenario)
    keys = next((workload.keys for workload in scenario.workload.values() if workload.keys), None)
    costs = OperationCosts(scenario, keys, hits=usual.hits)
    operations = [f"{name}.{operation}" for operation in scenario.services[name].operations]
    return math.fsum(usual.runs.get(one, 0.0) * costs.profile(one).cpu_s for one in operations)


def _of_service(scenario: Scenario, name: str, asked: float) -> ProcessorLoad:
    model = scenario.services[name]
    quota = UNLIMITED if model.cpu is None or model.cpu.quota is None else float(model.cpu.quota)
    cores = min(float(model.shared_cores), quota) * model.replicas
    return ProcessorLoad(name, "service", cores, asked, _stretch(scenario, name, asked / model.replicas))


def _stretch(scenario: Scenario, name: str, asked: float) -> float | None:
    """Return the stretch by M/G/c-PS: requests at random times at cores of its own, which all of them share.

    It is that of M/M/c, whatever the law of the work: 1 + C / (c - a), with Erlang's C for a cores asked for.
    Source: ``sim.theory.processor_sharing``.
    """
    model, shares_a_host = scenario.services[name], any(name in _on(scenario, host) for host in scenario.machines)
    cores, spread = float(model.shared_cores), model.replicas == 1 or model.balance.kind == "random"
    if shares_a_host or model.cpu is not None or model.threads != UNLIMITED or not spread:
        return None
    if not 0 < asked < cores or math.isinf(cores) or cores != int(cores) or not _is_poisson(scenario, name):
        return None
    blocked = 1.0
    for core in range(1, int(cores) + 1):
        blocked = asked * blocked / (core + asked * blocked)
    waits = cores * blocked / (cores - asked * (1 - blocked))
    return 1 + waits / (cores - asked)


def _on(scenario: Scenario, host: str) -> dict[str, object]:
    return dict(on_host(scenario, host)[0])


def _is_poisson(scenario: Scenario, name: str) -> bool:
    """Whether all requests come from Poisson workloads of one rate, straight to the service, with one step of work."""
    for workload in scenario.workload.values():
        shape = workload.rate
        if shape is None or shape.path or str(workload.arrivals) != "poisson":
            return False
        if shape.peak_until(scenario.duration) != shape.mean_until(scenario.duration):
            return False
    calls = [link.split(" -> ") for link in scenario.links]
    one_step = all(len(steps) == 1 for steps in scenario.services[name].operations.values())
    return one_step and not any(caller in scenario.services for caller, callee in calls if callee == name)
