"""One pool for a command: results in order, whichever process plays a run; workers start where they save time."""

from __future__ import annotations

import os
import time
from concurrent.futures.process import BrokenProcessPool

import pytest

from sim.errors import ParameterError
from sim.experiments import pool as pool_module
from sim.experiments.pool import Pool, Progress, play_each

MANY = list(range(40))


def played(task: int, progress: Progress | None = None) -> tuple[int, int]:
    """Return the square of a number and the process that computed it, after ten milliseconds of work."""
    ends_at = time.process_time() + 0.01
    if progress is not None:
        progress(0.5)
    while time.process_time() < ends_at:
        pass
    return task * task, os.getpid()


def refused(task: int, progress: Progress | None = None) -> int:
    if task == 39:
        raise ParameterError("be below 39", task, place="task")
    return played(task, progress)[0]


def killed(task: int, progress: Progress | None = None) -> int:
    if progress is None:
        os._exit(9)
    return played(task, progress)[0]


def test_one_process_plays_every_task_in_order_and_reports_the_share_done() -> None:
    order, shares = [], []

    def noted(task: int, progress: Progress | None) -> int:
        order.append(task)
        return task

    with Pool(1) as pool:
        assert pool.play([3, 4, 5], noted, large=[1], progress=shares.append) == [3, 4, 5]
        assert not pool.is_warm
    assert order == [4, 3, 5] and shares == pytest.approx([1 / 3, 2 / 3, 1.0])


def test_nothing_to_play_gives_nothing() -> None:
    assert Pool(2).play([], played) == []


def test_a_few_short_runs_start_no_worker() -> None:
    with Pool(None) as pool:
        assert [square for square, _ in pool.play([1, 2, 3], played)] == [1, 4, 9]
        assert not pool.is_warm


@pytest.mark.slow
def test_several_processes_give_the_same_results_in_order_and_stay_for_later_tasks() -> None:
    with Pool(2) as pool:
        found = pool.play(MANY, played)
        assert [square for square, _ in found] == [task * task for task in MANY]
        others = {process for _, process in found} - {os.getpid()}
        assert len(others) <= 1 and pool.is_warm
        again = {process for _, process in pool.play(list(range(400)), played)}
        assert others <= again and len(again) == 2


@pytest.mark.slow
def test_workers_start_when_the_first_run_shows_that_they_save_time() -> None:
    with Pool(None) as pool:
        pool.processes = 2
        pool.play(list(range(600)), played)
        assert pool.is_warm


@pytest.mark.slow
def test_short_runs_share_the_messages_to_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    submit_all = pool_module.submit_all

    def counted(executor, function, arguments):  # type: ignore[no-untyped-def]
        arguments = list(arguments)
        assert function is play_each
        sent.append(len(arguments[0][1]))
        return submit_all(executor, function, arguments)

    monkeypatch.setattr(pool_module, "submit_all", counted)
    with Pool(2) as pool:
        pool.play(list(range(400)), played)
    assert sum(sent) < 400 and len(sent) < 40 and max(sent) >= 15


@pytest.mark.slow
def test_an_error_in_a_worker_is_raised_here() -> None:
    with pytest.raises(ParameterError, match="task must be below 39, got 39"), Pool(2) as pool:
        pool.play(MANY, refused)


@pytest.mark.slow
def test_a_worker_that_ends_breaks_the_pool() -> None:
    with pytest.raises(BrokenProcessPool), Pool(2) as pool:
        pool.play(list(range(4000)), killed)
