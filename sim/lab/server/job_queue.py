"""Runs outside the pages: a few worker processes, one or two runs at a time for each participant, results shared.

Two participants who ask for the same thing get the same ``Job``. Finished jobs stay in a cache bounded by count and
bytes. A run ends at its budget of wall-clock time, or when every participant who asked for it has cancelled.
"""

from __future__ import annotations

import gc
import hashlib
import os
import subprocess
import sys
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from sim.errors import LabError
from sim.lab.server.worker import receive, send
from sim.version import VERSION

MOST_KEPT = 64
MOST_KEPT_BYTES = 800_000_000
MOST_WAITING = 60
MOST_OF_ONE = 2
"""Jobs of one participant that may run at once, and wait at once: a run and its baseline."""
SERVER = "the lab itself"
"""The user of jobs that the server plays before any participant asks: they come last, and one at a time."""
SHORT = ("play", "gallery")
"""The tasks that take a second or so; all others are long."""
BUDGET_S = 180.0
LONGER = {"report": 2.0}
"""Factors on the budget of wall-clock time, for tasks that play very many runs and that few people ask for."""


class Cancelled(LabError):
    """No participant waits for this run any more."""


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A task by its name in ``sim.lab.server.worker_tasks``, its scenario if it is about one, and its options."""

    task: str
    scenario: Any
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Equal for jobs that give the same bytes: scenario, variant, toggles, options (a seed, …) and version."""
        one = self.scenario
        which = () if one is None else (one.digest, one.variant, one.toggles_on)
        parts = (VERSION, self.task, which, sorted(self.options.items()))
        return hashlib.sha256(repr(parts).encode()).hexdigest()


class Job:
    """A task that is waiting, running or done: wait for it, ask for its progress, cancel it."""

    def __init__(self, spec: JobSpec) -> None:
        self.spec = spec
        self.progress = 0.0
        self.users: set[str] = set()
        self.size = 0
        self._done = threading.Event()
        self._result: Any = None
        self._problem: LabError | None = None

    @property
    def done(self) -> bool:
        """Whether there is a result or a problem."""
        return self._done.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Wait at most *timeout_s* seconds; whether it is done."""
        return self._done.wait(timeout_s)

    def result(self) -> Any:
        """Return what came out; raises the ``LabError`` that ended it."""
        self._done.wait()
        if self._problem is not None:
            raise self._problem
        return self._result

    @property
    def failed(self) -> bool:
        """Whether it ended without a result."""
        return self._problem is not None

    def _finish(self, result: Any = None, problem: LabError | None = None) -> None:
        self._result, self._problem = result, problem
        self.progress = 1.0
        gc.freeze()  # a page collects all garbage each time it was drawn; what is kept need not be looked at then
        self._done.set()


class WorkerPool:
    """The worker processes of one server and the results that are kept; safe to use from any thread."""

    def __init__(self, workers: int | None = None, budget_s: float = BUDGET_S) -> None:
        self.budget_s = budget_s
        self._lock = threading.Condition()
        self._kept: OrderedDict[str, Job] = OrderedDict()
        self._waiting: list[Job] = []
        self._running: dict[int, Job] = {}
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._closed = False
        self._threads = [
            threading.Thread(target=self._drive, args=(number,), daemon=True, name=f"player {number}")
            for number in range(workers or min(4, max(1, os.cpu_count() or 1)))
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, spec: JobSpec, user: str) -> Job:
        """Return the job for *spec*, a new one only if no user has asked for the same.

        Of what *user* asked for and has not begun only the last few are kept, unless others wait for it too. Raises
        ``LabError`` when too many wait.
        """
        key = spec.key
        with self._lock:
            mine = [job for job in self._waiting if user in job.users and job.spec.key != key]
            for job in mine[: max(0, len(mine) + 1 - MOST_OF_ONE)]:
                self._leave(job, user)
            kept = self._kept.get(key)
            if kept is not None and not kept.failed:
                self._kept.move_to_end(key)
                kept.users.add(user)
                self._lock.notify_all()  # what the server alone waited for may now begin
                return kept
            if len(self._waiting) >= MOST_WAITING:
                raise LabError("the lab is busy with many other runs: wait a little and press Run again")
            job = self._kept[key] = Job(spec)
            job.users.add(user)
            self._waiting.append(job)
            self._lock.notify_all()
            return job

    def cancel(self, job: Job, user: str) -> None:
        """Take *user* off a job; it ends when no other user waits for it."""
        with self._lock:
            self._leave(job, user)

    def close(self) -> None:
        """End all workers; for tests and the server's end."""
        with self._lock:
            self._closed = True
            for process in self._processes.values():
                process.kill()
            self._lock.notify_all()
        for thread in self._threads:
            thread.join()

    # --- inside, with the lock held -------------------------------------------------------------------------

    def _leave(self, job: Job, user: str) -> None:
        job.users.discard(user)
        if job.users or job.done:
            return
        self._kept.pop(job.spec.key, None)
        if job in self._waiting:
            self._waiting.remove(job)
        for number, running in self._running.items():
            if running is job and number in self._processes:
                self._processes[number].kill()
        job._finish(problem=Cancelled("cancelled"))

    def _next(self) -> Job | None:
        """Return the first job of a user with few running; no user has two long ones, and the server has only one."""
        for job in sorted(self._waiting, key=lambda job: job.users == {SERVER}):
            running = [other for other in self._running.values() if job.users <= other.users]
            is_long = job.spec.task not in SHORT and any(other.spec.task not in SHORT for other in running)
            most = 1 if job.users == {SERVER} else MOST_OF_ONE
            if len(running) < most and not is_long:
                self._waiting.remove(job)
                return job
        return None

    def _trim(self) -> None:
        done = [(key, job) for key, job in self._kept.items() if job.done]
        size = sum(job.size for _, job in done)
        for key, job in done[:-1]:
            if len(self._kept) <= MOST_KEPT and size <= MOST_KEPT_BYTES:
                break
            del self._kept[key]
            size -= job.size

    # --- one thread for each worker -------------------------------------------------------------------------

    def _drive(self, number: int) -> None:
        self._start(number)
        while True:
            with self._lock:
                while (job := self._next()) is None and not self._closed:
                    self._lock.wait()
                if self._closed or job is None:
                    break
                self._running[number] = job
            try:
                self._play(number, job)
            finally:
                with self._lock:
                    self._running.pop(number, None)
                    self._trim()
                    self._lock.notify_all()
        _end(self._processes[number])

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "sim.lab.server.worker"]
        root = Path(__file__).resolve().parents[3]
        paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )  # fmt: skip
        with self._lock:
            self._processes[number] = process
            if self._closed:
                process.kill()
        return process

    def _play(self, number: int, job: Job) -> None:
        process = self._processes[number]
        if process.poll() is not None:
            process = self._start(number)
        to_it, from_it = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        budget_s = self.budget_s * LONGER.get(job.spec.task, 1.0)
        watch = threading.Timer(budget_s, stop)
        watch.daemon = True
        watch.start()
        try:
            about = {} if job.spec.scenario is None else {"scenario": job.spec.scenario}
            send(to_it, (job.spec.task, {**about, **job.spec.options}))
            while True:
                (kind, value), size = receive(from_it)
                if kind != "progress":
                    break
                job.progress = value
            job.size = size
            job._finish(value) if kind == "done" else job._finish(problem=value)
        except (EOFError, OSError):
            _end(process)
            if not job.done:
                job._finish(problem=_ended(budget_s if late.is_set() else None))
        finally:
            watch.cancel()


def _ended(late_s: float | None) -> LabError:
    """Return why a run has no result: it was stopped after *late_s* seconds, or something else ended it."""
    if late_s is not None:
        return LabError(f"stopped after {late_s:g} s: the lab gives no run longer; make it shorter or smaller")
    return LabError("the run was ended from outside, or needed more memory than there is: make it smaller")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a worker and let go of its pipes."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
