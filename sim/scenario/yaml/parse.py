"""A parser from YAML 1.2 text to a tree of placed values, with the problems of the text itself.

Untrusted files are expected here: size, aliases, expanded nodes and nesting are bounded before anything walks them.
Keys are always text.

Not modelled: tags, several documents in one file, and keys that are lists or maps.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.tokens import AliasToken

from sim.scenario.yaml.c_parser import composed
from sim.scenario.yaml.nodes import Loc, Node, Place, Problem, Unquoted, twice

MAX_BYTES = 1_000_000
MAX_ALIASES = 64
MAX_NODES = 50_000
MAX_DEPTH = 64

_BRACKETS = re.compile(rf"(?:[\[{{]\s*){{{MAX_DEPTH + 1}}}")
"""More brackets in a row than may nest: found before the scanner, which is slow on them."""

_ALIAS = re.compile(r"(?:^|[\s\[{,:-])\*\S")
"""A possible alias: only a text with one is scanned twice."""

_TAG = "tag:yaml.org,2002:"
_HINTS = {
    "mapping values are not allowed": "text that holds a colon needs quotes",
    "undefined alias": "an anchor must stand before its alias",
    "cannot start any token": "text that begins with this character needs quotes",
    "expected ',' or '}'": "a bracket or a comma is missing",
    "expected ',' or ']'": "a bracket or a comma is missing",
    "<block mapping start>": "check the indentation",
    "<block end>": "check the indentation",
}


def decode(data: bytes, name: str) -> tuple[str, list[Problem]]:
    """Return the text of a file's bytes; too large or not UTF-8 is a problem."""
    if len(data) > MAX_BYTES:
        rule = f"hold at most {MAX_BYTES} bytes"
        return "", [Problem(Place(name, 1, 1), ("file",), rule, Unquoted(f"{len(data)} bytes"))]
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        value = Unquoted(f"the byte 0x{data[error.start]:02x}")
        return "", [Problem(Place(name, line, column), ("file",), "be UTF-8 text", value)]


def read(text: str, name: str) -> tuple[Node | None, list[Problem]]:
    """Return the tree of the YAML *text* (None without a readable map) and its problems."""
    start = Place(name, 1, 1)
    if _BRACKETS.search(text):
        return None, [_too_deep(start)]
    document: Any = composed(text, MAX_NODES, MAX_DEPTH)
    if document is None:
        document, problem = _composed_in_python(text, name)
        if problem is not None:
            return None, [problem]
    if document is None or (isinstance(document, ScalarNode) and document.tag == _TAG + "null"):
        return None, [Problem(start, ("file",), "hold a scenario", Unquoted("nothing"))]
    if not isinstance(document, MappingNode):
        kind = "a list" if isinstance(document, SequenceNode) else "a single value"
        return None, [Problem(_place(document, name), ("file",), "hold a map of keys and values", Unquoted(kind))]
    builder = _Builder(name)
    try:
        return builder.node(document, (), None), builder.problems
    except _Refused as refusal:
        return None, [*builder.problems, refusal.problem]


def _composed_in_python(text: str, name: str) -> tuple[Any, Problem | None]:
    """Return the document of *text* as ruamel's nodes (None for an empty text), or the problem that it has."""
    start = Place(name, 1, 1)
    try:
        if _ALIAS.search(text):
            aliases = sum(isinstance(token, AliasToken) for token in YAML(typ="safe", pure=True).scan(text))
            if aliases > MAX_ALIASES:
                return None, Problem(start, ("file",), f"use at most {MAX_ALIASES} aliases", aliases)
        yaml = YAML(typ="safe", pure=True)
        yaml.Composer = _Composer
        return yaml.compose(text), None
    except _Refused as refusal:
        return None, replace(refusal.problem, at=start)
    except RecursionError:
        return None, _too_deep(start)
    except MarkedYAMLError as error:
        return None, _syntax(error, text, name)
    except YAMLError as error:
        where = _position_of(text, name, getattr(error, "position", None))
        return None, Problem(where, ("file",), "be readable YAML", Unquoted("a character that YAML does not allow"))


def _syntax(error: MarkedYAMLError, text: str, name: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    where = Place(name, mark.line + 1, mark.column + 1) if mark is not None else Place(name, 1, 1)
    what = str(error.problem or error.context)
    if "another document" in what:
        return Problem(where, ("file",), "hold one document", Unquoted("a second one"))
    if "'\\t'" in what:
        return Problem(where, ("file",), "be indented with spaces", Unquoted("a tab"))
    hint = next((hint for part, hint in _HINTS.items() if part in what), "")
    if error.context and error.context_mark is not None and error.context_mark.line != mark.line:
        hint = f"{error.context} that begins at line {error.context_mark.line + 1}" + (f"; {hint}" if hint else "")
    return Problem(where, ("file",), "be readable YAML", Unquoted(f"a mistake ({what})"), hint)


def _position_of(text: str, name: str, index: int | None) -> Place:
    before = text[: index or 0]
    return Place(name, before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)


def _place(node: Any, name: str) -> Place:
    return Place(name, node.start_mark.line + 1, node.start_mark.column + 1)


def _too_deep(where: Place) -> Problem:
    return Problem(where, ("file",), f"nest at most {MAX_DEPTH} levels", Unquoted("more"))


def _too_many(where: Place) -> Problem:
    return Problem(where, ("file",), f"hold at most {MAX_NODES} values, aliases written out", Unquoted("more"))


class _Refused(Exception):
    """The document breaks a budget and must not be walked any further."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


class _Composer(Composer):
    """ruamel's composer, which stops when a document becomes too large."""

    count = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose one node and count it."""
        self.count += 1
        if self.count > MAX_NODES:
            raise _Refused(_too_many(Place("", 1, 1)))
        return super().compose_node(parent, index)


class _Builder:
    """Converts ruamel's nodes into ours and counts them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.count = 0

    def node(self, source: Any, loc: Loc, key_at: Place | None, depth: int = 1) -> Node:
        where = _place(source, self.name)
        self.count += 1
        if self.count > MAX_NODES:
            raise _Refused(_too_many(Place(self.name, 1, 1)))
        if depth > MAX_DEPTH:
            raise _Refused(_too_deep(where))
        if isinstance(source, MappingNode):
            self._plain_tag(source, "map", where, loc)
            return Node(self._map(source, loc, depth), where, key_at, loc)
        if isinstance(source, SequenceNode):
            self._plain_tag(source, "seq", where, loc)
            items = [self.node(item, (*loc, i), None, depth + 1) for i, item in enumerate(source.value)]
            return Node(items, where, key_at, loc)
        return Node(self._scalar(source, where, loc), where, key_at, loc)

    def _map(self, source: MappingNode, loc: Loc, depth: int) -> dict[str, Node]:
        found: dict[str, Node] = {}
        merged: list[MappingNode] = []
        for key, value in source.value:
            where = _place(key, self.name)
            if not isinstance(key, ScalarNode):
                rule = "have keys that are plain text"
                self.problems.append(Problem(where, loc, rule, Unquoted("a list or a map as a key")))
                continue
            if key.tag == _TAG + "merge":
                merged += value.value if isinstance(value, SequenceNode) else [value]
                continue
            name = str(key.value)
            if name in found:
                self.problems.append(twice(found[name], where, (*loc, name), name))
                continue
            found[name] = self.node(value, (*loc, name), where, depth + 1)
        for other in merged:
            if not isinstance(other, MappingNode):
                rule = "merge maps only (`<<: *anchor`)"
                self.problems.append(Problem(_place(other, self.name), (*loc, "<<"), rule, Unquoted("something else")))
                continue
            if depth > MAX_DEPTH:
                raise _Refused(_too_deep(_place(other, self.name)))
            for name, child in self._map(other, loc, depth + 1).items():
                found.setdefault(name, child)
        return found

    def _plain_tag(self, source: Any, kind: str, where: Place, loc: Loc) -> None:
        if source.tag != _TAG + kind:
            self.problems.append(Problem(where, loc, "be a plain value without a tag", _short(source.tag)))

    def _scalar(self, source: ScalarNode, where: Place, loc: Loc) -> object:
        tag, text = str(source.tag), str(source.value)
        kind = tag.removeprefix(_TAG)
        try:
            if kind == "null":
                return None
            if kind == "bool":
                return text.lower() == "true"
            if kind == "int":
                return _whole(text)
            if kind == "float":
                return float(re.sub(r"^([+-]?)\.(inf|nan)$", r"\1\2", text.lower()))
        except ValueError:
            return text
        if kind not in ("str", "timestamp"):
            self.problems.append(Problem(where, loc, "be a plain value without a tag", _short(tag)))
        return text


def _short(tag: object) -> str:
    return str(tag).replace(_TAG, "!!")


def _whole(text: str) -> int:
    lowered = text.lower()
    return int(lowered, 0) if re.match(r"[+-]?0[xob]", lowered) else int(lowered)
