"""A run is a pure function of scenario, seed and replication: the same bytes wherever it is played."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from typing import Any

import sim
from sim.engine import run as engine
from sim.record.record import Record
from tests.engine._play import requests

TABLES = ("requests", "attempts", "segments", "messages", "deliveries", "effects")

SYSTEM = """
version: 1
title: A bit of everything
duration: 20s
workload:
  open: {mix: {a.x: 2, b.y: 1}, rate: 30/s, deadline: 1s, keys: zipf 50}
  closed: {users: 5, think: exponential 500ms, calls: a.x, keys: uniform 9}
services:
  a:
    replicas: 3
    workers: 2
    balance: best of 2
    while calling: free
    operations: {x: [{work: lognormal 20ms cv 2}, {call: b.y, on error: degraded}, {send: q, on error: ignore}]}
  b: {workers: 3, waiting: 4, operations: {y: [{work: exponential 40ms}, {branch: share 20%, then: [{fail: 50%}]}]}}
  d: {replicas: 2, operations: {h: [{work: gamma 30ms cv 0.5}, {effect: charged}, {fail: 10%}]}, consumes: {q: h}}
queues: {q: {max deliveries: 3, dead letters: dlq}, dlq: {}}
links:
  a -> b:
    latency: exponential 5ms
    loss: 1%
    timeout: 250ms
    retry: {max attempts: 3, backoff: exponential 50ms, jitter: full}
    breaker: {failures: 5, open for: 1s}
faults:
  crash: {crash: b, mode: refuse, at: uniform 5s to 8s, for: 2s}
  slow: {slow: d, by: 5x, at: 10s, for: 3s}
variants:
  plain: {}
  wide: {services: {b: {workers: 30}}}
"""


def digest(record: Record) -> str:
    """Return one digest of every column of a record."""
    found = sha256()
    for table in TABLES:
        for name, column in getattr(record, table).items():
            found.update(name.encode() + column.tobytes())
    found.update(record.census.tobytes() + repr((record.events, record.windows, record.offered)).encode())
    return found.hexdigest()


def played(seed: int = 1, replication: int = 0, variant: str | None = None) -> Record:
    return engine.play(sim.loads(SYSTEM).resolve(variant), seed, replication)


def test_playing_twice_gives_the_same_bytes() -> None:
    first = played()
    assert len(first.requests["id"]) > 500 and len(first.effects["at"]) > 200
    assert digest(first) == digest(played())


def test_another_process_under_another_hash_seed_gives_the_same_bytes() -> None:
    code = "from tests.engine.test_determinism import digest, played; print(digest(played(3, 2)))"
    expected = digest(played(3, 2))
    for hash_seed in ("0", "77"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.getcwd()}
        told = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert told.stdout.strip() == expected


def test_seed_and_replication_both_matter_and_replications_are_numbered_not_drawn() -> None:
    digests = {digest(played(seed, replication)) for seed in (0, 1, 2) for replication in (0, 1)}
    assert len(digests) == 6


def values(run: Any) -> Any:
    return dict(run.values)


def test_the_number_of_worker_processes_changes_nothing() -> None:
    scenario = sim.loads(SYSTEM)
    alone = sim.run(scenario, replications=4, seed=5, workers=1)
    batched = sim.run(scenario, replications=4, seed=5, workers=2)
    assert values(alone) == values(batched)
    assert digest(alone.record) == digest(batched.record)


def test_what_other_replications_do_changes_nothing() -> None:
    few, many = (sim.run(sim.loads(SYSTEM), replications=n, seed=5, workers=1) for n in (2, 3))
    assert {key: told[:2] for key, told in many.values.items()} == values(few)


def test_variants_meet_the_same_arrivals_keys_operations_and_faults() -> None:
    wanted = "id arrived_at operation key"
    plain, wide = (played(variant=name) for name in ("plain", "wide"))
    opened = [{row for row in requests(record, wanted + " workload") if row[-1] == 0} for record in (plain, wide)]
    # numbers run over all workloads, and the closed loop answers to the design; the rest is the same
    assert {row[1:] for row in opened[0]} == {row[1:] for row in opened[1]}
    assert plain.windows == wide.windows
    assert digest(plain) != digest(wide)


def test_an_unused_toggle_leaves_no_trace() -> None:
    text = SYSTEM + "toggles: {off: {patch: {services: {b: {workers: 1}}}}}\n"
    assert digest(engine.play(sim.loads(text).resolve())) == digest(played())
