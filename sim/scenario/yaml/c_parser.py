"""Reads plain YAML with the parser in C of ``ruamel.yaml.clib``, where it is installed: the same nodes in less time.

The parser in Python defines what a text means, and writes every message. The one in C is libyaml, which differs from it
in rare texts. So it reads only what both read alike, which tests compare. For any other text and for one with an error,
``composed`` returns None: that text is to be read in Python.

Not modelled: anchors, aliases, tags, directives, keys without a value, and several documents in one text.
"""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml import main
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, MappingStartEvent, ScalarEvent, StreamEndEvent
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.resolver import VersionedResolver

PARSER: Any = getattr(main, "CParser", None)
"""The parser in C; None where it is not installed."""

_DIFFERS = re.compile(
    r"""
      [^\n\ -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]
    | ^(?:\.\.\.|---|%)
    | [|>][-+]*(?:[0-9#]|[ ]*(?:\#[^\n]*)?\n[ ]*(?:\n|\Z))
    | ["'\]}][ \n]*:[^ \n]
    """,
    re.MULTILINE | re.VERBOSE,
)
"""What the parsers may read in two ways: tabs, controls and other breaks; documents and directives; text blocks with a
number or with an empty first line; and a colon between a quoted key or a bracket and its value without a space."""


class _Differs(Exception):
    """The text has a part that the parsers may read in two ways, or more parts than are allowed."""


def composed(text: str, max_nodes: int, max_depth: int) -> Any:
    """Return the map in *text* as ruamel's nodes, or None for a text that is to be read in Python."""
    text = text.replace("\r\n", "\n")
    if PARSER is None or _DIFFERS.search(text):
        return None
    try:
        return _Composer(PARSER(text), max_nodes, max_depth).document()
    except (YAMLError, UnicodeError, _Differs):
        return None


class _Composer:
    """Makes nodes of the parser's events, with the tags that ruamel gives them."""

    def __init__(self, parser: Any, max_nodes: int, max_depth: int) -> None:
        self.next_event = parser.get_event
        self.nodes_left, self.max_depth = max_nodes, max_depth
        self.resolver = VersionedResolver()
        self.tags: dict[str, Any] = {}

    def document(self) -> Any:
        """Return the map of the only document."""
        self.next_event()  # the start of the stream
        self.next_event()  # the start of the document
        first = self.next_event()
        if not isinstance(first, MappingStartEvent):
            raise _Differs
        node = self._node(first, 1)
        self.next_event()  # the end of the document
        if not isinstance(self.next_event(), StreamEndEvent):
            raise _Differs
        return node

    def _node(self, event: Any, depth: int) -> Any:
        self.nodes_left -= 1
        if isinstance(event, AliasEvent) or event.anchor is not None or event.ctag is not None:
            raise _Differs
        if self.nodes_left < 0 or depth > self.max_depth:
            raise _Differs
        if isinstance(event, ScalarEvent):
            return ScalarNode(self._tag(event), event.value, event.start_mark, event.end_mark)
        kind = MappingNode if isinstance(event, MappingStartEvent) else SequenceNode
        found: list[Any] = []
        while not isinstance(item := self.next_event(), CollectionEndEvent):
            node = self._node(item, depth + 1)
            found.append((node, self._node(self.next_event(), depth + 1)) if kind is MappingNode else node)
        return kind(self.resolver.resolve(kind, None, event.implicit), found, event.start_mark, item.end_mark)

    def _tag(self, event: ScalarEvent) -> Any:
        """Return the tag of a scalar: that of its text where it is written plain, and of text in quotes."""
        plain, text = event.implicit[0], event.value
        if not plain:
            return self.resolver.resolve(ScalarNode, text, event.implicit)
        if not text:
            raise _Differs
        if text not in self.tags:
            self.tags[text] = self.resolver.resolve(ScalarNode, text, event.implicit)
        return self.tags[text]
