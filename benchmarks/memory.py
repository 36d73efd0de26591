"""Memory per request in flight: python benchmarks/memory.py N; all requests are in service at the measurement.

The resident size is the operating system's, read while the run is on (at its last census before arrivals stop), so
that the rows written at the end are not in it.
"""

import sys
from pathlib import Path

import sim
from sim.engine.run import play

PAGE = 4096


def resident() -> int:
    """Return the resident size now, in bytes (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def held(n: int) -> sim.Scenario:
    """*n* requests that arrive within a second and stay in a station behind a gateway."""
    return sim.loads(f"""
version: 1
title: memory
duration: 1s
drain: 2s
workload: {{clients: {{calls: gateway.handle, rate: {n}/s}}}}
services:
  gateway: {{workers: unlimited, operations: {{handle: [{{call: station.serve}}]}}}}
  station: {{workers: unlimited, operations: {{serve: [{{work: 1000s}}]}}}}
links:
  clients -> gateway: {{timeout: 500s, retry: {{max attempts: 3}}}}
""")


n = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
play(held(1000).resolve())
sizes: list[int] = []
record = play(held(n).resolve(), progress=lambda share: sizes.append(resident()))
in_flight = len(record.requests["id"])
print(f"Memory pileup in_flight={in_flight} bytes_each={(sizes[-1] - sizes[0]) / in_flight:.0f}")
