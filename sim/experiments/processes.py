"""Worker processes: how they start, and how they end with the process that started them.

The signals that end a run are the parent's: it ends its workers. A worker also watches for its parent's end, so that
it ends after ``kill -9`` too. Source for spawned processes and their sentinels: the Python library reference,
"multiprocessing — Process-based parallelism".
"""

from __future__ import annotations

import gc
import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

ENDING = [number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None]
"""The signals that a terminal or a supervisor may send to every process of a run."""


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def open_pool(processes: int) -> Iterator[Executor]:
    """Give worker processes (spawned: the same on every platform); after a failure what has not begun is dropped."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    _start_tracker()
    with ProcessPoolExecutor(processes, get_context("spawn"), _begin) as pool:
        try:
            yield pool
        except BaseException:
            _stop(pool)
            raise


def submit_all(pool: Executor, function: Callable[..., Any], arguments: Iterable[tuple[Any, ...]]) -> list[Future[Any]]:
    """Return a future for each call; the workers that are started here never get the signals that end a run."""
    futures = []
    for each in arguments:
        with _signals_held():
            futures.append(pool.submit(function, *each))
    return futures


def _stop(pool: Any) -> None:
    """Drop what has not begun and end what has (``kill_workers``, which Python has from 3.14 on)."""
    processes = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.kill()


def _begin() -> None:
    """Leave the signals to the parent, and end with it. Most of what a worker imports stays, so garbage is rare."""
    gc.set_threshold(100_000, 50, 100)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")  # it reads what is installed to look for them
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True, name="end with the parent").start()


def _end_with_the_parent() -> None:
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Hold back what would end a run until the end; a process that is started meanwhile never gets it.

    The mask is what that process inherits. Here another thread may take a signal, so it is noted and raised again.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "pthread_sigmask"):
        yield
        return
    noted: list[int] = []
    handled = [number for number in ENDING if callable(signal.getsignal(number))]
    before = [signal.signal(number, lambda number, _: noted.append(number)) for number in handled]
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in zip(handled, before, strict=True):
            signal.signal(number, handler)
        for number in noted[:1]:
            signal.raise_signal(number)


def _start_tracker() -> None:
    """Start the process that removes semaphores if this one is killed: it must outlive a hang-up, and do so quietly."""
    if os.name != "posix":
        return
    from multiprocessing import resource_tracker

    name = "PYTHONWARNINGS"
    before = os.environ.get(name)
    os.environ[name] = ",".join(filter(None, [before, "ignore:resource_tracker:UserWarning"]))
    try:
        with _signals_held():
            resource_tracker.ensure_running()
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before
