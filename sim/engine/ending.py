"""The end of a run: a row for everything that is still open, lost where no answer can ever arrive.

An attempt is lost when nothing will answer it and no timer of its caller will end it: the request or the answer was
lost on a link without a timeout, or its server died silently. A frame that waits for a lost attempt waits for ever too,
so the loss spreads from callee to caller, up to the client's request, until a caller has a timer.

Not modelled: how a run longer than this one would continue; what could still act is open.
"""

from __future__ import annotations

from math import isnan, nan
from typing import Any, Callable

from sim.engine.calls.ends import write_row
from sim.engine.calls.leaf import Leaf
from sim.engine.livelock import Stuck
from sim.engine.system import System
from sim.mechanisms.steps.facts import walk
from sim.outcomes import IN_FLIGHT, LOST, OPEN, PENDING, WAITING


def write_open_rows(system: System, leaves: list[Leaf]) -> list[int]:
    """Write a row for each open attempt and request: lost where no answer can ever arrive, open otherwise.

    Returns the attempts (ids) that could still act.
    """
    recorder = system.recorder
    for processor in system.processors.values():
        processor.note()
    for service in system.services.values():
        for replica in service.replicas:
            leaves += [attempt for attempt in replica.line if isinstance(attempt, Leaf)]
    for leaf in leaves:
        leaf.complete()
        leaf.outcome = OPEN
        write_row(leaf, nan)
    still_open = list(recorder.open_attempts.values())
    cancels = any(one.on_abandon == "cancel" for link in system.scenario.links.values() for one in link.versions)
    stuck = Stuck(still_open, _forked(system), cancels)
    acting = [attempt.id for attempt in still_open if stuck.may_act(attempt)]
    for attempt in still_open:
        if attempt.outcome == PENDING:
            attempt.outcome = LOST if attempt.id in stuck.attempts else OPEN
            write_row(attempt, nan)
        else:
            write_row(attempt, attempt.ended_at)
    for request in recorder.open_requests.values():
        reason = stuck.requests.get(request.id)
        recorder.requests.rows.write(
            (
                request.id,
                request.client.code,
                request.operation,
                request.key,
                request.instance,
                request.arrived_at,
                nan,
                OPEN if reason is None else LOST,
                reason or 0,
                request.tries,
            )
        )
    for service in system.services.values():
        for replica in service.replicas:
            replica.close()
    for queue in system.queues.values():
        queue.close(WAITING, IN_FLIGHT)
    return acting


def _forked(system: System) -> Callable[[Any], bool]:
    """Return whether an attempt's operation has a `parallel`, whose branches may continue when it does not."""
    forks = {
        f"{service}.{operation}"
        for service, model in system.scenario.services.items()
        for operation, steps in model.operations.items()
        if any(step.forks for step in walk(steps))
    }
    sites = [f"{site.callee}.{site.operation}" in forks for site in system.sites]
    return lambda attempt: sites[int(attempt.step.code)]


def outages(system: System, ended_at: float) -> list[tuple[str, int, float, float]]:
    """Return when each replica was down; a replica that is still down counts until the run's end."""
    return [
        (name, index, begin, ended_at if isnan(end) else min(end, ended_at))
        for name, service in system.services.items()
        for index, begin, end in sorted(service.outages, key=lambda outage: outage[:2])
        if begin < ended_at
    ]
