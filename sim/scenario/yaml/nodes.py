"""A document as a tree of values with places: every message about a scenario points at one of them.

A node holds the file, line and column of its value and of its key, and its path inside its own file.
Patches share the nodes they do not touch, so a merged document still knows the origin of each of its parts.

Not modelled: comments and the style of writing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Iterator, TypeVar

from sim.errors import ParameterError, describe

T = TypeVar("T")
Loc = tuple[str | int, ...]

SET, SET_IN_PYTHON = "--set", "set_"
"""The first part of the path of a value from ``--set``, or from ``set_`` in Python."""
SETS = (SET, SET_IN_PYTHON)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(slots=True)
class Node:
    """One value of a document: a scalar, a dict of nodes or a list of nodes. Treat it as frozen; copy to change.

    *at* is the place of the value, *key_at* that of its key (None for values built in Python), *loc* its path in
    its own file. *removed* holds, by key, the nulls of the patches that removed something from this map.
    """

    value: Any
    at: Place | None = None
    key_at: Place | None = None
    loc: Loc = ()
    removed: dict[str, Node] = field(default_factory=dict)

    def get(self, key: str) -> Node | None:
        """Return the child with this key, or None (also if this node is not a map)."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return found if isinstance(found, Node) else None

    def children(self, key: str) -> dict[str, Node]:
        """Return the named children of the map under *key*; empty if there is none or it is not a map."""
        child = self.get(key)
        return child.value if child is not None and isinstance(child.value, dict) else {}

    def word(self, key: str) -> str | None:
        """Return the text under *key*, or None without one."""
        child = self.get(key)
        return child.value if child is not None and isinstance(child.value, str) else None

    def steps(self) -> Iterator[Node]:
        """Iterate over the items of a list; a lone map counts as a list of one, anything else as none."""
        if isinstance(self.value, list):
            yield from self.value
        elif isinstance(self.value, dict):
            yield self


def plain(node: Node) -> Any:
    """Return the document below *node* as plain dicts, lists and scalars."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value


def node_of(value: Any, loc: Loc = ()) -> Node:
    """Return a tree without places for a plain document, as for a scenario built in Python."""
    if isinstance(value, dict):
        return Node({str(key): node_of(child, (*loc, str(key))) for key, child in value.items()}, loc=loc)
    if isinstance(value, (list, tuple)):
        return Node([node_of(child, (*loc, i)) for i, child in enumerate(value)], loc=loc)
    return Node(value, loc=loc)


def given(node: Node | None, key: str) -> Node | None:
    """Return the child of *node* at *key*, unless it is missing or null."""
    child = node.get(key) if node is not None else None
    return child if child is not None and child.value is not None else None


def parsed(parse: Callable[[object], T], node: Node | None) -> T | None:
    """Return the value of *node* as *parse* reads it, or None where it is missing or wrong."""
    if node is None:
        return None
    try:
        return parse(node.value)
    except ParameterError:
        return None


def path_text(loc: Loc) -> str:
    """Return a path as people read and write it: ``links.orders -> payments.timeout``.

    >>> path_text(("services", "web", "operations", "buy", 0))
    'services.web.operations.buy.0'
    """
    if loc and loc[0] in SETS:
        return f"{loc[0]} {path_text(loc[1:])}" if loc[1:] else str(loc[0])
    return ".".join(str(part) for part in loc) or "scenario"


class Unquoted:
    """Text that a message shows as it is, without quotes."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


def shown(node: Node | None) -> object:
    """Return the value of *node* as a message shows it."""
    if node is None:
        return None
    if isinstance(node.value, dict):
        return Unquoted("a map" if node.value else "an empty map")
    if isinstance(node.value, list):
        short = len(node.value) <= 4 and not any(isinstance(item.value, (dict, list)) for item in node.value)
        listed = f"[{', '.join(str(shown(item)) for item in node.value)}]"
        return Unquoted(listed if short and node.value else "a list" if node.value else "an empty list")
    if isinstance(node.value, bool):
        return Unquoted("true" if node.value else "false")
    return node.value


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake at a place. *unused* marks a part that is a mistake only if no combination uses it."""

    at: Place | None
    loc: Loc
    rule: str
    value: object
    hint: str = ""
    unused: bool = False
    note: str = ""
    verb: str = "must"

    @property
    def text(self) -> str:
        """The message without its position."""
        place = path_text(self.loc) + self.note
        return describe(place, self.rule, self.value, self.hint).replace(f"{place} must", f"{place} {self.verb}", 1)

    @property
    def line(self) -> str:
        """``FILE:LINE:COLUMN: place must rule, got value; hint``."""
        return f"{self.at}: {self.text}" if self.at is not None else self.text


def at_value(node: Node, rule: str, hint: str = "", value: object = ..., unused: bool = False) -> Problem:
    """Return a problem with the value of *node*."""
    return Problem(node.at, node.loc, rule, shown(node) if value is ... else value, hint, unused)


def at_key(node: Node, rule: str, hint: str = "", value: object = ..., unused: bool = False) -> Problem:
    """Return a problem that points at the key of *node* (at its value where it has no key)."""
    return Problem(node.key_at or node.at, node.loc, rule, shown(node) if value is ... else value, hint, unused)


def in_order(problems: list[Problem]) -> list[str]:
    """Return the lines of *problems* by file, line and column, each once."""
    nowhere = Place("", 0, 0)
    return list(dict.fromkeys(p.line for p in sorted(problems, key=lambda p: (p.at or nowhere, p.text))))


def twice(first: Node, where: Place | None, loc: Loc, key: str) -> Problem:
    """Return the problem of a *key* at *where* that is already at *first* in the same map."""
    at = first.key_at
    hint = f"the first is at line {at.line}, column {at.column}" if at is not None else ""
    return Problem(where, loc, "be given once", Unquoted(f"a second {key!r}"), hint)
