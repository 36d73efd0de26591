"""Pydantic's errors as problems: in the form of all messages, placed at the mistake in the file.

Pydantic's location of an error also names the alternatives it went through (the verb of a step, the kind of a
value); the walk through the document drops them, so that the place is the one in the file.
"""

from __future__ import annotations

import re
from typing import Any, Literal, Sequence, get_args, get_origin

from pydantic import ValidationError

from sim.errors import ParameterError, did_you_mean
from sim.mechanisms.actions import ACTIONS
from sim.mechanisms.faults import FAULTS
from sim.mechanisms.steps import STEPS
from sim.scenario import product_words
from sim.scenario.key_normalisation import child_kinds, fields_of, models_of
from sim.scenario.models import Model, Scenario
from sim.scenario.models.nodes import CONSUMERS
from sim.scenario.yaml.nodes import Loc, Node, Problem, Unquoted, at_value, shown

_KNOWN_KEYS = "have known keys only"
_ALTERNATIVES = {"on error": ("a word", "steps"), "join": ("a word", "a number")}
_VERBS: dict[str, dict[str, type[Model]]] = {"faults": {**FAULTS}, "actions": {**ACTIONS}}
"""The kinds of what is named under a key, each by its verb."""
_RULES = {
    "string_type": "be text",
    "int_type": "be a whole number",
    "int_from_float": "be a whole number",
    "float_type": "be a number",
    "bool_type": "be true or false",
    "dict_type": "be a map",
    "model_type": "be a map",
    "model_attributes_type": "be a map",
    "list_type": "be a list",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "be at least {}"),
    "greater_than": ("gt", "be above {}"),
    "less_than_equal": ("le", "be at most {}"),
    "less_than": ("lt", "be below {}"),
}


def problems_of(error: ValidationError, root: Node) -> list[Problem]:
    """Return every problem in *error*, placed in the document *root* that was validated."""
    found = [_problem(detail, root) for detail in error.errors(include_url=False)]
    misspelt = {(*p.loc, key) for p in found if p.rule == _KNOWN_KEYS for key in _suggested(p)}
    return [p for p in found if p.rule != "be given" or p.loc not in misspelt]


def _suggested(problem: Problem) -> list[str]:
    """Return the keys that a misspelt one stands for, so that they are not reported as missing too."""
    called = re.match(r"it is called (.+?) here", problem.hint)
    return re.findall("`(.+?)`", called[1]) if called else re.findall(r"^did you mean '(.+)'\?$", problem.hint)


class _Walk:
    """The path from the root of a document along pydantic's location."""

    def __init__(self, root: Node, loc: Sequence[str | int]) -> None:
        self.node, self.missing, self.verb = root, "", ""
        self.parent = root
        self.kinds: tuple[Any, ...] = (Scenario,)
        self.parent_kinds = self.kinds
        self.path: Loc = ()
        self._after_item = False
        items = list(loc)
        while items:
            item = items.pop(0)
            if self._is_alternative(item):
                continue
            if (
                isinstance(item, str)
                and item == "steps"
                and "repeat" in self.node.value
                and self.node.get(item) is None
            ):
                items.pop(0)  # a verb next to `repeat`: stay at the step itself
                self._after_item, self.verb = True, ""
                continue
            self._step(item)

    def _is_alternative(self, item: str | int) -> bool:
        tags: Sequence[str] = ()
        if self._after_item:
            tags = tuple(STEPS)
        elif len(self.path) == 2 and self.path[0] in _VERBS and not self.verb:
            tags = tuple(_VERBS[str(self.path[0])])
        elif len(self.path) == 2 and self.path[0] == "hosts":
            return item in ("a list", "settings")
        elif self.path[-2:-1] == ("consumes",):
            tags = CONSUMERS
        elif self.path and self.path[-1] in _ALTERNATIVES:
            tags = _ALTERNATIVES[str(self.path[-1])]
        if item not in tags:
            return False
        if self._after_item or len(self.path) == 2:
            self.verb = str(item)
        self._after_item = False
        return True

    def _step(self, item: str | int) -> None:
        self._after_item = isinstance(item, int)
        if isinstance(item, int) and not isinstance(self.node.value, list):
            return  # a single item that needed no list
        self.parent, self.parent_kinds = self.node, self.kinds
        self.kinds = child_kinds(self.kinds, item)
        self.path = (*self.path, item)
        child = self.node.value[item] if isinstance(item, int) else self.node.get(item)
        if child is None:
            self.missing = str(item)
        else:
            self.node = child
        if self._after_item:
            self.verb = ""

    def models(self) -> list[type[Model]]:
        """Return what the map around the last part can be."""
        if self.verb:
            verbs: dict[str, type[Model]] = {**_VERBS.get(str(self.path[0]), STEPS)}
            return [verbs[self.verb]]
        return models_of(self.parent_kinds)

    def known_keys(self) -> list[str]:
        """Return the allowed keys of the map around the last part."""
        return list(dict.fromkeys(key for model in self.models() for key in fields_of(model)))


def _problem(detail: Any, root: Node) -> Problem:
    kind, walk = detail["type"], _Walk(root, [part for part in detail["loc"] if part != "[key]"])
    node, context = walk.node, detail.get("ctx", {})
    if kind == "missing":
        return _missing(walk)
    if kind == "extra_forbidden":
        return _unknown_key(walk)
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        return _no_verb(walk)
    if kind == "value_error" and isinstance(context.get("error"), ParameterError):
        found = context["error"]
        return at_value(node, found.rule, found.hint, value=_fragment(found.value, node))
    if kind == "literal_error":
        return _not_among(walk, str(context["expected"]))
    if kind in _BOUNDS:
        name, rule = _BOUNDS[kind]
        return at_value(node, rule.format(context[name]))
    if kind in ("too_short", "too_long"):
        exact = walk.path[-1] == "between"
        return at_value(node, "hold two values" if exact else "hold at least one entry")
    return at_value(node, _RULES.get(kind, f"be valid ({str(detail['msg']).lower()})"))


def _fragment(value: object, node: Node) -> object:
    """Return the part of the value that breaks the rule, or the node's whole value as messages show it."""
    return value if isinstance(value, str) and value != node.value else shown(node)


def _missing(walk: _Walk) -> Problem:
    key, parent = walk.missing, walk.node
    literal = next((kind for kind in walk.kinds if get_origin(kind) is Literal), None)
    hint = f"it is {_either(list(map(repr, get_args(literal))))}" if literal else ""
    gone = parent.removed.get(key)
    if gone is not None:
        return Problem(gone.key_at, gone.loc, "be given", Unquoted("null, which removes it"), hint)
    return Problem(parent.key_at or parent.at, (*parent.loc, key), "be given", None, hint)


def _unknown_key(walk: _Walk) -> Problem:
    key, known = str(walk.path[-1]), walk.known_keys()
    hint = product_words.hint(key, walk.models()) or did_you_mean(key, known)
    hint = hint or (f"the keys are {', '.join(known)}" if known else "it has no keys")
    return Problem(walk.node.key_at, walk.node.loc[:-1], _KNOWN_KEYS, key, hint)


def _no_verb(walk: _Walk) -> Problem:
    node = walk.node
    keys = list(node.value) if isinstance(node.value, dict) else [str(node.value)]
    verbs, rule = list(STEPS), "be a step with one of the verbs "
    if walk.path and walk.path[0] in _VERBS:
        verbs, rule = list(_VERBS[str(walk.path[0])]), "have a kind, one of "
    value = Unquoted(", ".join(map(repr, keys))) if isinstance(node.value, dict) and keys else shown(node)
    hint = next(filter(None, (did_you_mean(key, verbs) for key in keys)), "")
    return at_value(node, rule + ", ".join(verbs), hint, value=value)


def _not_among(walk: _Walk, expected: str) -> Problem:
    node, words = walk.node, [part.strip("'") for part in expected.replace(" or ", ", ").split(", ")]
    rule = f"be {expected}"
    if walk.path[-1] == "on error":
        rule = f"be {', '.join(map(repr, words))} or a list of steps"
    elif walk.path[-1] == "join":
        rule = "be 'all' or a whole number"
    return at_value(node, rule, did_you_mean(str(node.value), words))


def _either(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
