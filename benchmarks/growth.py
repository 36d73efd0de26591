"""How cost grows with requests, services, fault windows and replications; and a short run. Writes docs/performance.md.

python benchmarks/growth.py [--rounds 1] [--scale 1] [--quick]

Each size is a whole process that plays and measures once. *Play* is building, playing and writing the record,
*measures* is every measure in every window, *verify* the identities; a row is one attempt in the record. *MiB after
play* is the largest resident size until then, *in all* that of the whole process. What looks at a record is the same
with both cores and stands for the pure one. Services are played with about 200,000 rows each.
"""

from __future__ import annotations

import statistics

from _page import footing, head, parsed, parser, publish, row
from _phases import LOOKED, PLAYED, phases
from _processes import CORES, NOT_BUILT, Spent, cores, note, one_processor, spend

REQUESTS = (10_000, 100_000, 1_000_000)
SERVICES = (1, 5, 20, 100)
ROWS_OF_SERVICES = 200_000
WINDOWS, WINDOWS_REQUESTS = (0, 50, 400, 1_600), 50_000
REPLICATIONS, SHORT_RUNS = 16, 200
HEAD = ("requests", "rows", "play, CPU s: pure", "compiled", "µs a row: pure", "compiled", "measures, CPU s", "verify",
        "µs a row", "MiB after play: pure", "compiled", "in all: pure", "compiled")  # fmt: skip


def table(first: str, sizes: dict[str, tuple[str, int]], available: list[str], rounds: int) -> list[str]:
    """Return a table with a line for each size; *sizes* has the system and requests of each."""
    lines = head(first, *HEAD)
    for name, (system, n) in sizes.items():
        found = phases(system, n, available, rounds)
        pure, all_found = found["python"], [found.get(core) for core in CORES]
        rows = pure.played["rows"]
        plays = [one and one.sum_s(*PLAYED) for one in all_found]
        lines.append(row(
            name, f"{pure.played['requests']:,}", f"{rows:,}",
            *(NOT_BUILT if play_s is None else f"{play_s:.2f}" for play_s in plays),
            *("" if play_s is None else f"{play_s / rows * 1e6:.2f}" for play_s in plays),
            *(f"{pure.phases[phase]:.2f}" for phase in LOOKED), f"{pure.sum_s(*LOOKED) / rows * 1e6:.2f}",
            *("" if one is None else f"{one.play_mib:.0f}" for one in all_found),
            *("" if one is None else f"{one.peak_mib:.0f}" for one in all_found),
        ))  # fmt: skip
    return [*lines, ""]


def of_requests(scale: float) -> dict[str, tuple[str, int]]:
    """Return the sizes of a star of 1."""
    sizes = [max(int(n * scale), 20) for n in REQUESTS]
    return {f"{n:,}": ("star:1", n) for n in sizes}


def of_services(kind: str, scale: float) -> dict[str, tuple[str, int]]:
    """Return the sizes of stars or chains, of equally many rows: a star has a gateway in addition."""
    more = 1 if kind == "star" else 0
    return {f"{n}": (f"{kind}:{n}", max(int(ROWS_OF_SERVICES * scale) // (n + more), 20)) for n in SERVICES}


def of_windows(scale: float) -> dict[str, tuple[str, int]]:
    """Return the numbers of fault windows in a star of 3."""
    requests = max(int(WINDOWS_REQUESTS * scale), 20)
    return {f"{n:,}": (f"windows:{n}", requests) for n in (round(windows * scale) for windows in WINDOWS)}


def replications(scale: float, available: list[str]) -> list[str]:
    """Return the table of replications in one process and in two."""
    runs = max(int(REPLICATIONS * scale), 2)
    lines = head(f"{runs} replications of the hero in", "CPU s: pure", "compiled", "wall s: pure", "compiled",
                 "MiB of the largest process: pure", "compiled")  # fmt: skip
    for workers in (1, 2):
        note(f"{runs} replications in {workers}")
        found = [_replicate(runs, workers, core) if core in available else None for core in CORES]
        lines.append(row(
            "1 process" if workers == 1 else f"{workers} processes",
            *(NOT_BUILT if one is None else f"{one.cpu_s:.2f}" for one in found),
            *("" if one is None else f"{one.wall_s:.2f}" for one in found),
            *("" if one is None else f"{one.peak_mib:.0f}" for one in found),
        ))  # fmt: skip
    return [*lines, ""]


def _replicate(runs: int, workers: int, core: str) -> Spent:
    command = ("-m", "sim", "run", "cascade_vs_backlog", "--replications", f"{runs}", "--workers", f"{workers}")
    return spend(command, core, allowed=(0, 1))


def short_runs(scale: float, available: list[str], rounds: int) -> list[str]:
    """Return the table of short runs, of which only the claims are asked."""
    runs = max(int(SHORT_RUNS * scale), 2)
    note(f"{runs} short runs")
    costs, requests, rows, peak = [], "", "", 0.0
    for core in CORES:
        if core not in available:
            costs.append(NOT_BUILT)
            continue
        spent = [spend(("short.py", f"{runs}"), core) for _ in range(rounds)]
        cost, (requests, *_), (rows, *_) = zip(*(one.text.split() for one in spent))
        peak = max(one.peak_mib for one in spent)
        costs.append(f"{statistics.median(map(float, cost)):.2f}")
    lines = head("short run (20 s, two services, claims only)", "goal, pure", "goal, compiled", "requests", "rows",
                 "CPU ms a run: pure", "compiled", "MiB in all")  # fmt: skip
    return [*lines, row(f"mean of {runs}", "8 ms", "6 ms", requests, rows, *costs, f"{peak:.0f}"), ""]


def main() -> None:
    """Measure and write."""
    made = parser(__doc__)
    made.set_defaults(rounds=1)
    options = parsed(made)
    scale, rounds = options.scale, options.rounds
    with one_processor():
        available = cores()
        lines = table("requests (star of 1)", of_requests(scale), available, rounds)
        lines += table("services in a star", of_services("star", scale), available, rounds)
        lines += table("services in a chain", of_services("chain", scale), available, rounds)
        lines += table(
            "fault windows (star of 3; goal for 1,600: 1.5 s of measures)", of_windows(scale), available, rounds
        )
        lines += short_runs(scale, available, rounds)
    lines += replications(scale, available)
    publish("growth", [*lines, footing(rounds, scale)], options.dry)


if __name__ == "__main__":
    main()
