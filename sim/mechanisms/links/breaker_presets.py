"""The circuit breakers of products as presets: their rules are fixed, their settings have the product's defaults.

Each was read from its source: resilience4j/resilience4j at af9e7c97 (CircuitBreakerStateMachine, CircuitBreakerMetrics,
CircuitBreakerConfig, SlidingTimeWindowMetrics), App-vNext/Polly at 173d6d1d (CircuitStateController,
AdvancedCircuitBehavior, RollingHealthMetrics, CircuitBreakerConstants), sony/gobreaker at fed8e9eb (v2/gobreaker.go,
v2/counter.go), nodeshift/opossum 10.0 (lib/circuit.js, lib/status.js), danielfm/pybreaker at 3c436f20
(src/pybreaker/__init__.py) and failsafe-lib/failsafe at ed3f9273 (ClosedState, HalfOpenState, OpenState,
CircuitBreakerBuilder, TimedCircuitStats).

Not modelled: timeouts that a product sets on the calls themselves (opossum's 10 s: a link has `timeout`), opossum's
`allowWarmUp`, Failsafe's rates rounded to whole percents and its execution threshold above a threshold of failures when
half-open, and the lock under which pybreaker makes its calls one after another.
"""

from __future__ import annotations

from sim import quantities as q
from sim.errors import ParameterError
from sim.fields.presets import Given, Preset

WHERE = ("guards", "scope")
"""Keys that say where a breaker is put; no product decides them."""
OPEN_TIMES = (("open for",), ("open times",))


def _resilience4j(values: Given) -> Given:
    """Lower a minimum above the count window; divide a time window into seconds."""
    if "calls" in values and isinstance(values["calls"], int) and isinstance(values["minimum calls"], int):
        values["minimum calls"] = min(values["minimum calls"], values["calls"])
    window_s = _seconds(values.get("window"))
    if window_s is not None:
        values |= {"buckets": max(1, round(window_s)), "buckets begin": "clock"}
    return values


def _whole_seconds(values: Given) -> dict[str, str]:
    window_s = _seconds(values.get("window"))
    wrong = window_s is not None and (window_s < 1 or window_s != round(window_s))
    return {"window": "be whole seconds"} if wrong else {}


def _polly_limits(values: Given) -> dict[str, str]:
    """Return what Polly's attributes refuse."""
    short = {key: _seconds(values.get(key)) for key in ("window", "open for")}
    wrong = {key: "be at least 500ms" for key, span_s in short.items() if span_s is not None and span_s < 0.5}
    return wrong | ({"minimum calls": "be at least 2"} if values.get("minimum calls") == 1 else {})


def _gobreaker(values: Given) -> Given:
    """A rate needs no minimum of calls; a rolling window begins when it closed."""
    if "failure rate" in values:
        values.setdefault("minimum calls", 1)
    return values | ({"buckets begin": "closed"} if "window" in values else {})


def _gobreaker_limits(values: Given) -> dict[str, str]:
    if "window" in values and "buckets" not in values:
        return {"window": "be set next to `buckets`"}
    return {}


def _pybreaker(values: Given) -> Given:
    """Every probe must succeed."""
    return values | {"probes": values["successes"]}


def _failsafe(values: Given) -> Given:
    """Without a threshold of successes, the threshold of failures judges half-open, too."""
    if "window" in values:
        values |= {"buckets": 10, "buckets begin": "closed"}
    if "successes" in values:
        return {**values, "probes": values.get("probes", values["successes"]), "half open judges": "each probe"}
    if "failure rate" in values:
        return {**values, "probes": values.get("minimum calls", 1), "half open judges": "all probes"}
    failures, of = values["failures"], values.get("calls", values["failures"])
    if isinstance(failures, int) and isinstance(of, int):
        values |= {"probes": of, "successes": max(1, of - failures + 1), "half open judges": "each probe"}
    if "window" in values and isinstance(failures, int):
        values.setdefault("minimum calls", failures)
    return values


def _failsafe_limits(values: Given) -> dict[str, str]:
    if "failure rate" in values:
        missing = [key for key in ("window", "minimum calls") if key not in values]
        return {"failure rate": f"be set next to `{missing[0]}`"} if missing else {}
    return {}


def _seconds(value: object) -> float | None:
    try:
        return None if value is None else q.parse_positive_duration(value)
    except ParameterError:
        return None


PRESETS = (
    Preset(
        "resilience4j", "resilience4j: CircuitBreakerConfig, CircuitBreakerStateMachine, CircuitBreakerMetrics",
        {
            "half open judges": "at the minimum", "probe limit": "in all", "stays open": "longer than",
            "judged after": "each call", "threshold": "reached", "counted calls": "ended",
            "late outcomes": "counted", "keeps window": False,
        },
        {
            "failure rate": "50%", "slow rate": "100%", "slow call": "60s", "calls": 100, "minimum calls": 100,
            "open for": "60s", "probes": 10,
        },
        ("window", "open times", "automatic half open", "half open at most", "after half open", *WHERE),
        (OPEN_TIMES, (("calls",), ("window",))), _resilience4j, _whole_seconds,
        "a `window` has buckets of a second, and `minimum calls` above `calls` is lowered",
    ),
    Preset(
        "polly", "Polly 8: CircuitStateController, AdvancedCircuitBehavior, RollingHealthMetrics",
        {
            "half open judges": "each probe", "probes": 1, "probe limit": "in all", "stays open": "at least",
            "automatic half open": False, "judged after": "failures", "threshold": "reached",
            "counted calls": "ended", "late outcomes": "counted", "keeps window": False, "buckets": 10,
            "buckets begin": "call",
        },
        {"failure rate": "10%", "minimum calls": 100, "window": "30s", "open for": "5s"},
        ("open times", *WHERE), (OPEN_TIMES,), limits=_polly_limits,
    ),
    Preset(
        "gobreaker", "gobreaker v2: gobreaker.go, counter.go",
        {
            "half open judges": "each probe", "probe limit": "in all", "stays open": "longer than",
            "automatic half open": False, "judged after": "failures", "counted calls": "sent",
            "late outcomes": "ignored", "keeps window": False,
        },
        {"failures": 6, "probes": 1, "open for": "60s"},
        ("failure rate", "threshold", "minimum calls", "window", "buckets", "clears every", *WHERE),
        ((("failures",), ("failure rate",)),), _gobreaker, _gobreaker_limits,
        "`failures` or `failure rate` is what ReadyToTrip asks for",
    ),
    Preset(
        "opossum", "opossum 10: lib/circuit.js, lib/status.js",
        {
            "half open judges": "each probe", "probes": 1, "probe limit": "in all", "automatic half open": True,
            "stays open": "at least", "judged after": "failures", "threshold": "exceeded", "counted calls": "asked",
            "late outcomes": "counted", "keeps window": True, "buckets begin": "clock",
        },
        {"failure rate": "50%", "window": "10s", "buckets": 10, "minimum calls": 1, "open for": "30s"},
        WHERE,
    ),
    Preset(
        "pybreaker", "pybreaker 1.4: src/pybreaker/__init__.py",
        {
            "half open judges": "each probe", "probe limit": "none", "stays open": "at least",
            "automatic half open": False, "judged after": "failures", "late outcomes": "ignored",
        },
        {"failures": 5, "open for": "60s", "successes": 1}, WHERE, settle=_pybreaker,
    ),
    Preset(
        "failsafe", "Failsafe 3: CircuitBreakerBuilder, ClosedState, HalfOpenState, TimedCircuitStats",
        {
            "probe limit": "at once", "stays open": "at least", "automatic half open": False,
            "judged after": "each call", "threshold": "reached", "counted calls": "ended",
            "late outcomes": "counted", "keeps window": False,
        },
        {"failures": 1, "open for": "60s"},
        ("calls", "window", "failure rate", "minimum calls", "successes", "probes", "open times", *WHERE),
        (OPEN_TIMES, (("failures",), ("failure rate",))), _failsafe, _failsafe_limits,
        "a `window` has 10 buckets; without `successes`, k failures of n calls open it, and n - k + 1 successes of n "
        "probes close it; with `failure rate`, `minimum calls` probes are judged by it",
    ),
)  # fmt: skip
"""The products, each with what is fixed, its defaults, and what it takes."""
