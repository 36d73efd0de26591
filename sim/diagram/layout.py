"""Where the boxes of a system go: columns from left to right by the longest chain of calls, few crossings.

The steps are those of K. Sugiyama, S. Tagawa, M. Toda, Methods for visual understanding of hierarchical system
structures (1981): break circles, layer, bend long edges through their layers, order by the mean of the neighbours,
then place. Plain Python on names and pairs; distances are inches.

Not modelled: labels, which the drawing places.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

BOX_HEIGHT, ROW_GAP, BEND_GAP = 0.86, 0.42, 0.34
"""Height of a box, free space between two boxes of a column, and the room of a line that passes through it."""

_SWEEPS = 24
Edge = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns (0 is leftmost) and heights in inches (0 is the top) of boxes, and the bends of edges.

    ``bends`` maps every edge that runs from left to right to the (column, height) points it passes (often none);
    ``back`` are the edges that run from right to left or to their own node.
    """

    columns: dict[str, int]
    heights: dict[str, float]
    bends: dict[Edge, tuple[tuple[int, float], ...]]
    back: tuple[Edge, ...]

    @property
    def width(self) -> int:
        """The number of columns."""
        return 1 + max(self.columns.values(), default=0)

    @property
    def height(self) -> float:
        """Inches from the middle of the highest box or bend to that of the lowest."""
        return max([*self.heights.values(), *(y for bend in self.bends.values() for _, y in bend)], default=0.0)


def lay_out(nodes: Sequence[str], edges: Iterable[Edge]) -> Layout:
    """Return a layout of *nodes* (sources first) and *edges* between them; the same input gives the same picture."""
    pairs = [(a, b) for a, b in dict.fromkeys(edges)]
    back = _back_edges(nodes, pairs)
    forward = [edge for edge in pairs if edge not in back]
    columns = _columns(nodes, forward)
    layers: list[list[str]] = [[] for _ in range(1 + max(columns.values(), default=0))]
    for node in nodes:
        layers[columns[node]].append(node)
    links: list[Edge] = []
    chains: dict[Edge, list[str]] = {}
    for a, b in forward:
        chain = [f"\0{a}\0{b}\0{column}" for column in range(columns[a] + 1, columns[b])]
        for column, bend in enumerate(chain, columns[a] + 1):
            layers[column].append(bend)
        chains[a, b] = chain
        links += zip([a, *chain], [*chain, b], strict=True)
    layers = _ordered(layers, links)
    heights = _placed(layers, links)
    bends = {
        edge: tuple((columns[edge[0]] + 1 + i, heights[bend]) for i, bend in enumerate(chain))
        for edge, chain in chains.items()
    }
    return Layout(columns, {node: heights[node] for node in nodes}, bends, tuple(back))


def _back_edges(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[Edge, None]:
    """Return the edges that close a circle in a depth-first walk in file order, self-calls among them."""
    after: dict[str, list[str]] = {node: [] for node in nodes}
    for a, b in edges:
        after[a].append(b)
    back: dict[Edge, None] = {}
    done: dict[str, None] = {}
    for root in nodes:
        path: dict[str, None] = {root: None}
        stack = [(root, iter(after[root]))] if root not in done else []
        while stack:
            here, rest = stack[-1]
            for there in rest:
                if there in path:
                    back[here, there] = None
                elif there not in done:
                    path[there] = None
                    stack.append((there, iter(after[there])))
                    break
            else:
                done[here] = None
                path.pop(here)
                stack.pop()
    return back


def _columns(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """Return the longest chain from a source to each node."""
    columns = dict.fromkeys(nodes, 0)
    for _ in nodes:
        moved = False
        for a, b in edges:
            if columns[b] <= columns[a]:
                columns[b], moved = columns[a] + 1, True
        if not moved:
            break
    return columns


def _neighbours(links: Sequence[Edge]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    left: dict[str, list[str]] = {}
    right: dict[str, list[str]] = {}
    for a, b in links:
        right.setdefault(a, []).append(b)
        left.setdefault(b, []).append(a)
    return left, right


def _ordered(layers: list[list[str]], links: Sequence[Edge]) -> list[list[str]]:
    """Return the layers with the fewest crossings met while sorting by the neighbours' mean, to and fro."""
    left, right = _neighbours(links)
    best, fewest = [list(layer) for layer in layers], _crossings(layers, right)
    for sweep in range(_SWEEPS):
        side = left if sweep % 2 == 0 else right
        order = range(1, len(layers)) if sweep % 2 == 0 else range(len(layers) - 2, -1, -1)
        for column in order:
            fixed = layers[column - 1 if sweep % 2 == 0 else column + 1]
            rank = {name: (i + 0.5) / len(fixed) for i, name in enumerate(fixed)}
            here = layers[column]
            own = {name: (i + 0.5) / len(here) for i, name in enumerate(here)}
            layers[column] = sorted(here, key=lambda name: _mean(side.get(name, []), rank, own[name]))
        crossings = _crossings(layers, right)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    return best


def _mean(names: Sequence[str], rank: dict[str, float], default: float) -> float:
    found = [rank[name] for name in names if name in rank]
    return sum(found) / len(found) if found else default


def _crossings(layers: list[list[str]], right: dict[str, list[str]]) -> int:
    total = 0
    for here, there in itertools.pairwise(layers):
        rank = {name: i for i, name in enumerate(there)}
        ends = [rank[end] for name in here for end in sorted(right.get(name, []), key=rank.__getitem__)]
        total += sum(a > b for i, a in enumerate(ends) for b in ends[i + 1 :])
    return total


def _gap(a: str, b: str) -> float:
    bends = a.startswith("\0") + b.startswith("\0")
    return (BOX_HEIGHT + ROW_GAP, (BOX_HEIGHT + BEND_GAP) / 2 + 0.12, BEND_GAP)[bends]


def _placed(layers: list[list[str]], links: Sequence[Edge]) -> dict[str, float]:
    """Return heights that keep the order and the gaps and draw every node towards its neighbours' mean."""
    left, right = _neighbours(links)
    offsets: dict[str, float] = {}
    for layer in layers:
        at = 0.0
        for i, name in enumerate(layer):
            at += _gap(layer[i - 1], name) if i else 0.0
            offsets[name] = at
    tallest = max(offsets.values(), default=0.0)
    heights = {}
    for layer in layers:
        shift = (tallest - offsets[layer[-1]]) / 2 if layer else 0.0
        heights.update({name: offsets[name] + shift for name in layer})
    for sweep in range(_SWEEPS):
        side = left if sweep % 2 == 0 else right
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted = [_mean(side.get(name, []), heights, heights[name]) - offsets[name] for name in layer]
            for name, height in zip(layer, _rising(wanted), strict=True):
                heights[name] = height + offsets[name]
    top = min(heights.values(), default=0.0)
    return {name: height - top for name, height in heights.items()}


def _rising(values: Sequence[float]) -> list[float]:
    """Return the nearest non-decreasing sequence (pool adjacent violators, Ayer et al. 1955)."""
    pools: list[tuple[float, int]] = []
    for value in values:
        pools.append((value, 1))
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] >= pools[-1][0] / pools[-1][1]:
            total, count = pools.pop()
            pools[-1] = (pools[-1][0] + total, pools[-1][1] + count)
    return [total / count for total, count in pools for _ in range(count)]
