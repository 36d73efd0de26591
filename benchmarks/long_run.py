"""A long run, in a process of its own: python benchmarks/long_run.py [REQUESTS] [RATE].

The default is a day at 50 requests a second to one service. After the play, the measures and the identities it prints
the largest resident size so far and the processor time of the step. Both are the operating system's; the resident size
includes the pages of the record's file that the process has touched (Linux and macOS).
"""

import resource
import subprocess
import sys
import time

import sim
from sim.engine.run import play
from sim.results.audit.identities import verify
from sim.results.book import Book
from sim.results.measures.registry import measures_of

DAY, RATE = 4_320_000, 50


def long_run(requests: int, rate: float) -> sim.Scenario:
    """About *requests* at *rate* a second, 70 % of one service with four workers."""
    return sim.loads(f"""
version: 1
title: a long run
duration: {requests / rate}s
max events: 1000000000
workload: {{clients: {{calls: server.serve, rate: {rate}/s}}}}
services: {{server: {{workers: 4, waiting: 64, operations: {{serve: [{{work: exponential {2.8 / rate}s}}]}}}}}}
""")


def show(step: str, since: float) -> float:
    """Print the largest resident size so far and the processor time *since* then; return the time now."""
    used, unit = resource.getrusage(resource.RUSAGE_SELF), 1 if sys.platform == "darwin" else 1024
    now = used.ru_utime + used.ru_stime
    print(f"  {step:10} peak {used.ru_maxrss * unit / 1e6:6.0f} MB   {now - since:6.2f} s CPU", flush=True)
    return now


def measure(requests: int, rate: float) -> None:
    """Play, measure and check one long run, and print the sizes and times."""
    scenario = long_run(requests, rate).resolve()
    clock = show("start", 0.0)
    record = play(scenario)
    clock = show("play", clock)
    book = Book(record)
    rows = measures_of(book)
    clock = show("measures", clock)
    held = verify(book)
    show("identities", clock)
    print(f"  {len(record.requests['id'])} requests, {len(rows)} measures, {sum(held.values())} identities hold")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        measure(int(sys.argv[2]), float(sys.argv[3]))
    else:
        size, each_second = [*sys.argv[1:], *("", "")][:2]
        begun = time.perf_counter()
        of = [sys.executable, __file__, "--here", size or str(DAY), each_second or str(RATE)]
        subprocess.run(of, check=True)
        print(f"  {time.perf_counter() - begun:.0f} s in all")
