"""Exercises of notebook 03: attempts that multiply, attempts that add up, and storms that feed themselves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.answers.judging import Exercise, Given, Slip
from sim.theory import expected_attempts, retry_amplification

if TYPE_CHECKING:
    from sim.experiments.run import Run
    from sim.scenario.scenario_file import ScenarioFile


def attempts(given: Given) -> float:
    """Return the mean attempts when each fails on its own."""
    return expected_attempts(given["p"] / 100, int(given["most"]))


def layers(given: Given) -> list[int]:
    """Return the attempts of the three layers."""
    return [int(given[key]) for key in ("top", "middle", "low")]


def harmless(given: Given) -> float:
    """Return the most attempts with which clients that all time out offer less than the server can do."""
    return math.ceil(given["capacity"] / given["rate"]) - 1.0


def storm(given: Given) -> ScenarioFile:
    """Return the shipped retry storm with a student's number of attempts."""
    from sim.scenario.loading import load
    from sim.scenario.shipped import shipped_folder

    found = load(shipped_folder() / "retry_storm.yaml").resolve("storm")
    return found.set("links.clients:server.retry.max attempts", given["most"]).set("replications", 5)


def rate_at_the_end(run: Run) -> float:
    """Return the attempts a second in the last 100 s of arrivals."""
    return run.value("attempts rate", "clients -> server", "500s to 600s") or 0.0


EXERCISES = (
    Exercise(
        ask="Each call fails with {p} %, on its own, and is tried at most {most} times, the first one counted. How "
        "many attempts does a call take on average?",
        options={"p": (30, 40, 50, 60), "most": (3, 4)},
        expected=attempts,
        why="1 + p + p x p + ..., {most} terms: the next attempt is made only if all before it failed.",
        unit="attempts",
        slips=(
            Slip(lambda given: given["most"], "that is the worst case; most calls need fewer."),
            Slip(lambda given: 1 / (1 - given["p"] / 100), "that is without a limit; stop after the last attempt."),
            Slip(lambda given: 1 + given["p"] / 100, "that is with one retry; go on."),
        ),
        within=0.005,
    ),
    Exercise(
        ask="Three layers call each other, and each tries the one below up to {top}, {middle} and {low} times. The "
        "bottom is down. How many calls does it get for one request at the top?",
        options={"top": (2, 3, 4), "middle": (2, 3, 5), "low": (3, 4, 5)},
        expected=lambda given: float(retry_amplification(layers(given))),
        why="Every attempt of a layer sets off all attempts of the next: {top} x {middle} x {low}.",
        unit="calls",
        slips=(
            Slip(lambda given: float(sum(layers(given))), "layers multiply, they do not add."),
            Slip(lambda given: float(math.prod(n - 1 for n in layers(given))), "attempts count the first one too."),
        ),
        within=0,
    ),
    Exercise(
        ask="{rate} clients a second come to a server that can do {capacity} a second. After an outage its line is "
        "so long that every attempt times out and is sent again at once. What is the largest number of attempts "
        "with which less is offered than the server can do, so that the line shrinks?",
        options={"rate": (2, 3, 4, 5), "capacity": (10, 11, 13, 16)},
        expected=harmless,
        why="With n attempts the clients offer n x {rate} a second; that must stay below {capacity}.",
        unit="attempts",
        slips=(
            Slip(
                lambda given: harmless(given) + 1, "with one attempt less it would shrink; with this one it does not."
            ),
            Slip(lambda given: harmless(given) - 1, "attempts count the first one too."),
        ),
        within=0,
    ),
    Exercise(
        ask="Play `mine.scenario` with `seed=mine.seed`: the retry storm with at most {most} attempts. How many "
        "attempts a second arrive in its last 100 s (`during='500s to 600s'`)?",
        options={"most": (3, 4, 6, 7, 8)},
        expected=rate_at_the_end,
        why="Nobody is answered in time, so each of 5 clients a second sends all {most} attempts.",
        unit="/s",
        slips=(
            Slip(
                lambda run: run.value("attempts rate", "clients -> server", "all"),
                "that is the whole run, calm included.",
            ),
            Slip(lambda run: 5.0, "that is how many clients come; count their attempts."),
        ),
        nearer=0.1,
        scenario=storm,
    ),
)
