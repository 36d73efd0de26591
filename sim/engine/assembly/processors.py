"""Processors of the replicas whose cores are shared: with their own cores, a quota, or the cores of a host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine.services.processor import Machine, Processor, QuotaProcessor
from sim.mechanisms.faults.targets import on_host
from sim.mechanisms.services.cpu import Cpu
from sim.policies.processor import Quota

if TYPE_CHECKING:
    from sim.engine.system import System


def install_processors(system: System) -> None:
    """Give each replica of the services that share cores its processor, and each host with cores its replicas'."""
    scenario, kernel, rows = system.scenario, system.kernel, system.recorder.processors.rows
    for code, (name, model) in enumerate(scenario.services.items()):
        if name not in scenario.sharing:
            continue
        cpu = model.cpu or Cpu()
        for replica in system.services[name].replicas:
            settings = (kernel, rows, code, replica.index, float(model.shared_cores), float(cpu.weight))
            if cpu.quota is None:
                processor = Processor(*settings)
            else:
                quota = Quota(float(cpu.quota), float(cpu.period), float(cpu.burst))
                processor = QuotaProcessor(*settings, quota)
            replica.processor = system.processors[f"{name}#{replica.index}"] = processor
    for name, host in scenario.machines.items():
        machine = Machine(float(host.cores), host.share_by == "thread")
        for service, indexes in on_host(scenario, name)[0].items():
            for replica in system.services[service].replicas:
                if replica.processor is not None and (indexes is None or replica.index in indexes):
                    machine.add(replica.processor)
