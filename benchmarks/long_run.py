"""Memory and time of long runs: a day of 50 requests a second to one service. Writes docs/performance.md.

python benchmarks/long_run.py [--rounds 1] [--scale 1] [--quick]

Each run is a process of its own (`python benchmarks/long_run.py play REQUESTS MEMORY`). Sizes are the largest resident
size until the end of a step, with the pages of files that the process has mapped and read.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time

from _page import footing, head, parsed, parser, publish, row
from _processes import PAGE_UNIT, note, one_processor, spend

RATE, DAY = 50, 50 * 86_400
RUNS = ((1_000_000, "4GB"), (1_000_000, "1GB"), (DAY, "4GB"))
"""Requests and `max memory`: the first stays in memory, the others do not."""
STEPS = ("play", "measures", "verify")


def play_one(requests: int, memory: str) -> dict[str, float]:
    """Play, measure and verify; return the number of measures, and CPU seconds and the peak in MiB after each step."""
    import sim
    from sim.engine.run import play
    from sim.results.audit.identities import verify
    from sim.results.book import Book
    from sim.results.measures.registry import measures_of

    found: dict[str, float] = {}

    def ended(step: str) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PAGE_UNIT / 2**20
        found[f"{step} MiB"], found[f"{step} until"] = peak, time.process_time()

    scenario = sim.loads(f"""
version: 1
title: a long run
duration: {requests / RATE}s
max events: 1000000000
max memory: {memory}
workload: {{clients: {{calls: server.serve, rate: {RATE}/s}}}}
services: {{server: {{workers: 4, waiting: 64, operations: {{serve: [{{work: exponential {2.8 / RATE}s}}]}}}}}}
""").resolve()
    ended("start")
    record = play(scenario)
    ended("play")
    book = Book(record)
    found["measures"] = len(measures_of(book))
    ended("measures")
    verify(book)
    ended("verify")
    for before, step in zip(("start", *STEPS), STEPS):
        found[f"{step} s"] = found[f"{step} until"] - found[f"{before} until"]
    return {**found, "requests": len(record.requests["id"])}


def line(requests: int, memory: str, rounds: int) -> str:
    """Return the line of one size."""
    note(f"{requests:,} requests, max memory {memory}")
    runs = [json.loads(spend(("long_run.py", "play", f"{requests}", memory)).text) for _ in range(rounds)]
    middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    return row(
        f"{middle['requests']:,.0f}", memory, *(f"{middle[f'{step} s']:.1f}" for step in STEPS),
        *(f"{middle[f'{step} MiB']:.0f}" for step in STEPS),
    )  # fmt: skip


def main() -> None:
    """Measure and write."""
    made = parser(__doc__)
    made.set_defaults(rounds=1)
    options = parsed(made)
    with one_processor():
        lines = [line(max(int(n * options.scale), 20), memory, options.rounds) for n, memory in RUNS]
    table = head("requests", "`max memory`", "play, CPU s", "measures, CPU s", "verify, CPU s", "MiB after play",
                 "after measures", "after verify")  # fmt: skip
    publish("long", [*table, *lines, "", footing(options.rounds, options.scale)], options.dry)


if __name__ == "__main__":
    if sys.argv[1:2] == ["play"]:
        print(json.dumps(play_one(int(sys.argv[2]), sys.argv[3])))
    else:
        main()
