"""Stores: rows with versions, so that a writer can find that another has written since it read.

A store is not a process and takes no time; put the steps into a service whose links and workers do. Rows go by the
request's key (without keys there is one row).

Not modelled: values, transactions over several rows, and isolation levels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from sim.outcomes import ERROR
from sim.record.recorder import MarkCodes

if TYPE_CHECKING:
    from sim.engine.calls.attempt import Failed, Frame, Then
    from sim.engine.clock.kernel import Kernel

WRITTEN, CONFLICT = MarkCodes()["written"], MarkCodes()["conflict"]


class Store:
    """The versions of a store's rows, and what each request has read."""

    __slots__ = ("versions", "seen")

    def __init__(self) -> None:
        self.versions: dict[float, int] = {}
        self.seen: dict[int, int] = {}


class Read:
    """Remember the row's version for the request, all its later attempts included."""

    __slots__ = ("store", "then")

    def __init__(self, store: Store, then: Then) -> None:
        self.store, self.then = store, then

    def start(self, frame: Frame) -> None:
        request, store = frame.request, self.store
        store.seen[request.id] = store.versions.get(request.key, 0)
        self.then(frame)


class Write:
    """Write the row; *compares*: only if its version is still the one that the request has read, else fail."""

    __slots__ = ("kernel", "store", "compares", "mark", "component", "reason", "then", "failed")

    def __init__(
        self,
        kernel: Kernel,
        store: Store,
        compares: bool,
        mark: Callable[[tuple[float, ...]], None],
        component: int,
        reason: int,
        then: Then,
        failed: Failed,
    ) -> None:
        self.kernel, self.store, self.compares = kernel, store, compares
        self.mark, self.component, self.reason = mark, float(component), reason
        self.then, self.failed = then, failed

    def start(self, frame: Frame) -> None:
        request, store = frame.request, self.store
        version = store.versions.get(request.key, 0)
        if self.compares and store.seen.get(request.id) != version:
            self.mark((self.kernel.now, CONFLICT, self.component, request.id))
            self.failed(frame, ERROR, self.reason)
            return
        store.versions[request.key] = version + 1
        self.mark((self.kernel.now, WRITTEN, self.component, request.id))
        self.then(frame)
