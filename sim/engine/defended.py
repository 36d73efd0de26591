"""Which links and services have defences of their own: only for them are the parts built that defences need."""

from __future__ import annotations

from sim.scenario import models


def is_armed(link: models.Link) -> bool:
    """Whether the calls of *link* need more than a timeout, retries and a plain breaker."""
    breaker = link.breaker
    return (
        link.propagate_deadline
        or link.on_abandon != "continue"
        or link.late_answers != "ignore"
        or (breaker is not None and (is_by_rates(breaker) or breaker.guards != "calls" or breaker.scope != "link"))
        or (link.retry is not None and link.retry.budget is not None)
        or any(part is not None for part in (link.hedge, link.fallback, link.throttle, link.limit, link.bulkhead))
        or link.cache is not None
    )


def is_by_rates(breaker: models.Breaker) -> bool:
    """Whether a breaker judges shares of a window instead of failures in a row."""
    return breaker.failure_rate is not None or breaker.slow_rate is not None


def is_guarded(model: models.Service) -> bool:
    """Whether the replicas of this service have rules of their own."""
    rules = (model.limit, model.shed, model.concurrency, model.refuse_late, model.autoscale)
    return model.line.kind != "fifo" or any(rule is not None for rule in rules)


def is_plain(model: models.Service, operation: str) -> bool:
    """Whether calls of *operation* are only ever taken in turn, by whoever is free, for a time drawn beforehand."""
    if is_guarded(model):
        return False
    return not any(isinstance(step, models.Work) and step.work.per_request_s for step in model.operations[operation])
