"""The signals that end a run: TERM and HUP end it as Ctrl+C does, in order, with nothing left half-written."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from types import FrameType
from typing import Iterator, NoReturn

NAMES = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""Those that a system may have; the last is Windows's Ctrl+Break."""


class Ended(SystemExit):
    """A signal has ended the run; the status is 128 and its number."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.name = signal.Signals(number).name.removeprefix("SIG")


@contextmanager
def signals_end_the_run() -> Iterator[None]:
    """Raise ``Ended`` at a signal that would end the process; one that is ignored, as by ``nohup``, stays so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    known = [number for name in NAMES if (number := getattr(signal, name, None)) is not None]
    mine = [number for number in known if signal.getsignal(number) is signal.SIG_DFL]

    def end(number: int, frame: FrameType | None) -> NoReturn:
        for other in mine:  # the run is ending: a second signal must not disturb what tidies up
            signal.signal(other, signal.SIG_IGN)
        raise Ended(number)

    for number in mine:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, signal.SIG_DFL)
