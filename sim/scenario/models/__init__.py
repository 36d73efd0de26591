"""The scenario as frozen pydantic models: what a system is, what is asked of it and what breaks, before any run.

The attribute docstrings are the JSON Schema's descriptions and the text of ``pileup explain-field``: one text for
editor, docs and command line. The models hold no behaviour; ``sim.scenario.check`` finds what no single field can
see. Left out: everything that the engine does not play.
"""

from sim.scenario.models.base import PATCH, READY, Model, Patch
from sim.scenario.models.faults import (
    FAULTS,
    AnyFault,
    Crash,
    Cut,
    Delay,
    Drip,
    Errors,
    Fault,
    LinkFault,
    Lose,
    Partition,
    Pause,
    ServiceFault,
    Slow,
    Spike,
    fault_kind,
)
from sim.scenario.models.defences import Breaker, Bulkhead, Cache, CallLimit, Hedge, Retry, RetryBudget, Throttle
from sim.scenario.models.links import Link
from sim.scenario.models.nodes import Queue, Service
from sim.scenario.models.overload import Concurrency, RateLimit, RefuseLate, Shed
from sim.scenario.models.scenario import Claim, Scenario, Toggle
from sim.scenario.models.steps import (
    STEPS,
    Branch,
    Call,
    Effect,
    Fail,
    OnError,
    Parallel,
    Recipe,
    Repeat,
    Reply,
    Send,
    Step,
    Wait,
    Work,
    step_kind,
    unfold_step,
)
from sim.scenario.models.workload import Task, Workload

__all__ = [
    "AnyFault",
    "Branch",
    "Breaker",
    "Bulkhead",
    "Cache",
    "Call",
    "CallLimit",
    "Claim",
    "Concurrency",
    "Crash",
    "Cut",
    "Delay",
    "Drip",
    "Effect",
    "Errors",
    "FAULTS",
    "Fail",
    "Fault",
    "Hedge",
    "Link",
    "LinkFault",
    "Lose",
    "Model",
    "OnError",
    "PATCH",
    "Parallel",
    "Partition",
    "Patch",
    "Pause",
    "Queue",
    "READY",
    "RateLimit",
    "RefuseLate",
    "Recipe",
    "Repeat",
    "Reply",
    "Retry",
    "RetryBudget",
    "STEPS",
    "Scenario",
    "Send",
    "Service",
    "Shed",
    "ServiceFault",
    "Slow",
    "Spike",
    "Step",
    "Task",
    "Throttle",
    "Toggle",
    "Wait",
    "Work",
    "Workload",
    "fault_kind",
    "step_kind",
    "unfold_step",
]
