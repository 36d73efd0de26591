"""The rules of circuit breakers: which keys of one fit together, after a preset has filled in its values."""

from __future__ import annotations

from typing import Iterator

from sim import quantities as q
from sim.fields.presets import PRESET
from sim.mechanisms.links.breaker_presets import PRESETS
from sim.scenario.yaml.nodes import Node, Problem, at_key, at_value, given, parsed

_RATES = ("failure rate", "slow rate")


def breaker_problems(node: Node | None, of_service: bool) -> Iterator[Problem]:
    """Find keys that contradict one another in a breaker; *of_service*: the callee is a service."""
    preset = given(node, PRESET)
    if node is None or (preset is not None and preset.value not in [one.name for one in PRESETS]):
        return
    rates = [found for key in _RATES if (found := given(node, key)) is not None]
    yield from _rates(node, rates)
    yield from _window(node, rates)
    yield from _half_open(node, bool(rates))
    yield from _open_times(node)
    scope = given(node, "scope")
    if scope is not None and scope.value == "callee" and not of_service:
        yield at_value(scope, "be link or caller where the callee is a queue")


def _rates(node: Node, rates: list[Node]) -> Iterator[Problem]:
    failures = given(node, "failures")
    if rates and failures is not None:
        yield at_key(
            failures, "not be combined with a rate", "a breaker counts failures in a row, or shares of a window"
        )
    slow_rate, slow_call = given(node, "slow rate"), given(node, "slow call")
    if slow_rate is not None and slow_call is None:
        yield at_key(
            slow_rate,
            "be set together with `slow call`",
            "give the time above which a call is slow: `slow call: 500ms`",
        )
    if slow_call is not None and slow_rate is None:
        yield at_key(slow_call, "be set together with `slow rate`")
    exceeded = node.word("threshold") == "exceeded"
    for rate in rates:
        share = parsed(q.parse_share, rate)
        if share == 0:
            yield at_value(rate, "be above 0%")
        elif share == 1 and exceeded:
            yield at_value(rate, "be below 100% with `threshold: exceeded`", "it would never open")


def _window(node: Node, rates: list[Node]) -> Iterator[Problem]:
    calls, window, least = given(node, "calls"), given(node, "window"), given(node, "minimum calls")
    failures, buckets = given(node, "failures"), given(node, "buckets")
    counts = failures is not None and (calls is not None or window is not None)
    for found in (calls, window, least):
        if not rates and not counts and found is not None:
            yield at_key(found, "be set together with `failure rate` or `slow rate`")
    if calls is not None and window is not None:
        yield at_key(window, "not be combined with `calls`", "one window only")
    most, needed = parsed(q.parse_count, calls), 10.0 if least is None else parsed(q.parse_count, least)
    if rates and most is not None and needed is not None and needed > most:
        yield at_value(calls or node, f"be at least `minimum calls` ({needed:g})", "fewer would never open it")
    if counts and most is not None and (needed := parsed(q.parse_count, failures)) is not None and needed > most:
        yield at_value(calls or node, f"be at least `failures` ({needed:g})", "fewer would never open it")
    yield from _buckets(node, calls, window, buckets)


def _buckets(node: Node, calls: Node | None, window: Node | None, buckets: Node | None) -> Iterator[Problem]:
    if buckets is not None and window is None:
        yield at_key(buckets, "be set together with `window`")
    begin = given(node, "buckets begin")
    if begin is not None and buckets is None:
        yield at_key(begin, "be set together with `buckets`")
    counted = given(node, "counted calls")
    if counted is not None and counted.value in ("sent", "asked"):
        if calls is not None:
            yield at_value(counted, "be ended where the window is `calls`")
        elif window is not None and buckets is None:
            yield at_value(counted, "be ended where the window has no `buckets`")
    keeps = given(node, "keeps window")
    if keeps is not None and keeps.value is True and window is None and calls is None:
        yield at_key(keeps, "be set together with `window` or `calls`")


def _half_open(node: Node, by_rates: bool) -> Iterator[Problem]:
    successes, judges = given(node, "successes"), node.word("half open judges")
    if judges == "at the minimum" and not by_rates:
        yield at_value(node.value["half open judges"], "be each probe or all probes where the breaker has no rate")
    if successes is not None:
        if by_rates and judges != "each probe":
            yield at_key(successes, "be set together with `half open judges: each probe`", "the rates judge the others")
        most, needed = (
            1.0 if (probes := given(node, "probes")) is None else parsed(q.parse_count, probes),
            parsed(q.parse_count, successes),
        )
        if most is not None and needed is not None and needed > most:
            yield at_value(successes, f"be at most `probes` ({most:g})")
    after = given(node, "after half open")
    if after is not None and given(node, "half open at most") is None:
        yield at_key(after, "be set together with `half open at most`")


def _open_times(node: Node) -> Iterator[Problem]:
    times = given(node, "open times")
    if times is None:
        return
    if (open_for := given(node, "open for")) is not None:
        yield at_key(open_for, "not be combined with `open times`")
    law = parsed(q.parse_backoff, times)
    if law is not None and not law.wait_s(1) > 0:
        yield at_value(times, "begin above zero")
