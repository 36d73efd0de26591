"""Warnings of ``pileup validate`` about one combination: legal, but unwise. They never prevent a run.

Not modelled: load against capacity (see ``sim.topology``).
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Callable, Iterator

from sim import quantities as q
from sim.errors import did_you_mean
from sim.mechanisms.faults.targets import on_host
from sim.mechanisms.links.order import is_outside
from sim.mechanisms.steps.base import CONDITION, LAW, QUEUE
from sim.scenario.models import Link, Scenario
from sim.scenario.rules import recipes
from sim.scenario.yaml.nodes import Node, Problem, Unquoted, at_key, at_value, path_text


def warnings(root: Node, model: Scenario) -> Iterator[Problem]:
    """Find the warnings about one combination, from its merged document and its model."""
    checks: tuple[Callable[[Node, Scenario], Iterator[Problem]], ...] = (
        _silence, _timeouts, _visibility, _unbounded, _jitter, _queues, _branches, _deadlines, _hosts, _orders,
    )  # fmt: skip
    for check in checks:
        yield from (replace(problem, verb="should") for problem in check(root, model))


def _silence(root: Node, model: Scenario) -> Iterator[Problem]:
    """Workloads that never send a request; a trace is checked when it is played."""
    for name, workload in model.workload.items():
        if workload.rate is not None and not workload.rate.path and not workload.rate.mean_until(model.duration):
            yield at_value(_below(root, "workload", name, "rate"), "send something before the duration ends")


def _below(root: Node, *path: str) -> Node:
    """Return the node at *path*, or the last one on the way that exists."""
    node = root
    for part in path:
        child = node.get(part)
        if child is None:
            return node
        node = child
    return node


def _link_of(model: Scenario, caller: str, operation: str) -> tuple[tuple[str, ...], Link | None]:
    """Return what holds for calls of an *operation* (``service.operation``), and its path."""
    callee, _, name = operation.partition(".")
    link = model.links.get(f"{caller} -> {callee}")
    inside = ("operations", name) if link is not None and name in link.operations else ()
    return ("links", f"{caller} -> {callee}", *inside), None if link is None else link.of(name)


def _versions(model: Scenario) -> Iterator[tuple[tuple[str, ...], Link]]:
    """Iterate over the links, and what holds for operations with an override, with their paths."""
    for name, link in model.links.items():
        yield ("links", name), link
        yield from ((("links", name, "operations", one), override) for one, override in link.operations.items())


def _timeouts(root: Node, model: Scenario) -> Iterator[Problem]:
    """Timeouts and retries without effect, because the client leaves before them."""
    for name, workload in model.workload.items():
        if workload.deadline is None:
            continue
        starts = [node.value for node in recipes.requested(root.children("workload")[name])]
        callers = [(name, start) for start in starts]
        known = recipes.operations(root)
        for operation in _called(root, starts):
            service = operation.partition(".")[0]
            callers += [(service, callee) for callee, _ in recipes.calls_of(known[operation])]
        written = _below(root, "workload", name).word("deadline")
        for caller, callee in dict.fromkeys(callers):
            path, link = _link_of(model, caller, callee)
            if link is None or link.timeout is None:
                continue
            node = _below(root, *path, "timeout")
            if link.timeout >= workload.deadline:
                yield at_key(node, f"be below the deadline of {name} ({written}) to have any effect", value=node.value)
            elif link.retry is not None and link.retry.most_attempts > 1:
                yield from _outlasting(root, path, link, name, workload.deadline, str(written))


def _called(root: Node, starts: list[str]) -> list[str]:
    """Return the operations that *starts* reach by synchronous calls, themselves included."""
    known, found, waiting = recipes.operations(root), [], list(starts)
    while waiting:
        name = waiting.pop(0)
        if name in known and name not in found:
            found.append(name)
            waiting += [callee for callee, _ in recipes.calls_of(known[name])]
    return found


def _outlasting(
    root: Node, path: tuple[str, ...], link: Link, workload: str, deadline: float, written: str
) -> Iterator[Problem]:
    if link.retry is None or link.timeout is None:
        return
    attempts = link.retry.most_attempts
    node, rule = _below(root, *path, "retry"), f"end before the deadline of {workload} ({written})"
    longest = link.retry.lasts_s(link.timeout)
    if link.total_timeout is not None and link.total_timeout <= deadline:
        return
    if math.isinf(longest):
        yield at_key(node, rule, value=Unquoted("unlimited attempts"))
        return
    if longest > deadline:
        yield at_key(node, rule, value=Unquoted(f"{longest:g}s for {attempts:g} attempts with their waits"))


def _visibility(root: Node, model: Scenario) -> Iterator[Problem]:
    """Visibility timeouts that end while a handler is still working: the message is delivered again."""
    known = recipes.operations(root)
    for queue, handlers in recipes.consumers(root).items():
        if queue not in model.queues:
            continue
        for handler in handlers:
            slow = math.fsum(_p99(step, model) * step.times for step in recipes.walk(known.get(handler)))
            if slow > model.queues[queue].visibility_timeout:
                node = _below(root, "queues", queue, "visibility timeout")
                rule = f"be above the slowest work of {handler} (about {slow:.3g}s at its p99)"
                yield at_key(node, rule, value=f"{model.queues[queue].visibility_timeout:g}s")


def _p99(step: recipes.Step, model: Scenario) -> float:
    """Return the 99th percentile of a step's own work or wait, in seconds."""
    target = step.target()
    if step.value != LAW or target is None:
        return 0.0
    law, tables = q.parse_work(target.value), model.tables
    if isinstance(law, q.Empirical) and law.path in tables:
        law = law.with_values(tables[law.path])
    return law.quantile(0.99)


def _deadlines(root: Node, model: Scenario) -> Iterator[Problem]:
    """Services that refuse late work but never get a deadline, and links that have no deadline to propagate."""
    for name, service in model.services.items():
        calling = [link for way, link in model.links.items() if way.endswith(f" -> {name}")]
        if service.refuse_late is not None and not any(
            one.propagate_deadline for link in calling for one in link.versions
        ):
            node = _below(root, "services", name, "refuse late")
            yield at_key(node, "be called over a link with `propagate deadline: true`", value=None)
    for path, link in _versions(model):
        caller = path[1].partition(" -> ")[0]
        if link.propagate_deadline and link.timeout is None and not _has_a_deadline(model, caller):
            node = _below(root, *path, "propagate deadline")
            hint = "give its clients a `deadline`, it a `timeout`, or the links before it `propagate deadline`"
            yield at_key(node, "have a deadline to pass on", hint, value=None)


def _has_a_deadline(model: Scenario, caller: str) -> bool:
    """Whether *caller* may know its own deadline."""
    if caller in model.workload:
        return model.workload[caller].deadline is not None
    return any(link.propagate_deadline for path, link in _versions(model) if path[1].endswith(f" -> {caller}"))


def _unbounded(root: Node, model: Scenario) -> Iterator[Problem]:
    for name, service in model.services.items():
        if service.waiting == q.UNLIMITED and service.workers != q.UNLIMITED:
            node = _below(root, "services", name, "waiting")
            yield at_key(node, "have a bound, without which the queue grows without limit", value="unlimited")


def _jitter(root: Node, model: Scenario) -> Iterator[Problem]:
    for path, link in _versions(model):
        if link.retry is not None and link.retry.jitter != "none" and link.retry.backoff.kind == "none":
            yield at_key(
                _below(root, *path, "retry", "jitter"), "be set together with a backoff, whose waits it varies"
            )


def _queues(root: Node, model: Scenario) -> Iterator[Problem]:
    """Queues without a sender or a consumer, and dead-letter queues that no message reaches."""
    sent = [
        step.node.word(step.verb)
        for recipe in recipes.operations(root).values()
        for step in recipes.walk(recipe)
        if step.value == QUEUE
    ]
    buried = {queue.dead_letters for queue in model.queues.values()}
    consumed = recipes.consumers(root)
    for name, queue in model.queues.items():
        node = _below(root, "queues", name)
        if name not in sent and name not in buried:
            hint = did_you_mean(name, [word for word in sent if word])
            yield at_key(node, "get messages from some send", hint, value=Unquoted("none"))
        if name not in consumed and name not in buried:
            yield at_key(node, "have a consumer", value=Unquoted("none"))
        if queue.dead_letters is not None and queue.counted_deliveries == queue.max_stalled == q.UNLIMITED:
            letters = _below(root, "queues", name, "dead letters")
            yield at_key(letters, "be set together with `max deliveries`, without which nothing is dead-lettered")


def _branches(root: Node, model: Scenario) -> Iterator[Problem]:
    """Branches on the failure of a step that ends the operation."""
    for recipe in recipes.operations(root).values():
        ending: dict[str, Node] = {}
        for step in recipes.walk(recipe):
            name = step.node.word("as")
            if name is not None and step.has_outcome:
                if step.node.word("on error") in (None, "fail") and step.node.get("on error") is None:
                    ending[name] = step.node
            target = step.target()
            if step.value != CONDITION or target is None:
                continue
            condition = q.parse_condition(target.value)
            if condition.kind == "step" and condition.step in ending and condition.outcome not in ("ok", "degraded"):
                rule = "refer to a step after which the operation continues"
                hint = f"write `on error: ignore` at {path_text(ending[condition.step].loc)}"
                yield at_key(target, rule, hint)


def _hosts(root: Node, model: Scenario) -> Iterator[Problem]:
    """Find services with all their replicas on one host, which fail with it."""
    for host in model.hosts:
        for name, indexes in on_host(model, host)[0].items():
            replicas = model.services[name].replicas
            if replicas > 1 and len(indexes or range(replicas)) == replicas:
                hint = f"with the host all of them are gone; `{name}#0` puts one replica there"
                yield at_key(_below(root, "hosts", host), f"place some replica of {name} on another host", hint, host)


def _orders(root: Node, model: Scenario) -> Iterator[Problem]:
    """Orders of policies in which one keeps another from ever acting, and retries that may follow at once for ever."""
    for path, link in _versions(model):
        at = _below(root, *path, "order")
        if link.fallback in ("default", "empty") and is_outside(link, "retry", "fallback"):
            yield at_value(at, "have the fallback outside the retry", "inside it no retry ever sees a failure")
        if link.retry is None or "short-circuited" not in link.retry.on:
            continue
        stoppers = [one for one in ("breaker", "throttle", "limit", "bulkhead") if is_outside(link, "retry", one)]
        if not stoppers:
            on = _below(root, *path, "retry", "on")
            yield at_value(on, "have a policy inside the retry that stops tries", "no try is short-circuited")
