"""The sides of a comparison, which are whole processes in turn; what they cost, and the work that they print."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from _processes import ROOT, Command, Spent, note, spend
from _systems import SYSTEMS


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


def number(what: str, text: str) -> int:
    """Return the number of attempts or rows in the line that a side printed."""
    return int(re.findall(rf"\b{what}=(\d+)", text)[0])


def attempts(text: str) -> int:
    """Return the number of attempts of clients in the line that a side printed."""
    return number("attempts", text)


def mean(text: str) -> str:
    """Return the mean time in the system in the line that a side printed."""
    return re.findall(r"mean_sojourn=([0-9.]+)", text)[0]


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
