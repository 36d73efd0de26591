"""Compare equal work with others, and Pileup with itself; write both tables into docs/performance.md.

python benchmarks/compare.py [--rounds 5] [--scale 1] [--quick] [--only NAME] [--before FOLDER]

A round runs each side of a contest once, as a whole process on one processor: the pure core, the compiled one, then
the others. A ratio is of CPU times (user and system) within a round; the table has the median over the rounds and the
range.

Equal work: both sides must make the same number of attempts within 1 %. Requests arrive by chance, and each side has
random numbers of its own, so equal seeds are not equal work: a storm of retries may break out early on one side and
late on the other. Seeds 1, 2, 3 ... are tried on all sides, until one of ours and one of each other side agree within
1 %; the first that do are measured. If none of the first five agree, the nearest are measured, the ratio is of CPU per
attempt, and the table says so.

*µs an attempt* is the median CPU without the start, which is the CPU of the same process with 10 requests. In the first
table these are attempts of clients, in the second all attempts.

With ``--before`` the second table holds the sides against another checkout of Pileup (``git worktree add FOLDER
COMMIT``); without it, the compiled core against the pure one.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from _page import footing, head, parsed, parser, publish, row, spread
from _processes import CORES, HERE, NOT_BUILT, ROOT, Command, Spent, cores, note, one_processor, spend
from _systems import SYSTEMS

SEEDS, WITHIN = 5, 0.01
LIMIT_IN_C = "bare loop in C"


class Side(NamedTuple):
    """One side of a contest: its command without requests and seed, its core, and the tree with its ``sim``."""

    command: Command
    after: Command = ()
    core: str = ""
    tree: Path = ROOT

    def spend(self, requests: int, seed: int) -> Spent:
        """Run this side once."""
        return spend((*self.command, f"{requests}", f"{seed}", *self.after), self.core, self.tree)

    def start_s(self) -> float:
        """Return the CPU of a process that plays almost nothing; of a shipped scenario, that of a small system."""
        command = self.command
        if command[0] == "play.py" and command[1] not in SYSTEMS:
            command = ("play.py", "W2")
        return self._replace(command=command).spend(10, 1).cpu_s


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


# --- equal work -------------------------------------------------------------------------------------------------


def number(what: str, text: str) -> int:
    """Return the number of attempts or rows in the line that a side printed."""
    return int(re.findall(rf"\b{what}=(\d+)", text)[0])


def attempts(text: str) -> int:
    """Return the number of attempts of clients in the line that a side printed."""
    return number("attempts", text)


def mean(text: str) -> str:
    """Return the mean time in the system in the line that a side printed."""
    return re.findall(r"mean_sojourn=([0-9.]+)", text)[0]


def distance(ours: int, other: int) -> float:
    """Return by which share two numbers of attempts differ."""
    return abs(ours - other) / other


@dataclass
class Seeds:
    """The seed of our side and of each other side, and the attempts that they make."""

    ours: tuple[int, int]
    others: dict[str, tuple[int, int]] = field(default_factory=dict)

    def unequal(self, other: str) -> bool:
        """Whether the work of the two sides differs by more than 1 %."""
        return distance(self.ours[1], self.others[other][1]) > WITHIN


def equal_seeds(ours: Callable[[int], int], others: Mapping[str, Callable[[int], int]]) -> Seeds:
    """Return the first seeds with equal work; each function gives the attempts of one side by seed.

    >>> found = equal_seeds({1: 149, 2: 138, 3: 145}.get, {"simpy": {1: 124, 2: 130, 3: 145}.get})
    >>> found.ours, found.others, found.unequal("simpy")
    ((3, 145), {'simpy': (3, 145)}, False)
    """
    mine: dict[int, int] = {}
    theirs: dict[str, dict[int, int]] = {name: {} for name in others}
    for last in range(1, SEEDS + 1):
        mine[last] = ours(last)
        for name, made in others.items():
            theirs[name][last] = made(last)
        nearest = min((_nearest(seed, made, theirs) for seed, made in mine.items()), key=_worst)
        first = next((one for one in (_nearest(*each, theirs) for each in mine.items()) if _worst(one) <= WITHIN), None)
        if first is not None:
            return first
    return nearest


def _nearest(seed: int, made: int, theirs: Mapping[str, Mapping[int, int]]) -> Seeds:
    """Return for one of our seeds the nearest one of each other side."""
    found = Seeds((seed, made))
    for name, by_seed in theirs.items():
        found.others[name] = min(by_seed.items(), key=lambda each: distance(made, each[1]))
    return found


def _worst(seeds: Seeds) -> float:
    return max(distance(seeds.ours[1], made) for _, made in seeds.others.values())


# --- measuring --------------------------------------------------------------------------------------------------


class Measured(NamedTuple):
    """One side after all rounds: CPU seconds of each round, CPU of a start, and the line it printed."""

    cpu_s: list[float]
    start_s: float
    text: str

    def each_us(self, what: str = "attempts") -> str:
        """Return the median CPU of an attempt of a client without the start, in microseconds; *what* may be rows."""
        return f"{max(statistics.median(self.cpu_s) - self.start_s, 0.0) / number(what, self.text) * 1e6:.2f}"


def in_turn(sides: Mapping[str, Side], requests: int, seeds: Mapping[str, int], rounds: int) -> dict[str, Measured]:
    """Run all sides in turn. The starts come first, up to three of each; they leave compiled modules and warm files."""
    times = min(rounds, 3)
    starts = {name: statistics.median([side.start_s() for _ in range(times)]) for name, side in sides.items()}
    spent: dict[str, list[float]] = {name: [] for name in sides}
    texts = {}
    for _ in range(rounds):
        for name, side in sides.items():
            one = side.spend(requests, seeds[name])
            texts[name] = one.text
            spent[name].append(one.cpu_s)
        note("  ".join(f"{name} {all_s[-1]:.2f} s" for name, all_s in spent.items()))
    return {name: Measured(spent[name], starts[name], texts[name]) for name in sides}


def ratios(ours: Measured, other: Measured, faster: bool, per_attempt: bool) -> list[float]:
    """Return how many times faster we are in each round, or how many times its CPU we need."""
    work = attempts(ours.text) / attempts(other.text) if per_attempt else 1.0
    found = [theirs / mine * work for mine, theirs in zip(ours.cpu_s, other.cpu_s, strict=True)]
    return found if faster else [1 / each for each in found]


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


# --- Pileup against itself --------------------------------------------------------------------------------------


def itself(scale: float) -> list[tuple[str, Side, int, str]]:
    """Return the systems that are only compared with ourselves: name, command, requests, goal of the compiled core."""
    found = [("20 services, every defence on", Side(("play.py", "Armed")), max(int(5_000 * scale), 20), "2x")]
    if (ROOT / "scenarios" / "sock_shop.yaml").is_file():
        found.append(("Sock Shop, one replication, play", Side(("play.py", "sock_shop")), 0, "2.2x"))
    else:
        note("Sock Shop: skipped, scenarios/sock_shop.yaml is not here")
    found.append(("hero (Cascade versus backlog), play", Side(("play.py", "cascade_vs_backlog")), 0, ""))
    return found


def against_itself(scale: float, available: list[str], rounds: int, before: Path | None) -> list[str]:
    """Return the table of the cores, and of an earlier tree if there is one."""
    base = "pure" if before is None else "before"
    lines = head("system", f"goal, compiled against {base}", f"pure, times faster than {base}", "compiled", "CPU s",
                 "µs an attempt: pure", "compiled")  # fmt: skip
    for name, side, requests, goal in itself(scale):
        note(name)
        sides = {core: side._replace(core=core) for core in available}
        if before is not None:
            sides["before"] = side._replace(tree=before)
        measured = in_turn(sides, requests, dict.fromkeys(sides, 1), rounds if requests else min(rounds, 3))
        base_of = measured["before" if before is not None else "python"]
        cells = [spread(ratios(measured[core], base_of, True, False) if core in measured else []) for core in CORES]
        if before is None:
            cells[0] = ""
        costs = [measured[core].each_us("rows") if core in measured else "" for core in CORES]
        seconds = ", ".join(f"{side} {statistics.median(one.cpu_s):.2f}" for side, one in measured.items())
        lines.append(row(name, goal, *cells, seconds, *costs))
    return lines


def timers_and_memory(scale: float, available: list[str], rounds: int) -> list[str]:
    """Return the table of what an unused timer costs, and a request in flight."""
    lines = head("what", "goal", "pure", "compiled")
    requests = max(int(200_000 * scale), 20)
    of_timers, of_memory = {}, {}
    sides = {
        f"{core} {timers}": Side(("play.py", timers), core=core)
        for core in available for timers in ("Timers", "No timers")
    }  # fmt: skip
    note("timers")
    measured = in_turn(sides, requests, dict.fromkeys(sides, 1), rounds)
    for core in available:
        of_timers[core] = spread(ratios(measured[f"{core} Timers"], measured[f"{core} No timers"], False, False))
        text = spend(("memory.py", f"{max(int(100_000 * scale), 20)}"), core).text
        of_memory[core] = f"{text.rpartition('=')[2]} B"
    lines.append(row("30 s timers against none, CPU", "1.2x", *(of_timers.get(core, NOT_BUILT) for core in CORES)))
    lines.append(row("memory per request in flight", "1 KiB", *(of_memory.get(core, NOT_BUILT) for core in CORES)))
    return lines


# --- the whole --------------------------------------------------------------------------------------------------


def compiled_loop() -> Path | None:
    """Return the bare loop in C, compiled where there is a compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        note(f"{LIMIT_IN_C}: skipped, there is no compiler (cc) here")
        return None
    program = ROOT / "out" / "bench" / "bare_loop"
    program.parent.mkdir(parents=True, exist_ok=True)
    spend((compiler, "-O2", "-std=c11", "-o", str(program), str(HERE / "reference" / "bare_loop.c"), "-lm"))
    return program


def main() -> None:
    """Measure and write."""
    made = parser(__doc__)
    made.add_argument("--only", default="", help="only systems with this in their name; writes nothing")
    made.add_argument("--before", type=Path, help="another checkout of Pileup to hold the second table against")
    options = parsed(made)
    with one_processor():
        _measure(options)


def _measure(options: argparse.Namespace) -> None:
    available = cores()
    limit = compiled_loop()
    lines = head("system, against", "goal, pure", "goal, compiled", "pure", "compiled", "µs an attempt: pure",
                 "compiled", "other", "attempts of ours; of the other")  # fmt: skip
    for contest in contests(options.scale, limit):
        if options.only.lower() in contest.system.lower():
            lines += against_others(contest, available, options.rounds)
    if limit is None:
        lines.append(row(f"W2, {LIMIT_IN_C}", "", "", "skipped: no compiler (cc)", "", "", "", "", ""))
    end = ["", footing(options.rounds)]
    publish("others", [*lines, *end], options.dry or bool(options.only))
    if not options.only:
        own = against_itself(options.scale, available, options.rounds, options.before and options.before.resolve())
        publish("itself", [*own, "", *timers_and_memory(options.scale, available, options.rounds), *end], options.dry)


if __name__ == "__main__":
    main()
