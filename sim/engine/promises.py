"""Which effects a request promises: read from the recipes, before any run, and judged against the ledger after it.

A request answered ok or degraded makes due every effect that its operation reaches, through calls and through
queues, once for each `repeat` and `parallel`. What only an outcome decides (an `on error` recipe, a branch on a
step's outcome) is due only where it happened, and an `on error` recipe stands in for the step that failed: an effect
that both lead to is due once, so that a charge that timed out, went to a queue instead and was applied after all
counts as duplicated.
"""

from __future__ import annotations

from typing import Any, Callable, Iterable, Iterator, Sequence

from sim.engine.record import Promise
from sim.scenario import models

Conditions = tuple[tuple[Any, ...], ...]


def promises(scenario: models.Scenario, effect_code: Callable[[str], int]) -> tuple[Promise, ...]:
    """Return the promises of every operation that a workload can ask for."""
    found = []
    for root in sorted(requested_operations(scenario)):
        totals: dict[tuple[int, Conditions], int] = {}
        for path, times, conditions in _reached(scenario, root, 1, ()):
            key = (effect_code(path), conditions)
            totals[key] = totals.get(key, 0) + times
        found += [Promise(root, site, times, conditions) for (site, conditions), times in totals.items()]
    return tuple(found)


def requested_operations(scenario: models.Scenario) -> set[str]:
    """Return the operations (``service.operation``) that workloads ask for."""
    found: set[str] = set()
    for workload in scenario.workload.values():
        found.update([workload.calls] if workload.calls else [])
        found.update(workload.mix or {})
        for task in (workload.tasks or {}).values():
            found.update(task.requests)
    return found


def _reached(
    scenario: models.Scenario, operation: str, times: int, conditions: Conditions
) -> Iterator[tuple[str, int, Conditions]]:  # fmt: skip
    service, _, name = operation.partition(".")
    recipe = scenario.services[service].operations[name]
    yield from _in_recipe(scenario, recipe, operation, times, conditions)


def _in_recipe(
    scenario: models.Scenario, steps: Sequence[Any], path: str, times: int, conditions: Conditions
) -> Iterator[tuple[str, int, Conditions]]:  # fmt: skip
    for i, step in enumerate(steps):
        here = f"{path}[{i}]"
        own = list(_in_step(scenario, step, here, times, conditions))
        yield from own
        on_error = getattr(step, "on_error", "fail")
        if not isinstance(on_error, str):
            instead = _in_recipe(scenario, on_error, f"{here}.on error", times, (*conditions, ("taken",)))
            yield from _beyond(own, instead)


def _beyond(
    own: Sequence[tuple[str, int, Conditions]], instead: Iterable[tuple[str, int, Conditions]]
) -> Iterator[tuple[str, int, Conditions]]:
    """Yield what a stand-in recipe leads to more often than the step it stands in for."""
    had: dict[str, int] = {}
    for path, times, _ in own:
        had[path] = had.get(path, 0) + times
    for path, times, conditions in instead:
        covered = min(times, had.get(path, 0))
        had[path] = had.get(path, 0) - covered
        if times > covered:
            yield path, times - covered, conditions


def _in_step(
    scenario: models.Scenario, step: Any, path: str, times: int, conditions: Conditions
) -> Iterator[tuple[str, int, Conditions]]:  # fmt: skip
    if isinstance(step, models.Effect):
        yield path, times, conditions
    elif isinstance(step, models.Call):
        yield from _reached(scenario, step.call, times, conditions)
    elif isinstance(step, models.Send):
        for consumer, model in scenario.services.items():
            if step.send in model.consumes:
                yield from _reached(scenario, f"{consumer}.{model.consumes[step.send]}", times, conditions)
                break
    elif isinstance(step, models.Repeat):
        yield from _in_recipe(scenario, step.steps, path, times * step.repeat, conditions)
    elif isinstance(step, models.Parallel):
        for i, inner in enumerate(step.parallel):
            yield from _in_recipe(scenario, inner, f"{path}.parallel[{i}]", times * step.times, conditions)
    elif isinstance(step, models.Branch):
        for wanted, inner, name in ((True, step.then, "then"), (False, step.else_, "else")):
            yield from _in_recipe(scenario, inner, f"{path}.{name}", times, (*conditions, _asks(step, path, wanted)))


def _asks(step: models.Branch, path: str, wanted: bool) -> tuple[Any, ...]:
    asks = step.branch
    if asks.kind == "share":
        return ("share", path, asks.share, wanted)
    if asks.kind == "key":
        return ("key", asks.keys, wanted)
    return ("taken",)
