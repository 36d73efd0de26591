"""A line for each class, from which workers take by weight: how many ask in one class does not matter to the others.

Each class has a tag, the virtual time at which its first item would begin; the smallest is next. Taking one moves the
tag of its class on by one over the weight, so of two classes that always have items waiting, one with three times the
weight is taken three times as often. A class that had nothing waiting begins at the present, and saves nothing.
Source: start-time fair queueing, P. Goyal, H. Vin, H. Cheng, "Start-time fair queueing", IEEE/ACM Transactions on
Networking 5(5), 1997, with items of equal length.

Not modelled: items that cost more than others (each counts as one).
"""

from __future__ import annotations

from collections import deque
from typing import Any, Callable, Hashable, Mapping


class FairLine:
    """The items that wait, by class; *weights* are those of classes that do not have the weight 1."""

    __slots__ = ("weights", "virtual", "_tags", "_lines", "_number")

    def __init__(self, weights: Mapping[Hashable, float]) -> None:
        self.weights = weights
        self.virtual = 0.0
        """The tag of the item that was taken last."""
        self._tags: dict[Hashable, float] = {}
        self._lines: dict[Hashable, deque[tuple[int, Any]]] = {}
        self._number = 0

    def join(self, kind: Hashable, item: Any) -> None:
        """Put *item* at the end of the line of its class."""
        self._number += 1
        self._lines.setdefault(kind, deque()).append((self._number, item))

    def take(self, waits: Callable[[Any], bool]) -> Any:
        """Take the next item of those that still wait, the earliest of equals; None when none is there."""
        best: tuple[float, int] | None = None
        chosen: Hashable = None
        for kind in list(self._lines):
            line = self._lines[kind]
            while line and not waits(line[0][1]):
                line.popleft()
            if not line:
                del self._lines[kind]
                if self._tags.get(kind, 0.0) <= self.virtual:
                    self._tags.pop(kind, None)
                continue
            tag = (max(self.virtual, self._tags.get(kind, 0.0)), line[0][0])
            if best is None or tag < best:
                best, chosen = tag, kind
        if best is None:
            return None
        self.virtual = best[0]
        self._tags[chosen] = best[0] + 1 / self.weights.get(chosen, 1.0)
        return self._lines[chosen].popleft()[1]
