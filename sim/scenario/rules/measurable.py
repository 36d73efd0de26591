"""The rules of measures in claims: the measure exists, is measured of its subject, and its bounds have its unit.

Not modelled: values that a run lacks because it has too few samples or events.
"""

from __future__ import annotations

import math
from typing import Any, Iterator, Sequence

from sim import quantities as q
from sim.errors import ParameterError, did_you_mean
from sim.fields.quantity import Written, one_arrow
from sim.mechanisms.nodes import NODE_KINDS
from sim.mechanisms.steps.base import EFFECT
from sim.scenario.measures import MEASURES, Declared
from sim.scenario.models import Claim, Link, Scenario
from sim.scenario.rules import recipes
from sim.scenario.rules.workloads import given
from sim.scenario.yaml.nodes import Node, Problem, at_value, parsed

BOUNDS = ("above", "below", "at least", "at most", "between", "is")
Subjects = dict[str, list[tuple[str, Any]]]
"""The subjects of claims: name to (kind, the part's model), for each of its kinds."""


def measure_problems(claim: Node) -> Iterator[Problem]:
    """Find a measure that does not exist, and bounds that are not in its unit."""
    node = claim.get("measure")
    if node is None or not isinstance(node.value, str):
        return
    if node.value not in MEASURES:
        yield at_value(node, "be a measure", did_you_mean(node.value, MEASURES) or "docs/format.md lists them")
        return
    for bound in given(claim, *BOUNDS):
        for one in bound.value if isinstance(bound.value, list) else [bound]:
            if parsed(q.parse_value, one) is None:
                continue  # the model has said so
            try:
                read_bound(one.value, node.value, difference=claim.get("than") is not None)
            except ParameterError as error:
                yield at_value(one, error.rule, error.hint)


def read_bound(value: object, measure: str, *, difference: bool = False) -> None:
    """Check that *value* is a bound that *measure* can meet, written in its unit; raises ``ParameterError``.

    Zero needs no unit. A *difference* may be negative; a measure may not.

    >>> read_bound("50%", "goodput")
    Traceback (most recent call last):
    sim.errors.ParameterError: value must be a rate such as 100/s, got '50%'; did you mean the measure 'goodput ratio'?
    """
    text = str(value).strip()
    if difference and text.startswith("-"):
        text = text[1:]
    if parsed(_plain_number, Node(text)) == 0:
        return
    unit = MEASURES[measure].unit
    rule, parsers = _RULES.get(unit, ("be a plain number of at least 0", (_plain_number,)))
    if not any(parsed(parse, Node(text)) is not None for parse in parsers):
        raise ParameterError(rule, value, _bound_hint(text, measure, unit))


def must_be_in_its_unit(claim: Claim, place: str) -> None:
    """Reject a claim, built in Python, with a bound that its measure cannot meet; raises ``ParameterError``.

    A bound given as a number (in SI units, as fields hold it) has no unit to check.
    """
    for field in ("above", "below", "at_least", "at_most", "between", "is_"):
        bound = getattr(claim, field)
        for one in bound if isinstance(bound, list) else [bound]:
            if isinstance(one, Written):
                try:
                    read_bound(one.text, claim.measure, difference=claim.than is not None)
                except ParameterError as error:
                    raise ParameterError(error.rule, error.value, error.hint, f"{place}, {field.strip('_')}") from None


def _plain_number(text: object) -> float:
    try:
        value = float(str(text))
    except ValueError:
        value = math.nan
    if not 0 <= value < q.UNLIMITED:
        raise ParameterError("be a plain number of at least 0", text)
    return value


_RULES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "ratio": ("be a share between 0% and 100%", (q.parse_share,)),
    "/s": ("be a rate such as 100/s", (q.parse_rate,)),
    "s": ("be a duration such as 250ms or 30s", (q.parse_duration,)),
    "worker s": ("be a duration such as 30s or a plain number of seconds", (q.parse_duration, _plain_number)),
    "x": ("be a factor such as 2.5x or a plain number", (q.parse_factor, _plain_number)),
}
"""The form of a bound, by the unit of its measure; counts take a plain number."""


def _bound_hint(text: str, measure: str, unit: str) -> str:
    number = parsed(_plain_number, Node(text))
    if number is not None and unit == "ratio":
        return f"did you mean '{100 * number if number <= 1 else number:g}%'?"
    if number is not None:
        return "the unit is missing"
    if text.startswith("-"):
        return f"{measure} is never negative"
    if parsed(q.parse_share, Node(text)) is not None and f"{measure} ratio" in MEASURES:
        return f"did you mean the measure '{measure} ratio'?"
    if unit == "ratio" and text.endswith("%"):
        return f"{measure} is never above 100%"
    if unit in _RULES:
        return f"{measure} is measured in {'%' if unit == 'ratio' else unit}"
    return f"{measure} counts {unit}"


# --- subjects -----------------------------------------------------------------------------------------------


def subjects(document: Node, model: Scenario | None) -> Subjects:
    """Return all subjects for claims of one combination, each with its kinds and its model.

    Without a *model*, because the document has a mistake, the parts are None.
    """
    found: Subjects = {"system": [("system", model)]}
    effects = [str(step.node.word(step.verb)) for recipe in recipes.operations(document).values()
               for step in recipes.walk(recipe) if step.value == EFFECT]  # fmt: skip
    for name, workload in document.children("workload").items():
        found.setdefault(name, []).append(("workload", None))
        for request in recipes.requested(workload):
            found[f"{name}/{request.value}"] = [("workload/operation", None)]
    if effects:
        for kinds in found.values():
            kinds += [(f"{word} with effects", part) for word, part in kinds]
    for kind in (kind for kind in NODE_KINDS if not kind.requests):
        parts = {} if model is None else getattr(model, kind.key)
        for name in document.children(kind.key):
            found.setdefault(name, []).append((kind.word, parts.get(name)))
    if model is not None:
        _add_processors(found, model)
    links = {} if model is None else {one_arrow(name): link for name, link in model.links.items()}
    for name in recipes.links_used(document):
        link = links.get(name) or Link()  # an undeclared link
        to_service = name.partition(" -> ")[2] in document.children("services")
        found[name] = [("link", link)] + [("link to a service", link)] * to_service
    for effect in effects:
        found.setdefault(effect, []).append(("effect", None))
    return found


def _add_processors(found: Subjects, model: Scenario) -> None:
    """Add the hosts with cores, and note which services share cores or have a quota."""
    for name in model.sharing:
        cpu = model.services[name].cpu
        has_quota = cpu is not None and cpu.quota is not None
        found[name] += [(word, None) for word in ("service on shared cores", *["service with a quota"] * has_quota)]
    for name in model.machines:
        found.setdefault(name, []).append(("host with cores", None))


def is_measured_of(about: Declared, kinds: Sequence[tuple[str, Any]]) -> bool:
    """Whether a measure is measured of a part of these *kinds*."""
    return any(kind == of.kind and of.has(part) for of in about.of for kind, part in kinds)


def subject_problems(claim: Node, known: Subjects, model: Scenario | None, where: str = "") -> Iterator[Problem]:
    """Find a subject that does not exist, or that does not have the measure, in one combination.

    *known* are the combination's ``subjects``; *where* names it, if it is not the claim's own.
    """
    node, measure = claim.get("of"), claim.get("measure")
    if node is not None and not isinstance(node.value, str):
        return
    name = "system" if node is None else one_arrow(node.value)
    if name not in known:
        rule = "name a workload, workload/operation, service, link, queue, store or effect that exists, or system"
        yield at_value(node or claim, rule, _and(did_you_mean(name, known), where))
        return
    about = MEASURES.get(str(measure.value)) if measure is not None else None
    if about is None or measure is None or model is None or is_measured_of(about, known[name]):
        return
    fitting = [other for other, kinds in known.items() if is_measured_of(about, kinds)]
    hint = _listed(fitting) if fitting else "there is none here"
    rule = f"name a {about.subjects}, of which {measure.value!r} is measured"
    at = (node or measure).at
    yield Problem(at, (*claim.loc, "of"), rule, name, _and(hint, where))


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
    return f"there is {shown}" if len(names) == 1 else f"there are {shown}"


def _and(hint: str, where: str) -> str:
    return "; ".join(part for part in (hint, where) if part)


def window_problems(claim: Node, document: Node) -> Iterator[Problem]:
    """Find a measure that is never measured in the window that the claim names."""
    measure, node = claim.get("measure"), claim.get("during")
    about = MEASURES.get(str(measure.value)) if measure is not None else None
    if about is None or measure is None or about.during == "any":
        return
    faults = document.children("faults")
    if not faults:
        yield at_value(measure, "be one that is measured without faults", "this combination has none")
        return
    known = ["all"] if about.during == "all" else ["all", "fault", *faults]
    if node is not None and isinstance(node.value, str) and node.value not in known:
        yield at_value(node, f"be {' or '.join(known)} for {measure.value!r}")
