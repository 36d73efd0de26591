"""One combination of a scenario, played several times and measured: the result of ``sim.run``."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Callable, Iterable, Mapping, Sequence, cast

from sim.errors import ParameterError, describe, did_you_mean
from sim.experiments.pool import Pool
from sim.experiments.replications import Replication, Task, must_be_playable, opened, play_and_examine
from sim.experiments.sides import others
from sim.results.claims import Verdict, judge
from sim.results.index.windows import FIXED, is_written_window, parse_span, shown_window
from sim.results.measures import drain
from sim.results.measures.registry import NAMES, measures_of
from sim.results.statistics import interval
from sim.results.wanted import ALL, Ask, Wanted
from sim.scenario.loading import Playable, Settings, loaded
from sim.scenario.measures import range_of
from sim.scenario.rules.names import several

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

    from sim.experiments.figures import RunView
    from sim.experiments.rows import MeasureRow, MeasureRowWithValues, Undecided
    from sim.record.record import Record
    from sim.replay import Replay
    from sim.results.blast import BlastRadius
    from sim.results.story.story import Story
    from sim.scenario.models import Claim, Scenario
    from sim.scenario.scenario_file import ScenarioFile

Key = tuple[str, str, str]
Values = dict[Key, list[float | None]]


class Run:
    """The replications of one combination, their measures with intervals, and the first one's record.

    ``rows`` and ``measures`` hold every measure over all replications. The other data frames (``requests``,
    ``attempts``, ``messages``, ``effects``, ``marks``, ``ledger``, ``events``, ``failures``, ``waste``, ``symptoms``,
    ``series``), the story, the figures and the replay are of the first replication. Frames are made on first use;
    times in them are seconds on the scenario's clock, and ``frame.attrs["units"]`` has the unit of each column.

    >>> import sim
    >>> run = sim.run("hedging", variant="hedged", replications=2)
    >>> run.variant, len(run.replications), all(run.identities.values())
    ('hedged', 2, True)
    >>> run.rows[0]["measure"], run.rows[0]["of"], run.rows[0]["unit"]
    ('offered', 'readers', 'requests')
    """

    def __init__(
        self, scenario: ScenarioFile, seed: int, replications: list[Replication], record: Record,
        wanted: Wanted = ALL, sides: Iterable[ScenarioFile] = (),
    ) -> None:  # fmt: skip
        self.scenario = scenario
        """The resolved scenario that was played."""
        self.seed = seed
        self.replications = replications
        self.record = record
        """The first replication, complete."""
        self.wanted = wanted
        """The measures that were computed."""
        self.sides = tuple(sides)
        """The scenarios that it is compared with."""
        self.record_is_whole = True
        """Whether ``record`` still has all of its rows, so that more can be measured."""
        self.seconds = 0.0
        """How long its replications took, one after another. It is not part of any result."""

    @property
    def variant(self) -> str:
        """The variant played, empty where the scenario has none."""
        return self.record.variant

    @property
    def toggles(self) -> tuple[str, ...]:
        """The toggles that were on."""
        return self.record.toggles

    @cached_property
    def values(self) -> Values:
        """(measure, of, during) to one value for each replication, of every measure that was computed."""
        values: Values = {}
        for i, replication in enumerate(self.replications):
            for row in replication.measures:
                key = (row.measure, row.of, row.during)
                values.setdefault(key, [None] * len(self.replications))[i] = row.value
        return values

    @cached_property
    def between(self) -> dict[tuple[str, str, str], list[tuple[float, float] | None]]:
        """(measure, of, during) of what is undecided in some replication, to what each value can come to.

        None for a replication in which it is decided; without a bound it is infinite.
        """
        between: dict[tuple[str, str, str], list[tuple[float, float] | None]] = {}
        for i, replication in enumerate(self.replications):
            for row in replication.measures:
                if row.least is not None and row.most is not None:
                    key = (row.measure, row.of, row.during)
                    between.setdefault(key, [None] * len(self.replications))[i] = (row.least, row.most)
        return between

    def find(self, key: Key) -> list[float | None] | None:
        """Return the value of a measure in each replication; None if this run does not have it.

        A measure that was not wanted is computed now if there is one replication, whose record is at hand. Of several
        only the first record is kept, so it raises ``ParameterError`` with the measures that were computed.
        """
        if key not in self.values and not self.wanted.has(*key):
            if len(self.replications) > 1 or not self.record_is_whole:
                names = dict.fromkeys(ask.measure for ask in self.wanted.asks or ())
                hint = f"computed were {', '.join(names) or 'none'}"
                raise ParameterError("be a measure that was computed", " | ".join(key), hint, "measure")
            self.measure(Wanted((Ask(*key), Ask(key[0]))))
        return self.values.get(key)

    def row(self, measure: str, of: str = "system", during: str = "all") -> MeasureRow | None:
        """Return the row of one measure, computed now if need be (see ``find``); None if this run does not have it."""
        self.find((measure, of, during))
        return self._rows_by_key.get((measure, of, during))

    @cached_property
    def _rows_by_key(self) -> dict[Key, MeasureRow]:
        return {(row["measure"], row["of"], row["during"]): row for row in self.rows}

    def measure(self, wanted: Wanted) -> None:
        """Compute the measures that are *wanted* too, from the record of the only replication."""
        together = self.wanted | wanted
        if together == self.wanted:
            return
        book = opened(self.record, together, others(self.scenario, self.sides))
        self.replications = [replace(self.replications[0], measures=tuple(measures_of(book, together)))]
        for name in ("values", "between", "rows", "_rows_by_key", "measures"):
            self.__dict__.pop(name, None)
        self.wanted = together

    def ranges(self, key: Key) -> list[tuple[float, float] | None]:
        """Return the range of each replication's value of a measure; None where it is unknown."""
        values = self.find(key) or [None] * len(self.replications)
        between = self.between.get(key, [None] * len(values))
        return [limits or (None if value is None else (value, value)) for limits, value in zip(between, values)]

    @cached_property
    def rows(self) -> list[MeasureRow]:
        """Every computed measure over the replications: mean, 95 % interval, standard error, samples, runs and unit.

        An interval is cut where the measure's unit ends: a ratio's to 0..1, and none goes below zero.
        Where a value is undecided when its run ends, ``least`` and ``most`` are what the mean can come to (None without
        a bound), and ``undecided`` says in how many replications it is.
        """
        units: dict[tuple[str, str, str], str] = {}
        samples: dict[tuple[str, str, str], int] = {}
        for replication in self.replications:
            for row in replication.measures:
                key = (row.measure, row.of, row.during)
                units[key] = row.unit
                samples[key] = samples.get(key, 0) + row.n
        rows: list[MeasureRow] = []
        for (measure, of, during), values in self.values.items():
            known = [value for value in values if value is not None]
            key = (measure, of, during)
            spread = interval(known).within(*range_of(units[key]))
            rows.append({
                "measure": measure, "of": of, "during": during, "mean": spread.mean, "low": spread.low,
                "high": spread.high, "standard error": spread.error, "n": samples[key], "runs": len(known),
                "unit": units[key], **self._undecided(key),
            })  # fmt: skip
        return rows

    def _undecided(self, key: tuple[str, str, str]) -> Undecided:
        """Return in how many replications a measure is undecided, and what its mean can come to."""
        if key not in self.between:
            return {"undecided": 0, "least": None, "most": None}
        ends = [limits for limits in self.ranges(key) if limits is not None]
        least, most = (sum(side) / len(ends) for side in zip(*ends))
        return {
            "undecided": sum(limits is not None for limits in self.between[key]),
            "least": least if isfinite(least) else None, "most": most if isfinite(most) else None,
        }  # fmt: skip

    def value(self, measure: str, of: str = "system", during: str = "all") -> float | None:
        """Return the mean of one measure over the replications that have one; None if none has.

        Raises ``KeyError`` with the nearest names for a measure that does not exist, that is not measured of this part
        or not in this window. The value is in the measure's unit: seconds, per second, or a share between 0 and 1.

        >>> import sim
        >>> run = sim.run("hedging", replications=1)
        >>> run.value("goodput ratio", "readers", "before") > 0.99
        True
        >>> run.value("goodput ratio", "readrs")
        Traceback (most recent call last):
        KeyError: "of must name a ..., got 'readrs'; did you mean 'readers'?"
        """
        values = self.find((measure, of, during))
        if values is None:
            raise KeyError(self._no_value(measure, of, during))
        known = [value for value in values if value is not None]
        return interval(known).mean if known else None

    def _no_value(self, measure: str, of: str, during: str) -> str:
        """Return why the value does not exist, with the nearest that do."""
        if measure not in NAMES:
            return describe("measure", "be a measure", measure, did_you_mean(measure, NAMES))
        parts = list(dict.fromkeys(key[1] for key in self.values if key[0] == measure))
        if of not in parts:
            hint = did_you_mean(of, parts) or (f"there is {', '.join(parts)}" if parts else "there is none in this run")
            rule = f"name a {NAMES[measure].subjects}, of which {measure!r} is measured"
            return describe("of", rule, of, hint)
        windows = [key[2] for key in self.values if key[:2] == (measure, of)]
        hint = did_you_mean(during, windows)
        hint = hint or f"there is {', '.join(windows)}; a claim can name a window such as 5s to 9s"
        return describe("during", f"be a window in which {measure!r} is measured", during, hint)

    @cached_property
    def shown_window(self) -> str:
        """The window to show where only one can be: see ``sim.results.index.windows.shown_window``."""

        def ratio(of: str, during: str) -> float | None:
            return self.value("goodput ratio", of, during)

        return shown_window(ratio, self.record.workloads, self.has_faults)

    @property
    def has_faults(self) -> bool:
        """Whether some fault strikes in the first replication, here or on a side that it is held against."""
        return self.replications[0].has_faults

    @property
    def rows_with_values(self) -> list[MeasureRowWithValues]:
        """``rows``, each with its ``values``: one for each replication, None where it is unknown."""
        return [{**row, "values": self.values[row["measure"], row["of"], row["during"]]} for row in self.rows]

    @property
    def identities(self) -> dict[str, bool]:
        """Which books balanced, in every replication."""
        names = self.replications[0].identities
        return {name: all(replication.identities[name] for replication in self.replications) for name in names}

    @property
    def cut_off(self) -> str:
        """The first budget that ended a replication early; empty when all are complete."""
        return next((replication.cut_off for replication in self.replications if replication.cut_off), "")

    @property
    def notes(self) -> list[str]:
        """What a reader should know besides the numbers: the scenario's notes, and one on a drain that holds much."""
        attempts, work = (self.value(name) for name in drain.NAMES)
        about_drain = drain.note(self.record.duration_s, attempts, work)
        return [*self.scenario.notes, *filter(None, [about_drain])]

    # --- data frames --------------------------------------------------------------------------------------

    @cached_property
    def measures(self) -> pandas.DataFrame:
        """``rows`` as a data frame."""
        import pandas

        return pandas.DataFrame(self.rows)

    @cached_property
    def requests(self) -> pandas.DataFrame:
        """A row for each request: workload, arrival, outcome, latency, and whether it was answered, done and good."""
        from sim.results import frames

        return frames.requests(self.record)

    @cached_property
    def attempts(self) -> pandas.DataFrame:
        """A row for each attempt of a call, a send or a delivery, with what its visit waited, worked and wasted."""
        from sim.results import frames

        return frames.attempts(self.record)

    @cached_property
    def messages(self) -> pandas.DataFrame:
        """A row for each message of a queue."""
        from sim.results import frames

        return frames.messages(self.record)

    @cached_property
    def effects(self) -> pandas.DataFrame:
        """A row for each application of an effect, with the workload of its request."""
        from sim.results import frames

        return frames.effects(self.record)

    @cached_property
    def marks(self) -> pandas.DataFrame:
        """A row for each decision of a policy that no attempt shows."""
        from sim.results import frames

        return frames.marks(self.record)

    @cached_property
    def ledger(self) -> pandas.DataFrame:
        """A row for each entry of the effects ledger: how often an effect was due to a request, and applied."""
        from sim.results import frames

        return frames.ledger(self.record)

    @cached_property
    def events(self) -> pandas.DataFrame:
        """The rare events in order: faults, breakers, dead letters."""
        from sim.results import frames

        return frames.events(self.record)

    @cached_property
    def failures(self) -> pandas.DataFrame:
        """How many requests of each workload ended how, where and why, after the warm-up; successes excluded."""
        from sim.results import frames

        return frames.failures(self.record)

    @cached_property
    def waste(self) -> pandas.DataFrame:
        """Where work was done for callers that had left, worst first."""
        from sim.results import frames

        return frames.waste(self.record)

    @cached_property
    def symptoms(self) -> pandas.DataFrame:
        """A row for each symptom in order of time: which part, what kind, and how much."""
        from sim.results import frames

        return frames.symptoms(self.record)

    @cached_property
    def series(self) -> pandas.DataFrame:
        """A row for each second of each series: ``time_s``, ``of``, ``name``, ``value``, ``unit``."""
        from sim.results import frames

        return frames.series(self.record)

    def explain(self) -> Story:
        """Return the story of the first replication: what happened in order, every sentence from measured events."""
        from sim.results.story.story import explain

        return explain(self.record)

    @cached_property
    def blast_radius(self) -> BlastRadius:
        """How far the faults of the first replication reached: struck nodes, those hit in order, and how far away."""
        from sim.results.blast import blast_radius
        from sim.results.book import Book

        return blast_radius(Book(self.record))

    @property
    def view(self) -> RunView:
        """The values that the figures of this run show."""
        from sim.experiments.figures import RunView

        return RunView(self.record, self.rows, self.seed, len(self.replications), self.cut_off)

    def plot(self, dark: bool = False) -> dict[str, Figure]:
        """Return the figures of the first replication, by name."""
        from sim.experiments.figures import figures

        return figures(self.view, dark)

    def replay(self) -> Replay:
        """Return the first replication as a replay that plays in a notebook; its ``html`` is a page of its own."""
        from sim.replay import Replay, timeline

        return Replay(timeline(self.record))

    def _repr_html_(self) -> str:
        """Show the headline measures in a notebook."""
        wanted = ("goodput ratio", "answered ratio", "done ratio", "latency p95", "amplification")
        shown = self.measures[self.measures["measure"].isin(wanted) & (self.measures["during"] != "all")]
        return str(shown.to_html(index=False))

    def __repr__(self) -> str:
        on = f" with {', '.join(self.toggles)}" if self.toggles else ""
        which = f"{self.variant}{on}" if self.variant else f"as written{on}"
        return f"<Run of {self.scenario.title!r}, {which}: seed {self.seed}, {len(self.replications)} replications>"


def run(
    scenario: Playable, variant: str | None = None, with_: str | Iterable[str] = (), without: str | Iterable[str] = (),
    seed: int | None = None, replications: int | None = None, set_: Settings = (),
    workers: int | None = 1, progress: Callable[[float], None] | None = None, during: str | Iterable[str] = (),
) -> Run:  # fmt: skip
    """Play one combination of *scenario*, which may be a file or the name of a shipped one, and return its ``Run``.

    *seed* and *replications* default to the scenario's own; *set_* is a path-to-value patch as in ``--set``.
    *workers* is the number of processes: 1 here, because processes start a script again unless it is guarded by
    ``if __name__ == "__main__"``; None takes as many as pay.
    *during* names windows to measure besides the run's own and those of its claims: ``"100s to 200s"``.
    Raises ``ScenarioError`` for a combination that does not exist and ``ModelError`` if the books do not balance.

    >>> import sim
    >>> sim.run("hedging", variant="hedged", seed=7, replications=1, set_={"workload.readers.rate": "50/s"})
    <Run of 'Hedging', hedged: seed 7, 1 replications>
    """
    file = loaded(scenario)
    resolved = file.resolve(variant, switched_on(file, with_, without), set_)
    asked = asked_windows(resolved, [during] if isinstance(during, str) else during)
    wanted = Wanted(during=(*written_windows(file), *asked))
    return run_resolved(resolved, seed, replications, workers, progress, wanted=wanted)


def asked_windows(resolved: Scenario, during: Iterable[str], place: str = "during") -> list[str]:
    """Return the windows of *during*, each of which *resolved* has or a span names that begins before its end.

    Raises ``ParameterError`` for another one, before anything is played.
    """
    windows, known = list(dict.fromkeys(during)), ["all", *((*FIXED, *resolved.faults) if resolved.faults else ())]
    known += resolved.actions
    for name in windows:
        if name in known:
            continue
        try:
            begin, _ = parse_span(name, known)
        except ParameterError as error:
            raise ParameterError(error.rule, error.value, error.hint, place) from None
        if begin >= resolved.duration:
            raise ParameterError(f"begin before the duration ({resolved.duration:g}s) ends", name, "", place)
    return windows


def switched_on(scenario: Scenario, with_: str | Iterable[str], without: str | Iterable[str]) -> tuple[str, ...]:
    """Return the toggles of *with_* that *without* does not leave off; unknown names in either are an error."""
    off = several(without)
    for name in off:
        if name not in scenario.toggles:
            rule = "be a toggle of the scenario"
            raise ParameterError(rule, name, did_you_mean(name, scenario.toggles), "--without")
    return tuple(name for name in several(with_) if name not in off)


@dataclass(frozen=True, slots=True)
class Planned:
    """A resolved scenario to be played, with its seed and replications; see ``planned``."""

    scenario: ScenarioFile
    seed: int
    replications: int
    wanted: Wanted
    sides: tuple[ScenarioFile, ...]

    @property
    def tasks(self) -> list[Task]:
        """Its replications; the record of the first is kept."""
        scenario, against = self.scenario.plain, tuple(one.plain for one in others(self.scenario, self.sides))
        return [
            Task(scenario, self.seed, number, self.wanted, against, number == 0) for number in range(self.replications)
        ]


def planned(
    resolved: ScenarioFile, seed: int | None = None, replications: int | None = None, wanted: Wanted = ALL,
    sides: Iterable[ScenarioFile] = (),
) -> Planned:  # fmt: skip
    """Plan to play a scenario that is resolved already; *seed* and *replications* default to its own.

    The measures that are *wanted* are computed; if all are, also in the windows of its own claims. *sides* are the
    resolved scenarios that it is compared with: the windows of the run are then those of the faults of all of them.
    Raises ``ParameterError`` for a number of replications that cannot be played.
    """
    times = resolved.replications if replications is None else replications
    must_be_playable(times)
    if wanted.asks is None:
        wanted = Wanted(during=tuple(written_windows(resolved))) | wanted
    return Planned(resolved, resolved.seed if seed is None else seed, times, wanted, tuple(sides))


def run_all(plans: Sequence[Planned], pool: Pool, progress: Callable[[float], None] | None = None) -> list[Run]:
    """Play several plans together in the processes of *pool*, and return their runs in order."""
    tasks = [task for plan in plans for task in plan.tasks]
    kept = {number for number, task in enumerate(tasks) if task.keeps_record}
    played = iter(pool.play(tasks, play_and_examine, kept, progress))
    runs = []
    for plan in plans:
        own = [next(played) for _ in range(plan.replications)]
        run = Run(
            plan.scenario, plan.seed, [one.replication for one in own], cast("Record", own[0].record), plan.wanted,
            plan.sides,
        )  # fmt: skip
        run.seconds = sum(one.seconds for one in own)
        runs.append(run)
    return runs


def run_resolved(
    resolved: ScenarioFile, seed: int | None = None, replications: int | None = None, workers: int | None = 1,
    progress: Callable[[float], None] | None = None, pool: Pool | None = None, wanted: Wanted = ALL,
    sides: Iterable[ScenarioFile] = (),
) -> Run:  # fmt: skip
    """Play a scenario that is resolved already, in the processes of *pool* if there is one; see ``planned``."""
    plan = planned(resolved, seed, replications, wanted, sides)
    with ExitStack() as stack:
        return run_all([plan], pool or stack.enter_context(Pool(workers)), progress)[0]


def written_windows(scenario: Scenario) -> list[str]:
    """Return the windows that the claims name in seconds (``500s to 600s``), each once."""
    return list(dict.fromkeys(c.during for c in scenario.expect.values() if is_written_window(c.during)))


def judge_claims(claims: Mapping[str, Claim], played: Run, other: Callable[[str], Run]) -> dict[str, Verdict]:
    """Judge the *claims* that speak of the combination *played*; *other* gives the run of another variant."""
    verdicts = {}
    for name, claim in claims.items():
        against = other(claim.than) if claim.than else None
        verdicts[name] = judge_on(name, claim, played, against)
    return verdicts


def judge_on(name: str, claim: Claim, played: Run, against: Run | None = None) -> Verdict:
    """Judge one claim on what was *played*, *against* the other variant where it speaks of a difference."""
    key = (claim.measure, claim.of, claim.during)
    values = played.find(key)
    if against is None:
        return judge(name, claim, values, None, played.between.get(key, ()))
    return judge(
        name, claim, values, against.find(key), played.between.get(key, ()), against.between.get(key, ()),
    )  # fmt: skip


def claims_of(scenario: Scenario, variant: str, toggles: Iterable[str]) -> dict[str, Claim]:
    """Return the claims that speak of this combination; a claim without a variant speaks of the first."""
    first = next(iter(scenario.variants), "")
    on = set(toggles)
    return {
        name: claim for name, claim in scenario.expect.items() if (claim.variant or first) == variant
        if set(claim.with_) == on
    }  # fmt: skip
