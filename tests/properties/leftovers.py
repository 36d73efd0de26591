"""The engine after a run: it holds no place and no count for a call that has ended.

The record cannot show this, so the test inspects the engine's parts. A run that has *drained* has nothing open in
its record; then every worker, place, probe and waiting line must be free as well.
"""

from __future__ import annotations

import inspect
from collections import Counter
from typing import Any, Iterator

from sim.engine import run
from sim.engine.assembly.system import build
from sim.engine.calls.attempt import Attempt
from sim.engine.calls.strategies import BreakerStrategy, BulkheadPlaces, BulkheadStrategy
from sim.engine.census import Census
from sim.engine.clock.kernel import ANSWER, ScheduledCall
from sim.engine.messaging.bounded import BoundedQueue
from sim.engine.operations.shared_work import PieceOfWork
from sim.engine.operations.steps import ForkBranch, WorkInProgress
from sim.engine.services.free_replica import FreeReplica
from sim.engine.services.processor import Change
from sim.engine.services.replica import Replica
from sim.engine.system import System
from sim.mechanisms.links.bulkhead import Bulkhead
from sim.outcomes import PENDING
from sim.policies.breaker import HALF_OPEN, Breaker, CircuitBreaker
from sim.policies.budget import RetryBudget
from sim.policies.delivery import VISIBLE
from sim.policies.expiring_budget import ExpiringBudget
from sim.policies.retry_concurrency import RetryConcurrency
from sim.policies.retry_throttling import RetryThrottling
from sim.policies.rule_breaker import RuleBreaker
from sim.policies.window_breaker import WindowBreaker
from sim.scenario import models


class Ending(Census):
    """A census that remembers whether the run has drained, and what was still to happen."""

    has_drained = False
    still_to_happen: tuple[str, ...] = ()

    def _drained(self, now: float, row: list[int]) -> bool:
        answers = [event for _, priority, _, event in self.system.kernel.heap if priority == ANSWER]
        self.has_drained = super()._drained(now, row)
        if self.has_drained:
            self.still_to_happen = tuple(repr(event) for event in answers if not _is_left_behind(event))
        return self.has_drained


def _is_left_behind(event: Any) -> bool:
    """Whether *event* changes nothing: the last step of a strand that a join has left behind, or a reply too late."""
    if isinstance(event, Change):
        pieces = event.processor.pieces() if event.processor.next_change is event else []
        return all(piece.frame.root.left_at is not None for piece in pieces)
    if isinstance(event, WorkInProgress | PieceOfWork):
        return event.frame is None or event.frame.root.left_at is not None
    frame = event.argument if isinstance(event, ScheduledCall) else event
    frame = frame[0] if isinstance(frame, tuple) else frame
    if isinstance(frame, Attempt):
        return frame.outcome != PENDING and frame.left_at is not None
    return isinstance(frame, ForkBranch) and frame.root.left_at is not None


def played(scenario: models.Scenario) -> tuple[System, Ending]:
    """Play *scenario* the general way; return the engine as it is at the end."""
    system = build(scenario, scenario.seed, 0, fast_leaves=False)
    ending = Ending(system, None)
    with run._deep_stack():
        system.kernel.run()
    return system, ending


def nothing_is_left(scenario: models.Scenario) -> str:
    """Assert that the engine keeps nothing for calls that are over; return a word about how far it has drained."""
    system, ending = played(scenario)
    for queue in system.queues.values():
        _queue(system, queue)
    pipelines = [(at, pipeline) for at, stages in system.pipelines.items() for pipeline, *_ in stages]
    for at, pipeline in pipelines:
        for budget in _scoped(pipeline.budget):
            _budget(_place(at), budget)
    if not ending.has_drained:  # a call is lost or never served, or messages have no consumer
        return "not drained"
    assert not ending.still_to_happen, f"work or answers under way: {ending.still_to_happen}"
    for at, pipeline in pipelines:
        for budget in _scoped(pipeline.budget):
            if isinstance(budget, RetryConcurrency):
                assert budget.active == budget.retries == 0, f"{at}: {budget.active} attempts are counted as out"
    for service in system.services.values():
        for replica in service.replicas:
            _replica(f"{service.name}#{replica.index}", replica)
    for name, breaker in system.breakers.items():
        _breaker(name, breaker)
    for at, pipeline in pipelines:
        for strategy in pipeline.strategies:
            for breaker in _breakers(strategy):
                _breaker(_place(at), breaker)
            if isinstance(strategy, BulkheadStrategy):
                for places in _scoped(strategy):
                    _bulkhead(_place(at), places, system.scenario.link(*at).bulkhead)
        if pipeline.link_cache is not None:
            for cache_scope in _scoped(pipeline.link_cache.scopes):
                assert not cache_scope.fetching, f"{at}: answers of {list(cache_scope.fetching)} are waited for"
    return "drained"


def _place(at: tuple[str, str]) -> str:
    return ".".join(filter(None, at))


def _scoped(scope: Any) -> Iterator[Any]:
    """Yield the policies of *scope*: the only one, or those that were made for callers."""
    if scope is not None and scope.only is not None:
        yield scope.only
    elif scope is not None:
        yield from inspect.getclosurevars(scope.of).nonlocals.get("made", {}).values()


def _breakers(strategy: Any) -> Iterator[Breaker]:
    if isinstance(strategy, BreakerStrategy):
        yield from strategy.breakers.values() if hasattr(strategy, "breakers") else _scoped(strategy)


def _breaker(name: str, breaker: Breaker) -> None:
    """Half-open, each probe that was let through has told how it ended, for nothing is out."""
    if isinstance(breaker, RuleBreaker):
        _rule_breaker(name, breaker)
    elif breaker.state == HALF_OPEN:
        known = breaker._count if isinstance(breaker, CircuitBreaker) else breaker._total  # type: ignore[attr-defined]
        assert isinstance(breaker, CircuitBreaker | WindowBreaker)
        assert breaker._probing == known < breaker.probes, f"{name}: {breaker._probing} probes, {known} outcomes"


def _rule_breaker(name: str, breaker: RuleBreaker) -> None:
    """As ``_breaker``; late outcomes can be known too, and places at once are all free again."""
    if breaker.state == HALF_OPEN and not breaker.counts_late:
        known = {"in all": breaker._known, "at once": 0, "none": 0}[breaker.probing.limit]
        assert breaker._probing == known, f"{name}: {breaker._probing} probes, {breaker._known} outcomes"
    assert 0 <= breaker.tally.failed and 0 <= breaker.tally.total, name


def _bulkhead(name: str, places: BulkheadPlaces, model: Bulkhead | None) -> None:
    assert model is not None and places.free == model.max_concurrent_calls, f"{name}: {places.free} places are free"
    assert all(waiting.sequence.over for waiting in places.line), f"{name}: a call waits for a place"


def _budget(name: str, budget: Any) -> None:
    if isinstance(budget, RetryConcurrency):
        assert 0 <= budget.retries and 0 <= budget.active, f"{name}: {budget.retries} retries, {budget.active} attempts"
        return
    if isinstance(budget, ExpiringBudget):  # forgets a deposit before the retry that it paid for: may be below zero
        return
    if isinstance(budget, RetryThrottling):
        assert 0 <= budget._units <= budget._most, f"{name}: {budget.tokens} tokens"
        return
    by_tokens = isinstance(budget, RetryBudget)
    left, most = (budget._units, budget._capacity) if by_tokens else (budget.available, budget.capacity)
    assert 0 <= left <= most, f"{name}: {left} of {most} for retries"


def _queue(system: System, queue: Any) -> None:
    """The queue's counts are those of the messages that are open."""
    states = Counter(message.state for of, message in system.recorder.open_messages.values() if of is queue)
    core = queue.core
    assert queue.backlog + queue.in_flight == states.total(), f"{queue.name}: {states}"
    assert core.visible == states[VISIBLE] == sum(message.state == VISIBLE for message in core._line), queue.name
    if isinstance(queue, BoundedQueue) and queue.outside:
        assert queue.backlog >= queue.most, f"{queue.name}: senders wait, and there is room"


def _replica(name: str, replica: Replica) -> None:
    """Every worker is free, and no call is in line, in flight or counted by a balancer."""
    assert replica.free == replica.workers, f"{name}: {replica.workers - replica.free} workers are not free"
    assert not replica.line and not replica.reserved, (
        f"{name}: {len(replica.line)} in line, {replica.reserved} reserved"
    )
    assert all(_is_left_behind(piece) for piece in replica.in_progress), (
        f"{name}: {len(replica.in_progress)} pieces of work"
    )
    assert not replica.outstanding, f"{name}: {replica.outstanding} calls are out for the balancer"
    if isinstance(replica, FreeReplica):
        assert not (replica.ready or replica.held or replica.in_flight), f"{name}: {replica.in_flight} in flight"
    in_flight = getattr(getattr(replica, "admission", None), "in_flight", None)
    assert in_flight is None or not in_flight.inside, f"{name}: {len(in_flight.inside)} calls inside"
