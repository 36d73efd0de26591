"""Memory per request in flight: python benchmarks/memory.py N; everyone is being served when the run is cut.

The resident size before and after is the operating system's; the records of what has ended are not in it, because
nothing ends.
"""

import resource
import sys

import sim
from sim.engine.run import play


def resident_kib() -> int:
    """Return the largest resident size so far, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def held(n: int) -> sim.Scenario:
    """*n* requests that arrive within a second and stay in a station behind a gateway."""
    return sim.loads(f"""
version: 1
title: memory
duration: 1s
drain: 0s
workload: {{clients: {{calls: gateway.handle, rate: {n}/s}}}}
services:
  gateway: {{workers: unlimited, operations: {{handle: [{{call: station.serve}}]}}}}
  station: {{workers: unlimited, operations: {{serve: [{{work: 1000s}}]}}}}
links:
  clients -> gateway: {{timeout: 500s, retry: {{max attempts: 3}}}}
""")


n = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
play(held(1000).resolve())
before = resident_kib()
census = play(held(n).resolve())
in_flight = len(census.requests["id"])
print(f"Memory pileup in_flight={in_flight} bytes_each={(resident_kib() - before) * 1024 / in_flight:.0f}")
