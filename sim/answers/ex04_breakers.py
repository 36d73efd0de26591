"""Exercises of notebook 04: when a breaker opens, what it costs where failures are random, and when it never opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.answers.judging import Exercise, Given, Slip
from sim.answers.parse_answer import NO, YES
from sim.theory import breaker_opens

if TYPE_CHECKING:
    from sim.experiments.run import Run
    from sim.scenario.scenario_file import ScenarioFile

LINK = "orders -> payments"


def opens_s(given: Given) -> float:
    """Return the mean time until a breaker opens by bad luck alone, in seconds."""
    return breaker_opens(given["rate"], int(given["failures"]), given["p"] / 100)


def open_percent(given: Given) -> float:
    """Return the share of time a breaker is open by bad luck, in percent.

    It is closed for ``breaker_opens``, then open for its time, and again for each probe that fails (a geometric
    number of times). Source: alternating renewal (Ross, Introduction to Probability Models, section 7.5).
    """
    p = given["p"] / 100
    opened_s = given["open_s"] / (1 - p)
    return 100 * opened_s / (opened_s + opens_s(given))


def shop(given: Given) -> ScenarioFile:
    """Return the shipped shop, called synchronously with a breaker, with a student's fault and timeout."""
    from sim.scenario.loading import load
    from sim.scenario.shipped import shipped_folder

    file = load(shipped_folder() / "cascade_vs_backlog.yaml")
    changes = {
        "links.orders:payments.timeout": f"{given['timeout_ms']}ms",
        "faults.payments slow.by": f"{given['by']}x",
    }
    return file.resolve("synchronous", ["circuit breaker"], changes).set("replications", 1)


def opened_after_s(run: Run) -> float:
    """Return how long after the fault began the breaker opened first, in seconds."""
    return _opened_at(run) - run.record.windows[0][1]


def _opened_at(run: Run) -> float:
    return next((float(at) for at, kind, _, _ in run.record.events if kind == "breaker open"), float("nan"))


def opens(run: Run) -> str:
    """Return whether the breaker opened at all."""
    return YES if run.value("breaker open share", LINK, "all") else NO


EXERCISES = (
    Exercise(
        ask="A breaker opens after {failures} failures in a row. {rate} calls a second, of which {p} % fail at "
        "random. After how many seconds does it open, on average?",
        options={"failures": (3, 4, 5), "rate": (10, 20, 50), "p": (20, 25, 40, 50)},
        expected=opens_s,
        why="Until n failures in a row it takes (1/p^n - 1) / (1 - p) calls on average, with n = {failures}.",
        unit="s",
        slips=(
            Slip(lambda given: given["failures"] / given["rate"], "that is when every call fails."),
            Slip(
                lambda given: (given["p"] / 100) ** -given["failures"] / given["rate"],
                "a failed run costs the calls that it took: divide by 1 - p too.",
            ),
            Slip(lambda given: opens_s(given) * given["rate"], "those are calls; divide by the calls a second."),
        ),
    ),
    Exercise(
        ask="The breaker of {failures} failures, {rate} calls a second, {p} % failing at random. Open for {open_s} s, "
        "then 1 probe. What share of the time is it open, in %?",
        options={"failures": (3, 4, 5), "rate": (10, 20), "p": (20, 30, 40), "open_s": (10, 30)},
        expected=open_percent,
        why="Open for {open_s} s / (1 - p), because a probe may fail; closed until the next {failures} in a row.",
        unit="%",
        slips=(
            Slip(
                lambda given: 100 * given["open_s"] / (given["open_s"] + opens_s(given)),
                "a probe fails with {p} % as well, and then it stays open for another {open_s} s.",
            ),
            Slip(lambda given: 100 - open_percent(given), "that is the share of time in which it is closed."),
        ),
        within=0.03,
        nearer=0.2,
    ),
    Exercise(
        ask="Play `mine.scenario` with `seed=mine.seed`: payments {by} times slower, a timeout of {timeout_ms} ms and "
        "the breaker. How many seconds after the fault begins does it open first?",
        options={"by": (10, 15, 20), "timeout_ms": (500, 750, 1000, 1500)},
        expected=opened_after_s,
        why="It needs 5 timeouts in a row, and each comes {timeout_ms} ms after its call: look at `run.events`.",
        unit="s",
        slips=(Slip(_opened_at, "that is the scenario's clock; the fault begins at 60 s."),),
        scenario=shop,
    ),
    Exercise(
        ask="Payments becomes {by} times slower (40 ms of work become {slow_ms} ms), and callers give it "
        "{timeout_ms} ms. Does the breaker of 5 timeouts in a row ever open? Predict, then play `mine.scenario`.",
        options={"by": (10,), "slow_ms": (400,), "timeout_ms": (250, 500, 5000, 8000)},
        expected=opens,
        why="Slow is not failed: only a timeout of less than waiting and work together makes a failure of it.",
        unit="yes or no",
        scenario=shop,
    ),
)
