"""Records made by hand, small enough to calculate every measure with paper and pencil.

All times are binary fractions, so that sums are exact. ``shop`` is a chain of two services with a slow fault,
``post`` a queue with a consumer that fails; their stories are explained next to their rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.record.record import (
    DEAD_LETTERED,
    DEGRADED,
    DONE,
    ERROR,
    IN_FLIGHT,
    OK,
    OPEN,
    REASONS,
    REJECTED,
    TIMEOUT,
    WAITING,
    EffectSite,
    ExpectedEffect,
    Record,
    Site,
)
from sim.record.recorder import ATTEMPTS, DELIVERIES, EFFECTS, MARKS, MESSAGES, REQUESTS, SEGMENTS
from sim.scenario.models import Scenario

NAN = float("nan")
FLOATS = {
    "arrived_at", "ended_at", "sent_at", "entered_at", "started_at", "left_at", "worked_s", "queued_at", "at",
    "published_at",
}  # fmt: skip


def columns(names: list[str], rows: list[dict[str, Any]], defaults: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return *rows* as typed columns; `where` and `why` stand for the recorder's cause."""
    wanted = [name for name in names if name != "cause"] + (["where", "why"] if "cause" in names else [])
    assert all(set(row) <= set(wanted) for row in rows), "a row with an unknown column"
    return {
        name: np.array([row.get(name, defaults.get(name)) for row in rows], np.float64 if name in FLOATS else np.int64)
        for name in wanted
    }


def record(scenario: dict[str, Any], **parts: Any) -> Record:
    """Return a record of *scenario* with rows given as dicts; what is not said takes a plain default."""
    model = Scenario.model_validate({"version": 1, "title": "By hand", **scenario})
    workloads, services, queues = tuple(model.workload), tuple(model.services), tuple(model.queues)
    requests = parts.get("requests", [])
    given = {
        "operations": tuple(f"{name}.{op}" for name, service in model.services.items() for op in service.operations),
        "places": (*workloads, *services, *queues),
        "sites": (), "effect_sites": (), "expected_effects": (), "events": [], "windows": [], "down": [],
        "census_of": (), "ended_at": model.duration, "seed": 1, "replication": 0,
    }  # fmt: skip
    given |= {name: value for name, value in parts.items() if name in given}
    none = {"where": -1, "why": 0, "replica": 0, "number": 1, "parent": -1, "key": -1, "client": 0, "attempts": 1}
    return Record(
        scenario=model, variant="", toggles=(), workloads=workloads, services=services, queues=queues,
        requests=columns(REQUESTS, requests, {**none, "workload": 0, "operation": 0, "outcome": OK}),
        attempts=columns(ATTEMPTS, parts.get("attempts", []), {**none, "outcome": OK, "worked_s": NAN}),
        segments=columns(SEGMENTS, parts.get("segments", []), {}),
        messages=columns(MESSAGES, parts.get("messages", []), {**none, "queue": 0, "origin": -1, "publisher": -1}),
        deliveries=columns(DELIVERIES, parts.get("deliveries", []), {}),
        effects=columns(EFFECTS, parts.get("effects", []), {"site": 0, "key": -1}),
        marks=columns(MARKS, parts.get("marks", []), {"place": 0}),
        census_at=np.array(parts.get("census_at", []), np.float64),
        census=np.array(parts.get("census", np.empty((0, 0))), np.int64),
        warmup_s=model.warmup, duration_s=model.duration,
        offered={name: sum(row.get("workload", 0) == i for row in requests) for i, name in enumerate(workloads)},
        **given,
    )  # fmt: skip


def visit(id: int, request: int, site: int, at: float, started: float, left: float, **more: Any) -> dict[str, Any]:
    """Return an attempt without network: sent and entered *at*, answered when it leaves."""
    times = {"sent_at": at, "entered_at": at, "started_at": started, "left_at": left, "ended_at": left}
    return {"id": id, "request": request, "site": site, **times, **more}


SHOP = {
    "duration": "32s",
    "workload": {"shoppers": {"calls": "front.buy", "rate": "1/s", "deadline": "4s", "done within": "8s"}},
    "services": {
        "front": {"workers": 2, "waiting": 1, "operations": {"buy": [{"work": "500ms"}, {"call": "back.charge"}]}},
        "back": {"workers": 1, "waiting": 2, "operations": {"charge": [{"work": "250ms"}, {"effect": "charged"}]}},
    },
    "links": {"front -> back": {"timeout": "5s"}},
    "faults": {"back slow": {"slow": "back", "by": "8x", "at": "8s", "for": "8s"}},
}


def shop(**changes: Any) -> Record:
    """Eight shoppers, each with another outcome.

    Two are well served, two time out and are charged, one is late, one is rejected, one is charged twice, and one is
    answered degraded and never charged.
    """
    late = {"outcome": TIMEOUT, "where": 0, "why": REASONS.index("deadline")}
    full = {"outcome": REJECTED, "where": 1, "why": REASONS.index("line full")}
    return record(
        SHOP,
        sites=(Site("call", "shoppers", "front", "buy"), Site("call", "front", "back", "charge", "buy")),
        effect_sites=(EffectSite("charged", "back", "charge", 1),),
        expected_effects=(ExpectedEffect("front.buy", 0, 1),),
        windows=[("back slow", 8.0, 16.0)],
        events=[(8.0, "fault begins", "back slow", ""), (16.0, "fault ends", "back slow", "")],
        requests=[
            {"id": 0, "arrived_at": 0.0, "ended_at": 1.0},
            {"id": 1, "arrived_at": 2.0, "ended_at": 2.5},
            {"id": 2, "arrived_at": 8.0, "ended_at": 12.0, **late},
            {"id": 3, "arrived_at": 9.0, "ended_at": 13.0, **late},
            {"id": 4, "arrived_at": 10.0, "ended_at": 13.75},
            {"id": 5, "arrived_at": 11.0, "ended_at": 11.0, **full},
            {"id": 6, "arrived_at": 20.0, "ended_at": 21.25},
            {"id": 7, "arrived_at": 24.0, "ended_at": 24.5, "outcome": DEGRADED},
        ],
        attempts=[
            visit(0, 0, 0, 0.0, 0.0, 1.0, worked_s=0.5),
            visit(1, 0, 1, 0.5, 0.5, 1.0, parent=0),
            visit(2, 1, 0, 2.0, 2.0, 2.5, worked_s=0.25),
            visit(3, 1, 1, 2.25, 2.25, 2.5, parent=2),
            visit(4, 2, 0, 8.0, 8.0, 13.0, worked_s=0.5, **late) | {"ended_at": 12.0},
            visit(5, 2, 1, 8.5, 8.5, 13.0, parent=4),
            visit(6, 3, 0, 9.0, 9.0, 13.5, worked_s=0.5, **late) | {"ended_at": 13.0},
            visit(7, 3, 1, 9.5, 13.0, 13.5, parent=6),
            visit(8, 4, 0, 10.0, 13.0, 13.75, worked_s=0.5),
            visit(9, 4, 1, 13.5, 13.5, 13.75, parent=8),
            visit(10, 5, 0, 11.0, NAN, 11.0, worked_s=0.0, **full),
            visit(11, 6, 0, 20.0, 20.0, 21.25, worked_s=0.5),
            visit(12, 6, 1, 20.5, 20.5, 21.0, parent=11, outcome=TIMEOUT, where=1, why=1) | {"ended_at": 20.75},
            visit(13, 6, 1, 20.75, 21.0, 21.25, parent=11, number=2),
            visit(14, 7, 0, 24.0, 24.0, 24.5),
        ],
        effects=[
            {"request": 0, "at": 1.0, "attempt": 1}, {"request": 1, "at": 2.5, "attempt": 3},
            {"request": 2, "at": 13.0, "attempt": 5}, {"request": 3, "at": 13.5, "attempt": 7},
            {"request": 4, "at": 13.75, "attempt": 9}, {"request": 6, "at": 21.0, "attempt": 12},
            {"request": 6, "at": 21.25, "attempt": 13},
        ],
        census_at=[0.0, 1.0, 9.0, 10.0, 13.0, 21.0],
        census_of=(("busy", "front"), ("waiting", "front"), ("busy", "back"), ("waiting", "back"),
                   ("in flight", "shoppers")),
        census=[[1, 0, 0, 0, 1], [0, 0, 0, 0, 0], [2, 0, 1, 0, 2], [2, 1, 1, 1, 3], [2, 0, 1, 0, 1], [1, 0, 1, 0, 1]],
        **changes,
    )  # fmt: skip


POST = {
    "duration": "16s",
    "workload": {"users": {"calls": "api.order", "rate": "1/s"}},
    "services": {
        "api": {"workers": 4, "operations": {"order": [{"send": "jobs"}]}},
        "worker": {"workers": 1, "consumes": {"jobs": "handle"}, "operations": {"handle": [{"effect": "charged"}]}},
    },
    "queues": {"jobs": {"dead letters": "dead"}, "dead": {}},
    "faults": {"worker slow": {"slow": "worker", "by": "8x", "at": "4s", "for": "4s"}},
}


def post(**changes: Any) -> Record:
    """Five orders, each with another fate.

    One is handled at once, one fails after it has charged and is handled again, one is given up by the queue while it
    is handled (and dead-lettered), one waits behind it, and one is still in flight at the end.
    """
    arrivals = [0.0, 2.0, 4.0, 5.0, 12.0]
    sends = [visit(10 + i, i, 1, at, NAN, NAN, parent=i) | {"ended_at": at} for i, at in enumerate(arrivals)]
    calls = [visit(i, i, 0, at, at, at) for i, at in enumerate(arrivals)]
    return record(
        POST,
        ended_at=20.0,
        sites=(
            Site("call", "users", "api", "order"),
            Site("send", "api", "jobs", "", "order"),
            Site("delivery", "jobs", "worker", "handle"),
        ),
        effect_sites=(EffectSite("charged", "worker", "handle", 0),),
        expected_effects=(ExpectedEffect("api.order", 0, 1),),
        windows=[("worker slow", 4.0, 8.0)],
        requests=[{"id": i, "arrived_at": at, "ended_at": at} for i, at in enumerate(arrivals)],
        attempts=[
            *calls,
            *sends,
            visit(20, 0, 2, 0.0, 0.0, 1.0),
            visit(21, 1, 2, 2.0, 2.0, 3.0, outcome=ERROR, where=2, why=REASONS.index("fail step")),
            visit(22, 1, 2, 5.0, 5.0, 6.0, number=2),
            visit(23, 2, 2, 6.0, 6.0, 7.5, outcome=TIMEOUT, where=3, why=1) | {"ended_at": 7.0},
            visit(24, 3, 2, 9.0, 9.0, 9.5),
            visit(25, 4, 2, 12.0, 12.0, NAN, outcome=OPEN),
        ],
        messages=[
            {"id": 0, "request": 0, "published_at": 0.0, "ended_at": 1.0, "outcome": DONE, "deliveries": 1,
             "publisher": 10},
            {"id": 1, "request": 1, "published_at": 2.0, "ended_at": 6.0, "outcome": DONE, "deliveries": 2,
             "publisher": 11},
            {"id": 2, "request": 2, "published_at": 4.0, "ended_at": 7.0, "outcome": DEAD_LETTERED, "deliveries": 1,
             "publisher": 12},
            {"id": 3, "request": 3, "published_at": 5.0, "ended_at": 9.5, "outcome": DONE, "deliveries": 1,
             "publisher": 13},
            {"id": 4, "queue": 1, "request": 2, "published_at": 7.0, "ended_at": NAN, "outcome": WAITING,
             "deliveries": 0, "publisher": 12, "origin": 2},
            {"id": 5, "request": 4, "published_at": 12.0, "ended_at": NAN, "outcome": IN_FLIGHT, "deliveries": 1,
             "publisher": 14},
        ],
        deliveries=[{"attempt": a, "message": m} for a, m in ((20, 0), (21, 1), (22, 1), (23, 2), (24, 3), (25, 5))],
        effects=[
            {"request": 0, "at": 1.0, "attempt": 20}, {"request": 1, "at": 2.5, "attempt": 21},
            {"request": 1, "at": 6.0, "attempt": 22}, {"request": 2, "at": 7.25, "attempt": 23},
            {"request": 3, "at": 9.5, "attempt": 24},
        ],
        census_at=[2.0, 4.0, 5.0, 9.0, 13.0],
        census_of=(("backlog", "jobs"), ("in flight", "jobs"), ("backlog", "dead"), ("busy", "worker")),
        census=[[0, 1, 0, 1], [2, 0, 0, 0], [2, 1, 0, 1], [0, 1, 1, 1], [0, 1, 1, 1]],
        **changes,
    )  # fmt: skip
