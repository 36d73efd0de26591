"""Hysteresis: load stepped up, then down, within one run; the load at which service is lost, and at which it recovers.

A system without memory is served alike on both ways. Where retries (or caches, or queues) keep a collapse alive, the
way down stays below the way up: a loop, and two knees. Source: N. Bronson et al., "Metastable Failures in Distributed
Systems", HotOS 2021, on the two states at one load. An overloaded queue without bound needs time to drain in proportion
to its length, so it shows a loop without any retries: step only a little beyond capacity, or bound the queue, to see
the rest. Not modelled: loads between the steps; the load of other workloads stays as it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Callable, Iterable, Mapping

from sim.errors import ParameterError, did_you_mean
from sim.experiments.run import Run, run_resolved
from sim.quantities import parse_duration, parse_rate
from sim.results.recovery_time import GOOD_ENOUGH
from sim.results.statistics import Interval, interval
from sim.results.wanted import ALL, Ask, Wanted
from sim.scenario.loading import Playable, Settings, loaded

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

    from sim.experiments.rows import StepRow

STEPS = 8
STEP_S = 60.0
SETTLED = 0.5
"""The share of each step that passes before it is measured."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the load: *way* is ``up`` or ``down``; measured from *begin_s* to *end_s*; goodput by replication."""

    way: str
    rate_per_s: float
    begin_s: float
    end_s: float
    goodput: tuple[float | None, ...]

    @property
    def window(self) -> str:
        """The window of the measures, as it is written."""
        return written(self.begin_s, self.end_s)


class Hysteresis:
    """What stepping the load of *workload* up and down showed; ``run`` is the ``Run`` of all the steps.

    Service is *good* where the goodput ratio is at least 95 %. Loads are per second; a knee is None for a replication
    that has none.

    >>> import sim
    >>> found = sim.hysteresis("hedging", "readers", "50/s", "150/s", steps=2, step_for="5s", replications=1)
    >>> [(step.way, step.rate_per_s) for step in found.steps]
    [('up', 50.0), ('up', 150.0), ('down', 50.0)]
    """

    def __init__(self, workload: str, run: Run, steps: tuple[Step, ...]) -> None:
        self.workload = workload
        self.run = run
        self.steps = steps

    @property
    def up(self) -> tuple[Step, ...]:
        """The way up, the highest step last."""
        return tuple(step for step in self.steps if step.way == "up")

    @property
    def down(self) -> tuple[Step, ...]:
        """The way down, the lowest step last; the highest belongs to the way up."""
        return tuple(step for step in self.steps if step.way == "down")

    @cached_property
    def knees_up(self) -> list[float | None]:
        """The first load on the way up at which service is not good, for each replication; None if it always is."""
        return [self._first(self.up, i, good=False) for i in range(len(self.run.replications))]

    @cached_property
    def knees_down(self) -> list[float | None]:
        """The first load on the way down at which it is good again; None if it never is, or never was otherwise."""
        knees = [self._first(self.down, i, good=True) for i in range(len(self.run.replications))]
        return [knee if lost is not None else None for lost, knee in zip(self.knees_up, knees, strict=True)]

    @cached_property
    def widths(self) -> list[float]:
        """How far the load must fall below the last good one before service is back, for each replication, in /s.

        Zero without a loop; where service never comes back, down to zero load. Below zero is called zero.
        """
        widths = []
        for i, (lost, back) in enumerate(zip(self.knees_up, self.knees_down, strict=True)):
            good = [step.rate_per_s for step in self.up if _is_good(step, i) and step.rate_per_s < (lost or 0.0)]
            widths.append(max(max(good, default=0.0) - (back or 0.0), 0.0))
        return widths

    @property
    def knee_up(self) -> Interval:
        """The knee of the way up over the replications that lost service, in /s."""
        return interval([knee for knee in self.knees_up if knee is not None])

    @property
    def knee_down(self) -> Interval:
        """The knee of the way down over the replications that found service again, in /s."""
        return interval([knee for knee in self.knees_down if knee is not None])

    @property
    def width(self) -> Interval:
        """The width of the loop, in /s."""
        return interval(self.widths)

    @property
    def has_loop(self) -> bool:
        """Whether every replication shows a loop."""
        return all(width > 0 for width in self.widths)

    @cached_property
    def rows(self) -> list[StepRow]:
        """A row for each step in order: way, load, window, goodput ratio with its 95 % interval, and runs."""
        rows: list[StepRow] = []
        for step in self.steps:
            goodput = interval([value for value in step.goodput if value is not None])
            rows.append({
                "way": step.way, "rate": step.rate_per_s, "begin_s": step.begin_s, "end_s": step.end_s,
                "goodput ratio": goodput.mean, "low": goodput.low, "high": goodput.high, "runs": goodput.n,
            })  # fmt: skip
        return rows

    @property
    def table(self) -> pandas.DataFrame:
        """``rows`` as a data frame."""
        import pandas

        return pandas.DataFrame(self.rows)

    def plot(self, dark: bool = False) -> Figure:
        """Return the figure of both ways with 95 % intervals over the replications, and the knees."""
        from sim.plots import style
        from sim.plots.hysteresis import loop_figure

        run, step, replications = self.run, self.steps[0], len(self.run.replications)
        up = [row for row in self.rows if row["way"] == "up"]
        down = [up[-1], *(row for row in self.rows if row["way"] == "down")]
        notes = [f"steps of {2 * (step.end_s - step.begin_s):g} s, the second half of each measured"]
        notes.append("95 % intervals" if replications > 1 else "no intervals")
        if run.cut_off:
            notes.append(f"cut off: {run.cut_off}")
        on = f" with {', '.join(run.toggles)}" if run.toggles else ""
        variant = f", {run.variant}" if run.variant else ""
        return loop_figure(
            up, down, self.knee_up.mean, self.knee_down.mean, self.workload,
            f"{run.scenario.title}{variant}{on}: {self._verdict()}",
            style.caption_of_replications(run.seed, replications, *notes), style.theme(dark),
        )  # fmt: skip

    def _verdict(self) -> str:
        """Return what the figure shows, in words."""
        if all(knee is None for knee in self.knees_up):
            return "service is never lost"
        if self.has_loop and all(knee is None for knee in self.knees_down):
            return "once lost, service does not come back"
        width = self.width.mean or 0.0
        if self.has_loop:
            return f"a loop of {width:.3g}/s"
        return "no loop" if width == 0 else "a loop in some replications"

    def _repr_html_(self) -> str:
        return str(self.table.to_html(index=False))

    def __repr__(self) -> str:
        return f"<Hysteresis of {self.workload!r} in {self.run.scenario.title!r}: loop of {self.width.mean:.4g}/s>"

    def _first(self, steps: Iterable[Step], replication: int, good: bool) -> float | None:
        return next((step.rate_per_s for step in steps if _is_good(step, replication) == good), None)


def _is_good(step: Step, replication: int) -> bool:
    """Whether a step was served; one without arrivals counts as served."""
    share = step.goodput[replication]
    return share is None or share >= GOOD_ENOUGH


def hysteresis(
    scenario: Playable, workload: str, low: str | float, high: str | float, steps: int = STEPS,
    step_for: str | float = STEP_S, variant: str | None = None, with_: Iterable[str] = (),
    replications: int | None = None, seed: int | None = None, workers: int | None = 1,
    progress: Callable[[float], None] | None = None, set_: Settings = (), wanted: Wanted = ALL,
) -> Hysteresis:  # fmt: skip
    """Step the rate of *workload* from *low* to *high* in equal *steps* (a number), and down again; one run for all.

    *low* and *high* are rates (``"2/s"``, or numbers per second); each step lasts *step_for* (``"60s"``, or seconds)
    and is measured in its second half. The scenario's faults, its warm-up and its duration give way to the steps. The
    measures that are *wanted* are computed, and always the goodput of each step.

    Raises ``ParameterError`` for a workload that is not an open loop and for steps that cannot be meant.

    >>> import sim
    >>> sim.hysteresis("hedging", "readers", "50/s", "100/s", steps=2, step_for="5s", replications=1).has_loop
    False
    """
    set_ = dict(set_) if isinstance(set_, Mapping) else list(set_)
    base = loaded(scenario).resolve(variant, with_, set_)
    if workload not in base.workload or base.workload[workload].rate is None:
        loops = [name for name, model in base.workload.items() if model.rate is not None]
        rule = "name a workload with a rate: only an open loop can be stepped"
        hint = did_you_mean(workload, loops) or (f"there are {', '.join(loops)}" if loops else "there is none")
        raise ParameterError(rule, workload, hint, "workload")
    rates, span = _rates(low, high, steps), step_for if isinstance(step_for, int | float) else parse_duration(step_for)
    if not 0 < span < math.inf:
        raise ParameterError("be longer than nothing", span, place="step")
    in_order = [*rates, *reversed(rates[:-1])]
    ways = ["up"] * len(rates) + ["down"] * (len(rates) - 1)
    shape = " ".join(f"{rate:.9g}/s {i * span:.9g}s" for i, rate in enumerate(in_order))
    windows = [(i * span + SETTLED * span, (i + 1) * span) for i in range(len(in_order))]
    resolved = base.resolve(base.variant, base.toggles_on, {
        "expect": {}, "faults": {}, "warmup": "0s", "duration": f"{len(in_order) * span:.9g}s",
        f"workload.{workload}.rate": f"steps {shape}",
    })  # fmt: skip
    wanted |= Wanted(tuple(Ask("goodput ratio", workload, written(*window)) for window in windows))
    if wanted.asks is None:
        wanted |= Wanted((), tuple(written(*window) for window in windows))
    run = run_resolved(resolved, seed, replications, workers, progress, wanted=wanted)
    return Hysteresis(workload, run, tuple(
        Step(way, rate, *window, tuple(run.values["goodput ratio", workload, written(*window)]))
        for way, rate, window in zip(ways, in_order, windows, strict=True)
    ))  # fmt: skip


def _rates(low: str | float, high: str | float, steps: int) -> list[float]:
    bottom, top = (rate if isinstance(rate, int | float) else parse_rate(rate) for rate in (low, high))
    if not 0 < bottom < top < math.inf:
        raise ParameterError("lie above the lowest rate, and that above zero", f"{top:g}/s", place="high")
    if steps < 2:
        raise ParameterError("be at least 2", steps, place="steps")
    return [bottom + (top - bottom) * i / (steps - 1) for i in range(steps)]


def written(begin_s: float, end_s: float) -> str:
    """Return a window as it is written in claims.

    >>> written(30.0, 60.0)
    '30s to 60s'
    """
    return f"{begin_s:.9g}s to {end_s:.9g}s"
