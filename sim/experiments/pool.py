"""The processes that play the runs of one command: this one, and workers that stay until the command ends.

This process plays too. Its first run shows how long a run takes; workers start as soon as that shows that they save
time. This process takes the runs from the front, and workers take them from the back, several at once where runs are
short. Results come in the order of the runs, and none depends on the process that plays it: a run is a pure function.

Not modelled: runs that depend on each other's results; those are played one after another, in the same processes.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, Callable, Collection, Generic, Sequence, TypeVar

from sim.experiments.processes import open_pool, processors, submit_all

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

Progress = Callable[[float], None]
Announce = Callable[[int, int], None]
"""Takes the number of runs that are planned, and how many times the length of one run all of them take."""
Task = TypeVar("Task")
Result = TypeVar("Result")
Play = Callable[[Task, "Progress | None"], Result]
"""Plays one run; for workers it must be a function of a module, or a ``partial`` of one."""

SOON_S = 0.1
"""How long the first run is watched before its progress shows how long it takes."""
WORTH_S = 3.0
"""Workers start where more seconds of processor time than this are left: the start of one costs about a tenth."""
CHUNK_S = 0.25
"""Short runs share a message to a worker, up to about this time."""


class Pool:
    """As many processes as *workers*, this one included (None: one for each processor); use it as a context.

    The others start when ``play`` first finds that they save time, or at once if *workers* is given, and play for every
    later ``play``. A worker that is killed raises ``BrokenProcessPool``.
    """

    def __init__(self, workers: int | None = 1) -> None:
        self.workers = workers
        self.processes = max(1, processors() if workers is None else workers)
        self._executor: Executor | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    @property
    def is_warm(self) -> bool:
        """Whether workers have started."""
        return self._executor is not None

    def executor(self) -> Executor:
        """Return the workers; they start with the first tasks."""
        if self._executor is None:
            self._executor = self._stack.enter_context(open_pool(self.processes - 1))
        return self._executor

    def announce(self, announce: Announce | None, runs: int) -> None:
        """Announce the number of runs, and how many times the length of one they take in this pool's processes."""
        if announce is not None:
            announce(runs, math.ceil(runs / min(self.processes, runs)))

    def play(
        self, tasks: Sequence[Task], play: Play[Task, Result], large: Collection[int] = (),
        progress: Progress | None = None,
    ) -> list[Result]:  # fmt: skip
        """Return what *play* gives for each of *tasks*, in their order.

        This process plays the tasks of the numbers *large* first, because their results are long to send. *progress*
        is called here, with the share done.
        """
        return _Round(self, tasks, play, large, progress).results()


class _Round(Generic[Task, Result]):
    """One call of ``Pool.play``: which tasks are left, and the results that have come."""

    def __init__(
        self, pool: Pool, tasks: Sequence[Task], play: Play[Task, Result], large: Collection[int],
        progress: Progress | None,
    ) -> None:  # fmt: skip
        self._pool, self._tasks, self._play, self._progress = pool, tasks, play, progress
        self._left = deque(sorted(range(len(tasks)), key=lambda number: (number in large, -number)))
        self._found: dict[int, Result] = {}
        self._changed = threading.Condition()
        self._sent, self._played_here = 0, 0
        self._task_s = 0.0
        self._problem: BaseException | None = None
        self._executor: Executor | None = None
        self._begun_at = time.process_time()

    def results(self) -> list[Result]:
        while (number := self._take()) is not None:
            self._found[number] = self._play(self._tasks[number], self._look)
            self._played_here += 1
            self._look(0.0)
        with self._changed:
            while self._sent and self._problem is None:
                self._changed.wait(1.0)
                self._report(0.0)
        if self._problem is not None:
            raise self._problem
        return [self._found[number] for number in range(len(self._tasks))]

    def _take(self) -> int | None:
        with self._changed:
            return self._left.pop() if self._left and self._problem is None else None

    def _look(self, share: float) -> None:
        """Report the progress, with the *share* done of the run that is played here; start workers if they pay."""
        if self._problem is not None:
            raise self._problem
        self._report(share)
        spent, done = time.process_time() - self._begun_at, self._played_here + share
        if self._executor is None and self._pool.processes > 1 and (share == 0.0 or spent > SOON_S) and done:
            self._task_s = spent / done
            if self._left and (self._pool.workers or self._pool.is_warm or self._pays):
                self._executor = self._pool.executor()
                for _ in range(self._pool.processes if self._task_s < CHUNK_S else self._pool.processes - 1):
                    self._send()

    @property
    def _pays(self) -> bool:
        return self._task_s * len(self._left) > WORTH_S

    def _report(self, share: float) -> None:
        if self._progress is not None:
            self._progress(min((len(self._found) + share) / len(self._tasks), 1.0))

    def _send(self) -> None:
        """Send the next few tasks to a worker."""
        with self._changed:
            fair = math.ceil(len(self._left) / (2 * self._pool.processes))
            size = max(1, min(fair, int(CHUNK_S / max(self._task_s, 1e-6))))
            numbers = [self._left.popleft() for _ in range(min(size, len(self._left)))]
            if not numbers or self._problem is not None or self._executor is None:
                return
            self._sent += 1
        tasks = [self._tasks[number] for number in numbers]
        submit_all(self._executor, play_each, [(self._play, tasks)])[0].add_done_callback(partial(self._keep, numbers))

    def _keep(self, numbers: list[int], future: Future[list[Result]]) -> None:
        """Keep the results of a message to a worker, and send the next; called in a thread of the executor."""
        try:
            self._found.update(zip(numbers, future.result(), strict=True))
            self._send()
        except BaseException as problem:
            self._problem = self._problem or problem
        with self._changed:
            self._sent -= 1
            self._changed.notify_all()


def play_each(play: Play[Task, Result], tasks: Sequence[Task]) -> list[Result]:
    """Play several tasks: the part of a worker."""
    return [play(task, None) for task in tasks]
