"""The cost and the benefit of a circuit breaker: the same requests with and without it, one by one.

A request is *spoiled* if the breaker stopped one of its calls, it was not well served, and it is well served without
the breaker on the same seed: the availability cost. It is *saved* if it is well served only with the breaker. Requests
are paired by workload and arrival. Random draws for each call (a `fail` step, a law of work) shift to other calls when
some are left out, so a few requests change sides by chance alone, as many one way as the other. Not modelled: requests
of closed loops, whose arrivals depend on earlier answers, and the work that the callee is spared (compare its measures
for that).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Callable, Iterable, Mapping

import numpy as np

from sim.errors import LabError, ParameterError
from sim.experiments.fault_matrix.batch import run_each
from sim.experiments.pool import Pool
from sim.record.record import SHORT_CIRCUITED
from sim.results.book import Book
from sim.results.index.columns import Bools, Floats, Ints
from sim.results.statistics import Interval, interval
from sim.scenario.loading import Playable, Settings, loaded

if TYPE_CHECKING:
    import pandas

    from sim.experiments.rows import BreakerRow
    from sim.scenario.scenario_file import ScenarioFile


@dataclass(frozen=True, slots=True)
class RequestOutcomes:
    """The requests of open loops after the warm-up: workload, arrival, whether well served, and where each was stopped.

    *undecided* are those that may still turn out well served when the run ends.
    """

    workload: Ints
    arrived_at: Floats
    good: Bools
    stopped: dict[str, Bools]
    cut_off: str
    undecided: Bools


@dataclass(frozen=True, slots=True)
class Pairing:
    """One replication, in requests: all *paired*, those *stopped* by the breaker, and what happened to them.

    *spoiled* were stopped, and are well served without the breaker only; *unlucky* too, though nothing of theirs was
    stopped; *saved* are well served with it only. Well served with it, less without it, is saved - spoiled - unlucky.
    """

    paired: int
    stopped: int
    spoiled: int
    unlucky: int
    saved: int
    undecided: int = 0
    """Left out of all the others: in one of the two runs it is undecided whether they are well served."""


@dataclass(frozen=True, slots=True)
class BreakerCost:
    """What the breaker of one *link* costs and saves, for each replication."""

    link: str
    pairings: tuple[Pairing, ...]

    def share(self, what: str) -> Interval:
        """Return the share of all requests that were ``stopped``, ``spoiled``, ``unlucky`` or ``saved``."""
        return interval(
            [getattr(pairing, what) / pairing.paired for pairing in self.pairings if pairing.paired]
        ).within(0.0, 1.0)

    @property
    def availability_cost(self) -> Interval:
        """The share of all requests that was spoiled: stopped, and served without the breaker."""
        return self.share("spoiled")

    @property
    def net(self) -> Interval:
        """The change by the breaker in all: the share of requests well served with it, less that without it."""
        paired = [pairing for pairing in self.pairings if pairing.paired]
        changed = [(pairing.saved - pairing.spoiled - pairing.unlucky) / pairing.paired for pairing in paired]
        return interval(changed).within(-1.0, 1.0)


class BreakerCosts:
    """The costs of every breaker of one combination, each taken out alone."""

    def __init__(self, scenario: ScenarioFile, seed: int, costs: tuple[BreakerCost, ...], cut_off: str) -> None:
        self.scenario = scenario
        self.seed = seed
        self.costs = costs
        self.cut_off = cut_off

    @cached_property
    def rows(self) -> list[BreakerRow]:
        """A row for each breaker and each of its numbers: mean and 95 % interval over the replications."""
        rows: list[BreakerRow] = []
        for cost in self.costs:
            shares = {name: cost.share(name) for name in ("stopped", "spoiled", "unlucky", "saved")}
            for name, spread in {**shares, "net": cost.net}.items():
                rows.append({
                    "link": cost.link, "share": name, "mean": spread.mean, "low": spread.low, "high": spread.high,
                    "runs": spread.n,
                })  # fmt: skip
        return rows

    @property
    def table(self) -> pandas.DataFrame:
        """``rows`` as a data frame."""
        import pandas

        return pandas.DataFrame(self.rows)

    def _repr_html_(self) -> str:
        return str(self.table.to_html(index=False))


def breaker_costs(
    scenario: Playable, variant: str | None = None, with_: Iterable[str] = (), replications: int | None = None,
    seed: int | None = None, workers: int | None = 1, progress: Callable[[float], None] | None = None,
    set_: Settings = (),
) -> BreakerCosts:  # fmt: skip
    """Play one combination with all its breakers, and without each of them, on the same seeds.

    The costs are shares of all requests, between 0 and 1, with 95 % intervals over the replications.

    Raises ``ParameterError`` where there is no breaker, or no open loop to pair requests of.

    >>> import sim
    >>> found = sim.breaker_costs("circuit_breaker_seed", replications=1)
    >>> [row["link"] for row in found.rows if row["share"] == "spoiled"]
    ['shop -> payments']
    """
    set_ = dict(set_) if isinstance(set_, Mapping) else list(set_)
    file = loaded(scenario)
    base = file.resolve(variant, with_, set_)
    links = [name for name, link in base.links.items() if link.has("breaker")]
    if not links:
        rule, combination = (
            "have a link with a breaker",
            " with ".join([base.variant or "as written", *base.toggles_on]),
        )
        raise ParameterError(rule, combination, _who_has_one(file, base), "the combination")
    if all(workload.users is not None for workload in base.workload.values()):
        raise ParameterError("have an open loop", list(base.workload), place="the combination")
    bare = [base.resolve(base.variant, base.toggles_on, _without_breakers(base, name)) for name in links]
    times = base.replications if replications is None else replications
    root = base.seed if seed is None else seed
    with Pool(workers) as pool:
        outcomes = run_each(pool, [base, *bare], root, times, partial(request_outcomes, links=tuple(links)), progress)
    costs = tuple(
        BreakerCost(name, tuple(paired(a, b, name) for a, b in zip(outcomes[0], without, strict=True)))
        for name, without in zip(links, outcomes[1:], strict=True)
    )
    return BreakerCosts(base, root, costs, next((run.cut_off for runs in outcomes for run in runs if run.cut_off), ""))


def _without_breakers(base: ScenarioFile, link: str) -> dict[str, None]:
    """Return the settings that remove the breaker of *link*, and those of its operations."""
    own = [f"operations.{one}." for one in base.owners(link, "breaker") if one]
    return {f"links.{link}.{place}breaker": None for place in ("", *own)}


def _who_has_one(scenario: ScenarioFile, base: ScenarioFile) -> str:
    """Return which toggles would bring a breaker to the combination *base*, as a hint."""
    names = []
    for name, toggle in scenario.toggles.items():
        if name not in base.toggles_on and (not toggle.for_ or base.variant in toggle.for_):
            try:
                other = scenario.resolve(base.variant, [*base.toggles_on, name])
            except LabError:  # it cannot be on together with the others
                continue
            if any(link.has("breaker") for link in other.links.values()):
                names.append(repr(name))
    return f"one comes with {' or '.join(names)}" if names else ""


def request_outcomes(book: Book, links: tuple[str, ...]) -> RequestOutcomes:
    """Return the outcome of every request, and which of them a breaker of *links* stopped."""
    record, requests = book.record, book.requests
    loops = [i for i, name in enumerate(record.workloads) if record.scenario.workload[name].users is None]
    chosen = np.flatnonzero(np.isin(requests["workload"], loops) & book.windows["all"].holds(book.arrived_at))
    stopped = {}
    for name in links:
        rows = book.attempts_by_link.rows(book.links.index(name)) if name in book.links else np.zeros(0, np.int64)
        cut = rows[book.attempts["outcome"][rows] == SHORT_CIRCUITED]
        stopped[name] = np.isin(chosen, book.request_of[cut])
    return RequestOutcomes(
        requests["workload"][chosen].astype(np.int64), book.arrived_at[chosen], book.good[chosen], stopped,
        record.cut_off, book.undecided[chosen],
    )  # fmt: skip


def paired(with_: RequestOutcomes, without: RequestOutcomes, link: str) -> Pairing:
    """Count what the breaker of *link* made of each request that came in both runs."""
    here = {key: row for row, key in enumerate(zip(with_.workload.tolist(), with_.arrived_at.tolist()))}
    keys = list(zip(without.workload.tolist(), without.arrived_at.tolist()))
    pairs = np.array([(here[key], row) for row, key in enumerate(keys) if key in here], np.int64).reshape(-1, 2)
    unsettled = with_.undecided[pairs[:, 0]] | without.undecided[pairs[:, 1]]
    pairs = pairs[~unsettled]
    now, bare, cut = with_.good[pairs[:, 0]], without.good[pairs[:, 1]], with_.stopped[link][pairs[:, 0]]
    worse = bare & ~now
    return Pairing(len(pairs), int(cut.sum()), int((worse & cut).sum()), int((worse & ~cut).sum()),
                   int((now & ~bare).sum()), int(unsettled.sum()))  # fmt: skip
