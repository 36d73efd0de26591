"""The rules of faults: valid targets of each kind, sizes, and begins."""

from __future__ import annotations

from typing import Iterator

from sim import quantities as q
from sim.errors import did_you_mean
from sim.fields.fault_fields import After, parse_begin, parse_replicas
from sim.fields.quantity import one_arrow
from sim.mechanisms.faults import FAULTS, LinkFault, fault_kind
from sim.mechanisms.nodes import LINKED
from sim.scenario.rules import recipes
from sim.scenario.rules.moments import (
    WORDS,
    above_zero,
    begins,
    follows_nothing,
    must_be_given,
    waits,
    waits_for_nothing,
)
from sim.scenario.yaml.nodes import Node, Problem, Unquoted, at_key, at_value, parsed, plain

MOST_WINDOWS = 10_000


def fault_problems(root: Node) -> Iterator[Problem]:
    """Find faults on unknown targets, factors out of range, and faults outside the run."""
    used = recipes.links_used(root)
    yield from _hosts(root)
    for name, fault in root.children("faults").items():
        kind = fault_kind(plain(fault))
        if kind is None:
            continue
        target = fault.get(kind)
        if target is not None and isinstance(target.value, str):
            yield from _target(root, kind, target, used)
            yield from _replicas(root, kind, target.value, fault.get("replicas"))
            yield from _zone(root, target.value, fault)
        if kind == "spike":
            yield from _spike(root, fault)
        elif kind == "partition":
            yield from _sides(root, target, used)
        elif kind == "poison":
            yield from _poison(root, target)
        else:
            yield from _settings(kind, fault)
        yield from _moments(root, name, fault)


# --- targets -----------------------------------------------------------------------------------------


def befalls(kind: str) -> tuple[str, ...]:
    """Return the parts of a scenario in which a fault of *kind* has its targets; empty: it has a rule of its own.

    >>> befalls("slow"), befalls("cut"), befalls("partition")
    (('services', 'hosts'), ('links',), ())
    """
    return FAULTS[kind].befalls


def _target(root: Node, kind: str, target: Node, used: list[str]) -> Iterator[Problem]:
    struck = befalls(kind)
    if struck and struck != ("links",):
        known = [name for where in struck for name in root.children(where)]
        if target.value not in known:
            kinds = [WORDS[where] for where in struck if where != "hosts" or root.children("hosts")]
            words = " or ".join([", ".join(kinds[:-1]), kinds[-1]] if kinds[1:] else kinds)
            yield at_value(target, f"name a {words} that exists", did_you_mean(target.value, known))
        elif "queues" not in struck and target.value in root.children("hosts"):
            yield from _struck_on_host(root, kind, target)
        return
    if not issubclass(FAULTS[kind], LinkFault):
        return
    link = one_arrow(target.value)
    if link in used:
        return
    ends = [name for kind in LINKED for name in root.children(kind.key)]
    if all(end in ends for end in link.split(" -> ")) and link.count(" -> ") == 1:
        turned = " -> ".join(reversed(link.split(" -> ")))
        hint = f"did you mean {turned!r}?" if turned in used else did_you_mean(link, used)
        yield at_value(target, "name a link that some call, send or delivery uses", hint, unused=True)
    else:
        yield at_value(target, "name a link between two nodes that exist", did_you_mean(link, used))


def _struck_on_host(root: Node, kind: str, target: Node) -> Iterator[Problem]:
    members = _texts(_members(root.children("hosts")[target.value]))
    if not any(node.value.partition("#")[0] in root.children("services") for node in members):
        yield at_value(target, f"name a host with a service on it: {kind} cannot affect a queue")


def _replicas(root: Node, kind: str, name: str, node: Node | None) -> Iterator[Problem]:
    if node is None:
        return
    chosen = parsed(parse_replicas, Node(plain(node)))
    if chosen is None:
        return
    of_link = issubclass(FAULTS[kind], LinkFault)
    if of_link:
        name = one_arrow(name).partition(" -> ")[2]
        if name in root.children("queues"):
            yield at_key(node, "be used with a link to a service")
            return
    service = root.children("services").get(name)
    if service is None:
        if name in root.children("queues") or name in root.children("hosts"):
            hint = "a host names its replicas itself" if name in root.children("hosts") else ""
            yield at_key(node, "be used with a service", hint)
        return
    yield from _exist(chosen[-1], name, service, node)


def _zone(root: Node, name: str, fault: Node) -> Iterator[Problem]:
    node = fault.get("zone")
    if node is None or node.value is None:
        return
    if fault.get("replicas") is not None:
        yield at_key(node, "not be set together with `replicas`")
    service = root.children("services").get(name)
    zones = service.children("zones") if service is not None else {}
    if node.value not in zones:
        hint = did_you_mean(str(node.value), zones) if zones else f"{name} has no zones"
        yield at_value(node, "name a zone of the service", hint)


def _exist(number: int, name: str, service: Node, node: Node) -> Iterator[Problem]:
    count = service.get("replicas")
    there = count.value if count is not None and isinstance(count.value, int) else 1
    if number >= there and service.get("autoscaler") is None:
        yield at_value(node, f"name replicas that {name} has: it has {there}, numbered from 0")


def _hosts(root: Node) -> Iterator[Problem]:
    services, queues = root.children("services"), root.children("queues")
    for host in map(_members, root.children("hosts").values()):
        if isinstance(host.value, list) and not host.value:
            yield at_value(host, "hold at least one entry")
        for node in _texts(host):
            name, hash_, number = node.value.partition("#")
            if name not in services and (hash_ or name not in queues):
                yield at_value(
                    node, "name a service, a replica (payments#0) or a queue", did_you_mean(name, [*services, *queues])
                )
            elif hash_ and not number.isdecimal():
                yield at_value(node, "name a replica by its number, as in payments#0")
            elif hash_:
                yield from _exist(int(number), name, services[name], node)


def _members(host: Node) -> Node:
    """Return the list of what stands on *host*, which may be written with settings."""
    return host.get("runs") or host


def _texts(node: Node) -> list[Node]:
    return [item for item in node.steps() if isinstance(item.value, str)]


def _sides(root: Node, sides: Node | None, used: list[str]) -> Iterator[Problem]:
    if sides is None or not isinstance(sides.value, dict):
        return
    if not sides.value:
        yield at_value(sides, "hold at least one side")
        return
    known = [*(name for kind in LINKED for name in root.children(kind.key)), *root.children("hosts")]
    found: dict[str, str] = {}
    wrong: list[Problem] = []
    for side, members in sides.value.items():
        for node in _texts(members):
            if node.value not in known:
                hint = did_you_mean(node.value, known)
                wrong.append(at_value(node, "name a workload, service, queue or host that exists", hint))
            host = root.children("hosts").get(node.value)
            for name in [node.value] if host is None else [item.value for item in _texts(_members(host))]:
                if "#" in name:
                    wrong.append(at_value(node, "name whole nodes: a link has no replicas", value=name))
                elif found.setdefault(name, side) != side:
                    hint = f"it is also on {found[name]}"
                    wrong.append(at_value(node, "be on one side only", hint, value=name))
    if not wrong and not any(_is_parted(link, found, len(sides.value)) for link in used):
        wrong = [at_value(sides, "separate nodes that are linked: no link leads from one side to another")]
    yield from wrong


def _is_parted(link: str, side: dict[str, str], sides: int) -> bool:
    one, other = (side.get(end) for end in link.split(" -> "))
    return one != other and (sides == 1 or (one is not None and other is not None))


def _spike(root: Node, fault: Node) -> Iterator[Problem]:
    target, by = fault.get("spike"), fault.get("by")
    workload = root.children("workload").get(str(target.value)) if target is not None else None
    if target is not None and workload is not None and workload.get("rate") is None:
        yield at_value(target, "name a workload with a rate: only an open loop can spike")
    factor = parsed(q.parse_factor, by)
    if by is not None and factor is not None and factor < 1:
        yield at_value(by, "be at least 1x")


def _poison(root: Node, target: Node | None) -> Iterator[Problem]:
    if target is None or not isinstance(target.value, str):
        return
    known = recipes.operations(root)
    if target.value not in known:
        yield recipes.unknown_operation(target, known)
        return
    keyed = [workload for workload in root.children("workload").values() if workload.get("keys") is not None]
    starts = [node.value for workload in keyed for node in recipes.requested(workload)]
    if target.value not in recipes.reached(root, starts):
        yield at_value(target, "be reached by a workload with keys", "give it `keys: uniform 5000`")


def _settings(kind: str, fault: Node) -> Iterator[Problem]:
    """Find settings of a fault without a meaning, alone or together."""
    if kind == "drip":
        yield from above_zero(fault.get("rate"), q.parse_rate, "be a rate above zero")
    elif kind == "leak":
        within, requests = fault.get("within"), fault.get("requests")
        if within is None and requests is None:
            yield from must_be_given(fault, "within", "or `requests`: the work grows with one of them")
        elif within is not None and requests is not None:
            yield at_key(requests, "not be combined with `within`: work grows with one of them")
    elif kind == "deploy" and fault.get("share") is None and fault.get("by") is None:
        yield from must_be_given(fault, "share", "or `by`: a bad version is slower or answers errors")
    elif kind in ("crash", "crash loop"):
        if fault.get("warm up") is not None or fault.get("cold") is not None:
            for key in ("warm up", "cold"):
                yield from must_be_given(fault, key, "`warm up` and `cold` go together")
        yield from above_zero(fault.get("lives"), lambda value: q.parse_law(value).mean, "be above zero")


# --- times ---------------------------------------------------------------------------------------------------


def _moments(root: Node, name: str, fault: Node) -> Iterator[Problem]:
    up, down, when = fault.get("up"), fault.get("down"), fault.get("when")
    if when is not None:
        yield from waits(root, fault, when, ("at", "up", "down"))
        yield from must_be_given(fault, "for")
        if fault.get("synchronise") is not None:
            yield at_key(when, "not be used with `synchronise`, whose arrivals are known from the start")
        return
    yield from waits_for_nothing(fault)
    if up is None and down is None:
        for key in ("at", "for"):
            yield from must_be_given(fault, key)
    else:
        for key in ("up", "down"):
            yield from must_be_given(fault, key, "`up` and `down` go together")
        yield from _often(root, fault)
    at = fault.get("at")
    begin = parsed(parse_begin, at)
    if at is None or begin is None:
        return
    if isinstance(begin, After):
        yield from _after(root, name, at, begin)
    else:
        yield from begins(root, at, begin)


def _often(root: Node, fault: Node) -> Iterator[Problem]:
    up, down = (parsed(q.parse_law, fault.get(key)) for key in ("up", "down"))
    duration = parsed(q.parse_duration, root.get("duration"))
    node = fault.get("up")
    if node is None or duration is None or up is None or down is None:
        return
    cycle = 1.0 if isinstance(up, q.Empirical) or isinstance(down, q.Empirical) else up.mean + down.mean
    if duration > MOST_WINDOWS * cycle:
        yield at_value(node, f"start it at most {MOST_WINDOWS} times in the duration")


def _after(root: Node, name: str, node: Node, begin: After) -> Iterator[Problem]:
    faults = root.children("faults")
    others = [other for other in faults if other != name]
    if begin.fault not in others:
        yield follows_nothing(node, begin, others)
        return
    way = [name]
    while (then := parsed(parse_begin, faults[way[-1]].get("at"))) is not None and isinstance(then, After):
        if then.fault in way or then.fault not in faults:
            if then.fault == name and name == min(way):
                yield at_value(node, "not follow itself", value=Unquoted(" after ".join([*way, name])))
            return
        way.append(then.fault)
