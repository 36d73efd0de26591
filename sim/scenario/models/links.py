"""Links: the network between two ends, and the policies of whoever calls over it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.quantities import BackoffLaw, Law
from sim.scenario.fields import BackoffField, LawField, PositiveDuration, Share
from sim.scenario.models.base import Model


class Retry(Model):
    """Try again after error, timeout, refused or rejected; never after a short-circuit."""

    max_attempts: Annotated[int, Field(ge=1, le=1000)]
    """Attempts in all, the first one counted (resilience4j's `maxAttempts`; Polly's `MaxRetryAttempts` is one less)."""
    backoff: BackoffField = BackoffLaw()
    """Waits between attempts: `none`, `100ms`, `linear 1s step 2s`, `exponential 1s factor 2 cap 20s`."""
    jitter: Literal["none", "full", "equal", "decorrelated"] = "none"
    """Chance in the waits: `full` is uniform from 0, `equal` keeps half, `decorrelated` grows from the last wait."""


class Breaker(Model):
    """Stop calling after consecutive failures, ask again after a while. The guide's defaults: 5, 30 s, 1."""

    failures: Annotated[int, Field(ge=1)] = 5
    """Consecutive failures that open it."""
    open_for: PositiveDuration = 30.0
    """It stays open for at least this long; calls meanwhile are short-circuited."""
    probes: Annotated[int, Field(ge=1)] = 1
    """Calls that pass half-open; all must succeed to close it, the first failure opens it again."""


class Link(Model):
    """How one end calls, sends to or is fed by another: network and the caller's policies. Undeclared: none of it."""

    latency: LawField = Law("constant", 0.0, text="0s")
    """One-way network time, drawn each way."""
    loss: Share = 0.0
    """Share of messages lost, each way drawn separately."""
    timeout: PositiveDuration | None = None
    """The caller gives an attempt up after this long, network and waiting included; the callee goes on."""
    retry: Retry | None = None
    """Try again."""
    breaker: Breaker | None = None
    """Circuit breaker of this link."""
