"""Exercises of notebook 02: the backlog as a fluid, workers that wait for calls, and charges of failed requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.answers.judging import Exercise, Given, Slip
from sim.theory import Backlog, fluid_backlog

if TYPE_CHECKING:
    from sim.experiments.run import Run
    from sim.scenario.scenario_file import ScenarioFile

CAPACITY_PER_S = 200.0
"""Charges a second of a healthy payments: 2 replicas x 4 workers / 40 ms."""


def backlog(given: Given) -> Backlog:
    """Return the backlog of charges as a fluid."""
    return fluid_backlog(given["rate"], CAPACITY_PER_S, given["lasts"], CAPACITY_PER_S / given["by"])


def shop(given: Given) -> ScenarioFile:
    """Return the shipped shop, called synchronously, with a student's fault."""
    from sim.scenario.loading import load
    from sim.scenario.shipped import shipped_folder

    changes = {"faults.payments slow.by": f"{given['by']}x", "faults.payments slow.for": f"{given['lasts']}s"}
    found = load(shipped_folder() / "cascade_vs_backlog.yaml").resolve("synchronous", set_=changes)
    return found.set("replications", 1)


def ghosts(run: Run) -> float:
    """Return the number of requests during the fault that failed and were charged anyway."""
    return run.value("ghost", "charged", "fault") or 0.0


FLOOD = {"rate": (80, 100, 120, 150), "by": (5, 8, 10, 20), "lasts": (20, 30, 40, 60)}

EXERCISES = (
    Exercise(
        ask="Behind the queue: {rate} orders a second, payments can do 200 charges a second and becomes {by} times "
        "slower for {lasts} s. How many messages wait when the fault ends?",
        options=FLOOD,
        expected=lambda given: backlog(given).peak,
        why="What comes in less what is still charged, ({rate} - 200 / {by}) a second, for {lasts} s.",
        unit="messages",
        slips=(
            Slip(lambda given: given["rate"] * given["lasts"], "payments is slow, not down: it still charges some."),
            Slip(
                lambda given: given["rate"] * given["lasts"] * (1 - 1 / given["by"]),
                "it is capacity that is divided by {by}, not demand.",
            ),
        ),
        within=0.03,
    ),
    Exercise(
        ask="Another queue: {rate} orders a second against 200 charges a second, {by} times slower for {lasts} s. "
        "How long after the fault's end is the backlog gone, in s?",
        options=FLOOD,
        expected=lambda given: backlog(given).drain_s,
        why="The backlog shrinks by what payments can do beyond new orders, 200 - {rate} a second.",
        unit="s",
        slips=(
            Slip(lambda given: backlog(given).peak / CAPACITY_PER_S, "new orders go on coming while it drains."),
            Slip(
                lambda given: backlog(given).drain_s + given["lasts"], "count from the fault's end, not its beginning."
            ),
        ),
        within=0.03,
    ),
    Exercise(
        ask="Called synchronously: orders has {workers} workers, each held while its call to payments is open, and "
        "{rate} orders a second come. If every call ends in its timeout, how long may the timeout be, in ms, before "
        "the workers no longer suffice?",
        options={"workers": (16, 24, 32, 48, 64), "rate": (80, 100, 120, 160)},
        expected=lambda given: 1000 * given["workers"] / given["rate"],
        why="Little's law: {rate} a second, each holding a worker for the timeout, hold {rate} x timeout workers.",
        unit="ms",
        slips=(Slip(lambda given: 1000 * given["rate"] / given["workers"], "turn the fraction round."),),
    ),
    Exercise(
        ask="Play `mine.scenario` with `seed=mine.seed`: payments {by} times slower for {lasts} s, called "
        "synchronously. How many who came during the fault were told that it failed and were charged all the same?",
        options={"by": (5, 8, 10, 20), "lasts": (20, 30, 40)},
        expected=ghosts,
        why="It is the measure `ghost` of `charged` during the fault, from seed {seed}.",
        unit="charges",
        slips=(
            Slip(lambda run: run.value("applied once", "charged", "fault"), "those were charged once and told so."),
        ),
        within=0,
        scenario=shop,
    ),
)
