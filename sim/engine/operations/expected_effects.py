"""Which effects a request is expected to have: read from the operations before a run, held against its ledger after it.

A request answered ok or degraded makes due every effect that its operation reaches, through calls and through
queues, once for each `repeat` and `parallel`. What only an outcome decides (the steps of an `on error`, a branch on a
step's outcome) is due only where it happened, and the steps of an `on error` stand in for the step that failed: an
effect that both lead to is due once, so that a charge that timed out, went to a queue instead and was applied after all
counts as duplicated.

Not modelled: effects that undo others.
"""

from __future__ import annotations

from typing import Any, Callable, Sequence

from sim.errors import not_played
from sim.mechanisms.steps.facts import StepFacts, facts
from sim.quantities import Condition
from sim.record.record import ExpectedEffect
from sim.scenario import models

Conditions = tuple[tuple[Any, ...], ...]
Found = dict[tuple[str, Conditions], int]
"""How often the effect step at a path is due, under which conditions."""


def expected_effects(scenario: models.Scenario, effect_code: Callable[[str], int]) -> tuple[ExpectedEffect, ...]:
    """Return the expected effects of every operation that a workload can ask for."""
    reader = _Reader(scenario)
    return tuple(
        ExpectedEffect(root, effect_code(path), times, conditions)
        for root in sorted(requested_operations(scenario))
        for (path, conditions), times in reader.operation(root).items()
    )


def requested_operations(scenario: models.Scenario) -> set[str]:
    """Return the operations (``service.operation``) that workloads ask for."""
    found: set[str] = set()
    for workload in scenario.workload.values():
        found.update([workload.calls] if workload.calls else [])
        found.update(workload.mix or {})
        for task in (workload.tasks or {}).values():
            found.update(task.requests)
    return found


class _Reader:
    """Reads every operation once, however many ways lead to it."""

    __slots__ = ("scenario", "known", "consumers")

    def __init__(self, scenario: models.Scenario) -> None:
        self.scenario = scenario
        self.known: dict[str, Found] = {}
        self.consumers: dict[str, str] = {}
        for name, model in scenario.services.items():
            for queue, operation in model.handlers.items():
                self.consumers.setdefault(queue, f"{name}.{operation}")

    def operation(self, name: str) -> Found:
        """Return what one request for *name* leads to."""
        if name not in self.known:
            self.known[name] = {}  # effects that a handler reaches through itself again are not expected
            service, _, operation = name.partition(".")
            self.known[name] = self.chain(self.scenario.services[service].operations[operation], name)
        return self.known[name]

    def chain(self, steps: Sequence[Any], path: str) -> Found:
        """Return what a list of steps leads to."""
        found: Found = {}
        for i, step in enumerate(steps):
            known = facts(step)
            own = self.step(known, f"{path}[{i}]")
            _add(found, own)
            _add(found, _beyond(own, self.chain(known.instead, f"{path}[{i}].on error")), 1, ("taken",))
        return found

    def step(self, step: StepFacts, path: str) -> Found:
        """Return what one step leads to, were it to end well."""
        found: Found = {}
        if step.effect:
            found[path, ()] = 1
        if step.calls:
            _add(found, self.operation(step.calls))
        if step.sends in self.consumers:
            _add(found, self.operation(self.consumers[step.sends]))
        for inner in step.inner:
            asked = None if inner.condition is None else _asks(inner.condition, path, inner.wanted)
            _add(found, self.chain(inner.steps, path + inner.place), inner.times, asked)
        return found


def _add(found: Found, more: Found, times: int = 1, condition: tuple[Any, ...] | None = None) -> None:
    """Add *more* to *found*, *times* times and under one more condition."""
    for (path, conditions), each in more.items():
        if condition is not None and condition not in conditions:
            conditions = (condition, *conditions)
        key = (path, conditions)
        found[key] = found.get(key, 0) + each * times


def _beyond(own: Found, instead: Found) -> Found:
    """Return what the steps of an `on error` lead to more often than the step that they stand in for."""
    had: dict[str, int] = {}
    for (path, _), times in own.items():
        had[path] = had.get(path, 0) + times
    found: Found = {}
    for (path, conditions), times in instead.items():
        covered = min(times, had.get(path, 0))
        had[path] = had.get(path, 0) - covered
        if times > covered:
            found[path, conditions] = times - covered
    return found


def _asks(asks: Condition, path: str, wanted: bool) -> tuple[Any, ...]:
    if asks.kind == "share":
        return ("share", path, asks.share, wanted)
    if asks.kind == "key":
        return ("key", asks.keys, wanted)
    if asks.kind == "step":
        return ("taken",)
    raise not_played("condition of a branch", asks.kind)
