"""Progress of a command, on stderr: a bar on a terminal, and periodic lines anywhere else."""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from contextlib import contextmanager
from typing import Callable, Iterator

from sim.cli.helpers import say
from sim.errors import ParameterError

EVERY_S = "PILEUP_PROGRESS_S"
"""The environment variable with the seconds between two lines; default 30."""
SOON_S = 2.0
"""If the first run takes longer than this, the number of runs is printed before there is an estimate."""


class Progress:
    """The progress of one task: called with the share done, and given the number of planned runs.

    *speak* prints a line. Lines with the time left come every *every_s* seconds while ``speaking``.
    """

    def __init__(
        self, label: str, every_s: float, speak: Callable[[str], None] = say,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._label, self._every_s, self._speak, self._clock = label, every_s, speak, clock
        self._begun_at, self._share = clock(), 0.0
        self._runs, self._in_turn, self._has_estimate = 0, 0, True

    def __call__(self, share: float) -> None:
        """Note the share done; after the first run there is an estimate."""
        self._share = share
        if not self._has_estimate and share * self._runs > 1 - 1e-9:
            self._has_estimate = True
            seconds = (self._clock() - self._begun_at) * self._in_turn
            self._speak(f"{self._label}: {_runs(self._runs)}, about {span(seconds)}")

    def announce(self, runs: int, in_turn: int) -> None:
        """Note the number of *runs*, so that the length of the first gives that of all."""
        self._begun_at = self._clock()
        self._runs, self._in_turn, self._has_estimate = runs, in_turn, False

    def say_where(self) -> None:
        """Print the progress."""
        if not self._has_estimate:
            self._speak(f"{self._label}: {_runs(self._runs)}, the first is being played")
            return
        spent = self._clock() - self._begun_at
        left = f", about {span(spent * (1 / self._share - 1))} left" if 0 < self._share < 1 else ""
        self._speak(f"{self._label}: {math.floor(100 * self._share)} % after {span(spent)}{left}")

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """Print the progress periodically, from its own thread: a long run calls nothing."""
        done = threading.Event()

        def speak() -> None:
            if not done.wait(min(SOON_S, self._every_s)) and not self._has_estimate:
                self.say_where()
            while not done.wait(self._every_s):
                self.say_where()

        thread = threading.Thread(target=speak, daemon=True, name="progress")
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


@contextmanager
def progress_bar(label: str) -> Iterator[Progress]:
    """Show a bar on a terminal, and a line every half a minute anywhere else."""
    if not sys.stderr.isatty():
        lines = Progress(label, _every_s())
        with lines.speaking():
            yield lines
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=1.0)

        class Shown(Progress):
            def __call__(self, share: float) -> None:
                super().__call__(share)
                bar.update(task, completed=share)

        yield Shown(label, math.inf, lambda line: bar.console.print(line, markup=False, highlight=False))


def _every_s() -> float:
    text = os.environ.get(EVERY_S, "30")
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise ParameterError("be a number of seconds above 0", text, place=EVERY_S)
    return min(seconds, threading.TIMEOUT_MAX)


def _runs(number: int) -> str:
    return f"{number:,} run" + ("s" if number != 1 else "")


def span(seconds: float) -> str:
    """Return a time in words.

    >>> span(0.2), span(42.4), span(600), span(9000)
    ('1 s', '42 s', '10 min', '2.5 h')
    """
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
