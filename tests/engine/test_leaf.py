"""The fast way through the engine (a call of one `work` at one replica) is the general way, only faster."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sim
from sim.engine import run as engine
from sim.engine.assembly.system import build
from sim.engine.calls.leaf import LeafCall
from sim.record.record import Record
from sim.results.audit.identities import verify
from sim.results.measures.registry import measures
from tests.engine.test_determinism import TABLES

LEAF = "services: {a: {workers: %s, waiting: %s, operations: {x: [{work: exponential 100ms}]}}}"

SYSTEMS = {
    "one worker": "workload: {c: {calls: a.x, rate: 8/s}}\n" + LEAF % (1, "unlimited"),
    "full line": "workload: {c: {calls: a.x, rate: 12/s}}\n" + LEAF % (1, 3),
    "no line": "workload: {c: {calls: a.x, rate: 30/s}}\n" + LEAF % (4, 0),
    "batches of no time": "workload: {c: {calls: a.x, rate: 1/s, arrivals: regular batches of 50}}\n"
    + LEAF.replace("exponential 100ms", "0s") % (1, 3),
    "closed loop": "workload: {c: {calls: a.x, users: 20, think: exponential 1s}}\n" + LEAF % (2, "unlimited"),
    "slow fault": "workload: {c: {calls: a.x, rate: 8/s}}\nfaults: {f: {slow: a, by: 3x, at: 10s, for: 5s}}\n"
    + LEAF % (1, 64),
    "chain": """
workload: {c: {calls: front.x, rate: 20/s, deadline: 1s}}
services:
  front:
    workers: unlimited
    operations: {x: [{call: a.x}, {parallel: [{call: b.x}, {call: a.x}], join: 1}, {call: a.x}]}
  a: {workers: 4, operations: {x: [{work: exponential 50ms}]}}
  b: {workers: 2, waiting: 2, operations: {x: [{work: exponential 80ms}]}}
links: {c -> front: {timeout: 300ms, retry: {max attempts: 2}}}""",
    "crashing caller": """
workload: {c: {calls: front.x, rate: 20/s, deadline: 1s}}
services:
  front: {workers: 8, operations: {x: [{call: a.x, on error: degraded}, {call: a.x}]}}
  a: {workers: 1, waiting: 5, operations: {x: [{work: exponential 60ms}]}}
faults:
  f: {crash: front, mode: refuse, at: 10s, for: 2s}
  g: {pause: front, at: 15s, for: 2s}""",
    "beside a queue": """
workload: {c: {calls: front.x, rate: 10/s}}
services:
  front: {workers: unlimited, operations: {x: [{call: a.x}, {send: q}]}}
  a: {workers: 2, operations: {x: [{work: exponential 50ms}], h: [{work: 50ms}, {effect: e}]}, consumes: {q: h}}
queues: {q: {}}""",
    "cut off by the drain": "drain: 0s\nworkload: {c: {calls: a.x, rate: 30/s}}\n" + LEAF % (1, "unlimited"),
}


def both(body: str) -> tuple[Record, Record]:
    scenario = sim.loads(f"version: 1\ntitle: Leaf\nduration: 20s\n{body}\n").resolve()
    return engine.play(scenario), engine.play(scenario, fast_leaves=False)


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_column_is_the_same_both_ways(name: str) -> None:
    fast, general = both(SYSTEMS[name])
    verify(fast)
    verify(general)
    for table in TABLES:
        for column, values in getattr(fast, table).items():
            others = getattr(general, table)[column]
            if (table, column) == ("attempts", "worked_s"):  # "all of the visit" is not spelled out by leaf calls
                visit_s = fast.attempts["left_at"] - fast.attempts["started_at"]
                told = np.where(np.isnan(values), visit_s, values)
                np.testing.assert_allclose(told[visit_s >= 0], others[visit_s >= 0], rtol=0, atol=1e-12)
            else:
                assert values.tobytes() == others.tobytes(), f"{table}.{column}"
    assert fast.census.tobytes() == general.census.tobytes() and fast.events == general.events


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_measure_is_the_same_both_ways(name: str) -> None:
    fast, general = (measures(record) for record in both(SYSTEMS[name]))
    for one, other in zip(fast, general, strict=True):
        assert (one.measure, one.of, one.during, one.n) == (other.measure, other.of, other.during, other.n)
        assert one.value == (other.value if other.value is None else pytest.approx(other.value, rel=1e-9, abs=1e-9))


def leaf_calls(body: str) -> list[Any]:
    system = build(sim.loads(f"version: 1\ntitle: Leaf\nduration: 20s\n{body}\n").resolve(), 1, 0)
    starts = [start for client in system.clients.values() for start in client.starts]
    return [start.__self__ for start in starts if isinstance(start.__self__, LeafCall)]


@pytest.mark.parametrize("body", [
    SYSTEMS["one worker"].replace("workers: 1", "workers: 1, replicas: 2"),
    SYSTEMS["one worker"].replace("workers: 1", "workers: 1, max wait: 1s"),
    SYSTEMS["one worker"].replace("workers: 1", "workers: 1, while calling: free"),
    SYSTEMS["one worker"].replace("[{work: exponential 100ms}]", "[{work: exponential 100ms}, {effect: e}]"),
    SYSTEMS["one worker"] + "\nlinks: {c -> a: {latency: 1ms}}",
    SYSTEMS["one worker"] + "\nlinks: {c -> a: {timeout: 1s}}",
    SYSTEMS["one worker"] + "\nfaults: {f: {crash: a, mode: silent, at: 1s, for: 1s}}",
    SYSTEMS["one worker"] + "\nfaults: {f: {lose: c -> a, share: 5%, at: 1s, for: 1s}}",
])  # fmt: skip
def test_calls_that_need_more_go_the_general_way(body: str) -> None:
    assert leaf_calls(SYSTEMS["one worker"]) and not leaf_calls(body)
