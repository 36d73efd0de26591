"""The rules of faults: what each can befall, and when it may begin."""

from __future__ import annotations

from typing import Iterator

from sim import quantities as q
from sim.errors import did_you_mean
from sim.scenario import recipes
from sim.scenario.fields import one_arrow
from sim.scenario.models import fault_kind
from sim.scenario.tree import Node, Problem, at_value, parsed, plain

_BEFALL = {
    "slow": ("services",), "errors": ("services",), "crash": ("services", "queues"), "pause": ("services", "queues"),
    "spike": ("workload",),
}  # fmt: skip
_WORDS = {"services": "service", "queues": "queue", "workload": "workload"}


def fault_problems(root: Node) -> Iterator[Problem]:
    """Find faults on nothing, factors that cannot be meant, and faults outside the measured time."""
    used = recipes.links_used(root)
    for fault in root.children("faults").values():
        kind = fault_kind(plain(fault))
        if kind is None:
            continue
        target = fault.get(kind)
        if target is not None and isinstance(target.value, str):
            yield from _target(root, kind, target, used)
        if kind == "spike":
            yield from _spike(root, fault)
        yield from _begins(root, fault.get("at"))


def _target(root: Node, kind: str, target: Node, used: list[str]) -> Iterator[Problem]:
    if kind in _BEFALL:
        known = [name for where in _BEFALL[kind] for name in root.children(where)]
        if target.value not in known:
            what = " or ".join(_WORDS[where] for where in _BEFALL[kind])
            yield at_value(target, f"name a {what} that exists", did_you_mean(target.value, known))
        return
    link = one_arrow(target.value)
    if link in used:
        return
    ends = [name for where in _WORDS for name in root.children(where)]
    if all(end in ends for end in link.split(" -> ")) and link.count(" -> ") == 1:
        turned = " -> ".join(reversed(link.split(" -> ")))
        hint = f"did you mean {turned!r}?" if turned in used else did_you_mean(link, used)
        yield at_value(target, "name a link that some call, send or delivery uses", hint, unused=True)
    else:
        yield at_value(target, "name a link between two nodes that exist", did_you_mean(link, used))


def _spike(root: Node, fault: Node) -> Iterator[Problem]:
    target, by = fault.get("spike"), fault.get("by")
    workload = root.children("workload").get(str(target.value)) if target is not None else None
    if target is not None and workload is not None and workload.get("rate") is None:
        yield at_value(target, "name a workload with a rate: only an open loop can spike")
    factor = parsed(q.parse_factor, by)
    if by is not None and factor is not None and factor < 1:
        yield at_value(by, "be at least 1x")


def _begins(root: Node, node: Node | None) -> Iterator[Problem]:
    law, duration = parsed(q.parse_law, node), parsed(q.parse_duration, root.get("duration"))
    warmup = parsed(q.parse_duration, root.get("warmup")) or 0.0
    if node is None or law is None:
        return
    bounds = _bounds(law)
    if bounds is None:
        yield at_value(node, "be an instant or lie between two, such as 60s or uniform 60s to 90s")
    elif bounds[0] < warmup:
        yield at_value(node, f"begin after the warm-up ({root.word('warmup')})")
    elif duration is not None and bounds[1] >= duration:
        yield at_value(node, f"begin before the duration ({root.word('duration')}) is over")


def _bounds(law: q.Law) -> tuple[float, float] | None:
    """Return the earliest and the latest value of a law, or None for one without bounds."""
    if law.kind == "constant":
        return law.mean, law.mean
    if law.kind == "uniform":
        return law.parameters[0], law.parameters[1]
    if law.kind == "mix":
        parts = [_bounds(part) for _, part in law.parts]
        known = [part for part in parts if part is not None]
        if len(known) == len(parts):
            return min(low for low, _ in known), max(high for _, high in known)
    return None
