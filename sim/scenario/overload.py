"""The rules of a service's defences: what only makes sense beside something else, or not beside it."""

from __future__ import annotations

from typing import Iterator

from sim import quantities as q
from sim.scenario.tree import Node, Problem, at_key, at_value, parsed
from sim.scenario.workloads import given


def overload_problems(root: Node) -> Iterator[Problem]:
    """Find defences that contradict one another or that nothing would make use of."""
    for service in root.children("services").values():
        yield from _limit(service.get("limit"))
        yield from _shed(service)


def _limit(limit: Node | None) -> Iterator[Problem]:
    if limit is None:
        return
    for node in given(limit, "max wait"):
        if limit.word("when full") != "wait":
            yield at_key(node, "stand beside `when full: wait`")
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
            yield at_key(node, "share out a bounded `waiting`", value="unlimited")
    for node in given(shed, "controlled delay"):
        for patience in given(service, "max wait"):
            yield at_key(patience, "not stand beside `shed.controlled delay`, which says how long one may wait")


def _falling(shares: Node) -> Iterator[Problem]:
    """Find shares of nothing, and more places for what is less important."""
    before: float | None = None
    for node in shares.steps():
        share = parsed(q.parse_share, node)
        if share == 0:
            yield at_value(node, "be a share above 0%")
        if share is not None and before is not None and share > before:
            yield at_value(node, "not be above the share of what is more important")
        before = share
