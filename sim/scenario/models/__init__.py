"""The scenario as frozen pydantic models: what a system is, what is asked of it and what breaks, before any run.

The attribute docstrings are the JSON Schema's descriptions and the text of ``pileup explain-field``: one text for
editor, docs and command line. The models hold no behaviour but their words on pictures (``labels``);
``sim.scenario.rules`` finds what no single field can see.

Not modelled: everything that the engine does not play.
"""

from sim.fields.model import PATCH, Combination, Model, Patch
from sim.scenario.models.health import HealthChecks
from sim.scenario.models.links import Link
from sim.scenario.models.nodes import BatchConsumer, Host, Queue, Service, Store
from sim.scenario.models.scenario import Claim, Defaults, Scenario, Toggle
from sim.scenario.models.slow_start import SlowStart
from sim.scenario.models.workload import Task, Workload

__all__ = [
    "BatchConsumer",
    "Claim",
    "Combination",
    "Defaults",
    "HealthChecks",
    "Host",
    "Link",
    "Model",
    "PATCH",
    "Patch",
    "Queue",
    "Scenario",
    "Service",
    "SlowStart",
    "Store",
    "Task",
    "Toggle",
    "Workload",
]
