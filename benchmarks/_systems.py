"""The systems of the benchmarks, in the scenario format, and the one line that every side of a pair prints.

- W1: M/M/1 with 0.8 arrivals/s and service rate 1; each latency is recorded. Theory: mean 5 s.
- W2: a gateway calls three stations in turn; each has 4 workers and exponential work of 100 ms; 28 arrivals/s (70 %
  busy). The client waits 2 s, then tries again (3 attempts, 100 ms and 200 ms between). Abandoned attempts stay in the
  stations. Theory without retries: mean 0.407 s.
- Storm: W2 with a timeout of 1 s. A chance burst starts retries, they overload the stations, and it never recovers.
- Armed: a gateway calls 19 stations in turn over links on which every defence is on; every station defends itself.
- Timers: 1000 requests/s of 50 ms under a timeout of 30 s that almost never fires, or under none.
- Star and chain: a gateway calls *n* services in turn, or each service calls the next. All work is 1 ms, 8 workers at
  100 arrivals/s, so that nothing waits and the cost is that of the calls.
- Windows: a star of 3 with one service slower for a moment, as often as asked.
- Short: 20 s of two services and a breaker, with three claims: one run of a sweep.
"""

from __future__ import annotations

from collections.abc import Callable

import sim
from sim.record.record import Record

W2_RATE, W1_RATE, STAR_RATE = 28, 0.8, 100


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


STATION = "{workers: 8, waiting: unlimited, operations: {serve: [{work: exponential 1ms}]}}"


def star(n: int, services: int, faults: str = "{}") -> sim.Scenario:
    """About *n* requests through a gateway that calls *services* in turn."""
    calls = ", ".join(f"{{call: s{i}.serve}}" for i in range(services))
    stations = "\n".join(f"  s{i}: {STATION}" for i in range(services))
    return sim.loads(f"""
version: 1
title: Star of {services}
duration: {n / STAR_RATE}s
max events: 1000000000
workload: {{clients: {{calls: gateway.handle, rate: {STAR_RATE}/s}}}}
services:
  gateway: {{workers: unlimited, operations: {{handle: [{calls}]}}}}
{stations}
faults: {faults}
""")


def chain(n: int, services: int) -> sim.Scenario:
    """About *n* requests through *services*, each of which works and calls the next."""
    stations = "\n".join(
        f"  s{i}: {{workers: unlimited, operations: {{serve: [{{work: exponential 1ms}}, {{call: s{i + 1}.serve}}]}}}}"
        for i in range(services - 1)
    )
    return sim.loads(f"""
version: 1
title: Chain of {services}
duration: {n / STAR_RATE}s
max events: 1000000000
workload: {{clients: {{calls: s0.serve, rate: {STAR_RATE}/s}}}}
services:
{stations}
  s{services - 1}: {STATION}
""")


def windows(n: int, faults: int) -> sim.Scenario:
    """About *n* requests through a star of 3 with *faults*, each of which makes one service slower for a moment."""
    every_s = n / STAR_RATE / (faults + 1)
    slow = [f"slow: s{i % 3}, by: 2x, at: {(i + 1) * every_s:.6f}s, for: {every_s / 4:.6f}s" for i in range(faults)]
    named = ", ".join(f"f{i}: {{{one}}}" for i, one in enumerate(slow))
    return star(n, 3, f"{{{named}}}")


def short() -> sim.Scenario:
    """Two services for 20 s, with three claims: one of many runs of a sweep."""
    return sim.loads("""
version: 1
title: Short
duration: 20s
warmup: 2s
workload: {clients: {calls: front.handle, rate: 20/s, deadline: 2s}}
services:
  front: {workers: 16, waiting: 32, operations: {handle: [{work: exponential 2ms}, {call: back.serve}]}}
  back: {workers: 4, waiting: 32, operations: {serve: [{work: exponential 50ms}]}}
links:
  front -> back: {timeout: 500ms, breaker: {failures: 5, open for: 2s}}
faults: {slow back: {slow: back, by: 10x, at: 8s, for: 4s}}
expect:
  served before: {measure: goodput ratio, of: clients, during: before, above: 90%}
  hit by the fault: {measure: goodput ratio, of: clients, during: fault, below: 99%}
  served in all: {measure: answered ratio, of: clients, above: 10%}
""")


SYSTEMS: dict[str, Callable[[int], sim.Scenario]] = {
    "W1": w1, "W2": w2, "Storm": lambda n: w2(n, "1s"), "Armed": armed,
    "Timers": lambda n: timers(n, "30s"), "No timers": lambda n: timers(n, None),
}  # fmt: skip
"""The systems that are compared, each about *n* requests."""


def summary(name: str, record: Record) -> str:
    """Return the line of one run: what was done, to be held against the line of another side."""
    requests = record.requests
    mean = float((requests["ended_at"] - requests["arrived_at"]).mean())
    attempts, failed = int(requests["attempts"].sum()), int((requests["outcome"] > 1).sum())
    rows = len(record.attempts["id"])
    return (
        f"{name} pileup completed={len(requests['id'])} mean_sojourn={mean:.4f} attempts={attempts} failed={failed} "
        f"rows={rows}"
    )
