"""Declarations of all measures: names, units, meanings, subjects and windows.

They belong to the description, so that a claim is checked before a run; ``sim.results`` computes the values. Each
family here is a module there, which gives a row for each of these subjects.

Not modelled: values that a run lacks because it has too few samples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Callable, NamedTuple

from sim.mechanisms.links.base import Decision
from sim.mechanisms.links.registry import DeclaredDefence
from sim.mechanisms.services.base import Rejection
from sim.mechanisms.services.registry import DeclaredRule
from sim.outcomes import OUTCOMES
from sim.quantities import UNLIMITED
from sim.quantities.line_order import PREEMPTIVE
from sim.scenario.models.links import LINK_DEFENCES as DEFENCES_OF_LINKS
from sim.scenario.models.nodes import SERVICE_RULES


def _whatever(part: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Of:
    """A kind of subject: the *kind* of part, and, if only some of them are measured, the condition (*whose*, *has*).

    *has* takes the part's model: ``Link``, ``Service`` or ``Queue``.
    """

    kind: str
    whose: str = ""
    has: Callable[[Any], bool] = _whatever

    def __str__(self) -> str:
        return f"{self.kind} {self.whose}".rstrip()


class Declared(NamedTuple):
    """The declaration of a measure. *during* is `any` window, a `fault`'s, or only `all`."""

    unit: str
    meaning: str
    of: tuple[Of, ...]
    during: str = "any"

    @property
    def subjects(self) -> str:
        """The subjects of the measure, in words.

        >>> MEASURES["amplification"].subjects
        'system or link'
        """
        *most, last = map(str, self.of)
        return f"{', '.join(most)} or {last}" if most else last


Names = dict[str, Declared]
"""The declarations of a family of measures."""

RANGES: dict[str, tuple[float, float]] = {"ratio": (0.0, 1.0), "x": (1.0, math.inf)}
"""The range of a measure's true value, by its unit; no measure of another unit is negative."""


def range_of(unit: str) -> tuple[float, float]:
    """Return the least and the largest value of a measure of this *unit*: its intervals are cut to this range.

    >>> range_of("ratio"), range_of("s")
    ((0.0, 1.0), (0.0, inf))
    """
    return RANGES.get(unit, (0.0, math.inf))


SYSTEM, WORKLOAD, OPERATION, SERVICE, LINK, QUEUE, STORE, EFFECT = (
    Of(kind)
    for kind in ("system", "workload", "workload/operation", "service", "link", "queue", "store", "effect")
)  # fmt: skip
ASKED = (SYSTEM, WORKLOAD, OPERATION)
LATENCY = ("mean", "p50", "p95", "p99", "max")
TIMES = ("mean", "p50", "p95", "p99")
DELAYS = ("mean", "p95")


def _family(of: tuple[Of, ...], names: dict[str, tuple[str, str]], during: str = "any") -> Names:
    return {name: Declared(unit, meaning, of, during) for name, (unit, meaning) in names.items()}


def _spread(prefix: str, of_what: str, statistics: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Return the names of a spread of seconds."""
    words = {"mean": "mean", "max": "largest"}
    texts = {name: words.get(name) or f"{name[1:]}th percentile" for name in statistics}
    return {f"{prefix} {name}": ("s", f"{word} of {of_what}") for name, word in texts.items()}


REQUESTS = _family(ASKED, {
    "offered": ("requests", "requests that arrived"),
    "throughput": ("/s", "requests answered ok or degraded (of a service: visits served to their end) per second"),
    "answered ratio": ("ratio", "share answered ok or degraded within the deadline"),
    "done ratio": ("ratio", "share whose every due effect was applied exactly once, within `done within`"),
    "goodput ratio": ("ratio", "share both answered and done"),
    "undecided ratio": (
        "ratio",
        "share that may still turn out both answered and done, or not: open when the run ends, or an effect of theirs "
        "may still be applied",
    ),
    "goodput": ("/s", "requests that became both answered and done, per second"),
    "failure ratio": ("ratio", "share not answered ok or degraded within the deadline"),
    **{f"{outcome} ratio": ("ratio", f"share that ended {outcome}") for outcome in OUTCOMES},
    **_spread("latency", "the time from arrival to an answer ok or degraded", LATENCY),
    **_spread("time to outcome", "the time from arrival to any end that its client knows", TIMES),
}) | _family(tuple(Of(f"{of.kind} with effects") for of in ASKED), {
    **_spread("done latency", "the time from arrival to the last due effect, all applied exactly once", TIMES),
}) | _family(ASKED, {
    "requests in flight mean": ("requests", "time-weighted number of requests without an outcome yet"),
    "attempts per request": ("attempts", "mean number of tries by the client itself"),
})  # fmt: skip

_LIMITED_WORKERS = Of("service", "with limited workers", lambda service: service.threads != UNLIMITED)

SERVICES = {
    **_family((SERVICE,), {
        "arrivals rate": ("/s", "visits that entered per second, rejected ones included"),
        "throughput": REQUESTS["throughput"][:2],
        **_spread("wait", "the time in the queue, of visits that started service", TIMES),
        "waited ratio": ("ratio", "share of the visits that started service which had to wait for it"),
        "sojourn mean": ("s", "mean time from entry to exit, of visits that were served to their end"),
        "waiting mean": ("visits", "time-weighted length of the queue"),
        "in service mean": ("visits", "time-weighted number of visits that have begun and not left"),
        "in system mean": ("visits", "time-weighted number of visits queued and in service"),
    }),
    **_family((_LIMITED_WORKERS,), {
        "utilisation": ("ratio", "held worker time over all worker time; null for unlimited workers"),
    }),
    **_family((SERVICE,), {
        "rejected": ("visits", "visits rejected on entry: by a full queue, a limit or load shedding"),
        "withdrawn": ("visits", "visits that left the queue without being served (`max wait`, load shedding, dropped)"),
        "useful work": ("worker s", "worker time of work for callers that were still waiting"),
        "wasted work": ("worker s", "worker time of work for callers that had left"),
        "held waiting": ("worker s", "worker time held while waiting, not working (callees, backoffs, pauses)"),
        "wasted share": ("ratio", "wasted work over all work"),
    }),
}  # fmt: skip


def _one(of: Of | tuple[Of, ...], unit: str, meaning: str) -> Declared:
    return Declared(unit, meaning, of if isinstance(of, tuple) else (of,))


_WAITS = Of(
    "service",
    "with a `limit` that waits",
    lambda service: service.limit is not None and service.limit.when_full == "wait",
)
_BOUNDED = Of("queue", "with a `max length`", lambda queue: queue.max_length != UNLIMITED)
_CONCURRENCY = Of("service", "with `concurrency`", lambda service: service.concurrency is not None)


def _whose(rule: DeclaredRule, rejection: Rejection) -> Of:
    return Of("service", rejection.whose, lambda service: rule.given(service) is not None)


_REJECTIONS = {
    rejection.measure: _one(_whose(rule, rejection), "calls", rejection.meaning)
    for rule in SERVICE_RULES.values()
    for rejection in rule.rejections
}

OVERLOAD: Names = {
    "rate limited": _REJECTIONS["rate limited"],
    "delayed": _one(
        (_WAITS, _BOUNDED),
        "calls", "calls that waited for a token of a service's rate limit, sends that waited for room in a queue",
    ),
    **_REJECTIONS,
    "pushed back": _one(_BOUNDED, "calls", "sends rejected because the queue was full"),
    "preempted": _one(
        Of("service", "with `line: preemptive priority`", lambda service: service.line.kind == PREEMPTIVE),
        "times", "times that a more important request took the worker of a work step",
    ),
    "concurrency limit mean": _one(
        _CONCURRENCY, "calls", "time-weighted limit on calls in flight, of all replicas together"
    ),
}  # fmt: skip

_SHARING, _MACHINE = Of("service on shared cores"), Of("host with cores")

PROCESSORS: Names = {
    **_family((_SHARING, _MACHINE), {
        "cpu utilisation": (
            "ratio", "cores in use over all cores (of a service: its own, or its quota); null where these have no bound"
        ),
        "cores used": ("cores", "time-weighted number of cores in use"),
        "at work mean": ("steps", "time-weighted number of work steps that run, or would if they had a core"),
        "cpu stretch": ("x", "time at work over processor time: how much longer work takes than on a core of its own"),
    }),
    "cpu throttled": _one(
        Of("service with a quota"), "ratio",
        "share of the time with work in which none could run, because the quota of the period was used up",
    ),
}  # fmt: skip

_READS = Of(
    "service",
    "with an autoscaler that reads more than held time, or has `scale up` or `scale down`",
    lambda service: service.autoscale is not None and service.autoscale.is_recorded,
)
_READS_CPU = Of(
    "service",
    "with `target cpu`",
    lambda service: service.autoscale is not None and service.autoscale.target_cpu is not None,
)
_KILLS = Of(
    "service",
    "with `scale in: kill` or a `longest drain`",
    lambda service: service.autoscale is not None and service.autoscale.kills,
)
_VARIES = Of("service", "with `autoscale` or an action `scale`", lambda service: service.has_varying_replicas)
AUTOSCALING = _family((_VARIES,), {
    "replicas mean": ("replicas", "time-weighted number of replicas that are up, draining ones included"),
    "replicas peak": ("replicas", "most replicas that were up at once"),
}) | _family((_READS,), {
    "replicas asked mean": (
        "replicas", "time-weighted number of replicas that its metrics asked for, before windows, steps and bounds",
    ),
    "replicas asked peak": ("replicas", "most replicas that its metrics asked for"),
    "reading mean": ("targets", "mean of what the metric that asked for most read, as a multiple of its target"),
    **{
        f"held by {by}": ("decisions", f"decisions of the autoscaler that {what} held back")
        for by, what in (
            ("window", "the window of its direction"), ("steps", "its steps"), ("bounds", "its least or most replicas"),
        )
    },
}) | _family((_READS_CPU,), {
    "cpu mean": ("ratio", "mean processor time over `cores` that the autoscaler read, of the replicas that were ready"),
}) | _family((_KILLS,), {
    "killed by scale-in": ("visits", "visits that ended because their replica was stopped"),
})  # fmt: skip


def panics(service: Any) -> bool:
    """Whether the health checks of *service* have a panic threshold."""
    return service.health_checks is not None and service.health_checks.panic_threshold > 0


def is_uneven(link: Any) -> bool:
    """Whether the callers on *link* do not all choose among all replicas."""
    return link.subset is not None or link.zone_routing is not None


_OUTLIERS = Of("link", "with `outlier detection`", lambda link: link.has("outlier_detection"))
_UNEVEN = Of("link", "with a `subset` or `zone routing`", is_uneven)

OUTLIERS = _family((_OUTLIERS,), {
    "ejections": ("ejections", "replicas ejected from the load balancing; of several callers, all of theirs"),
    "ejected share mean": (
        "ratio", "time-weighted share of the replicas that was ejected; of several callers, the mean"
    ),
    "ejected share peak": ("ratio", "largest share of the replicas that was ejected at once; of several, the mean"),
}) | _family((_OUTLIERS, _UNEVEN, Of("service", "with a `panic threshold`", panics)), {
    "panic share": (
        "ratio", "share of the time in which too few replicas counted as healthy; of several callers, the mean"
    ),
})  # fmt: skip

BALANCING = _family((_UNEVEN,), {
    "busiest replica": ("x", "attempts to the replica that got most, over the mean of all replicas"),
    "replicas used": ("replicas", "replicas that got an attempt"),
})  # fmt: skip

_BREAKER = Of("link", "with a `breaker`", lambda link: link.has("breaker"))
_CACHE = Of("link", "with a `cache`", lambda link: link.has("cache"))

LINKS = {
    **_family((SYSTEM, LINK), {
        "attempts": ("attempts", "attempts sent"),
        "attempts rate": ("/s", "attempts sent per second"),
        "amplification": ("x", "attempts, over the attempts if every call on the path were tried once"),
    }),
    **_family((LINK,), {
        "attempt ok ratio": ("ratio", "share of attempts answered ok or degraded in their caller's time"),
        "timeouts": ("attempts", "attempts that their caller gave up"),
        "short-circuited": (
            "calls", "calls and tries that the caller itself stopped: breaker, throttle, limit, bulkhead"
        ),
    }),
    "breaker open share": _one(
        _BREAKER, "ratio", "share of the time in which the breaker was open; of several breakers, the mean"
    ),
}  # fmt: skip


def _made_by(defence: DeclaredDefence, decision: Decision) -> Of:
    return Of("link", decision.whose, lambda link: defence.makes(decision, link))


def _decisions(by: str) -> Names:
    """Return the measures that count decisions of links, known *by* their ``mark`` or by their ``reason``."""
    return {
        decision.measure: _one(_made_by(defence, decision), "calls", decision.meaning)
        for defence in DEFENCES_OF_LINKS.values()
        for decision in defence.decisions
        if getattr(decision, by)
    }


LINK_DEFENCES: Names = {
    **_decisions("mark"),
    "cache hit ratio": _one(_CACHE, "ratio", "share of calls answered from the cache"),
    **_decisions("reason"),
}

_REFUSING = Of("queue", "with `late acknowledgement: refused`", lambda queue: queue.late_acknowledgement == "refused")

QUEUES = {
    **_family((QUEUE,), {
        "published": ("messages", "messages published, dead letters from other queues included"),
        "deliveries": ("deliveries", "deliveries begun"),
        "deliveries per message": ("deliveries", "mean number of deliveries of a message, until its end"),
        "backlog mean": ("messages", "time-weighted number of messages that wait, those in flight excluded"),
        "backlog peak": ("messages", "largest number of messages that wait"),
        "oldest age": ("s", "largest age that a waiting message reached"),
    }),
    **_family((QUEUE,), {
        "drain time": ("s", "from the fault's end until the backlog is first at its pre-fault mean; null if never"),
    }, "fault"),
    **_family((QUEUE,), {
        "done": ("messages", "messages acknowledged"),
        "dead-lettered": ("messages", "messages moved to the dead letters"),
        "lost": ("messages", "messages given up without dead letters"),
        "in queue at end": ("messages", "messages that still wait or are in flight when the run ends"),
        **_spread("message latency", "the time from publication to acknowledgement", DELAYS),
    }),
    "late acknowledgements": _one(
        _REFUSING, "messages", "acknowledgements that were refused, because the visibility had ended before"
    ),
}  # fmt: skip

BATCHES = _family((Of("service", "that takes batches", lambda service: bool(service.batches)),), {
    "batches": ("batches", "batches of messages that its workers began"),
    "messages per batch": ("messages", "messages delivered to it in batches, over the batches that its workers began"),
    "returned with batch": (
        "deliveries", "messages handled well, or not at all, that returned because another of their batch failed",
    ),
})  # fmt: skip

STORES = _family((STORE,), {
    "writes": ("writes", "rows written"),
    "conflicts": ("writes", "writes refused because the row had changed since it was read"),
    "conflict share": ("ratio", "share of writes that were refused for this reason"),
})  # fmt: skip

EFFECTS = _family((Of("system with effects"), Of("workload with effects"), EFFECT), {
    "due": ("effects", "effects promised by requests that were answered ok or degraded"),
    "applied once": ("effects", "due effects applied exactly as often as promised"),
    "duplicated": ("effects", "due effects applied more often than promised"),
    "missing": ("effects", "due effects not applied, or less often than promised"),
    "undecided": (
        "effects",
        "due effects that may still become once, duplicated or missing: a message, a copy or an attempt that may apply "
        "them was waiting or at work when the run ended",
    ),
    "ghost": ("effects", "effects applied although the caller got no success"),
    "not due": ("effects", "effects neither due nor applied"),
    "open": (
        "effects",
        "effects not due so far that may still become due or ghosts: the request was open when the run ended, or "
        "something that may apply them was at work",
    ),
    "applied too often": ("effects", "effects applied more often than promised, whatever the caller's outcome"),
})  # fmt: skip

RECOVERY = _family(ASKED, {
    "recovery time": (
        "s",
        "from the fault's end until the goodput ratio of each second's arrivals stays at least 95 % of the one before "
        "the fault for 10 s; null if never, or while that is undecided",
    ),
}, "fault")  # fmt: skip

BLAST_RADIUS = {
    **_family((SYSTEM,), {
        "nodes hit": ("nodes", "workloads, services and queues with a symptom since the first fault"),
        "blast radius": ("links", "largest number of links from a faulty node to an affected one; null if none was"),
    }, "all"),
    **_family((SYSTEM, WORKLOAD, SERVICE, QUEUE), {
        "first symptom": (
            "s",
            "from the first fault's begin to the first symptom of a node, or of any (system); null if there is none",
        ),
    }, "all"),
}  # fmt: skip

WASTED_WORK: Names = {
    name: Declared(*SERVICES[name][:2], (Of("link to a service"),)) for name in ("wasted work", "wasted share")
}

DRAIN = _family((SYSTEM,), {
    "attempts in drain": (
        "ratio", "share of the attempts since the warm-up (calls, sends and deliveries) that were sent in the drain",
    ),
    "work in drain": ("ratio", "share of the work since the warm-up whose visits got their worker in the drain"),
}, "all")  # fmt: skip


def _together(*families: Names) -> Names:
    found: Names = {}
    for family in families:
        for name, about in family.items():
            found[name] = about._replace(of=(*found[name].of, *about.of)) if name in found else about
    return found


MEASURES = _together(
    REQUESTS,
    SERVICES,
    OVERLOAD,
    PROCESSORS,
    AUTOSCALING,
    LINKS,
    LINK_DEFENCES,
    OUTLIERS,
    BALANCING,
    QUEUES,
    BATCHES,
    STORES,
    EFFECTS,
    RECOVERY,
    BLAST_RADIUS,
    WASTED_WORK,
    DRAIN,
)
"""All measures by name, in the order of the reference."""
