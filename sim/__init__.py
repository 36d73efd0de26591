"""Pileup simulates how failures spread between microservices, and how work piles up in their queues.

>>> import sim
>>> run = sim.run("hedging", variant="hedged", replications=1)
>>> run
<Run of 'Hedging', hedged: seed 1, 1 replications>

Names are loaded on first use, so that ``import sim`` is quick and needs no heavy library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from sim import core
from sim.version import VERSION

if TYPE_CHECKING:
    from sim import theory as theory
    from sim import topology as topology
    from sim.answers import check_answer as check_answer
    from sim.answers import exercise as exercise
    from sim.errors import BudgetError as BudgetError
    from sim.errors import LabError as LabError
    from sim.errors import ModelError as ModelError
    from sim.errors import ParameterError as ParameterError
    from sim.errors import ScenarioError as ScenarioError
    from sim.experiments.ablation.ablate import Ablation as Ablation
    from sim.experiments.ablation.ablate import ablate as ablate
    from sim.experiments.breakers import breaker_costs as breaker_costs
    from sim.experiments.check import check as check
    from sim.experiments.compare import Comparison as Comparison
    from sim.experiments.compare import compare as compare
    from sim.experiments.fault_matrix.matrix import matrix as matrix
    from sim.experiments.fault_matrix.result import Matrix as Matrix
    from sim.experiments.hysteresis import Hysteresis as Hysteresis
    from sim.experiments.hysteresis import hysteresis as hysteresis
    from sim.experiments.run import Run as Run
    from sim.experiments.run import run as run
    from sim.scenario.catalogue import catalogue as catalogue
    from sim.scenario.loading import dump as dump
    from sim.scenario.loading import load as load
    from sim.scenario.loading import loads as loads
    from sim.scenario.scenario_file import ScenarioFile as Scenario
    from sim.scenario.schema import schema as schema

_HOMES = {
    "load": "sim.scenario.loading", "loads": "sim.scenario.loading", "dump": "sim.scenario.loading",
    "Scenario": "sim.scenario.scenario_file:ScenarioFile",
    "catalogue": "sim.scenario.catalogue", "schema": "sim.scenario.schema",
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
"""Where each public name is; the block above shows the same to type checkers and editors."""
_MODULES = ("topology", "theory")

__all__ = [
    "Ablation", "BudgetError", "Comparison", "Hysteresis", "LabError", "Matrix", "ModelError", "ParameterError", "Run",
    "Scenario", "ScenarioError", "ablate", "breaker_costs", "catalogue", "check", "check_answer", "compare", "dump",
    "exercise", "hysteresis", "load", "loads", "matrix", "run", "schema", "theory", "topology",
]  # fmt: skip
__version__ = VERSION

core.choose()

if not TYPE_CHECKING:  # a type checker would take every unknown name for one that exists

    def __getattr__(name: str) -> object:
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
