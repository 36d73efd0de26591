"""Which links and services need more than plain calls and replicas: only these get the additional parts.

A plain link has a network, a timeout, retries and a breaker by failures in a row; a plain service the fields of
PLAIN_SERVICE. Every other field must be declared by a mechanism: one that is given and that nothing plays is an error.
"""

from __future__ import annotations

from sim.mechanisms.links.order import is_usual
from sim.mechanisms.steps.facts import facts
from sim.scenario import models
from sim.scenario.models.links import LINK_DEFENCES, NETWORK

PLAIN_SERVICE = frozenset(
    {
        "operations",
        "replicas",
        "zones",
        "workers",
        "waiting",
        "cores",
        "cpu",
        "max_wait",
        "balance",
        "while_calling",
        "in_flight",
        "health_checks",
        "slow_start",
        "consumes",
        "retry_after",
    }
)


def beyond(model: models.Model | None, plain: frozenset[str]) -> tuple[str, ...]:
    """Return the fields of *model* that are not *plain* and differ from their defaults."""
    if model is None:
        return ()
    fields = type(model).model_fields.items()
    return tuple(name for name, info in fields if name not in plain and getattr(model, name) != info.default)


def undeclared(link: models.Link) -> tuple[str, ...]:
    """Return the fields that are given on *link* and that no mechanism declares: nothing plays them."""
    return beyond(link, NETWORK | LINK_DEFENCES.keys())


def needs_pipeline(link: models.Link) -> bool:
    """Whether the calls of *link* need more than a timeout, retries and a plain breaker."""
    is_plain = all(defence.is_plain(link) for defence in LINK_DEFENCES.values()) and is_usual(link)
    return not is_plain or bool(undeclared(link))


def service_defences(model: models.Service) -> tuple[str, ...]:
    """Return the fields of *model* that are rules of its replicas."""
    return beyond(model, PLAIN_SERVICE)


def needs_admission_control(model: models.Service) -> bool:
    """Whether the replicas of this service have rules of their own."""
    return bool(service_defences(model)) or model.is_scaled_by_hand


def is_single_work(model: models.Service, operation: str) -> bool:
    """Whether calls of *operation* are taken in turn by the next free worker, for a time drawn beforehand."""
    if needs_admission_control(model):
        return False
    laws = (facts(step).work for step in model.operations[operation])
    return not any(law is not None and law.per_request_s for law in laws)
