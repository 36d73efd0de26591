"""Run the pairs and write the table of ratios into docs/performance.md.

python benchmarks/compare.py [--pairs 5] [--requests 200000] [--only NAME]

Each row is a pair of whole processes on this interpreter, in turn A B A B …, after one warm-up of each; the figure is
the median of the ratios of their CPU times (user and system, the operating system's own accounting).
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "performance.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


@dataclass(frozen=True)
class Pair:
    """Two commands; *faster* says whether the ratio is theirs over ours (how many times faster we are)."""

    name: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    faster: bool
    goal: str
    floor: str


def pairs(n: int) -> list[Pair]:
    """Return the pairs, sized by *n* requests."""
    storm = max(n // 4, 1)
    return [
        Pair("idiomatic SimPy, W2", ("w2.py", f"{n}"), ("reference/w2_simpy.py", f"{n}"), True, "5x", "3x"),
        Pair(
            "idiomatic SimPy, Storm", ("storm.py", f"{storm}"), ("reference/w2_simpy.py", f"{storm}", "1", "1"), True,
            "5x", "3x",
        ),
        Pair("idiomatic SimPy, W1", ("w1.py", f"{3 * n}"), ("reference/w1_simpy.py", f"{3 * n}"), True, "4x", "3x"),
        Pair("bare heapq loop, W2", ("w2.py", f"{n}"), ("reference/w2_loop.py", f"{n}"), False, "2x", "3x"),
        Pair("30 s timers against none", ("timers.py", f"{n}", "1"), ("timers.py", f"{n}", "1", "none"), False, "1.2x",
             "1.3x"),
    ]  # fmt: skip


def cpu_seconds(command: tuple[str, ...]) -> tuple[float, str]:
    """Run one script as a whole process; return its CPU seconds and the line it printed."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # both sides start from compiled modules, as they do by default
    process = subprocess.Popen(
        [sys.executable, str(HERE / command[0]), *command[1:]], stdout=subprocess.PIPE, text=True, env=environment
    )
    line = process.stdout.read().strip() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed")
    return usage.ru_utime + usage.ru_stime, line


def measure(pair: Pair, times: int) -> tuple[list[float], str, str]:
    """Return the ratio of each pair, and the lines that both sides printed."""
    cpu_seconds(pair.ours), cpu_seconds(pair.theirs)
    ratios = []
    for _ in range(times):
        ours, our_line = cpu_seconds(pair.ours)
        theirs, their_line = cpu_seconds(pair.theirs)
        ratios.append(theirs / ours if pair.faster else ours / theirs)
        print(f"{pair.name}: {ratios[-1]:.2f}  ({ours:.2f} s against {theirs:.2f} s)", file=sys.stderr)
    return ratios, our_line, their_line


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--dry", action="store_true", help="print the table, write nothing")
    options = parser.parse_args()
    lines = ["| against | goal | floor | measured (median) | range | printed by ours, and by the other |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    for pair in pairs(options.requests):
        if options.only and options.only.lower() not in pair.name.lower():
            continue
        ratios, ours, theirs = measure(pair, options.pairs)
        word = "faster" if pair.faster else "its CPU"
        lines.append(
            f"| {pair.name} | {pair.goal} | {pair.floor} | **{statistics.median(ratios):.2f}x** {word} "
            f"| {min(ratios):.2f} to {max(ratios):.2f} | `{ours}`; `{theirs}` |"
        )
    memory = cpu_seconds(("memory.py", "100000"))[1]
    lines.append(f"| memory per request in flight | 1 KiB | 1.5 KiB | {memory.rpartition('=')[2]} B | | `{memory}` |")
    versions = ", ".join(f"{name} {version(name)}" for name in ("simpy", "numpy"))
    lines.append(f"\nMeasured {date.today()}: CPython {platform.python_version()}, {versions}, "
                 f"{options.pairs} pairs, {options.requests} requests, {os.cpu_count()} processors.")  # fmt: skip
    table = "\n".join(lines)
    print(table)
    if not options.dry:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


main()
