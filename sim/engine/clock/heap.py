"""The heap of events: Python's ``heapq``; the compiled core has the same algorithm for these entries."""

from heapq import heappop, heappush

__all__ = ["heappop", "heappush"]
