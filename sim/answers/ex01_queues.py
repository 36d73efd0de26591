"""Exercises of notebook 01: waits, tails, variability and workers of a queue in steady state, all by formula."""

from __future__ import annotations

import math

from sim.answers.judging import Exercise, Given, Slip
from sim.theory import mg1, mm1, mmc


def wait_ms(given: Given) -> float:
    """Return the mean wait of M/M/1 in ms."""
    return 1000 * mm1(given["rate"], 1000 / given["work_ms"]).wait_s


def p99_ms(given: Given) -> float:
    """Return the time in an M/M/1 system that 1 % of requests exceed, in ms: it is exponential, so ln 100 means."""
    return 1000 * math.log(100) * mm1(given["rate"], 1000 / given["work_ms"]).sojourn_s


def workers_needed(given: Given) -> float:
    """Return the least workers with one queue and a mean wait of at most a tenth of the work (Erlang C)."""
    service_rate = 1000 / given["work_ms"]
    workers = _stable(given)
    while mmc(given["rate"], service_rate, int(workers)).wait_s > given["work_ms"] / 1e4:
        workers += 1
    return workers


def _stable(given: Given) -> float:
    """Return the least workers that are not busy all the time."""
    return math.floor(given["rate"] * given["work_ms"] / 1000) + 1.0


def wait_of_law_ms(given: Given) -> float:
    """Return the mean wait of M/G/1 in ms (Pollaczek and Khinchine)."""
    return 1000 * mg1(given["rate"], given["work_ms"] / 1000, given["cv"] ** 2).wait_s


ONE_WORKER = {"rate": (50, 60, 70, 80), "work_ms": (8, 10, 11, 12)}

EXERCISES = (
    Exercise(
        ask="{rate} requests a second come at random (Poisson) to one worker, whose work is exponential with a mean "
        "of {work_ms} ms. How long does a request wait before its work begins, on average, in ms?",
        options=ONE_WORKER,
        expected=wait_ms,
        why="The load r is {rate} x {work_ms} / 1000, and the mean wait is r / (1 - r) times the mean work.",
        unit="ms",
        slips=(
            Slip(
                lambda given: wait_ms(given) + given["work_ms"],
                "that is the whole time in the system; leave out the work.",
            ),
            Slip(lambda given: wait_ms(given) / 2, "that is the wait with constant work, half of what is asked for."),
            Slip(lambda given: given["work_ms"], "that is the work itself."),
        ),
    ),
    Exercise(
        ask="Another worker: {rate} requests a second and {work_ms} ms of exponential work. One request in a hundred "
        "is in the system for longer than how many ms (its p99)?",
        options=ONE_WORKER,
        expected=p99_ms,
        why="The time in the system is exponential, so its p99 is ln 100 = 4.6 times its mean.",
        unit="ms",
        slips=(
            Slip(lambda given: p99_ms(given) / math.log(100), "that is the mean time in the system, not its p99."),
            Slip(lambda given: math.log(100) * wait_ms(given), "count the work too: it is the time in the system."),
            Slip(lambda given: math.log(100) * given["work_ms"], "that is the p99 of the work alone."),
        ),
    ),
    Exercise(
        ask="{rate} requests a second come to one worker whose work takes {work_ms} ms on average with a coefficient "
        "of variation of {cv}. How long is the mean wait, in ms?",
        options={**ONE_WORKER, "cv": (0.5, 1.5, 2, 3)},
        expected=wait_of_law_ms,
        why="Pollaczek and Khinchine: it is (1 + cv x cv) / 2 times the wait with exponential work.",
        unit="ms",
        slips=(
            Slip(wait_ms, "that is the wait with exponential work, whose coefficient of variation is 1."),
            Slip(lambda given: wait_ms(given) * (1 + given["cv"]) / 2, "square the coefficient of variation."),
            Slip(
                lambda given: wait_of_law_ms(given) + given["work_ms"],
                "that is the time in the system; leave out the work.",
            ),
        ),
    ),
    Exercise(
        ask="{rate} requests a second, {work_ms} ms of exponential work each, all workers behind one line. How many "
        "workers keep the mean wait below a tenth of the work (use `sim.theory.mmc`)?",
        options={"rate": (100, 150, 200, 300), "work_ms": (20, 30, 40, 50)},
        expected=workers_needed,
        why="Try `sim.theory.mmc({rate}, 1000 / {work_ms}, workers).wait_s` from the least stable number on.",
        unit="workers",
        slips=(
            Slip(_stable, "that number of workers is not always busy, but requests wait too long."),
            Slip(lambda given: workers_needed(given) - 1, "nearly: the mean wait is still above a tenth of the work."),
            Slip(lambda given: workers_needed(given) + 1, "enough, but one less would do."),
        ),
        within=0,
    ),
)
