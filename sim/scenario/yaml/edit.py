"""Edits of one value in a scenario's text: comments, order and the writer's style stay as they are.

The places come from ruamel.yaml's marks. Only the characters of the value (or of the new key) change, so nothing else
is lost.

Not modelled: values reached through an alias, and lists.
"""

from __future__ import annotations

import json
import re
from typing import Any, Sequence

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, ScalarNode

from sim.errors import ParameterError
from sim.fields.quantity import one_arrow, spaced
from sim.scenario.yaml.parse import read

_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._%/+>-]*[A-Za-z0-9%])?")
_WORDS = ("null", "true", "false", "yes", "no", "on", "off")


def edited(text: str, path: Sequence[str], value: str | None) -> str:
    r"""Return *text* with the scalar at *path* (keys from the top) set to *value*; None removes the key.

    Missing maps on the way are made. A value is written plain where YAML allows it, in quotes elsewhere. Raises
    ``ParameterError`` for a text that is not a readable map, and for a path through a list, a scalar or an alias.

    >>> edited("services:\n  web: {workers: 4} # small\n", ("services", "web", "workers"), "8")
    'services:\n  web: {workers: 8} # small\n'
    """
    text = text.replace("\r\n", "\n")
    place = ".".join(path)
    found, problems = read(text, "text")
    if found is None or problems:
        raise ParameterError("be changed in a text that can be read", place, problems[0].text if problems else "")
    return _Edit(text, place).at(YAML(typ="safe", pure=True).compose(text), path, value)


class _Edit:
    """One change of one text."""

    def __init__(self, text: str, place: str) -> None:
        self.text, self.place = text, place

    def at(self, root: Any, path: Sequence[str], value: str | None) -> str:
        """Follow *path* as far as it exists, and write there."""
        trail: list[tuple[MappingNode, int]] = []
        node = root
        for depth, key in enumerate(path):
            if isinstance(node, ScalarNode) and str(node.tag).endswith(":null") and trail:
                return self.text if value is None else self._fill(trail[-1], path[depth:], value)
            if not isinstance(node, MappingNode):
                raise ParameterError("lead through maps only", self.place)
            index = _index(node, key)
            if index is None:
                return self.text if value is None else self._add(node, _written(path[depth:], value))
            trail.append((node, index))
            pair, node = node.value[index], node.value[index][1]
            if node.start_mark.index < pair[0].end_mark.index:
                raise ParameterError("be written in its own place, not by an alias or a merge", self.place)
        if value is None:
            return self._remove(trail)
        if not isinstance(node, ScalarNode):
            raise ParameterError("be a single value", self.place)
        return self._fill(trail[-1], (), value)

    def _put(self, begin: int, end: int, words: str) -> str:
        return self.text[:begin] + words + self.text[end:]

    def _fill(self, where: tuple[MappingNode, int], below: Sequence[str], value: str) -> str:
        """Write the value of an existing key, in place of a scalar or of nothing."""
        key, old = where[0].value[where[1]]
        words = "{" + _written(below, value) + "}" if below else _scalar(value)
        begin, end = old.start_mark.index, self._end(old)
        if begin >= end or not self.text[begin:end].strip():
            colon = self.text.index(":", key.end_mark.index) + 1
            return self._put(colon, colon, " " + words)
        return self._put(begin, end, words)

    def _end(self, node: Any) -> int:
        """Return where *node* really ends: block collections are marked as ending at the next token."""
        if isinstance(node, ScalarNode) or node.flow_style:
            end = node.end_mark.index
        else:
            last = node.value[-1]
            end = self._end(last[1] if isinstance(node, MappingNode) else last)
        while end > node.start_mark.index and self.text[end - 1] in " \n":
            end -= 1
        return int(end)

    def _add(self, node: MappingNode, words: str) -> str:
        """Write a new key at the end of a map."""
        if node.flow_style:
            if not node.value:
                return self._put(node.start_mark.index, node.end_mark.index, "{" + words + "}")
            end = self._end(node.value[-1][1])
            end = max(end, node.value[-1][0].end_mark.index + 1)
            return self._put(end, end, ", " + words)
        end = max(self._end(node.value[-1][1]), node.value[-1][0].end_mark.index)
        line = self.text.find("\n", end)
        line = len(self.text) if line < 0 else line
        return self._put(line, line, "\n" + " " * node.value[0][0].start_mark.column + words)

    def _remove(self, trail: list[tuple[MappingNode, int]]) -> str:
        """Remove a key with its value, and a block map that would then be empty."""
        node, index = trail[-1]
        while len(node.value) == 1 and not node.flow_style and len(trail) > 1:
            trail = trail[:-1]
            node, index = trail[-1]
        key, old = node.value[index]
        begin, end = key.start_mark.index, max(self._end(old), key.end_mark.index + 1)
        if not node.flow_style:
            begin = self.text.rfind("\n", 0, begin) + 1
            line = self.text.find("\n", end)
            return self._put(begin, len(self.text) if line < 0 else line + 1, "")
        after = re.compile(r"\s*,[ ]*").match(self.text, end)
        if after is not None:
            return self._put(begin, after.end(), "")
        before = re.search(r",\s*$", self.text[:begin])
        return self._put(before.start() if before is not None else begin, end, "")


def _index(node: MappingNode, key: str) -> int | None:
    """Return the index of the pair of a map with this *key*, in any spelling."""
    for i, (own, _) in enumerate(node.value):
        name = str(own.value)
        if key in (name, spaced(name)) or one_arrow(key) == one_arrow(name):
            return i
    return None


def _written(path: Sequence[str], value: str) -> str:
    """Return ``a: {b: value}`` for the path a, b."""
    inner = _scalar(value)
    for key in reversed(path[1:]):
        inner = "{" + f"{_scalar(key)}: {inner}" + "}"
    return f"{_scalar(path[0])}: {inner}"


def _scalar(value: str) -> str:
    """Return *value* as one YAML scalar, in quotes where it needs them."""
    plain = _PLAIN.fullmatch(value) is not None and value.lower() not in _WORDS
    return value if plain else json.dumps(value, ensure_ascii=False)
