"""The systems of the benchmarks, in the scenario format, and the one line that every script prints.

W1     M/M/1: 0.8 arrivals/s, service rate 1, each latency recorded. Theory: mean 5 s. W2     a gateway calls three
stations in turn; each has 4 workers and exponential work of 100 ms; 28 arrivals/s (70 % busy); the client waits 2 s,
then tries again (3 attempts, 100 ms and 200 ms between). Abandoned attempts stay in the stations. Theory without
retries: mean 0.407 s. Storm  W2 with a timeout of 1 s: a chance burst starts retries, they overload the stations, and
it never recovers. Armed  a gateway calls 19 stations in turn over links on which every defence is on, and every station
defends itself. Timers 1000 requests/s of 50 ms under a timeout of 30 s that almost never fires, or under none.
"""

from __future__ import annotations

import sys

import sim

W2_RATE, W1_RATE = 28, 0.8


def arguments(default_n: int) -> tuple[int, int]:
    """Return (requests, seed) from the command line."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else default_n
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    return n, seed


def w1(n: int) -> sim.Scenario:
    """About *n* requests through one worker."""
    return sim.loads(f"""
version: 1
title: W1
duration: {n / W1_RATE}s
max events: 1000000000
workload: {{clients: {{calls: station.serve, rate: {W1_RATE}/s}}}}
services: {{station: {{workers: 1, waiting: unlimited, operations: {{serve: [{{work: exponential 1s}}]}}}}}}
""")


def w2(n: int, timeout: str = "2s") -> sim.Scenario:
    """About *n* requests through a gateway and three stations."""
    stations = "\n".join(
        f"  {name}: {{workers: 4, waiting: unlimited, operations: {{serve: [{{work: exponential 100ms}}]}}}}"
        for name in "abc"
    )
    return sim.loads(f"""
version: 1
title: W2
duration: {n / W2_RATE}s
max events: 1000000000
workload: {{clients: {{calls: gateway.handle, rate: {W2_RATE}/s}}}}
services:
  gateway: {{workers: unlimited, operations: {{handle: [{{call: a.serve}}, {{call: b.serve}}, {{call: c.serve}}]}}}}
{stations}
links:
  clients -> gateway: {{timeout: {timeout}, retry: {{max attempts: 3, backoff: exponential 100ms factor 2}}}}
""")


EVERY_DEFENCE = """{latency: exponential 1ms, timeout: 2s, propagate deadline: true, on abandon: cancel,
    retry: {max attempts: 3, backoff: exponential 100ms factor 2, jitter: full, budget: {per try: 0.1}},
    breaker: {failure rate: 50%, window: 10s, minimum calls: 20, probes: 3}, throttle: {factor: 2x},
    limit: {rate: 1000/s, burst: 1000}, bulkhead: {max concurrent calls: 1000, max waiting: 10},
    hedge: {percentile: 99%}, fallback: default, cache: {expire after: 1s, coalesce: true}}"""


def armed(n: int, defended: bool = True) -> sim.Scenario:
    """About *n* requests through a gateway and 19 stations, with every defence on or none."""
    names = [f"s{i}" for i in range(1, 20)]
    own = (
        "limit: {rate: 1000/s, burst: 1000}, shed: {codel: target 1s interval 5s}, concurrency: {kind: aimd}, "
        "refuse late: {}, "
    )
    own = own if defended else ""
    stations = "\n".join(
        f"  {name}: {{workers: 4, waiting: 64, {own}operations: {{serve: [{{work: exponential 100ms}}]}}}}"
        for name in names
    )
    calls = ", ".join(f"{{call: {name}.serve}}" for name in names)
    links = "\n".join(f"  gateway -> {name}: {EVERY_DEFENCE}" for name in names) if defended else "  {}"
    return sim.loads(f"""
version: 1
title: Armed
duration: {n / W2_RATE}s
max events: 1000000000
workload: {{clients: {{calls: gateway.handle, rate: {W2_RATE}/s, keys: uniform 100000, deadline: 20s}}}}
services:
  gateway: {{workers: unlimited, operations: {{handle: [{calls}]}}}}
{stations}
links:
{links}
""")


def timers(n: int, timeout: str | None) -> sim.Scenario:
    """About *n* requests of 50 ms at 1000/s, under *timeout* or none."""
    link = f"links: {{clients -> server: {{timeout: {timeout}}}}}" if timeout else ""
    return sim.loads(f"""
version: 1
title: timers
duration: {n / 1000}s
max events: 1000000000
workload: {{clients: {{calls: server.serve, rate: 1000/s}}}}
services: {{server: {{workers: unlimited, operations: {{serve: [{{work: exponential 50ms}}]}}}}}}
{link}
""")


def report(name: str, scenario: sim.Scenario, seed: int) -> None:
    """Play *scenario* once with the standard recording and print the line."""
    from sim.engine.run import play

    record = play(scenario.resolve(), seed)
    requests = record.requests
    n = len(requests["id"])
    mean = float((requests["ended_at"] - requests["arrived_at"]).mean())
    attempts, failed = int(requests["attempts"].sum()), int((requests["outcome"] > 1).sum())
    rows = len(record.attempts["id"])
    print(f"{name} pileup completed={n} mean_sojourn={mean:.4f} attempts={attempts} failed={failed} rows={rows}")
