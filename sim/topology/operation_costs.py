"""Mean time and mean calls of one execution of an operation, calculated from its steps before any simulation.

Nothing queues here: times are those of an empty system. Offered load follows from them; a run adds the waiting. Calls
fail only by `fail` steps, by loss, or because nodes are *lost* on purpose, to find single points of failure. Retries
are counted; a timeout does not shorten a mean. `branch` on an outcome takes any failure for the one it names.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sim.errors import not_played
from sim.mechanisms.steps.parts import OutcomeRule, Steps
from sim.quantities import Condition, Keys, Law
from sim.scenario.models import Link, Scenario

Target = tuple[str, str]
"""``("call", "service.operation")`` or ``("send", queue)``."""

Hits = dict[tuple[str, Target], float]
"""The share of calls over (link, target) that a cache answers."""

Ended = dict[str, tuple[float, float]]
"""Names of earlier steps to the shares that ended ok, and degraded."""

MOST_TRIES = 10_000
"""Unlimited attempts are counted up to here."""
NEGLIGIBLE = 1e-15
"""When the share of calls that still continue falls below this, the rest are not counted."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One run of an operation's steps, or of some of them, in an empty system.

    ``own_s``: mean time in its own `work` and `wait`; ``answer_s`` and ``fastest_s``: mean and least time to its
    answer; ``span_s``: mean time to its end (longer after a `reply`); ``ok_ratio``: share answered ok or
    degraded; ``on_ratio``: share of runs that reach the end; ``visits``: mean calls and sends made, attempts counted;
    ``most``: the largest number that one run can make without retries.
    """

    own_s: float = 0.0
    answer_s: float = 0.0
    fastest_s: float = 0.0
    span_s: float = 0.0
    ok_ratio: float = 1.0
    on_ratio: float = 1.0
    replied: bool = False
    visits: Mapping[Target, float] = field(default_factory=dict)
    most: Mapping[Target, int] = field(default_factory=dict)
    stand_in_ratio: float = 0.0
    """The share of ``ok_ratio`` that continues with a fallback's answer."""
    cpu_s: float = 0.0
    """Mean processor time: its own `work`, that of all branches of a `parallel` together."""


_NOTHING = Profile()


def key_share(condition: Condition, keys: Keys | None) -> float:
    """Return the share of requests whose key is one of the condition's; 0 for a workload without keys."""
    if keys is None:
        return 0.0
    named = [key for key in dict.fromkeys(condition.keys) if key < keys.count]
    if keys.kind == "uniform":
        return len(named) / keys.count
    weights = [(rank + 1) ** -keys.exponent for rank in range(keys.count)]
    return math.fsum(weights[key] for key in named) / math.fsum(weights)


def fixed_hits(scenario: Scenario) -> Hits:
    """Return the hit ratios of all caches with a given `hit ratio`, for every operation that can be called."""
    found: Hits = {}
    for name, link in scenario.links.items():
        callee = name.partition(" -> ")[2]
        for one in scenario.services[callee].operations if callee in scenario.services else ():
            cache = link.of(one).cache
            if cache is not None and cache.hit_ratio is not None:
                found[name, ("call", f"{callee}.{one}")] = float(cache.hit_ratio)
    return found


class OperationCosts:
    """Profiles of all operations of a scenario whose calls form no circle, for requests with these *keys*.

    *lost* names services and queues that refuse everything. *hits* are the shares of calls that caches answer; default
    the given `hit ratio`s.
    """

    def __init__(
        self, scenario: Scenario, keys: Keys | None = None, lost: Collection[str] = (), hits: Hits | None = None
    ) -> None:  # fmt: skip
        self._scenario, self.keys, self._lost = scenario, keys, lost
        self._hits = fixed_hits(scenario) if hits is None else hits
        self._known: dict[str, Profile] = {}

    def profile(self, operation: str) -> Profile:
        """Return the profile of *operation*, written ``service.operation``."""
        if operation not in self._known:
            service, _, name = operation.partition(".")
            found = self.sequence(self._scenario.services[service].operations[name], service, {})
            if service in self._lost:
                found = Profile(ok_ratio=0.0, on_ratio=0.0)
            self._known[operation] = found
        return self._known[operation]

    def link(self, caller: str, callee: str) -> Link:
        """Return what holds between a node and a queue, or an operation (``service.operation``), that it calls."""
        service, _, operation = callee.partition(".")
        return self._scenario.link(f"{caller} -> {service}", operation)

    def call(self, caller: str, operation: str) -> Profile:
        """Return the profile of a call over its link, retries included."""
        service, target = operation.partition(".")[0], ("call", operation)
        link = self.link(caller, operation)
        fetched = self._over(link, target, self.profile(operation))
        if link.fallback in ("default", "empty"):
            fetched = replace(fetched, ok_ratio=1.0, on_ratio=1.0, stand_in_ratio=1 - fetched.ok_ratio)
        hits = self._hits.get((f"{caller} -> {service}", target), 0.0)
        return (
            _mixed([(1 - hits, fetched), (hits, Profile(visits={target: 0.0}, most={target: 1}))]) if hits else fetched
        )

    def send(self, caller: str, queue: str) -> Profile:
        """Return the profile of a message sent over its link, retries included."""
        accepted = Profile(ok_ratio=0.0 if queue in self._lost else 1.0)
        return self._over(self.link(caller, queue), ("send", queue), accepted)

    def before_cache(self, link: str, target: Target, per_s: float) -> float:
        """Return the rate of calls that makes *per_s* attempts of *target* over *link*, behind its cache."""
        caller = link.partition(" -> ")[0]
        behind = 1 - self._hits.get((link, target), 0.0)
        attempts = self._over(self.link(caller, target[1]), target, self.profile(target[1])).visits[target]
        return per_s / (attempts * behind) if behind else math.inf

    def _over(self, link: Link, target: Target, callee: Profile) -> Profile:
        tries = int(min(link.retry.most_attempts, MOST_TRIES)) if link.retry else 1
        one_ok = link.carried_ratio * callee.ok_ratio
        reach, attempts, rest = 1.0, 0.0, 0.0
        for n in range(1, tries + 1):
            attempts += reach
            reach *= 1 - one_ok
            if reach < NEGLIGIBLE or n == tries:
                break
            rest += reach * (link.retry.backoff.wait_s(n) if link.retry else 0.0)
        span = attempts * (link.round_trip_s + callee.answer_s) + rest
        return Profile(
            0.0, span, link.least_round_trip_s + callee.fastest_s, span, 1 - reach, 1 - reach,
            visits={target: attempts}, most={target: 1},
        )  # fmt: skip

    def sequence(self, steps: Steps, service: str, ended: Ended) -> Profile:
        """Add up *steps* in turn; *ended* holds the outcomes of earlier steps."""
        own = answer = fastest = span = cpu = 0.0
        ok = on = 1.0
        replied = False
        visits: dict[Target, float] = {}
        most: dict[Target, int] = {}
        for step in steps:
            part = step.express(_StepCosts(self, service, ended))
            own += on * part.own_s
            cpu += on * part.cpu_s
            span += on * part.span_s
            if not replied:
                answer += on * part.answer_s
                fastest += part.fastest_s
                ok *= part.ok_ratio
                replied = part.replied
            for target, mean in part.visits.items():
                visits[target] = visits.get(target, 0.0) + on * mean
                most[target] = most.get(target, 0) + part.most[target]
            on *= part.on_ratio
        return Profile(own, answer, fastest, span, ok, on, replied, visits, most, cpu_s=cpu)


class _StepCosts:
    """The verbs of a step of *service* (``sim.mechanisms.steps.parts``): each is its profile."""

    __slots__ = ("costs", "service", "ended")

    def __init__(self, costs: OperationCosts, service: str, ended: Ended) -> None:
        self.costs, self.service, self.ended = costs, service, ended

    def work(self, law: Law) -> Profile:
        return Profile(law.mean, law.mean, law.support[0], law.mean, cpu_s=law.mean)

    def wait(self, law: Law) -> Profile:
        return Profile(law.mean, law.mean, law.support[0], law.mean)

    def call(self, operation: str, rule: OutcomeRule) -> Profile:
        return self._guarded(self.costs.call(self.service, operation), rule)

    def send(self, queue: str, rule: OutcomeRule) -> Profile:
        return self._guarded(self.costs.send(self.service, queue), rule)

    def effect(self, name: str, once_per: str) -> Profile:
        return _NOTHING

    def read(self, store: str) -> Profile:
        return _NOTHING

    def write(self, store: str, if_unchanged: bool) -> Profile:
        return _NOTHING

    def fail(self, share: float, retry_after_s: float | None) -> Profile:
        return Profile(ok_ratio=1 - share, on_ratio=1 - share)

    def reply(self) -> Profile:
        return Profile(replied=True)

    def branch(self, condition: Condition, then: Steps, otherwise: Steps) -> Profile:
        if condition.kind == "share":
            taken = condition.share
        elif condition.kind == "key":
            taken = key_share(condition, self.costs.keys)
        elif condition.kind != "step":
            raise not_played("condition of a branch", condition.kind)
        else:
            good, stand_in = self.ended.get(condition.step, (1.0, 0.0))
            taken = {"ok": good, "degraded": stand_in}.get(condition.outcome, 1 - good - stand_in)
        return _mixed([(taken, self._sequence(then)), (1 - taken, self._sequence(otherwise))])

    def repeat(self, times: int, steps: Steps) -> Profile:
        return _repeated(self._sequence(steps), times)

    def parallel(self, recipes: Sequence[Steps], times: int, needed: int, rule: OutcomeRule) -> Profile:
        return self._guarded(_together([self._sequence(steps) for steps in recipes], times, needed), rule)

    def _sequence(self, steps: Steps) -> Profile:
        return self.costs.sequence(steps, self.service, self.ended)

    def _guarded(self, part: Profile, rule: OutcomeRule) -> Profile:
        """Return *part* with its failures handled by `on error`, and note its outcome under its name."""
        if rule.name:
            self.ended[rule.name] = (part.ok_ratio - part.stand_in_ratio, part.stand_in_ratio)
        if rule.on_error == "fail":
            return part
        fallback = self._sequence(rule.instead)
        failing = 1 - part.ok_ratio
        both = _mixed([(1.0, part), (failing, fallback)])
        most = _add(part.most, fallback.most)
        return Profile(
            both.own_s, both.answer_s, part.fastest_s, both.span_s, part.ok_ratio + failing * fallback.ok_ratio,
            part.ok_ratio + failing * fallback.on_ratio, False, both.visits, most, cpu_s=both.cpu_s,
        )  # fmt: skip


def _add(one: Mapping[Target, int], other: Mapping[Target, int]) -> dict[Target, int]:
    return {target: one.get(target, 0) + other.get(target, 0) for target in (*one, *other)}


def _mixed(parts: list[tuple[float, Profile]]) -> Profile:
    """Return the weighted sum of *parts*; ``most`` is the larger of them for each target."""
    visits: dict[Target, float] = {}
    most: dict[Target, int] = {}
    for weight, part in parts:
        for target, mean in part.visits.items():
            visits[target] = visits.get(target, 0.0) + weight * mean
            most[target] = max(most.get(target, 0), part.most[target])

    def total(name: str) -> float:
        return math.fsum(weight * getattr(part, name) for weight, part in parts if weight)

    return Profile(
        total("own_s"), total("answer_s"), min(part.fastest_s for weight, part in parts if weight), total("span_s"),
        total("ok_ratio"), total("on_ratio"), all(part.replied for weight, part in parts if weight), visits, most,
        total("stand_in_ratio"), total("cpu_s"),
    )  # fmt: skip


def _repeated(part: Profile, times: int) -> Profile:
    """Return *part* repeated up to *times* times, each only if the operation continues after the last."""
    on = part.on_ratio
    rounds = float(times) if on == 1 else (1 - on**times) / (1 - on)
    visits = {target: rounds * mean for target, mean in part.visits.items()}
    most = {target: times * count for target, count in part.most.items()}
    answer, fastest, ok = rounds * part.answer_s, times * part.fastest_s, part.ok_ratio**times
    if part.replied:  # the first repetition answers
        answer, fastest, ok = part.answer_s, part.fastest_s, part.ok_ratio
    return Profile(
        rounds * part.own_s, answer, fastest, rounds * part.span_s, ok, on**times, part.replied, visits, most,
        cpu_s=rounds * part.cpu_s,
    )  # fmt: skip


def _together(parts: list[Profile], times: int, needed: int) -> Profile:
    """Return *parts*, each *times* times, at once: as long as the last answer needed (of means: a lower bound)."""
    every = [part for part in parts for _ in range(times)]
    ok = _at_least(needed, [part.ok_ratio for part in every])
    answers = sorted(part.span_s for part in every)
    fastest = sorted(part.fastest_s for part in every)
    visits: dict[Target, float] = {}
    most: dict[Target, int] = {}
    for part in parts:
        for target, mean in part.visits.items():
            visits[target] = visits.get(target, 0.0) + times * mean
            most[target] = most.get(target, 0) + times * part.most[target]
    own = max(part.own_s for part in every)
    span = answers[needed - 1]
    cpu = math.fsum(part.cpu_s for part in every)
    return Profile(own, span, fastest[needed - 1], span, ok, ok, False, visits, most, cpu_s=cpu)


def _at_least(needed: int, chances: list[float]) -> float:
    """Return the probability that at least *needed* of independent events with these *chances* happen."""
    if needed == len(chances):
        return math.prod(chances)
    if all(p in (0.0, 1.0) for p in chances):
        return float(sum(chances) >= needed)
    fewer = [1.0] + [0.0] * (needed - 1)
    reached = 0.0
    for p in chances:
        reached += fewer[-1] * p
        fewer = [old * (1 - p) + (fewer[i - 1] * p if i else 0.0) for i, old in enumerate(fewer)]
    return reached
