"""The rules of a service's defences: keys that need or exclude one another."""

from __future__ import annotations

from typing import Iterator

from sim import quantities as q
from sim.errors import did_you_mean
from sim.quantities.line_order import FAIR, PREEMPTIVE, SHARING, WORKLOAD
from sim.scenario.rules.autoscaling import autoscaling_problems
from sim.scenario.rules.workloads import given
from sim.scenario.yaml.nodes import Node, Problem, Unquoted, at_key, at_value, parsed


def admission_problems(root: Node) -> Iterator[Problem]:
    """Find defences that contradict one another, or that have no effect."""
    for service in root.children("services").values():
        yield from _limit(service.get("limit"))
        yield from _shed(service)
        yield from _concurrency(service.get("concurrency"))
        yield from autoscaling_problems(service)
        yield from _line(root, service)
    yield from _machines(root)
    for queue in root.children("queues").values():
        most = queue.get("max length")
        for node in given(queue, "when full"):
            if most is None or most.value in (None, "unlimited"):
                yield at_key(node, "be set together with a `max length`")


def _limit(limit: Node | None) -> Iterator[Problem]:
    if limit is None:
        return
    for node in given(limit, "max wait"):
        if limit.word("when full") != "wait":
            yield at_key(node, "be set together with `when full: wait`")
    rate = limit.get("rate")
    if rate is not None and parsed(q.parse_rate, rate) == 0:
        yield at_value(rate, "be a rate above zero")


def _shed(service: Node) -> Iterator[Problem]:
    shed = service.get("shed")
    if shed is None or not isinstance(shed.value, dict):
        return
    if not given(shed, "line length", "by priority", "codel", "controlled delay"):
        yield at_key(shed, "have a rule: line length, by priority, codel or controlled delay")
    for node in given(shed, "by priority"):
        yield from _falling(node)
        waiting = service.get("waiting")
        if waiting is not None and waiting.value == "unlimited":
            yield at_key(node, "be used with a bounded `waiting`", value="unlimited")
    if given(shed, "controlled delay"):
        for patience in given(service, "max wait"):
            yield at_key(patience, "not be combined with `shed.controlled delay`, which says how long one may wait")


def _falling(shares: Node) -> Iterator[Problem]:
    """Find shares of zero, and larger shares for less important priorities."""
    before: float | None = None
    for node in shares.steps():
        share = parsed(q.parse_share, node)
        if share == 0:
            yield at_value(node, "be a share above 0%")
        if share is not None and before is not None and share > before:
            yield at_value(node, "not be above the share of what is more important")
        before = share


def _line(root: Node, service: Node) -> Iterator[Problem]:
    """Find a line that contradicts the cores or the priorities, weights of classes that do not exist, idle settings."""
    node = service.get("line")
    order = None if node is None else parsed(q.parse_line_order, node)
    cores, cpu = service.get("cores"), service.get("cpu")
    if order is None or node is None:
        order = q.LineOrder("fifo")
    if order.kind == SHARING:
        for given_cores in given(service, "cores"):
            yield at_key(given_cores, "not be combined with `line: processor sharing`, where the workers are the cores")
        for patience in given(service, "max wait"):
            yield at_key(patience, "not be combined with `line: processor sharing`, where nothing waits")
    elif order.kind == PREEMPTIVE:
        for shared in [one for one in (cores, cpu) if one is not None and one.value is not None]:
            yield at_key(shared, "not be combined with `line: preemptive priority`: its workers have a core each")
    elif order.kind == FAIR and node is not None and order.by == WORKLOAD:
        known = root.children("workload")
        for name, _ in order.weights:
            if name not in known:
                yield at_value(node, "give weights to workloads that exist", did_you_mean(name, known), value=name)
    if cpu is not None and cpu.get("quota") is None:
        for node in given(cpu, "period", "burst"):
            yield at_key(node, "be set together with a `quota`")


def _machines(root: Node) -> Iterator[Problem]:
    """Find replicas on two hosts with cores, and services with preemptive priority on one."""
    found: dict[str, str] = {}
    for host, settings in root.children("hosts").items():
        if settings.get("cores") is None or settings.get("runs") is None:
            continue
        for node in _texts(settings.get("runs")):
            service = root.children("services").get(str(node.value).partition("#")[0])
            if service is None:
                continue
            if str(service.word("line") or "").startswith(PREEMPTIVE):
                yield at_value(node, "not have `line: preemptive priority` on a host with cores", value=node.value)
            for replica in _replicas(str(node.value), service):
                if found.setdefault(replica, host) != host:
                    hint = f"{replica} is also on {found[replica]}"
                    yield at_value(node, "stand on one host with cores", hint, value=node.value)
                    break


def _texts(node: Node | None) -> list[Node]:
    return [] if node is None else [item for item in node.steps() if isinstance(item.value, str)]


def _replicas(text: str, service: Node) -> list[str]:
    """Return the replicas that a host's entry names."""
    return [text] if "#" in text else [f"{text}#{index}" for index in range(_whole(service, "replicas", 1))]


_OF_KIND = {"aimd": ("backoff", "slow call"), "gradient": ("smoothing", "tolerance", "queue", "window")}


def _concurrency(limit: Node | None) -> Iterator[Problem]:
    """Find keys of the other kind, bounds in the wrong order, and factors outside their range."""
    if limit is None or limit.word("kind") not in _OF_KIND:
        return
    for kind, keys in _OF_KIND.items():
        for node in given(limit, *keys):
            if kind != limit.word("kind"):
                yield at_key(node, f"be set together with `kind: {kind}`")
    for key, parse, low, high, rule in (
        ("backoff", q.parse_share, 0.0, 1.0, "be a share above 0% and below 100%"),
        ("smoothing", q.parse_share, 0.0, 1.1, "be a share above 0%"),
        ("tolerance", q.parse_factor, 0.999, q.UNLIMITED, "be a factor of at least 1x"),
    ):
        for written in given(limit, key):
            value = parsed(parse, written)
            if value is not None and not low < value < high:
                yield at_value(written, rule)
    least, initial, most = (_whole(limit, key, default) for key, default in _BOUNDS)
    if not least <= initial <= most:
        yield at_key(limit, "have least <= initial <= most", value=Unquoted(f"{least}, {initial} and {most}"))


_BOUNDS = (("least", 1), ("initial", 20), ("most", 1000))


def _whole(node: Node, key: str, default: int) -> int:
    child = node.get(key)
    value = default if child is None or child.value is None else child.value
    return value if isinstance(value, int) else default
