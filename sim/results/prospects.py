"""Effects that may still be applied when a run ends: by open requests, open attempts and messages in queues.

An attempt may apply the remaining effect steps of its operation, and the effects of its unfinished calls and sends. A
message may apply the effects of its handler and, if it runs out of deliveries, those of the handler of its dead-letter
queue. A step counts as done once it has been done the largest number of times that the operation allows.

Not modelled: the outcome of a branch, and the length of a fault (a message behind a dead consumer counts as waiting).
"""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from sim.mechanisms.steps.facts import facts
from sim.outcomes import DEGRADED, IN_FLIGHT, OPEN, TIMEOUT, WAITING
from sim.quantities import UNLIMITED
from sim.results.index.columns import Bools, Ints, rows_of
from sim.results.index.record_index import RecordIndex

Times = dict[str, int]
"""The largest number of executions of a step, by its target: ``service.operation``, or the queue of a send."""


def may_apply(index: RecordIndex) -> dict[int, Bools]:
    """Return, for each effect site (a code) that can still be applied, the request rows that it may be applied for."""
    reader = _Reader(index)
    if reader.is_settled:
        return {}
    reader.open_requests()
    reader.attempts()
    reader.messages()
    return reader.found


class _Reader:
    """Collects the prospects of one run."""

    def __init__(self, index: RecordIndex) -> None:
        self.index, self.record = index, index.record
        self.scenario = index.record.scenario
        self.found: dict[int, Bools] = {}
        self.open = index.requests["outcome"] == OPEN
        outcome = index.messages["outcome"]
        self.unsettled = np.flatnonzero((outcome == WAITING) | (outcome == IN_FLIGHT))
        still = len(self.record.acting) or len(self.unsettled) or self.open.any()
        self.is_settled = not (self.record.effect_sites and still)
        self.handlers: dict[str, list[str]] = {}
        self.steps: dict[str, Times] = {}
        self.effects: dict[str, list[int]] = {}
        for name, service in self.scenario.services.items():
            for queue, operation in service.handlers.items():
                self.handlers.setdefault(queue, []).append(f"{name}.{operation}")
            for operation, recipe in service.operations.items():
                times: list[int] = []
                leads: Times = {}
                _read(recipe, 1, leads, times)
                self.steps[f"{name}.{operation}"] = leads
                self.effects[f"{name}.{operation}"] = times
        self._reach: dict[str, tuple[int, ...]] = {}

    def reach(self, name: str) -> tuple[int, ...]:
        """Return the effect sites that an operation, or a message in a queue, leads to."""
        if name not in self._reach:
            seen, to_do = {name}, [name]
            while to_do:
                one = to_do.pop()
                for after in self._leads(one):
                    if after not in seen:
                        seen.add(after)
                        to_do.append(after)
            sites = self.record.effect_sites
            self._reach[name] = tuple(i for i, site in enumerate(sites) if f"{site.service}.{site.operation}" in seen)
        return self._reach[name]

    def _leads(self, name: str) -> Sequence[str]:
        if name in self.steps:
            return list(self.steps[name])
        dead_letters = self.scenario.queues[name].dead_letters
        return self.handlers.get(name, []) + ([] if dead_letters is None else [dead_letters])

    def _mark(self, sites: Sequence[int], rows: Ints) -> None:
        for site in sites:
            if site not in self.found:
                self.found[site] = np.zeros(len(self.open), np.bool_)
            self.found[site][rows] = True

    def open_requests(self) -> None:
        """Clients may still send requests, or retry them."""
        rows = np.flatnonzero(self.open)
        tries = (self.index.parent < 0) & (self.index.kind == 0) & self.index.tried
        used = np.bincount(self.index.request_of[tries], minlength=len(self.open))
        workload, operation = self.index.requests["workload"][rows], self.index.requests["operation"][rows]
        for which in np.unique(np.stack([workload, operation]).astype(np.int64), axis=1).T.tolist():
            name = self.record.operations[which[1]]
            asking = rows[(workload == which[0]) & (operation == which[1])]
            if not self._sends_again(f"{self.record.workloads[which[0]]} -> {name.partition('.')[0]}"):
                asking = asking[used[asking] == 0]
            self._mark(self.reach(name), asking)

    def attempts(self) -> None:
        """Attempts in transit, queued or in service."""
        index, record = self.index, self.record
        acting = rows_of(index.attempts["id"], record.acting)
        request = index.request_of[acting]
        site = index.attempts["site"][acting]
        for code in np.unique(site).tolist():
            where = record.sites[code]
            rows = acting[(site == code) & (request >= 0)]
            if where.kind == "send":
                self._mark(self.reach(where.callee), index.request_of[rows])
            else:
                self._recipe(f"{where.callee}.{where.operation}", rows)

    def _recipe(self, name: str, rows: Ints) -> None:
        """Mark what the attempts of *rows*, each in the recipe of *name*, may still do."""
        index, record = self.index, self.record
        own = [i for i, site in enumerate(record.effect_sites) if f"{site.service}.{site.operation}" == name]
        by = rows_of(index.attempts["id"], record.effects["attempt"])
        for site, most in zip(own, self.effects[name], strict=True):
            applied_by = by[(record.effects["site"] == site) & (by >= 0)]
            done = np.bincount(applied_by, minlength=len(index.parent))[rows]
            self._mark([site], index.request_of[rows[done < most]])
        service = name.partition(".")[0]
        for target, most in self.steps[name].items():
            callee, _, operation = target.partition(".")
            sites = [
                i for i, site in enumerate(record.sites)
                if (site.caller, site.callee, site.operation) == (service, callee, operation)
            ]  # fmt: skip
            used = np.isin(index.attempts["site"], sites) & (index.parent >= 0) & index.tried
            if self._sends_again(f"{service} -> {callee}"):
                used &= index.attempts["outcome"] <= DEGRADED
            done = np.bincount(index.parent[used], minlength=len(index.parent))[rows]
            self._mark(self.reach(target), index.request_of[rows[done < most]])

    def messages(self) -> None:
        """Messages that wait, are delayed, or may return from the delivery that hides them."""
        index, rows = self.index, self.unsettled
        request = rows_of(index.requests["id"], index.messages["request"][rows])
        for code, name in enumerate(self.record.queues):
            in_queue = (index.messages["queue"][rows] == code) & (request >= 0)
            queue = self.scenario.queues[name]
            if name not in self.handlers or not in_queue.any():
                continue
            counted, spent = index.messages["deliveries"][rows], np.zeros(len(rows), np.bool_)
            if queue.max_stalled != UNLIMITED:
                stalled = self._stalled()[rows]
                counted, spent = counted - stalled, stalled > queue.max_stalled
            if queue.counted_deliveries != UNLIMITED:
                spent |= counted >= queue.counted_deliveries
            for handler in self.handlers[name]:
                self._mark(self.reach(handler), request[in_queue & ~spent])
            if queue.dead_letters is not None:
                self._mark(self.reach(queue.dead_letters), request[in_queue])

    def _stalled(self) -> Ints:
        """Return how many deliveries of each message ended with its visibility."""
        message, _, _, attempt = self.index.deliveries_in_flight
        ended = (message >= 0) & (self.index.attempts["outcome"][attempt] == TIMEOUT)
        return np.bincount(message[ended], minlength=len(self.index.messages["outcome"]))

    def _sends_again(self, link: str) -> bool:
        """Whether a step over *link* may make more than one attempt."""
        model = self.scenario.links.get(link)
        return model is not None and (model.has("retry") or model.has("hedge"))


def _read(steps: Sequence[Any], times: int, leads: Times, effects: list[int]) -> None:
    """Add where *steps*, each done so many *times*, lead to, and how often each effect step is done at most.

    The effect steps come in the order in which the record numbers them.
    """
    for step in steps:
        known = facts(step)
        if known.effect:
            effects.append(times)
        if known.target:
            leads[known.target] = leads.get(known.target, 0) + times
        for inner in known.inner:
            _read(inner.steps, times * inner.times, leads, effects)
        _read(known.instead, times, leads, effects)
