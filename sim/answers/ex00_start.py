"""Exercises of notebook 00: load against capacity, rejections by a slow till, and requests served in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.answers.judging import Exercise, Given, Slip

if TYPE_CHECKING:
    from sim.experiments.run import Run
    from sim.scenario.scenario_file import ScenarioFile

TILL = """
version: 1
title: One slow till
question: The shop takes {rate} orders a second. What does a slow till do to it?
lesson: A line in front of the till fills, and orders fail although nothing has crashed.
duration: 120s
replications: 5
workload:
  customers: {{calls: till.pay, rate: {rate}/s, deadline: 1s}}
services:
  till: {{workers: 2, waiting: {waiting}, operations: {{pay: [{{work: exponential 100ms}}]}}}}
faults:
  slow till: {{slow: till, by: {by}x, at: 60s, for: {lasts}s}}
"""


def till(given: Given) -> ScenarioFile:
    """Return the shop of notebook 00 with a student's numbers."""
    from sim.scenario.loading import loads

    return loads(TILL.format(**given))


def load_percent(given: Given) -> float:
    """Return offered work over the capacity of the workers, in percent."""
    return given["rate"] * given["work_ms"] / 1000 / given["workers"] * 100


def turned_away(given: Given) -> float:
    """Return the number of rejections, as a fluid: arrivals less the served and the waiting (two workers)."""
    from sim.theory import fluid_backlog

    capacity = 2 / 0.1
    peak = fluid_backlog(given["rate"], capacity, given["lasts"], capacity / given["by"]).peak
    return max(0.0, peak - given["waiting"])


def _in_fault(measure: str, during: str = "fault") -> Any:
    def read(run: Run) -> float | None:
        value = run.value(measure, "customers", during)
        return None if value is None else 100 * value

    return read


EXERCISES = (
    Exercise(
        ask="A till gets {rate} orders a second. It has {workers} workers, and an order takes one of them "
        "{work_ms} ms on average. What share of their time are the workers busy, in %?",
        options={"rate": (6, 8, 9, 12), "workers": (2, 3, 4), "work_ms": (50, 80, 100, 120, 150)},
        expected=load_percent,
        why="Each second brings {rate} x {work_ms} ms of work, and {workers} workers can do {workers} s of it.",
        unit="%",
        slips=(
            Slip(lambda given: given["workers"] * load_percent(given), "share the work among all workers."),
            Slip(lambda given: 1e4 / load_percent(given), "that is capacity over load: turn the fraction round."),
            Slip(lambda given: 100 - load_percent(given), "that is the share of time in which they are idle."),
        ),
        nearer=0.5,
    ),
    Exercise(
        ask="{rate} orders a second come to a till with 2 workers, 100 ms an order, and {waiting} waiting places. "
        "It becomes {by} times slower for {lasts} s. About how many orders find the line full and are turned away?",
        options={"rate": (9, 10, 11, 12), "by": (4, 5, 8), "lasts": (20, 30), "waiting": (10, 20, 30)},
        expected=turned_away,
        why="The slow till serves 20/{by} a second; the rest of {rate}/s piles up for {lasts} s, and {waiting} of "
        "them have a place.",
        unit="orders",
        slips=(
            Slip(
                lambda given: turned_away(given) + given["waiting"], "some of those who pile up find a waiting place."
            ),
            Slip(lambda given: given["rate"] * given["lasts"], "the slow till still serves some of them."),
        ),
        within=0.05,
    ),
    Exercise(
        ask="Play `mine.scenario` with `seed=mine.seed`: {rate} orders a second, {waiting} waiting places, a till "
        "{by} times slower for {lasts} s. What share of those who come during the fault is served in time, in %?",
        options={"rate": (10, 11, 12), "by": (3, 4), "lasts": (20, 30), "waiting": (1, 2, 3, 5)},
        expected=_in_fault("goodput ratio"),
        why="It is the goodput ratio of customers during the fault, the mean of 5 replications from seed {seed}.",
        unit="%",
        slips=(
            Slip(_in_fault("goodput ratio", "all"), "that is the whole run; ask for during='fault'."),
            Slip(_in_fault("failure ratio"), "that is the share that was not served in time."),
            Slip(_in_fault("rejected ratio"), "that is the share that was turned away."),
        ),
        nearer=0.1,
        scenario=till,
    ),
)
