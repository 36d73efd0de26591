"""Pileup: a laboratory for failures that cascade and failures that pile up.

>>> import sim
>>> scenario = sim.load("scenarios/cascade_vs_backlog.yaml")       # doctest: +SKIP
>>> run = sim.run(scenario, variant="synchronous", seed=7)          # doctest: +SKIP

Names are loaded on first use, so that ``import sim`` is quick and needs no heavy library.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sim.version import VERSION

_HOMES = {
    "load": "sim.scenario", "loads": "sim.scenario", "dump": "sim.scenario", "Scenario": "sim.scenario:ScenarioFile",
    "catalogue": "sim.scenario", "schema": "sim.scenario",
    "run": "sim.experiments.run", "Run": "sim.experiments.run",
    "compare": "sim.experiments.compare", "Comparison": "sim.experiments.compare",
    "check": "sim.experiments.check",
    "ablate": "sim.experiments.ablation.ablate", "Ablation": "sim.experiments.ablation.ablate",
    "matrix": "sim.experiments.fault_matrix.matrix", "Matrix": "sim.experiments.fault_matrix.result",
    "hysteresis": "sim.experiments.hysteresis", "Hysteresis": "sim.experiments.hysteresis",
    "breaker_costs": "sim.experiments.breakers",
    "exercise": "sim.answers", "check_answer": "sim.answers",
    "topology": "sim.topology", "theory": "sim.theory",
    "LabError": "sim.errors", "ParameterError": "sim.errors", "ScenarioError": "sim.errors",
    "ModelError": "sim.errors", "BudgetError": "sim.errors",
}  # fmt: skip
_MODULES = ("topology", "theory")

__all__ = sorted(_HOMES)
__version__ = VERSION


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOMES:
        from sim.errors import did_you_mean

        hint = did_you_mean(name, _HOMES)
        raise AttributeError(f"module 'sim' has no attribute {name!r}" + (f"; {hint}" if hint else ""))
    module, _, own_name = _HOMES[name].partition(":")
    home = import_module(module)
    value = home if name in _MODULES else getattr(home, own_name or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
