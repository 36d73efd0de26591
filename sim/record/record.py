"""The record of a run: plain numpy columns, written while it runs and not interpreted here.

Times are seconds on the scenario's clock, NaN where something never happened. Codes point into the name tuples of
the same record. ``sim.results`` turns this into measures, frames and identities. Not modelled: everything derived.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.outcomes import (
    ABANDONED,
    ATTEMPT_OUTCOMES,
    DEAD_LETTERED,
    DEGRADED,
    DONE,
    ERROR,
    EXPIRED,
    IN_FLIGHT,
    LOST,
    MESSAGE_LOST,
    MESSAGE_OUTCOMES,
    OK,
    OPEN,
    OUTCOMES,
    REFUSED,
    REJECTED,
    SHORT_CIRCUITED,
    TIMEOUT,
    WAITING,
)
from sim.scenario.models.links import LINK_DEFENCES
from sim.scenario.models.nodes import SERVICE_RULES

__all__ = [
    "ABANDONED",
    "ATTEMPT_OUTCOMES",
    "Columns",
    "EffectSite",
    "MARKS",
    "ExpectedEffect",
    "REASONS",
    "Record",
    "Site",
    "DEAD_LETTERED",
    "DEGRADED",
    "DONE",
    "ERROR",
    "EXPIRED",
    "IN_FLIGHT",
    "LOST",
    "MESSAGE_LOST",
    "MESSAGE_OUTCOMES",
    "OK",
    "OPEN",
    "OUTCOMES",
    "REFUSED",
    "REJECTED",
    "SHORT_CIRCUITED",
    "TIMEOUT",
    "WAITING",
]
"""The outcomes are also importable from here, so that a reader of records needs one import."""

Columns = dict[str, NDArray[Any]]

_FIRST_REASONS = (
    "",
    "timeout",
    "deadline",
    "line full",
    "waited too long",
    "crashed",
    "cut",
    "injected errors",
    "fail step",
    "breaker open",
    "lost on the link",
    "no answer",
    "another was first",
    "caller gone",
    "out of time",
    "rate limit",
    "bulkhead full",
    "throttled",
    "retry budget",
    "shed",
    "concurrency limit",
    "unhealthy",
    "queue full",
    "conflict",
    "poison",
    "cancelled",
    "batch failed",
    "total timeout",
)
_DECIDED = [one for defence in LINK_DEFENCES.values() for one in defence.decisions]
_REJECTED = [one.reason for rule in SERVICE_RULES.values() for one in rule.rejections]
_ENDED = [reason for rule in SERVICE_RULES.values() for reason in rule.reasons]

REASONS = tuple(dict.fromkeys((*_FIRST_REASONS, *(one.reason for one in _DECIDED if one.reason), *_REJECTED, *_ENDED)))
"""Reasons of failures, given where the failure began; a reason code is a position here.

New words are declared by a mechanism, or added at the end of ``_FIRST_REASONS``."""

_FIRST_MARKS = (
    "cache hit",
    "cache miss",
    "coalesced",
    "fallback",
    "hedge",
    "retry denied",
    "late answer accepted",
    "dropped",
    "cancelled",
    "delayed",
    "written",
    "conflict",
    "late acknowledgement",
    "batch",
    "preempted",
)
MARKS = tuple(dict.fromkeys((*_FIRST_MARKS, *(one.mark for one in _DECIDED if one.mark))))
"""Decisions of a policy that no attempt's row shows; a mark's kind is a position here.

New words are declared by a mechanism, or added at the end of ``_FIRST_MARKS``."""


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the system from which attempts are sent: one step of one operation, a client, or a queue's consumer.

    *kind* is ``call``, ``send`` or ``delivery``; *caller* and *callee* are node names (workload, service, queue);
    *operation* is the callee's operation (empty for a send). The link's name is ``caller -> callee``.
    """

    kind: str
    caller: str
    callee: str
    operation: str
    caller_operation: str = ""

    @property
    def link(self) -> str:
        """The name of the link between the two ends."""
        return f"{self.caller} -> {self.callee}"


@dataclass(frozen=True, slots=True)
class EffectSite:
    """One ``effect`` step of one operation."""

    effect: str
    service: str
    operation: str
    step: int
    once_per: str = "request"


@dataclass(frozen=True, slots=True)
class ExpectedEffect:
    """An effect that is due when a request for *root* (``service.operation``) is answered ok or degraded.

    *count* applications are due (a `repeat` multiplies). *conditions* must all hold for it to be due:
    ``("share", branch_id, share, wanted)`` compares ``streams.coin(seed, replication, branch_id, request)`` < share
    with *wanted*; ``("key", keys, wanted)`` compares the membership of the request's key in *keys* with *wanted*;
    ``("taken",)`` means that it is due only where it was applied (a branch on an outcome, an `on error` recipe).
    """

    root: str
    site: int
    count: int
    conditions: tuple[tuple[Any, ...], ...] = ()


@dataclass(slots=True)
class Record:
    """One run, complete. See the module docstring for conventions.

    requests
        ``id workload operation key client arrived_at ended_at outcome where why attempts``;
        *workload* and *operation* are codes into ``workloads`` and ``operations``; *key* is -1 without keys;
        *where* is a code into ``places`` (-1: nowhere), *why* into REASONS; *attempts* counts tries by the client;
        ``ended_at`` of an open request is NaN, its outcome OPEN (or LOST where no answer can come any more).
    attempts
        ``id request parent site replica number sent_at entered_at started_at left_at ended_at outcome where why
        worked_s``; *parent* is the attempt in whose recipe this one was sent (-1: a client, or a delivery whose
        publisher is the message's); *site* is a code into ``sites``; *number* counts from 1 within the call (for a
        delivery: within the message). ``sent_at`` leaves the caller, ``entered_at`` reaches the replica (or the
        queue), ``started_at`` gets a worker, ``left_at`` releases it (or the moment it was withdrawn, rejected or
        killed), ``ended_at`` is when the caller had its answer or gave up. *outcome* is the caller's view.
        ``worked_s`` is time in `work` and `wait` steps; NaN means all of started..left.
        For a delivery the caller is the queue: OK is an acknowledgement, TIMEOUT the end of its visibility.
    segments
        Only for services with `while calling: free`: ``attempt queued_at started_at ended_at``, each time a worker
        was held (and the wait for it). Empty columns otherwise.
    messages
        ``id queue request key published_at ended_at outcome deliveries origin publisher``; *queue* is a code into
        ``queues``; *origin* is the message of another queue that was dead-lettered into this one (-1); *publisher*
        is the attempt of the `send`. A message waits from publication to its end whenever no delivery is in flight.
    deliveries
        ``attempt message``: which attempt row delivered which message.
    effects
        ``request site key at attempt``; *site* is a code into ``effect_sites``.
    marks
        ``at kind place request``: decisions of policies, in order; *kind* is a code into MARKS, *place* into
        ``places``.
    census
        The engine's own state counted once a second, after everything that happens at that instant: *census_at*
        (times) and *census* (rows: times, columns: ``census_of``). *census_of* are pairs (what, node) with what in
        ``busy`` and ``waiting`` (services), ``backlog`` and ``in flight`` (queues), ``in flight`` (workloads).
        The books must agree with it.
    events
        Rare things in order: (time, kind, component, detail), e.g. (60.0, "fault begins", "payments slow", ""),
        (61.2, "breaker open", "orders -> payments", ""), ("breaker half-open"), ("breaker closed"),
        ("dead-lettered", queue, message id), ("message lost", queue, message id),
        ("action begins", "add consumers", "").
    windows
        (fault name, begin, end) in this replication.
    """

    scenario: Any
    variant: str
    toggles: tuple[str, ...]
    seed: int
    replication: int
    workloads: tuple[str, ...]
    operations: tuple[str, ...]
    services: tuple[str, ...]
    queues: tuple[str, ...]
    places: tuple[str, ...]
    sites: tuple[Site, ...]
    effect_sites: tuple[EffectSite, ...]
    expected_effects: tuple[ExpectedEffect, ...]
    requests: Columns
    attempts: Columns
    segments: Columns
    messages: Columns
    deliveries: Columns
    effects: Columns
    marks: Columns
    census_at: NDArray[np.float64]
    census_of: tuple[tuple[str, str], ...]
    census: NDArray[np.int64]
    events: list[tuple[float, str, str, str]]
    windows: list[tuple[str, float, float]]
    warmup_s: float
    duration_s: float
    """Arrivals stop here."""
    ended_at: float
    """The drain ended here: nothing in flight any more, or its bound."""
    offered: dict[str, int]
    """Arrivals the clients made, by workload, counted where they are made."""
    down: list[tuple[str, int, float, float]] = field(default_factory=list)
    """(service, replica, begin, end): when a replica was down, by a crash; overlapping windows are merged."""
    events_played: int = 0
    cut_off: str = ""
    """The budget that ended the run early, in words; empty for a complete run."""
    processors: Columns = field(default_factory=dict)
    """``service replica began_at ended_at running busy``: each time in which as many pieces of work ran at a replica on
    as many cores; *service* is a code into ``services``. Empty where no cores are shared."""
    served_s: dict[str, float] = field(default_factory=dict)
    """The processor time of all work of each replica whose cores are shared (``web#0``), counted piece by piece."""
    acting: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Attempts (ids) that could still do something when the run ended: on their way to a callee, in line there, or in a
    recipe that does not wait for a lost call, whatever their caller knows. Those that only work are left out."""
    actions: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """Begin and end of each window of every action that began, in this replication, by its name; one that is not undone
    ends with the arrivals."""
