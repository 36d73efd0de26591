"""The rules of what faults and actions share: when they begin, and the condition that they wait for."""

from __future__ import annotations

from typing import Callable, Iterable, Iterator

from sim import quantities as q
from sim.errors import did_you_mean
from sim.fields.conditions import QUANTITIES, parse_when
from sim.fields.fault_fields import After
from sim.mechanisms.nodes import NODE_KINDS
from sim.scenario.rules import recipes
from sim.scenario.yaml.nodes import Node, Problem, Unquoted, at_key, at_value, parsed

WORDS = {**{kind.key: kind.word for kind in NODE_KINDS}, "hosts": "host"}
"""What the parts of a scenario are called in messages."""


def waits(root: Node, timed: Node, node: Node, others: Iterable[str]) -> Iterator[Problem]:
    """Find a condition on nothing, and *others*, which say when something begins that waits for a condition."""
    kind = str(timed.loc[0]).removesuffix("s")
    for key in others:
        other = timed.get(key)
        if other is not None:
            yield at_key(other, f"not be combined with `when`, which says when the {kind} begins")
    when = parsed(parse_when, node)
    if when is None:
        return
    kinds = QUANTITIES[when.quantity].of
    known = [name for kind in kinds if kind != "links" for name in root.children(kind)]
    known += recipes.links_used(root) if "links" in kinds else []
    if when.of not in known:
        words = [WORDS[kind] if kind != "links" else "link in use" for kind in kinds]
        yield at_value(node, f"watch {when.quantity} of a {' or '.join(words)}", did_you_mean(when.of, known), when.of)


def waits_for_nothing(timed: Node) -> Iterator[Problem]:
    """Find a time after a condition that is not given."""
    if (after := timed.get("after")) is not None:
        yield at_key(after, "be used with `when`, which it follows")


def must_be_given(fault: Node, key: str, hint: str = "") -> Iterator[Problem]:
    """Find that *key* of a fault or an action is missing."""
    if fault.get(key) is not None:
        return
    gone = fault.removed.get(key)
    if gone is not None:
        yield Problem(gone.key_at, gone.loc, "be given", Unquoted("null, which removes it"), hint)
    else:
        yield Problem(fault.key_at or fault.at, (*fault.loc, key), "be given", None, hint)


def above_zero(node: Node | None, parse: Callable[[object], float], rule: str) -> Iterator[Problem]:
    """Find a value that is zero."""
    if node is not None and parsed(parse, node) == 0:
        yield at_value(node, rule)


def follows_nothing(node: Node, begin: After, faults: Iterable[str]) -> Problem:
    """Return the problem of a begin after a fault that is not there."""
    hint = did_you_mean(begin.fault, list(faults)) or "it is written 5s after NAME ends"
    return at_value(node, "follow another fault that exists", hint)


def begins(root: Node, node: Node, law: q.Law) -> Iterator[Problem]:
    """Find an instant that has no bound, or lies outside the run."""
    duration = parsed(q.parse_duration, root.get("duration"))
    latest = law.support[1]
    if latest == q.UNLIMITED:
        yield at_value(node, "be an instant or lie between two, such as 60s or uniform 60s to 90s")
    elif duration is not None and latest >= duration:
        yield at_value(node, f"begin before the duration ({root.word('duration')}) ends")
