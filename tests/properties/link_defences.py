"""Random defences of a caller, valid by construction: each key of a link beyond timeout, retry and plain breaker."""

from __future__ import annotations

from typing import Any, Callable

from hypothesis import strategies as st

from sim.mechanisms.links.order import POLICIES
from sim.mechanisms.links.retry_budget import PAY_FOR_HEDGES

SHORT = ("125ms", "250ms", "500ms", "1s")
short = st.sampled_from(SHORT)
BACKOFFS = st.sampled_from((
    "polynomial 125ms step 125ms power 2", "125ms 500ms 250ms", "125ms 250ms then again", "immediate then 250ms",
    "250ms jitter 50%", "250ms spread 125ms", "125ms 250ms extra 50% then stop",
))  # fmt: skip
"""Schedules of all kinds, for retries and redeliveries."""


def _breaker(draw: st.DrawFn, link: dict[str, Any], to_service: bool) -> None:
    breaker: dict[str, Any] = {"open for": draw(short), "probes": draw(st.integers(1, 3))}
    kind = draw(st.sampled_from(("failures", "failure rate", "slow rate")))
    if kind == "failures":
        breaker["failures"] = draw(st.integers(1, 3))
    else:
        breaker[kind] = draw(st.sampled_from(("30%", "60%", "100%")))
        breaker["minimum calls"] = draw(st.integers(1, 3))
        breaker.update(draw(st.sampled_from(({}, {"calls": 4}, {"window": "1s"}))))
    if kind == "slow rate":
        breaker["slow call"] = draw(short)
    if draw(st.booleans()):
        _rules(draw, breaker)
    if draw(st.integers(0, 3)) == 0:
        breaker = _preset(draw)
    breaker["guards"] = draw(st.sampled_from(("calls", "retries")))
    chooses = "outlier detection" in link or "subset" in link
    scopes = ("link", "caller", "callee") if to_service and not chooses else ("link", "caller")
    breaker["scope"] = draw(st.sampled_from(scopes))
    link["breaker"] = breaker


def _rules(draw: st.DrawFn, breaker: dict[str, Any]) -> None:
    """Draw the rules in which products differ."""
    by_rates = "failures" not in breaker
    windows = {"window": "1s", "buckets": draw(st.integers(1, 4))}
    windows["buckets begin"] = draw(st.sampled_from(("clock", "closed", "call")))
    if "calls" not in breaker and draw(st.booleans()):
        breaker.update(windows)
        breaker["counted calls"] = draw(st.sampled_from(("ended", "sent", "asked")))
    if {"calls", "window"} & set(breaker):
        breaker["keeps window"] = draw(st.booleans())
    if draw(st.booleans()):
        breaker["half open at most"] = draw(short)
        breaker["after half open"] = draw(st.sampled_from(("open", "closed")))
    if draw(st.booleans()):
        del breaker["open for"]
        breaker["open times"] = draw(st.sampled_from(("exponential 125ms factor 2 cap 1s", "linear 125ms")))
    judges = ("each probe", "all probes", *(["at the minimum"] if by_rates else []))
    breaker["half open judges"] = draw(st.sampled_from(judges))
    if not by_rates or breaker["half open judges"] == "each probe":
        breaker["successes"] = draw(st.integers(1, breaker["probes"]))
    breaker["threshold"] = (
        draw(st.sampled_from(("reached", "exceeded"))) if "100%" not in breaker.values() else "reached"
    )
    if draw(st.booleans()):
        breaker["clears every"] = draw(short)
    for key, words in (
        ("stays open", ("at least", "longer than")), ("automatic half open", (False, True)),
        ("probe limit", ("in all", "at once", "none")), ("judged after", ("each call", "failures")),
        ("late outcomes", ("ignored", "counted")),
    ):  # fmt: skip
        breaker[key] = draw(st.sampled_from(words))


def _preset(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a product with settings small enough to matter."""
    name = draw(st.sampled_from(("resilience4j", "polly", "gobreaker", "opossum", "pybreaker", "failsafe")))
    breaker: dict[str, Any] = {"preset": name, "open for": draw(st.sampled_from(("500ms", "1s")))}
    if name in ("resilience4j", "polly", "opossum"):
        breaker["minimum calls"] = draw(st.integers(2, 3))
    if name in ("polly", "opossum"):  # in the document, so that it doubles with all other times
        breaker["window"] = draw(st.sampled_from(("500ms", "1s")))
    if name in ("pybreaker", "failsafe"):
        breaker["successes"] = draw(st.integers(1, 3))
    return breaker


def _retry(draw: st.DrawFn, link: dict[str, Any], to_service: bool) -> None:
    most = draw(st.sampled_from((2, 2, 3, 4, 4, "unlimited")))
    retry: dict[str, Any] = {"max attempts": most, "backoff": draw(short | BACKOFFS)}
    if most != "unlimited" and draw(st.booleans()):
        del retry["backoff"]
    if draw(st.booleans()):
        answers = (["timeout"], ["error", "rejected"], ["refused", "timeout"], ["error", "timeout", "short-circuited"])
        retry["on"] = draw(st.sampled_from(answers[: 4 if "backoff" in retry else 3]))
    if draw(st.integers(0, 2)) == 2:
        stops = ("before", "after", "shorten", *(("before end",) if link.get("timeout") else ()))
        retry["max duration"], retry["stop"] = draw(short), draw(st.sampled_from(stops))
    if draw(st.integers(0, 2)) == 2:
        caps = ({}, {"cap": "250ms"}, {"cap": "250ms", "beyond cap": "ignore"}, {"cap": "250ms", "beyond cap": "stop"})
        retry["pushback"] = {
            "wait": draw(st.sampled_from(("exactly", "at least"))), "resets backoff": draw(st.booleans()),
            **draw(st.sampled_from(caps)),
        }  # fmt: skip
    if draw(st.booleans()):
        budgets = (
            {"per try": 0.3}, {"per success": 0.5, "capacity": 2}, {"capacity": 20, "cost": 5, "refund": True},
            {"kind": "grpc", "capacity": 4, "per success": 0.5}, {"kind": "envoy", "share": "50%", "least": 1},
            {"kind": "finagle", "ttl": "2s", "floor": "1/s", "share": "50%"}, {"kind": "envoy", "most": 1},
            {"kind": "linkerd", "ttl": "4s", "floor": "0.5/s", "share": "50%"},
        )  # fmt: skip
        retry["budget"] = {**draw(st.sampled_from(budgets)), "scope": draw(st.sampled_from(("link", "caller")))}
    link["retry"] = retry
    if link.get("timeout") and draw(st.booleans()):
        link["late answers"] = "accept"


def _total(draw: st.DrawFn, link: dict[str, Any], to_service: bool) -> None:
    link["total timeout"] = draw(st.sampled_from(("1s", "2s")))


def _hedge(draw: st.DrawFn, link: dict[str, Any], to_service: bool) -> None:
    link["hedge"] = {
        **draw(st.sampled_from(({"after": "125ms"}, {"percentile": "50%"}))),
        "most": draw(st.integers(1, 2)),
    }


def _fallback(draw: st.DrawFn, link: dict[str, Any], to_service: bool) -> None:
    link["fallback"] = draw(st.sampled_from(("default", "empty", "cached")))


def _throttle(draw: st.DrawFn, link: dict[str, Any], to_service: bool) -> None:
    link["throttle"] = {"factor": draw(st.sampled_from(("1x", "2x"))), "window": "1s", **_scope(draw)}


def _limit(draw: st.DrawFn, link: dict[str, Any], to_service: bool) -> None:
    how: tuple[dict[str, Any], ...] = ({}, {"when full": "wait"}, {"when full": "wait", "max wait": "250ms"})
    link["limit"] = {"rate": "3/s", "burst": draw(st.integers(1, 2)), **draw(st.sampled_from(how)), **_scope(draw)}


def _bulkhead(draw: st.DrawFn, link: dict[str, Any], to_service: bool) -> None:
    how: tuple[dict[str, Any], ...] = ({}, {"max waiting": 2}, {"max waiting": "unlimited", "max wait": "250ms"})
    link["bulkhead"] = {"max concurrent calls": draw(st.integers(1, 2)), **draw(st.sampled_from(how)), **_scope(draw)}


def _cache(draw: st.DrawFn, link: dict[str, Any], to_service: bool) -> None:
    how: tuple[dict[str, Any], ...] = (
        {"hit ratio": "50%"}, {"entries": 2}, {"expire after": "500ms", "coalesce": True}, {"coalesce": True},
    )  # fmt: skip
    cache = dict(draw(st.sampled_from(how)))
    link["cache"] = cache if "hit ratio" in cache else {**cache, **_scope(draw)}


def _deadline(draw: st.DrawFn, link: dict[str, Any], to_service: bool) -> None:
    link["propagate deadline"] = True


def _abandon(draw: st.DrawFn, link: dict[str, Any], to_service: bool) -> None:
    link["on abandon"] = draw(st.sampled_from(("drop queued", "cancel")))


def _outliers(draw: st.DrawFn, link: dict[str, Any], to_service: bool) -> None:
    if not to_service or link.get("breaker", {}).get("scope") == "callee":
        return
    given: dict[str, Any] = {"every": draw(short), "eject for": draw(short), **_scope(draw)}
    if "subset" in link:
        del given["scope"]
    if (preset := draw(st.sampled_from((None, None, None, "envoy", "istio", "grpc")))) is not None:
        link["outlier detection"] = {"preset": preset, **given}
        return
    given["most ejected"] = draw(st.sampled_from(("20%", "50%", "100%")))
    given["consecutive errors"] = draw(st.integers(0, 2))
    how: tuple[dict[str, Any], ...] = (
        {}, {"always one": True}, {"may exceed": True}, {"jitter": "250ms"}, {"eject for at most": "1s"},
        {"enforce errors": "50%"}, {"checks take back": False},
        {"consecutive gateway errors": 1, "enforce gateway errors": "100%"},
        {"split local errors": True, "consecutive local errors": 1, "enforce local errors": "50%"},
        {"split local errors": True, "enforce local success rate": "0%", "enforce local failure percentage": "100%"},
        {"success rate factor": 0.5, "success rate replicas": 1, "success rate requests": 1},
        {"failure percentage": "30%", "failure percentage replicas": 1, "failure percentage requests": 1},
        {"enforce failure percentage": "100%", "enforce success rate": "50%"},
    )  # fmt: skip
    for one in draw(st.lists(st.sampled_from(how), max_size=3)):
        given.update(one)
    panics: tuple[dict[str, Any], ...] = (
        {}, {"panic threshold": "0%"}, {"panic threshold": "80%"}, {"panic threshold": "80%", "in panic": "none"},
    )  # fmt: skip
    link["outlier detection"] = {**given, **draw(st.sampled_from(panics))}


def _subset(draw: st.DrawFn, link: dict[str, Any], to_service: bool) -> None:
    if not to_service or link.get("breaker", {}).get("scope") == "callee":
        return
    if link.get("outlier detection", {}).get("scope") == "link":
        return
    link["subset"] = {"size": draw(st.integers(1, 3))}
    if draw(st.booleans()):
        link["subset"]["choice"] = draw(st.sampled_from(("deterministic", "random")))


def _scope(draw: st.DrawFn) -> dict[str, Any]:
    return {"scope": draw(st.sampled_from(("link", "caller")))}


KINDS: tuple[Callable[[st.DrawFn, dict[str, Any], bool], None], ...] = (
    _breaker, _retry, _total, _hedge, _fallback, _throttle, _limit, _bulkhead, _cache, _deadline, _abandon, _outliers,
    _subset,
)  # fmt: skip


def add_defences(draw: st.DrawFn, link: dict[str, Any], to_service: bool) -> None:
    """Add up to five defences to *link*, which leads to a service or to a queue."""
    for index in draw(st.lists(st.integers(0, len(KINDS) - 1), max_size=5, unique=True)):
        KINDS[index](draw, link, to_service)
    if draw(st.booleans()):
        _order(draw, link)


def _order(draw: st.DrawFn, link: dict[str, Any]) -> None:
    """State an order of the policies of *link*: the cache first, and what makes attempts outside a callee's breaker."""
    names = [name for name in POLICIES if name in link]
    if len(names) < 2:
        return
    order = draw(st.permutations(names))
    last = [name for name in order if name == "breaker" and link["breaker"].get("scope") == "callee"]
    first = [name for name in order if name == "cache"]
    makers = [name for name in order if last and name in ("fallback", "hedge", "retry")]
    pays_for_hedges = link.get("retry", {}).get("budget", {}).get("kind") in PAY_FOR_HEDGES
    if pays_for_hedges and "hedge" in order:  # both in one stage
        order = [name for name in order if name not in ("hedge", "retry", *makers)]
        makers = [*(name for name in makers if name == "fallback"), "hedge", "retry"]
    link["order"] = [*first, *makers, *(name for name in order if name not in (*first, *makers))]
