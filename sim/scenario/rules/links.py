"""The rules of links: both ends exist, something is sent between them, and the keys of defences fit together."""

from __future__ import annotations

from functools import partial
from typing import Callable, Iterator

from sim import quantities as q
from sim.errors import did_you_mean
from sim.fields.quantity import spaced
from sim.mechanisms.links.order import POLICIES, contradictions, stages
from sim.mechanisms.links.retry_budget import PAY_FOR_HEDGES
from sim.mechanisms.nodes import LINKED
from sim.scenario.models import Link
from sim.scenario.models.links import WIRE
from sim.scenario.rules import recipes
from sim.scenario.rules.breakers import breaker_problems
from sim.scenario.rules.overrides import override_problems
from sim.scenario.yaml.nodes import Node, Problem, Unquoted, at_key, at_value, given, parsed


def link_problems(root: Node) -> Iterator[Problem]:
    """Find links that nothing uses, and defences that contradict themselves, link by link."""
    yield from _ends(root)
    for queue in root.children("queues").values():
        yield from _backoff(queue.get("redelivery"))
    for name, link in root.children("links").items():
        judge = partial(_policies, root, name)
        yield from judge(link)
        yield from override_problems(root, name, link, judge)


def _ends(root: Node) -> Iterator[Problem]:
    ends = [name for kind in LINKED for name in root.children(kind.key)]
    used = recipes.links_used(root)
    for name, link in root.children("links").items():
        parts = name.split(" -> ")
        if len(parts) != 2:
            yield at_key(link, "be named like `web -> orders`", value=name)
            continue
        unknown = [part for part in parts if part not in ends]
        for part in unknown:
            yield at_key(link, "join two nodes that exist", did_you_mean(part, ends), value=part)
        if parts[0] in root.children("queues"):
            yield from _delivery(link)
        if not unknown and name not in used:
            yield at_key(
                link, "be used by some call, send or delivery", _unused_hint(name, used), value=name, unused=True
            )


def _delivery(link: Node) -> Iterator[Problem]:
    """Find policies of a caller on a link from a queue to its consumer: a queue has its own."""
    instead_of = {"timeout": "visibility timeout", "retry": "redelivery"}
    for key in (spaced(field) for field in Link.model_fields if field not in WIRE):
        instead = instead_of.get(key, "")
        node = link.get(key)
        if node is not None and node.value is not None:
            hint = f"a queue has `{instead}`" if instead else ""
            yield at_key(node, "not be set on a link from a queue to its consumer", hint)


def _unused_hint(link: str, used: list[str]) -> str:
    """Return a suggestion for a link that nothing uses: the other direction first."""
    turned = " -> ".join(reversed(link.split(" -> ")))
    return f"did you mean {turned!r}?" if turned in used else did_you_mean(link, used)


def _backoff(node: Node | None) -> Iterator[Problem]:
    backoff = parsed(q.parse_backoff, node)
    if node is not None and backoff is not None and backoff.cap < max(backoff.first, backoff.least):
        yield at_value(node, "have a cap that is not below its first or least wait")


def _one_jitter(jitter: Node | None, backoff: Node | None) -> Iterator[Problem]:
    law = parsed(q.parse_backoff, backoff)
    if jitter is not None and jitter.value not in (None, "none") and law is not None and law.is_random:
        yield at_key(
            jitter, "not be combined with a backoff that has its own chance", "say it once", value=jitter.value
        )


def _policies(root: Node, name: str, link: Node) -> Iterator[Problem]:
    """Find what does not fit together in *link*, or in what holds for one of its operations."""
    retry = link.get("retry")
    if retry is not None:
        yield from _backoff(retry.get("backoff"))
        yield from _one_jitter(retry.get("jitter"), retry.get("backoff"))
    yield from _defences(root, name, link)


def _defences(root: Node, name: str, link: Node) -> Iterator[Problem]:
    callee = name.partition(" -> ")[2]
    yield from breaker_problems(link.get("breaker"), callee in root.children("services"))
    yield from _outliers(link.get("outlier detection"), link, callee in root.children("services"))
    yield from _subset(link.get("subset"), link, callee in root.children("services"))
    yield from _zone_routing(root, name, link)
    yield from _hedge(link.get("hedge"))
    yield from _waiting(link.get("limit"), "when full", "wait")
    yield from _at_least(given(link.get("throttle"), "factor"), q.parse_factor, 1, "1x")
    yield from _cache(link.get("cache"))
    yield from _needs_a_time(root, name, link)
    yield from _order(link)
    yield from _total(link)
    retry = link.get("retry")
    if retry is not None:
        yield from _budget(retry.get("budget"))
        yield from _times(link, retry)


def _outliers(node: Node | None, link: Node, of_service: bool) -> Iterator[Problem]:
    if node is None or node.value is None:
        return
    if not of_service:
        yield at_key(node, "not be set where the callee is a queue")
    breaker = given(link.get("breaker"), "scope")
    if breaker is not None and breaker.value == "callee":
        yield at_key(node, "not be combined with a breaker of scope callee", "one of them chooses the replica")
    first, longest = given(node, "eject for"), given(node, "eject for at most")
    least = 30.0 if first is None else parsed(q.parse_duration, first)
    most = parsed(q.parse_duration, longest)
    if longest is not None and most is not None and least is not None and most < least:
        yield at_value(longest, "be at least as long as `eject for`", "" if first else "30s by default")
    split = given(node, "split local errors")
    for key in ("consecutive local errors", "enforce local errors", "enforce local success rate",
                "enforce local failure percentage"):  # fmt: skip
        if (found := given(node, key)) is not None and (split is None or split.value is not True):
            yield at_key(found, "be set together with `split local errors: true`")
    threshold, panic = given(node, "panic threshold"), given(node, "in panic")
    if panic is not None and threshold is not None and parsed(q.parse_share, threshold) == 0:
        yield at_key(panic, "be set together with a `panic threshold` above 0%")


def _subset(node: Node | None, link: Node, of_service: bool) -> Iterator[Problem]:
    """Find what does not choose among the replicas of one caller's subset."""
    if node is None or node.value is None:
        return
    if not of_service:
        yield at_key(node, "not be set where the callee is a queue")
    breaker, detection = given(link.get("breaker"), "scope"), given(link.get("outlier detection"), "scope")
    if breaker is not None and breaker.value == "callee":
        yield at_key(node, "not be combined with a breaker of scope callee", "one of them chooses the replica")
    if detection is not None and detection.value == "link":
        yield at_value(detection, "be `caller` where callers differ by `subset` or `zone routing`")


def _zone_routing(root: Node, name: str, link: Node) -> Iterator[Problem]:
    node = link.get("zone routing")
    if node is None or node.value is None:
        return
    caller, _, callee = name.partition(" -> ")
    yield from _subset(node, link, callee in root.children("services"))
    ends = {**root.children("workload"), **root.children("services")}
    for end in (caller, callee):
        if end in ends and given(ends[end], "zones") is None:
            yield at_key(node, "be set where both ends have `zones`", f"{end} has none")


def _hedge(node: Node | None) -> Iterator[Problem]:
    if node is None or not isinstance(node.value, dict):
        return
    after, percentile = given(node, "after"), given(node, "percentile")
    if (after is None) == (percentile is None):
        yield at_key(node, "have `after` or `percentile`, and not both")
    share = parsed(q.parse_share, percentile)
    if percentile is not None and share is not None and not 0 < share < 1:
        yield at_value(percentile, "be above 0% and below 100%")


def _waiting(node: Node | None, key: str, word: str) -> Iterator[Problem]:
    patience = given(node, "max wait")
    if patience is not None and node is not None and node.word(key) != word:
        yield at_key(patience, f"be set together with `{key}: {word}`")


def _at_least(node: Node | None, parse: Callable[[object], float], least: float, text: str) -> Iterator[Problem]:
    value = parsed(parse, node)
    if node is not None and value is not None and value < least:
        yield at_value(node, f"be at least {text}")


def _cache(node: Node | None) -> Iterator[Problem]:
    if (ratio := given(node, "hit ratio")) is None:
        return
    for key in ("entries", "expire after", "coalesce", "scope"):
        if (found := given(node, key)) is not None:
            yield at_key(found, "not be combined with `hit ratio`", "a cache has a ratio, or keys")
    if parsed(q.parse_share, ratio) == 0:
        yield at_value(ratio, "be above 0%", "leave the cache out")


def _needs_a_time(root: Node, name: str, link: Node) -> Iterator[Problem]:
    """Accepting late answers needs a timeout, and a retry that still waits when they arrive."""
    late = given(link, "late answers")
    if late is not None and late.value == "accept":
        for key in ("timeout", "retry"):
            if given(link, key) is None:
                yield at_value(late, f"be set together with `{key}`")
                return


def _order(link: Node) -> Iterator[Problem]:
    """A stated order names every policy of the link, each once, in a sequence that means something."""
    stated = given(link, "order")
    if stated is None or not isinstance(stated.value, list):
        return
    names, has = [item.value for item in stated.value], [name for name in POLICIES if given(link, name) is not None]
    if any(name not in POLICIES for name in names):
        return
    breaker = given(link, "breaker")
    by_replica = breaker is not None and breaker.word("scope") == "callee"
    for i, rule, hint in contradictions(names, has, by_replica):
        yield at_value(stated.value[i], rule, hint)
    budget = given(link.get("retry"), "budget")
    together = [stage for stage in stages(names) if "hedge" in stage and "retry" in stage]
    if budget is not None and budget.word("kind") in PAY_FOR_HEDGES and {"hedge", "retry"} <= {*names} and not together:
        hint = f"a budget of kind {budget.word('kind')} pays for both"
        yield at_value(stated, "have `hedge` outside `retry` with nothing but the usual order between them", hint)
    missing = [name for name in has if name not in names]
    if missing:
        yield at_value(stated, "name all policies of the link", f"{', '.join(missing)} has no place")


_OF_KIND = {
    "bucket": ("capacity", "per try", "per success", "cost", "refund"),
    "grpc": ("capacity", "per success"),
    "finagle": ("ttl", "floor", "share"),
    "linkerd": ("ttl", "floor", "share"),
    "envoy": ("share", "least", "most"),
}
"""The keys of each kind of retry budget, `scope` aside."""


def _budget(node: Node | None) -> Iterator[Problem]:
    if node is None or not isinstance(node.value, dict):
        return
    kind = node.word("kind") or "bucket"
    if kind not in _OF_KIND:
        return
    for key in dict.fromkeys(key for keys in _OF_KIND.values() for key in keys):
        if key not in _OF_KIND[kind] and (found := given(node, key)) is not None:
            kinds = " or ".join(f"`kind: {name}`" for name, keys in _OF_KIND.items() if key in keys)
            yield at_key(found, f"be set together with {kinds}", value=Unquoted(f"kind: {kind}"))
    yield from {"bucket": _bucket, "grpc": _throttling, "envoy": _in_flight}.get(kind, _expiring)(node)


def _throttling(node: Node) -> Iterator[Problem]:
    capacity, ratio = given(node, "capacity"), given(node, "per success")
    if capacity is not None and _is_number(capacity.value) and not 0 < capacity.value <= 1000:
        yield at_value(capacity, "be above 0 and at most 1000")
    if ratio is not None and _is_number(ratio.value) and ratio.value < 0.001:
        yield at_value(ratio, "be at least 0.001")


def _expiring(node: Node) -> Iterator[Problem]:
    ttl, share, floor = (given(node, key) for key in ("ttl", "share", "floor"))
    span = parsed(q.parse_positive_duration, ttl)
    if ttl is not None and span is not None and not 1 <= span <= 60:
        yield at_value(ttl, "be 1s to 60s")
    if share is not None and floor is not None and parsed(q.parse_share, share) == 0 == parsed(q.parse_rate, floor):
        yield at_key(floor, "not be 0 together with `share`", "no retry would ever be made: leave `retry` out")


def _in_flight(node: Node) -> Iterator[Problem]:
    most = given(node, "most")
    for key in ("share", "least"):
        if most is not None and (found := given(node, key)) is not None:
            yield at_key(found, "not be combined with `most`", "a share of what is out, or a number")


def _bucket(node: Node) -> Iterator[Problem]:
    capacity, cost = given(node, "capacity"), given(node, "cost")
    room = 10 if capacity is None else capacity.value
    price = 1 if cost is None else cost.value
    if cost is not None and _is_number(price) and price <= 0:
        yield at_value(cost, "be above 0")
    elif _is_number(room) and _is_number(price) and room < price:
        yield at_key(capacity or node, f"be at least the cost of a retry ({price:g})", value=room)
    refund = given(node, "refund")
    if refund is not None and refund.value is True:
        for key in ("per try", "per success"):
            if (found := given(node, key)) is not None:
                yield at_key(found, "not be combined with `refund`", "the quota gives back what a retry took")


def _times(link: Node, retry: Node) -> Iterator[Problem]:
    """Find limits on the time of a call that say nothing: a stop without a limit, a cap without a pushback."""
    stop, pushback = given(retry, "stop"), given(retry, "pushback")
    if stop is not None and given(retry, "max duration") is None:
        yield at_key(stop, "be set together with `max duration`")
    elif stop is not None and stop.value == "before end" and given(link, "timeout") is None:
        yield at_value(stop, "be set together with a `timeout` of the link, which says when an attempt ends")
    beyond = given(pushback, "beyond cap")
    if beyond is not None and given(pushback, "cap") is None:
        yield at_key(beyond, "be set together with `cap`")


def _total(link: Node) -> Iterator[Problem]:
    total, timeout = given(link, "total timeout"), given(link, "timeout")
    whole, one = parsed(q.parse_positive_duration, total), parsed(q.parse_positive_duration, timeout)
    if total is not None and whole is not None and one is not None and whole < one:
        yield at_value(total, "not be below `timeout`, which is that of each attempt")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
