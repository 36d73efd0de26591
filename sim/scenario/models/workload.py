"""Workloads: open loops and closed loops of clients."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.fields.model import Model
from sim.fields.quantity import ArrivalsField, KeysField, LawField, PositiveDuration, RateField, Weight
from sim.fields.zones import ZonesField
from sim.quantities import Arrivals, Constant


class Task(Model):
    """What a user of a closed loop does in one go: requests one after another, each after the one before has ended."""

    weight: Weight = 1
    """How often this task is drawn, relative to the others."""
    requests: list[str]
    """The operations requested, in order, each as `service.operation`; may be empty."""
    think: LawField = Constant(0.0, text="0s")
    """The pause between two of them; after the last one comes the workload's `think`."""


class Workload(Model):
    """Who asks: an open loop (arrivals at a rate, whatever happens) or a closed loop (users who wait, then think)."""

    calls: str | None = None
    """The operation every request calls, as `service.operation`."""
    mix: dict[str, Weight] | None = None
    """Several operations with weights, instead of `calls`: `{web.browse: 10, web.checkout: 1}`."""
    rate: RateField | None = None
    """Open loop: arrivals per second over time: `100/s`, `ramp 10/s to 100/s over 60s`, `steps 9/s 0s 20/s 20s`,
    `diurnal 10/s to 100/s every 24h`, `trace data/file.csv scale 20x compress 20x`. With batches: batches a second."""
    arrivals: ArrivalsField = Arrivals("poisson")
    """Open loop: `poisson` (default), `regular` (from time zero), `gamma cv 2` (gaps of this coefficient of variation:
    bursts above 1, even below), any of these with `batches of 5`, or `at 0s 1s 2s`."""
    users: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Closed loop: how many users."""
    think: LawField = Constant(0.0, text="0s")
    """Closed loop: the pause after each task."""
    start: str | None = None
    """Closed loop: the task every user does once, first."""
    tasks: dict[str, Task] | None = None
    """Closed loop: weighted tasks of several requests, instead of `calls` or `mix`."""
    deadline: PositiveDuration | None = None
    """The client leaves this long after it first asked: outcome timeout, no more retries; callees continue."""
    done_within: PositiveDuration | None = None
    """Every due effect must be applied this long after the arrival for the request to count as done."""
    keys: KeysField | None = None
    """Business keys (customers, orders): `uniform 5000` or `zipf 5000 exponent 1.2`."""
    instances: Annotated[int, Field(ge=1, le=100_000)] = 1
    """How many client processes share the load; requests go to them in turn."""
    zones: ZonesField | None = None
    """How many of its instances are in each zone, in order, as for the replicas of a service: `{a: 3, b: 1}`."""
    priority: Annotated[int, Field(ge=0, le=9)] = 0
    """How important its requests are, 0 most: carried by all that they cause, for services that `shed` by priority
    or serve their `line` by it."""
