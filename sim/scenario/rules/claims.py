"""The rules of claims: the measure and the subject must exist in the combination that a claim names."""

from __future__ import annotations

import re
from typing import Any, Callable, Iterable, Iterator

from sim import quantities as q
from sim.errors import ParameterError, describe, did_you_mean
from sim.scenario.merge_patch import clash
from sim.scenario.models import Scenario
from sim.scenario.rules.measurable import (
    BOUNDS,
    Subjects,
    measure_problems,
    subject_problems,
    subjects,
    window_problems,
)
from sim.scenario.rules.names import WINDOWS
from sim.scenario.rules.workloads import given
from sim.scenario.yaml.nodes import Node, Problem, Unquoted, at_key, at_value, path_text, plain, shown

_REPLICATIONS = re.compile(r"(\d{1,6}) of (\d{1,6})")


def problems(
    root: Node,
    variants: list[str],
    variants_of: Callable[[str], list[str]],
    merged: Callable[[str, Iterable[str]], Node],
    model_of: Callable[[Node], Scenario | None],
) -> Iterator[Problem]:
    """Find claims that could have no verdict: without a bound, or with an unknown variant, subject, window or unit."""
    judged: dict[tuple[str, ...], tuple[Node, Scenario | None, Subjects]] = {}

    def combination_of(variant: str, toggles: list[str]) -> tuple[Node, Scenario | None, Subjects]:
        key = (variant, *toggles)
        if key not in judged:
            document = merged(variant, toggles)
            model = model_of(document)
            judged[key] = (document, model, subjects(document, model))
        return judged[key]

    for claim in root.children("expect").values():
        if not isinstance(claim.value, dict):
            continue
        yield from _bound(claim)
        yield from _in(claim.get("in"))
        yield from measure_problems(claim)
        combination = list(_combination(root, claim, variants, variants_of))
        yield from combination
        if not combination:
            own, than = claim.word("variant") or variants[0], claim.word("than")
            document, model, known = combination_of(own, _toggles(claim))
            of_nothing = list(subject_problems(claim, known, model))
            yield from of_nothing
            if than is not None and not of_nothing:
                _, other, others = combination_of(than, [])
                yield from subject_problems(claim, others, other, f"in {than!r}")
            in_no_window = list(_during(document, claim.get("during")))
            yield from in_no_window or window_problems(claim, document)


def _toggles(claim: Node) -> list[str]:
    with_ = claim.get("with")
    items = with_.value if with_ is not None and isinstance(with_.value, list) else []
    return [item.value for item in items if isinstance(item.value, str)]


def _bound(claim: Node) -> Iterator[Problem]:
    found = given(claim, *BOUNDS)
    rule = f"have exactly one of {', '.join(BOUNDS[:-1])} and {BOUNDS[-1]}"
    if not found:
        yield at_key(claim, rule, value=None)
    for extra in found[1:]:
        yield Problem(extra.key_at, claim.loc, rule, Unquoted(" and ".join(str(node.loc[-1]) for node in found)))
    between = claim.get("between")
    if between is not None and isinstance(between.value, list) and len(between.value) == 2:
        try:
            low, high = (q.parse_value(node.value) for node in between.value)
        except ParameterError:
            return
        if high < low:
            yield at_value(between, "go from the lower to the higher value")


def _in(node: Node | None) -> Iterator[Problem]:
    if node is None or not isinstance(node.value, str) or node.value in ("every", "mean"):
        return
    match = _REPLICATIONS.fullmatch(node.value)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        yield at_value(node, "be every, mean or a number of replications such as 9 of 10")


def _combination(
    root: Node, claim: Node, variants: list[str], variants_of: Callable[[str], list[str]]
) -> Iterator[Problem]:
    named = [name for name in variants if name]
    for key in ("variant", "than"):
        node = claim.get(key)
        if node is not None and isinstance(node.value, str) and node.value not in named:
            hint = did_you_mean(node.value, named) or ("" if named else "this scenario has none")
            yield at_value(node, "name a variant that exists", hint)
    than, variant = claim.get("than"), claim.word("variant") or variants[0]
    if than is not None and than.value == variant:
        yield at_value(than, "name another variant than the claim's own")
    with_, known = claim.get("with"), root.children("toggles")
    items = with_.value if with_ is not None and isinstance(with_.value, list) else []
    for item in items:
        if not isinstance(item.value, str):
            continue
        if item.value not in known:
            hint = did_you_mean(item.value, known) or ("" if known else "this scenario has none")
            yield at_value(item, "name a toggle that exists", hint)
        elif variant in variants and variant not in variants_of(item.value):
            homes = ", ".join(variants_of(item.value)) or "none"
            yield at_value(item, f"name a toggle of the variant {variant!r}", f"it belongs to {homes}")
    wanted = [name for name in known if name in _toggles(claim)]
    clashing = _disagreement(root, wanted)
    if clashing is not None and with_ is not None:
        place, one, other = clashing
        hint = f"{one!r} and {other!r} set {place} differently"
        yield at_value(with_, "name toggles that agree with each other", hint, value=Unquoted(" and ".join(wanted)))


def _during(document: Node, node: Node | None) -> Iterator[Problem]:
    if node is None or not isinstance(node.value, str) or node.value == "all":
        return
    faults, actions = document.children("faults"), document.children("actions")
    if node.value in faults or node.value in actions or (node.value in WINDOWS and faults):
        return
    if node.value in WINDOWS:
        yield at_value(
            node, "be a window that exists", "without faults there is only all, and windows such as 20s to 60s"
        )
        return
    start, to, end = node.value.partition(" to ")
    if not to:
        rule = "be all, before, fault, after, the name of a fault or an action, or a window such as 500s to 600s"
        yield at_value(node, rule, did_you_mean(node.value, [*WINDOWS, *faults, *actions]))
        return
    try:
        begins, ends = q.parse_duration(start), q.parse_duration(end)
    except ParameterError as error:
        yield at_value(node, "be a window such as 500s to 600s", error.hint)
        return
    if ends <= begins:
        yield at_value(node, "end after it begins")
    elif isinstance(document.word("duration"), str) and begins >= _seconds(document.word("duration")):
        yield at_value(node, f"begin before the duration ({document.word('duration')}) ends")


def _seconds(text: object) -> float:
    try:
        return q.parse_duration(text)
    except ParameterError:
        return q.UNLIMITED


def _disagreement(root: Node, toggles: list[str]) -> tuple[str, str, str] | None:
    """Return the first path that two of these toggles set differently, with their names, or None."""
    patches = [(name, root.children("toggles")[name].get("patch")) for name in toggles]
    for i, (one, first) in enumerate(patches):
        for other, second in patches[i + 1 :]:
            found = clash(first, second) if first is not None and second is not None else None
            if found is not None:
                return path_text(found[0]), one, other
    return None


def disagreement(root: Node, toggles: list[str]) -> str:
    """Return the message about two active toggles that set one path differently, or an empty string."""
    found = _disagreement(root, toggles)
    if found is None:
        return ""
    path, one, other = found
    values = []
    for name in (one, other):
        node = root.children("toggles")[name].get("patch")
        for part in path.split("."):
            node = node.get(part) if node is not None else None
        values.append(str(shown(node)))
    return describe(
        path, f"not be set differently by the toggles {one!r} and {other!r}", Unquoted(" and ".join(values))
    )


def of_combination(root: Node, variant: str, toggles: tuple[str, ...]) -> dict[str, Any]:
    """Return the claims of exactly this combination as plain values, without the keys that name it."""
    first = next(iter(root.children("variants")), "")
    found = {}
    for name, claim in root.children("expect").items():
        own = claim.word("variant") or first
        if own == variant and sorted(_toggles(claim)) == sorted(toggles) and claim.get("than") is None:
            found[name] = {key: value for key, value in plain(claim).items() if key not in ("variant", "with")}
    return found
