"""Services and links as tables; a change in a table becomes a change of the text, which keeps its comments.

Cells hold what the file would: words with units. Only values written in the file itself are changed, not those that a
variant or a toggle sets.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from sim.scenario.key_normalisation import normalise
from sim.scenario.yaml.edit import edited
from sim.scenario.yaml.nodes import Node
from sim.scenario.yaml.parse import read

Column = tuple[str, ...]
"""The keys from a row's map to the cell's value."""

SERVICES: dict[str, Column] = {
    "replicas": ("replicas",), "workers": ("workers",), "waiting": ("waiting",), "max wait": ("max wait",),
    "while calling": ("while calling",), "in flight": ("in flight",), "balance": ("balance",),
}  # fmt: skip
LINKS: dict[str, Column] = {
    "latency": ("latency",), "timeout": ("timeout",), "loss": ("loss",), "max attempts": ("retry", "max attempts"),
    "backoff": ("retry", "backoff"), "breaker failures": ("breaker", "failures"), "open for": ("breaker", "open for"),
    "probes": ("breaker", "probes"),
}  # fmt: skip
WORKLOAD: dict[str, Column] = {
    "rate": ("rate",), "users": ("users",), "think": ("think",), "deadline": ("deadline",),
    "done within": ("done within",),
}  # fmt: skip
TABLES: dict[str, dict[str, Column]] = {"services": SERVICES, "links": LINKS, "workload": WORKLOAD}

Rows = list[dict[str, str]]


def document(text: str) -> Node | None:
    """Return the tree of *text*, or None where it cannot be read."""
    found, problems = read(text, "text")
    return None if found is None or problems else normalise(found, [])


def rows(root: Node, part: str) -> Rows:
    """Return one row for each service, link or workload that the file writes down; a cell not written is empty.

    Links that are used and not written down are rows too, so that they can be given a timeout.
    """
    names = list(root.children(part))
    if part == "links":
        names += [link for link in _used(root) if link not in names]
    return [{"name": name} | _cells(root.children(part).get(name), TABLES[part]) for name in names]


def _used(root: Node) -> list[str]:
    from sim.scenario.rules.recipes import links_used

    return sorted(links_used(root))


def _cells(node: Node | None, columns: Mapping[str, Column]) -> dict[str, str]:
    return {title: _word(node, path) for title, path in columns.items()}


def _word(node: Node | None, path: Column) -> str:
    for key in path:
        node = node.get(key) if node is not None else None
    if node is None or node.value is None or isinstance(node.value, dict | list):
        return ""
    return str(node.value).lower() if isinstance(node.value, bool) else str(node.value)


def changed(text: str, part: str, before: Rows, edits: Mapping[Any, Mapping[str, Any]]) -> str:
    """Return *text* with the *edits* of a table of *part* (row number to title to new cell) written into it.

    An empty cell takes its key out. Raises ``ParameterError`` for a cell that cannot be written in place.
    """
    for number, cells in edits.items():
        row = before[int(number)]
        for title, cell in cells.items():
            if title not in TABLES[part]:
                continue
            value = "" if cell is None else str(cell).strip()[:200]
            if value != row[title]:
                text = edited(text, (part, row["name"], *TABLES[part][title]), value or None)
    return text


def used_columns(part: str, found: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the columns worth showing: the usual ones, and those that some row uses."""
    usual = {"services": 3, "links": 4, "workload": 5}[part]
    titles = list(TABLES[part])
    return ["name", *(title for i, title in enumerate(titles) if i < usual or any(row[title] for row in found))]
