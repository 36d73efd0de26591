"""The rules of an autoscaler: something to read, bounds in order, and keys that belong together."""

from __future__ import annotations

from typing import Iterator

from sim import quantities as q
from sim.errors import did_you_mean
from sim.scenario.rules.workloads import given
from sim.scenario.yaml.nodes import Node, Problem, Unquoted, at_key, at_value, parsed

METRICS = ("target utilisation", "target cpu", "backlog", "concurrency")
_NOT_KNATIVE = ("target utilisation", "target cpu", "backlog", "scale up", "scale down", "tolerance", "down after")
_FOR_ZERO = ("activation", "polls every", "cooldown")


def autoscaling_problems(service: Node) -> Iterator[Problem]:
    """Find an autoscaler that reads nothing, bounds in the wrong order, and keys that contradict each other."""
    scale = service.get("autoscale")
    if scale is None or not isinstance(scale.value, dict):
        return
    metrics = given(scale, *METRICS)
    if not metrics:
        yield at_key(scale, f"have something to read: {', '.join(METRICS[:-1])} or {METRICS[-1]}", value=None)
    workers = service.get("workers")
    if given(scale, METRICS[0]) and workers is not None and workers.value == "unlimited":
        yield at_key(scale, "scale a service with a bound on its `workers`", value=Unquoted("unlimited workers"))
    for node in given(scale, "target utilisation", "target cpu"):
        if parsed(q.parse_share, node) == 0:
            yield at_value(node, "be a share above 0%")
    yield from _bounds(service, scale, metrics)
    yield from _together(scale)
    yield from _backlog(service, scale)
    yield from _concurrency(scale)


def _bounds(service: Node, scale: Node, metrics: list[Node]) -> Iterator[Problem]:
    first = _whole(service, "replicas", 1)
    least, most = _whole(scale, "min replicas", 1), _whole(scale, "max replicas", first)
    if not least <= first <= most:
        rule = "have min replicas <= replicas <= max replicas"
        yield at_key(scale, rule, value=Unquoted(f"{least}, {first} and {most}"))
    for node in given(scale, "min replicas"):
        if least == 0 and metrics and not given(scale, "backlog", "concurrency"):
            yield at_value(node, "be at least 1 without `backlog` or `concurrency`: nothing else is there to read")


def _together(scale: Node) -> Iterator[Problem]:
    """Find settings that have no effect without another one, or next to it."""
    for node in given(scale, "cores"):
        if not given(scale, "target cpu"):
            yield at_key(node, "be set together with `target cpu`")
    for node in given(scale, "longest drain"):
        if scale.word("scale in") == "kill":
            yield at_key(node, "be left out with `scale in: kill`, which waits for nothing")
    down = scale.get("scale down")
    if down is not None and isinstance(down.value, dict):
        for node in given(down, "window"):
            if given(scale, "down after"):
                yield at_key(node, "not be combined with `down after`, which says the same")
    for key in ("scale up", "scale down"):
        rules = scale.get(key)
        if rules is not None and isinstance(rules.value, dict) and rules.word("select") == "disabled":
            for node in given(rules, "steps"):
                yield at_key(node, "be left out with `select: disabled`, which lets no step be made")


def _backlog(service: Node, scale: Node) -> Iterator[Problem]:
    backlog = scale.get("backlog")
    if backlog is None or not isinstance(backlog.value, dict):
        return
    consumed = service.children("consumes")
    if not consumed:
        yield at_key(backlog, "scale a service that consumes a queue")
    for node in given(backlog, "of"):
        if consumed and node.value not in consumed:
            yield at_value(node, "name a queue that the service consumes", did_you_mean(str(node.value), consumed))
    direct, by_time = given(backlog, "per replica"), given(backlog, "acceptable latency", "time per message")
    if bool(direct) == (len(by_time) == 2) or (direct and by_time):
        rule = "have either `per replica` or both `acceptable latency` and `time per message`"
        found = " and ".join(str(node.loc[-1]) for node in (*direct, *by_time))
        yield at_key(backlog, rule, value=Unquoted(found) if found else None)
    if _whole(scale, "min replicas", 1) > 0:
        for node in given(backlog, *_FOR_ZERO):
            yield at_key(node, "be set together with `min replicas: 0`")


def _concurrency(scale: Node) -> Iterator[Problem]:
    concurrency = scale.get("concurrency")
    if concurrency is None or not isinstance(concurrency.value, dict):
        return
    for node in given(scale, *_NOT_KNATIVE):
        yield at_key(node, "not be combined with `concurrency`, which has its own rule")
    for key in ("share", "panic window"):
        for node in given(concurrency, key):
            if parsed(q.parse_share, node) == 0:
                yield at_value(node, "be a share above 0%")
    for key in ("max scale up rate", "max scale down rate"):
        for node in given(concurrency, key):
            factor = parsed(q.parse_factor, node)
            if factor is not None and factor <= 1:
                yield at_value(node, "be a factor above 1x")
    for node in given(concurrency, "panic threshold"):
        factor = parsed(q.parse_factor, node)
        if factor is not None and factor < 1.1:
            yield at_value(node, "be a factor of at least 1.1x")
    if _whole(scale, "min replicas", 1) > 0:
        for node in given(concurrency, "grace period"):
            yield at_key(node, "be set together with `min replicas: 0`")


def _whole(node: Node, key: str, default: int) -> int:
    child = node.get(key)
    value = default if child is None or child.value is None else child.value
    return value if isinstance(value, int) else default
