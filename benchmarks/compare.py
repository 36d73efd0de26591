"""Compare equal work with others, and write the table into docs/performance.md.

python benchmarks/compare.py [--rounds 5] [--scale 1] [--quick] [--only NAME]

A round runs each side of a contest once, as a whole process on one processor: the pure core, the compiled one, then
the others. A ratio is of CPU times (user and system) within a round; the table has the median over the rounds and the
range. `_equal_work.py` finds seeds with which all sides make the same number of attempts within 1 %; where it finds
none, the ratio is of CPU per attempt, and the table says so. *µs an attempt* is the median CPU without the start, which
is the CPU of the same process with 10 requests; the attempts are those of clients.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from _equal_work import equal_seeds
from _page import footing, head, parsed, parser, publish, row, spread
from _processes import CORES, HERE, cores, folder, note, one_processor
from _sides import Side, attempts, in_turn, mean, ratios

LIMIT_IN_C = "bare loop in C"


class Goals(NamedTuple):
    """What is asked of each core; *faster*: the ratio is the CPU of the other over ours."""

    pure: str
    compiled: str
    faster: bool = True


@dataclass(frozen=True)
class Contest:
    """One system, the number of requests, and the other sides with the goals against them."""

    system: str
    requests: int
    others: Mapping[str, tuple[Side, Goals]]

    def ours(self, core: str) -> Side:
        """Return our side with one of the cores."""
        return Side(("play.py", self.system), core=core)


def contests(scale: float, limit: Path | None) -> list[Contest]:
    """Return what is compared with others, in the order of the table."""
    simpy_w2 = ("reference/w2_simpy.py",)
    w2 = {
        "idiomatic SimPy": (Side(simpy_w2), Goals("3x", "5.5x")),
        "bare heapq loop": (Side(("reference/w2_loop.py",)), Goals("3.2x its CPU", "1.8x its CPU", False)),
    }
    if limit is not None:
        w2[LIMIT_IN_C] = (Side((str(limit),)), Goals("", "", False))
    found = [
        ("W2", 200_000, w2),
        ("Storm", 50_000, {"idiomatic SimPy": (Side(simpy_w2, ("1",)), Goals("3x", "5.5x"))}),
        ("W1", 600_000, {"idiomatic SimPy": (Side(("reference/w1_simpy.py",)), Goals("2.6x", "4.5x"))}),
    ]
    return [Contest(system, max(int(n * scale), 20), others) for system, n, others in found]


def against_others(contest: Contest, available: list[str], rounds: int) -> list[str]:
    """Return the rows of one system."""
    note(f"{contest.system}: looking for seeds of equal work")
    sides = {core: contest.ours(core) for core in available}
    sides |= {name: side for name, (side, _) in contest.others.items()}
    made = {
        name: lambda seed, side=side: attempts(side.spend(contest.requests, seed).text)
        for name, side in sides.items() if name not in CORES or name == available[-1]
    }  # fmt: skip
    seeds = equal_seeds(made.pop(available[-1]), made)
    of_sides = dict.fromkeys(available, seeds.ours[0]) | {name: seed for name, (seed, _) in seeds.others.items()}
    measured = in_turn(sides, contest.requests, of_sides, rounds)
    lines = []
    for name, (_, goals) in contest.others.items():
        other, uneven = measured[name], seeds.unequal(name)
        compared = [ratios(measured[core], other, goals.faster, uneven) if core in measured else [] for core in CORES]
        cells = map(spread, compared)
        costs = [measured[core].each_us() if core in measured else "" for core in CORES]
        work = [f"{attempts(one.text):,} (mean {mean(one.text)} s)" for one in (measured[available[0]], other)]
        note_on_work = "; not equal: CPU per attempt" if uneven else ""
        word = "faster" if goals.faster else "its CPU"
        lines.append(
            row(f"{contest.system}, {name}: {word}", goals.pure, goals.compiled, *cells, *costs, other.each_us(),
                f"{work[0]}; {work[1]}; seeds {seeds.ours[0]} and {seeds.others[name][0]}{note_on_work}")
        )  # fmt: skip
    return lines


def compiled_loop() -> Path | None:
    """Return the bare loop in C, compiled where there is a compiler that works."""
    compiler = shutil.which("cc")
    program = Path(folder()) / "bare_loop"
    source = HERE / "reference" / "bare_loop.c"
    command = [str(compiler), "-O2", "-std=c11", "-o", str(program), str(source), "-lm"]
    if compiler and subprocess.run(command, check=False).returncode == 0:
        return program
    note(f"{LIMIT_IN_C}: skipped, there is no C compiler (cc) here")
    return None


def main() -> None:
    """Measure and write."""
    made = parser(__doc__)
    made.add_argument("--only", default="", help="only systems with this in their name; writes nothing")
    options = parsed(made)
    with one_processor():
        lines = measured_table(options)
    publish("others", [*lines, "", footing(options.rounds, options.scale)], options.dry or bool(options.only))


def measured_table(options: argparse.Namespace) -> list[str]:
    """Return the table."""
    available, limit = cores(), compiled_loop()
    lines = head("system, against", "goal, pure", "goal, compiled", "pure", "compiled", "µs an attempt: pure",
                 "compiled", "other", "attempts of ours; of the other")  # fmt: skip
    for contest in contests(options.scale, limit):
        if options.only.lower() in contest.system.lower():
            lines += against_others(contest, available, options.rounds)
    if limit is None:
        lines.append(row(f"W2, {LIMIT_IN_C}", "", "", "skipped: no C compiler (cc)", *[""] * 5))
    return lines


if __name__ == "__main__":
    main()
