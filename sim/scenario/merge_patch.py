"""Changes to a scenario: merge patches after RFC 7386, the paths of ``--set``, and patches that disagree.

In a patch null removes a key, a map merges, and every other value, lists too, replaces the old value. A patch therefore
replaces the steps of an operation as a whole; ``--set`` reaches one step by its `as` name or its number.
Source: P. Hoffman, J. Snell, "JSON Merge Patch", RFC 7386, section 2.
"""

from __future__ import annotations

from typing import Any, Iterator

from sim.errors import did_you_mean
from sim.scenario.key_normalisation import child_kinds, has_fixed_keys, key_of, keys_of
from sim.scenario.models import Scenario
from sim.scenario.yaml.nodes import SETS, Loc, Node, Problem, path_text, plain


def merge(base: Node, patch: Node) -> Node:
    """Return *base* with *patch* applied; nodes that the patch does not touch are shared."""
    if not isinstance(patch.value, dict):
        return patch
    if not isinstance(base.value, dict):
        base = Node({}, patch.at, patch.key_at, patch.loc)
    found, removed = dict(base.value), dict(base.removed)
    for key, change in patch.value.items():
        if change.value is None:
            found.pop(key, None)
            removed[key] = change
        elif key in found:
            found[key] = merge(found[key], change)
        else:
            found[key] = merge(Node(None), change)
    return Node(found, base.at, base.key_at, base.loc, removed)


def extended(base: Node, own: Node) -> Node:
    """Return the document of a file that extends *base* by *own*.

    Variants and toggles are patches themselves: one of the same name replaces the other, with its nulls.
    """
    kept = {key: child for key, child in own.value.items() if key not in _OF_PATCHES}
    merged = merge(base, Node(kept, own.at, own.key_at, own.loc))
    for key in _OF_PATCHES:
        if key not in own.value:
            continue
        named = {**base.children(key), **own.children(key)}
        named = {name: node for name, node in named.items() if node.value is not None}
        whole = own.value[key]
        merged.value[key] = Node(named, whole.at, whole.key_at, whole.loc) if _opens(whole) else whole
    return merged


def leaves(patch: Node, loc: Loc = ()) -> Iterator[tuple[Loc, Node]]:
    """Iterate over the values that a patch sets or removes: (path in the scenario, node)."""
    if isinstance(patch.value, dict) and patch.value:
        for key, child in patch.value.items():
            yield from leaves(child, (*loc, key))
    else:
        yield loc, patch


def clash(one: Node, other: Node) -> tuple[Loc, Node, Node] | None:
    """Return the first path that two patches set differently, with both values, or None."""
    set_by_one = list(leaves(one))
    for path, theirs in leaves(other):
        for loc, ours in set_by_one:
            shared = min(len(loc), len(path))
            if loc[:shared] != path[:shared]:
                continue
            if len(loc) == len(path):
                if plain(ours) != plain(theirs):
                    return path, ours, theirs
            elif not _opens(ours if len(loc) < len(path) else theirs):
                return max(loc, path, key=len), ours, theirs
    return None


def _opens(node: Node) -> bool:
    """Whether another patch may change something below this leaf (only below an empty map)."""
    return isinstance(node.value, dict)


_OF_PATCHES = ("variants", "toggles")


# --- paths --------------------------------------------------------------------------------------------------


class NoSuchPath(Exception):
    """A path of ``--set`` leads nowhere in this combination."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def assign(root: Node, path: str, value: Node) -> Node:
    """Return *root* with *value* at *path* (null removes it).

    Every part but the last must exist; the last may be any key of the format. Messages begin with the source of the
    value (one of ``SETS``). Raises :class:`NoSuchPath`.
    """
    parts = path.split(".")
    if not all(part.strip() for part in parts):
        problem = Problem(None, value.loc[:1], "be a path such as workload.shoppers.rate", path)
        raise NoSuchPath(problem)
    return _assigned(root, parts, value, (Scenario,), ())


def covered(root: Node, path: str, later: str) -> bool:
    """Whether a setting at *later* replaces one at *path*, in any spelling."""
    mark = Node("set", loc=SETS[:1])
    try:
        marked = assign(root, path, mark)
        return not any(
            node.loc[:1] == SETS[:1] and node.value == "set"
            for _, node in leaves(assign(marked, later, Node({}, loc=SETS[1:])))
        )
    except NoSuchPath:
        return False


def _assigned(node: Node, parts: list[str], value: Node, kinds: tuple[Any, ...], done: Loc) -> Node:
    if isinstance(node.value, list):
        index, taken = _step_named(node, parts[0], value, done), 1
        key: str | int = index
        child: Node | None = node.value[index]
    elif isinstance(node.value, dict):
        key, taken = _key_among(node, parts, kinds)
        child = node.get(key)
    else:
        raise NoSuchPath(Problem(None, (*value.loc[:1], *done), "be a map or a list to hold more", parts[0]))
    loc, rest = (*done, key), parts[taken:]
    if not rest:
        if child is None and not has_fixed_keys(kinds):
            raise _missing(value, done, str(key), node.value)
        changed = _stamped(value, (*value.loc[:1], *loc))
    elif child is None and has_fixed_keys(kinds) and key in keys_of(kinds):
        changed = _assigned(Node({}, loc=(*value.loc[:1], *loc)), rest, value, child_kinds(kinds, key), loc)
    elif child is None:
        known = [*node.value, *keys_of(kinds)]
        raise _missing(value, done, str(key), known)
    else:
        changed = _assigned(child, rest, value, child_kinds(kinds, key), loc)
    return _with(node, key, changed)


def _with(node: Node, key: str | int, changed: Node) -> Node:
    if isinstance(key, int):
        items = list(node.value)
        items[key : key + 1] = [] if changed.value is None else [changed]
        return Node(items, node.at, node.key_at, node.loc)
    found, removed = dict(node.value), dict(node.removed)
    if changed.value is None:
        found.pop(key, None)
        removed[key] = changed
    else:
        found[key] = changed
    return Node(found, node.at, node.key_at, node.loc, removed)


def _stamped(node: Node, loc: Loc) -> Node:
    """Return *node* with paths below *loc*, so that its problems name ``--set``."""
    if isinstance(node.value, dict):
        return Node({key: _stamped(child, (*loc, key)) for key, child in node.value.items()}, loc=loc)
    if isinstance(node.value, list):
        return Node([_stamped(child, (*loc, i)) for i, child in enumerate(node.value)], loc=loc)
    return Node(node.value, loc=loc)


def _key_among(node: Node, parts: list[str], kinds: tuple[Any, ...]) -> tuple[str, int]:
    """Return the first key of *parts* and its number of parts: names in `mix` hold a dot."""
    for taken in range(len(parts), 0, -1):
        for text in (".".join(parts[:taken]), ".".join(parts[:taken]).replace(":", " -> ")):
            key = key_of(kinds, text)
            if key in node.value:
                return key, taken
    return key_of(kinds, parts[0].replace(":", " -> ")), 1


def _step_named(node: Node, name: str, value: Node, done: Loc) -> int:
    steps: list[Node] = node.value
    if name.isdecimal() and int(name) < len(steps):
        return int(name)
    names = {step.word("as"): i for i, step in enumerate(steps)}
    if name in names:
        return names[name]
    known = [word for word in names if word is not None]
    rule = "name a step by its `as` or a number below the list's length"
    raise NoSuchPath(Problem(None, (*value.loc[:1], *done), rule, name, did_you_mean(name, known)))


def _missing(value: Node, done: Loc, key: str, known: Any) -> NoSuchPath:
    hint = did_you_mean(key, known) or (f"there are {', '.join(known)}" if 0 < len(known) <= 8 else "")
    place = path_text(done) if done else "the scenario"
    return NoSuchPath(Problem(None, (*value.loc[:1], *done, key), f"name something that exists in {place}", key, hint))
