"""The spelling of keys: the models know which keys belong to the format and which are names. Applied before merging.

Keys of the format may be written with spaces or underscores and come out with spaces; names of services, queues,
toggles and so on stay as they are; blanks around the arrow of a link's name become one.

Not modelled: any judgement of values.
"""

from __future__ import annotations

import types
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from sim.fields.model import PatchOf
from sim.fields.quantity import LinkName, one_arrow, spaced
from sim.scenario import models
from sim.scenario.models import PATCH, Model, Scenario
from sim.scenario.yaml.nodes import Node, Problem, twice


def members(annotation: Any) -> tuple[Any, ...]:
    """Return the alternatives of a type, with annotations taken off; a patch is a scenario in shape."""
    if get_origin(annotation) is Annotated:
        inner, *notes = get_args(annotation)
        patched = next((note.model for note in notes if isinstance(note, PatchOf)), None)
        if patched is not None:
            return (getattr(models, patched),)
        return (Scenario,) if any(note is PATCH for note in notes) else members(inner)
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(member for part in get_args(annotation) for member in members(part))
    return (annotation,)


@cache
def fields_of(model: type[Model]) -> dict[str, tuple[Any, ...]]:
    """Return the keys of a model with the alternatives of their types."""
    hints = get_type_hints(model, include_extras=True)
    return {spaced(name): members(hints[name]) for name in model.model_fields}


def _models(kinds: tuple[Any, ...]) -> list[type[Model]]:
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Model)]


def _of(kinds: tuple[Any, ...], container: type) -> tuple[Any, ...] | None:
    """Return the type arguments of the first alternative that is this kind of container."""
    return next((get_args(kind) for kind in kinds if get_origin(kind) is container), None)


def child_kinds(kinds: tuple[Any, ...], key: str | int) -> tuple[Any, ...]:
    """Return the alternative types of the value under *key* in a value of one of these *kinds*."""
    items = _of(kinds, list)
    if isinstance(key, int):
        return members(items[0]) if items else ()
    if not _models(kinds) and _of(kinds, dict) is None and items:
        return child_kinds(members(items[0]), key)  # a single item needs no list
    inside = [kind for model in _models(kinds) for kind in fields_of(model).get(key, ())]
    named = _of(kinds, dict)
    return tuple(inside) or (members(named[1]) if named else ())


def has_fixed_keys(kinds: tuple[Any, ...]) -> bool:
    """Whether a map of one of these *kinds* has the format's keys (otherwise its keys are names, or free)."""
    return bool(models_of(kinds))


def models_of(kinds: tuple[Any, ...]) -> list[type[Model]]:
    """Return the models that a map of one of these *kinds* can be; a single item needs no list."""
    items = _of(kinds, list)
    if not _models(kinds) and _of(kinds, dict) is None and items:
        return models_of(members(items[0]))
    return _models(kinds)


def keys_of(kinds: tuple[Any, ...]) -> list[str]:
    """Return the format's keys of a map of one of these *kinds*, in the order of the models."""
    return list(dict.fromkeys(key for model in models_of(kinds) for key in fields_of(model)))


def key_of(kinds: tuple[Any, ...], key: str) -> str:
    """Return *key* as it is spelled in a map of one of these *kinds*."""
    if has_fixed_keys(kinds):
        return spaced(key)
    named = _of(kinds, dict)
    return one_arrow(key) if named and named[0] is LinkName else key


def normalise(node: Node, problems: list[Problem], kinds: tuple[Any, ...] = (Scenario,)) -> Node:
    """Return the tree with normalised keys; two spellings of one key in a map are a problem."""
    if isinstance(node.value, list):
        items = [normalise(item, problems, child_kinds(kinds, i)) for i, item in enumerate(node.value)]
        return Node(items, node.at, node.key_at, node.loc)
    if not isinstance(node.value, dict):
        return node
    found: dict[str, Node] = {}
    for key, child in node.value.items():
        name = key_of(kinds, key)
        if name in found:
            problems.append(twice(found[name], child.key_at, child.loc, key))
            continue
        found[name] = normalise(child, problems, child_kinds(kinds, name))
    return Node(found, node.at, node.key_at, node.loc)
