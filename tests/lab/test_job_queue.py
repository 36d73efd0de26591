"""Runs outside the pages: shared, cancelled, bounded, and never taken for done when they are not."""

import time
from collections.abc import Iterator

import pytest

import sim
from sim.errors import LabError
from sim.lab.server import worker_tasks
from sim.lab.server.job_queue import SERVER, Cancelled, JobSpec, WorkerPool

pytestmark = pytest.mark.slow

SMALL = """
version: 1
title: Small
duration: {seconds}s
workload: {{ones: {{calls: web.get, rate: {rate}/s, deadline: 1s}}}}
services: {{web: {{workers: 4, waiting: 10, operations: {{get: [{{work: exponential 10ms}}]}}}}}}
"""


def spec(seconds: int = 10, rate: int = 50, seed: int = 1, task: str = "play") -> JobSpec:
    return JobSpec(
        task, sim.loads(SMALL.format(seconds=seconds, rate=rate)).resolve(), {"seed": seed, "replications": 1}
    )


def endless() -> JobSpec:
    return spec(seconds=100_000, rate=70, task="play")


@pytest.fixture
def players() -> Iterator[WorkerPool]:
    made = WorkerPool(workers=2, budget_s=60)
    yield made
    made.close()


def test_what_a_worker_plays_is_what_is_played_here(players: WorkerPool) -> None:
    played = players.submit(spec(), "ada").result()
    here = sim.run(spec().scenario, seed=1, replications=1)
    assert played.run.values == {wanted: here.values[wanted] for wanted in played.run.values}
    assert ("goodput ratio", "ones", "all") in played.run.values
    assert str(played.story) == str(here.explain())


def test_two_who_ask_for_the_same_share_one_job_and_it_stays(players: WorkerPool) -> None:
    first, second = players.submit(spec(), "ada"), players.submit(spec(), "bob")
    assert first is second
    first.result()
    assert players.submit(spec(), "eve") is first


def test_another_seed_is_another_job(players: WorkerPool) -> None:
    assert players.submit(spec(seed=1), "ada") is not players.submit(spec(seed=2), "ada")


def test_a_cancelled_job_ends_at_once_and_its_worker_serves_others(players: WorkerPool) -> None:
    job = players.submit(endless(), "ada")
    while job.progress == 0.0:
        time.sleep(0.01)
    players.cancel(job, "ada")
    with pytest.raises(Cancelled):
        job.result()
    assert players.submit(spec(), "ada").result().run.seed == 1


def test_a_job_goes_on_while_somebody_else_waits_for_it(players: WorkerPool) -> None:
    job = players.submit(spec(seconds=200), "ada")
    players.submit(spec(seconds=200), "bob")
    players.cancel(job, "ada")
    assert job.result().run.seed == 1


def test_a_run_ends_at_its_budget_of_time_and_says_so() -> None:
    players = WorkerPool(workers=1, budget_s=1.5)
    try:
        with pytest.raises(LabError, match="stopped after 1.5 s"):
            players.submit(endless(), "ada").result()
    finally:
        players.close()


def test_a_huge_run_is_cut_off_by_a_budget_of_events_or_of_time() -> None:
    huge = JobSpec(
        "play", sim.loads(SMALL.format(seconds=50, rate=2_000_000)).resolve(), {"seed": 1, "replications": 1}
    )
    players = WorkerPool(workers=1, budget_s=4)
    try:
        assert players.submit(huge, "mallory").result().run.cut_off
    except LabError as error:
        assert "stopped after 4 s" in str(error)
    finally:
        players.close()


def test_a_budget_of_events_is_the_labs_and_not_the_files() -> None:
    scenario = spec().scenario.set("max events", 2_000_000_000)
    assert worker_tasks.bounded(scenario).max_events == worker_tasks.MOST_EVENTS
    assert worker_tasks.bounded(spec().scenario.set("max events", 1_000)).max_events == 1_000


def test_one_participant_cannot_hold_every_worker(players: WorkerPool) -> None:
    long = [players.submit(JobSpec("compare", endless().scenario, {"n": n}), "ada") for n in range(2)]
    assert players.submit(spec(), "bob").result().run.seed == 1
    for job in long:
        players.cancel(job, "ada")


def test_what_cannot_be_done_is_told_with_its_reason(players: WorkerPool) -> None:
    unknown = JobSpec("ablate", sim.load("scenarios/cascade_vs_backlog.yaml"), {"toggles": ["no such"]})
    with pytest.raises(LabError, match="no such"):
        players.submit(unknown, "ada").result()


def test_a_problem_is_not_kept(players: WorkerPool) -> None:
    unknown = JobSpec("ablate", sim.load("scenarios/cascade_vs_backlog.yaml"), {"toggles": ["no such"]})
    first = players.submit(unknown, "ada")
    with pytest.raises(LabError):
        first.result()
    assert players.submit(unknown, "ada") is not first


def test_what_the_server_plays_ahead_leaves_a_worker_to_others_and_comes_last(players: WorkerPool) -> None:
    ahead = [players.submit(endless(), SERVER), players.submit(spec(seed=2), SERVER)]
    assert players.submit(spec(seed=3), "ada").wait(30)
    assert not any(job.done for job in ahead)
    players.cancel(ahead[0], SERVER)
    assert ahead[1].wait(30)


def test_what_the_server_plays_ahead_is_anybodys_as_soon_as_somebody_asks_for_it(players: WorkerPool) -> None:
    players.submit(endless(), SERVER)
    ahead = players.submit(spec(seed=2), SERVER)
    assert players.submit(spec(seed=2), "ada") is ahead
    assert ahead.wait(30)
