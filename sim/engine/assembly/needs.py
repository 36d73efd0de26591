"""Which links and services have defences of their own: only for them are the parts built that defences need.

Listed is what a plain link or service has and every kind of call and replica plays. All else that a model holds counts
as a defence, now and later, and goes to the makers of defences (``arming``, ``rules``), which refuse what they do not
know: a field that nobody plays cannot be given in silence.
"""

from __future__ import annotations

from sim.scenario import models

PLAIN_LINK = frozenset({"latency", "loss", "timeout", "retry", "breaker"})
PLAIN_RETRY = frozenset({"max_attempts", "backoff", "jitter", "on"})
PLAIN_BREAKER = frozenset({"failures", "open_for", "probes"})
PLAIN_SERVICE = frozenset(
    {
        "operations",
        "replicas",
        "workers",
        "waiting",
        "max_wait",
        "balance",
        "while_calling",
        "in_flight",
        "health_checks",
        "consumes",
    }
)


def beyond(model: models.Model | None, plain: frozenset[str]) -> tuple[str, ...]:
    """Return the fields of *model* that are not *plain* and not as they are by default."""
    if model is None:
        return ()
    fields = type(model).model_fields.items()
    return tuple(name for name, info in fields if name not in plain and getattr(model, name) != info.default)


def link_defences(link: models.Link) -> tuple[str, ...]:
    """Return the fields of *link* that ask for more than a timeout, retries and a plain breaker."""
    more = {"retry": beyond(link.retry, PLAIN_RETRY), "breaker": beyond(link.breaker, PLAIN_BREAKER)}
    return (*beyond(link, PLAIN_LINK), *(name for name, fields in more.items() if fields))


def needs_pipeline(link: models.Link) -> bool:
    """Whether the calls of *link* need more than a timeout, retries and a plain breaker."""
    return bool(link_defences(link))


def judges_rates(breaker: models.Breaker) -> bool:
    """Whether a breaker judges shares of a window instead of failures in a row."""
    return breaker.failure_rate is not None or breaker.slow_rate is not None


def service_defences(model: models.Service) -> tuple[str, ...]:
    """Return the fields of *model* that are rules of its replicas."""
    return beyond(model, PLAIN_SERVICE)


def needs_admission_control(model: models.Service) -> bool:
    """Whether the replicas of this service have rules of their own."""
    return bool(service_defences(model))


def is_single_work(model: models.Service, operation: str) -> bool:
    """Whether calls of *operation* are only ever taken in turn, by whoever is free, for a time drawn beforehand."""
    if needs_admission_control(model):
        return False
    return not any(isinstance(step, models.Work) and step.work.per_request_s for step in model.operations[operation])
