"""The signals that end a run: TERM and HUP end it in order, like Ctrl+C, and leave no incomplete file."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from types import FrameType
from typing import Iterator, NoReturn

NAMES = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""Signals by name; a system may lack some of them. The last is Ctrl+Break on Windows."""


class Ended(SystemExit):
    """A signal has ended the run; the exit status is 128 plus its number."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.name = signal.Signals(number).name.removeprefix("SIG")


@contextmanager
def signals_end_the_run() -> Iterator[None]:
    """Raise ``Ended`` at a signal that would end the process; an ignored one, as under ``nohup``, stays ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    known = [number for name in NAMES if (number := getattr(signal, name, None)) is not None]
    mine = [number for number in known if signal.getsignal(number) is signal.SIG_DFL]

    def end(number: int, frame: FrameType | None) -> NoReturn:
        for other in mine:  # the run is ending: a second signal must not disturb the cleaning up
            signal.signal(other, signal.SIG_IGN)
        raise Ended(number)

    for number in mine:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, signal.SIG_DFL)
