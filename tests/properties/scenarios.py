"""Random small scenarios for Hypothesis.

A few services, operations without cycles, links with any policies, a queue or two, up to three faults of any kind
(``faults``) in windows that may overlap, open and closed workloads.
Durations come from a short list of binary fractions (and zero), so that things often happen at one instant, mixed with
random laws. Everything is small: a run takes well under a second.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from sim.scenario.rules.recipes import operations_called
from sim.scenario.yaml.nodes import node_of
from tests.properties.actions import add_actions
from tests.properties.faults import add_faults, health_checks
from tests.properties.link_defences import BACKOFFS, add_defences
from tests.properties.service_defences import add_service_defences

TIMES = ("0s", "125ms", "250ms", "500ms", "1s", "exponential 200ms", "uniform 0s to 500ms", "mix 90% 125ms 10% 2s")
SHORT = ("125ms", "250ms", "500ms", "1s")
DURATION_S = 4
DRAINS = ("0s", "500ms", "2s", "8s", "8s", "60s")

times = st.sampled_from(TIMES)
short = st.sampled_from(SHORT)
shares = st.sampled_from(("0%", "20%", "50%", "100%"))


def rarely(draw: st.DrawFn, one_in: int = 4) -> bool:
    """Return True for about one in *one_in* draws."""
    return draw(st.integers(0, one_in - 1)) == one_in - 1


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, Any]:
    """Return the document of a scenario that is valid by construction."""
    names = [f"s{i}" for i in range(draw(st.integers(2, 5)))]
    operations = [f"{name}.{op}" for name in names for op in ("x", "y")[: draw(st.integers(1, 2))]]
    order = draw(st.permutations(operations))
    queues = _queues(draw)
    consumers = {queue: draw(st.sampled_from(order[1:])) for queue in queues if not rarely(draw, 6)}
    links: list[str] = []
    recipes = {}
    for i, operation in enumerate(order):
        ahead = order[i + 1 :]
        sendable = [queue for queue in queues if _publishes_ahead(queue, queues, consumers, ahead)]
        recipes[operation] = _recipe(draw, operation.split(".")[0], ahead, sendable, links, 0)
    services = {name: _service(draw) for name in names}
    for operation, recipe in recipes.items():
        name, _, inner = operation.partition(".")
        services[name].setdefault("operations", {})[inner] = recipe
    for queue, operation in consumers.items():
        name, _, inner = operation.partition(".")
        batch = _batch(draw, inner) if rarely(draw, 3) else inner
        services[name].setdefault("consumes", {})[queue] = batch
        links.append(f"{queue} -> {name}")
    workload = _workload(draw, order, links)
    document: dict[str, Any] = {
        "version": 1, "title": "Random", "duration": f"{DURATION_S}s", "drain": draw(st.sampled_from(DRAINS)),
        "seed": draw(st.integers(0, 1000)), "workload": workload, "services": services,
    }  # fmt: skip
    if queues:
        document["queues"] = queues
    if _add_store(draw, recipes):
        document["stores"] = {"rows": {}}
    used = list(dict.fromkeys(links))
    document["links"] = {name: link for name in used if (link := _link(draw, name))}
    add_zones(draw, document)
    add_faults(draw, document, used)
    if rarely(draw, 6):
        document["warmup"] = "1s"
    add_service_defences(draw, document)
    if rarely(draw, 6):
        document["defaults"] = {"links": {"latency": "125ms"}}
    add_actions(draw, document, used)
    _add_overrides(draw, document)
    return document


def _add_overrides(draw: st.DrawFn, document: dict[str, Any]) -> None:
    """Let some links say something else for one operation that is called over them."""
    for name, link in document["links"].items():
        caller, _, callee = name.partition(" -> ")
        called = operations_called(node_of(document), caller, callee)
        if not called or "order" in link or rarely(draw, 2):
            continue
        override: dict[str, Any] = {}
        for one in draw(st.lists(st.sampled_from(OVERRIDES), min_size=1, max_size=3)):
            override.update(one)
        if "timeout" in override and "total timeout" in link:
            del override["timeout"]
        if "breaker" in link and override.get("breaker"):
            override["breaker"] = None
        link["operations"] = {draw(st.sampled_from(called)): override or {"hedge": None}}


OVERRIDES: tuple[dict[str, Any], ...] = (
    {"timeout": "250ms"}, {"timeout": "1s"}, {"retry": {"max attempts": 2}}, {"bulkhead": {"max concurrent calls": 1}},
    {"limit": {"rate": "8/s"}}, {"throttle": {"window": "1s"}}, {"breaker": {"failures": 1, "open for": "500ms"}},
    {"breaker": None}, {"hedge": None}, {"cache": None}, {"fallback": None}, {"bulkhead": None}, {"limit": None},
    {"outlier detection": None}, {"propagate deadline": True}, {"on abandon": "cancel"}, {"fallback": "empty"},
)  # fmt: skip
"""What a link may say for one operation: something of its own, or nothing of what the link has."""


def add_zones(draw: st.DrawFn, document: dict[str, Any]) -> None:
    """Put what there is more than one of into zones, sometimes, and prefer them on links between two of these."""
    nodes = {**document["workload"], **document["services"]}
    for node in nodes.values():
        if max(node.get("replicas", 1), node.get("instances", 1)) > 1 and draw(st.booleans()):
            node["zones"] = {"a": 1, "b": draw(st.integers(1, 2))}
    for name, link in document["links"].items():
        caller, callee = name.split(" -> ")
        zoned = all("zones" in nodes.get(end, {}) for end in (caller, callee))
        breaker, detection = link.get("breaker") or {}, link.get("outlier detection") or {}
        if zoned and breaker.get("scope") != "callee" and detection.get("scope") != "link" and draw(st.booleans()):
            rules: tuple[dict[str, Any], ...] = ({}, {"always own": True}, {"enabled": "50%"})
            link["zone routing"] = {"min cluster size": draw(st.integers(1, 3)), **draw(st.sampled_from(rules))}


def _publishes_ahead(queue: str, queues: dict[str, Any], consumers: dict[str, str], ahead: list[str]) -> bool:
    """Whether all that a message to *queue* can start, dead letters included, is among the operations *ahead*."""
    while queue is not None:
        if queue in consumers and consumers[queue] not in ahead:
            return False
        queue = queues[queue].get("dead letters")
    return True


def _queues(draw: st.DrawFn) -> dict[str, Any]:
    names = ("q0", "q1")[: draw(st.integers(0, 2))]
    queues: dict[str, Any] = {}
    for i, name in enumerate(names):
        queue: dict[str, Any] = {"visibility timeout": draw(short)}
        if bounded := not rarely(draw, 3):
            queue["max deliveries"] = draw(st.integers(1, 3))
        if rarely(draw, 3) or (not bounded and not rarely(draw, 30)):  # else a handler may fail for ever in no time
            queue["redelivery"] = draw(st.sampled_from(("250ms", "exponential 125ms factor 2")) | BACKOFFS)
        if rarely(draw):
            queue["max stalled"] = draw(st.integers(0, 2))
        if rarely(draw):
            queue["late acknowledgement"] = "refused"
        if i + 1 < len(names) and draw(st.booleans()):
            queue["dead letters"] = names[i + 1]
        queues[name] = queue
    return queues


def _batch(draw: st.DrawFn, operation: str) -> dict[str, Any]:
    """Return a consumer that takes batches."""
    batch: dict[str, Any] = {"operation": operation, "batch": draw(st.integers(1, 4))}
    if rarely(draw, 2):
        batch["window"] = "62.5ms"  # shorter than every visibility timeout
    if rarely(draw, 3):
        batch["batch work"] = draw(times)
    if rarely(draw, 3):
        batch["returns"] = "failed"
    if rarely(draw, 3):
        batch["after error"] = "stop"
    return batch


def _add_store(draw: st.DrawFn, recipes: dict[str, list[Any]]) -> bool:
    """Let some recipes read a row first and write it last, perhaps only if nobody has written it since."""
    if not rarely(draw):
        return False
    for recipe in recipes.values():
        if draw(st.booleans()):
            recipe.insert(0, {"read": "rows"})
            recipe.append({"write": "rows", "if unchanged": True} if draw(st.booleans()) else {"write": "rows"})
    return True


def _recipe(
    draw: st.DrawFn, service: str, ahead: list[str], queues: list[str], links: list[str], depth: int
) -> list[Any]:  # fmt: skip
    kinds = ["work", "work", "wait", "effect", "fail"]
    if ahead:
        kinds += ["call"] * 4
    if queues:
        kinds += ["send"] * 3
    if depth < 2:
        kinds += ["repeat", "parallel", "parallel", "branch"]
    kinds += ["reply"] if depth == 0 else []
    steps: list[Any] = []
    asked: str | None = None
    for i in range(draw(st.integers(0 if depth else 1, 3))):
        kind = draw(st.sampled_from(kinds))
        step: Any
        if kind == "work":
            step = {"work": draw(times)}
        elif kind == "wait":
            step = {"wait": draw(times)}
        elif kind == "effect":
            step = {"effect": draw(st.sampled_from(("charged", "shipped")))}
            if rarely(draw):
                step["once per"] = "key"
        elif kind == "fail":
            step = {"fail": draw(shares)}
            if rarely(draw):
                step["retry after"] = draw(st.sampled_from(("250ms", "never")))
        elif kind == "reply":
            step = "reply"
        elif kind in ("call", "send"):
            target = draw(st.sampled_from(ahead if kind == "call" else queues))
            links.append(f"{service} -> {target.split('.')[0]}")
            step = {kind: target, **_on_error(draw, service, ahead, queues, links, depth)}
            if depth == 0 and rarely(draw, 3):
                asked = step["as"] = f"step {i}"
        elif kind == "repeat":
            inner = _recipe(draw, service, ahead, queues, links, depth + 1)
            step = {"repeat": draw(st.integers(1, 3)), "steps": inner or [{"work": "125ms"}]}
        elif kind == "parallel":
            inner = [_recipe(draw, service, ahead, queues, links, depth + 1) for _ in range(draw(st.integers(1, 3)))]
            step = {"parallel": inner, **_on_error(draw, service, ahead, queues, links, depth)}
            if draw(st.booleans()):
                step["join"] = draw(st.integers(1, len(inner)))
            if rarely(draw):
                step["times"] = 2
            if depth == 0 and rarely(draw, 3):
                asked = step["as"] = f"step {i}"
        else:
            conditions = ["share 30%", "key 0 1"]
            conditions += [f"{asked} failed", f"{asked} ok", f"{asked} timeout"] if asked else []
            step = {
                "branch": draw(st.sampled_from(conditions)),
                "then": _recipe(draw, service, ahead, queues, links, depth + 1),
                "else": _recipe(draw, service, ahead, queues, links, depth + 1),
            }
        steps.append(step)
    return steps


def _on_error(
    draw: st.DrawFn, service: str, ahead: list[str], queues: list[str], links: list[str], depth: int
) -> dict[str, Any]:  # fmt: skip
    if draw(st.booleans()):
        return {}
    kinds = ("ignore", "degraded", "steps") if depth < 2 else ("ignore", "degraded")
    kind = draw(st.sampled_from(kinds))
    return {"on error": _recipe(draw, service, ahead, queues, links, depth + 1) if kind == "steps" else kind}


def _service(draw: st.DrawFn) -> dict[str, Any]:
    service: dict[str, Any] = {
        "workers": draw(st.sampled_from((1, 1, 2, 3, "unlimited"))),
        "waiting": draw(st.sampled_from((0, 1, 2, 8, "unlimited"))),
    }
    if rarely(draw, 3):
        service["replicas"] = draw(st.integers(2, 3))
        kinds = ("round robin", "random", "least outstanding", "best of 2", "peak ewma 10s", "peak ewma 500ms")
        service["balance"] = draw(st.sampled_from(kinds))
        if service["balance"] not in ("random", "peak ewma 10s", "peak ewma 500ms") and rarely(draw, 2):
            how: tuple[dict[str, Any], ...] = ({}, {"aggression": 2.0}, {"min weight": "50%"})
            service["slow start"] = {"window": "1s", **draw(st.sampled_from(how))}
        if draw(st.booleans()):
            service["health checks"] = health_checks(draw)
    if rarely(draw, 3):
        service["max wait"] = draw(st.one_of(short, st.just("uniform 0s to 1s")))
    if draw(st.booleans()):
        service["while calling"] = "free"
        if draw(st.booleans()):
            service["in flight"] = draw(st.sampled_from((1, 2, 4)))
    return service


def _workload(draw: st.DrawFn, order: list[str], links: list[str]) -> dict[str, Any]:
    workload: dict[str, Any] = {}
    for name in ("open", "closed")[: draw(st.integers(1, 2))]:
        asked = list(dict.fromkeys([order[0], draw(st.sampled_from(order))]))
        client: dict[str, Any] = {"mix": dict.fromkeys(asked, 1), "keys": "uniform 4"}
        if rarely(draw):
            client["instances"] = draw(st.integers(2, 3))
        if name == "open":
            client["rate"] = draw(st.sampled_from(("2/s", "8/s", "ramp 2/s to 10/s over 4s", "steps 9/s 0s 2/s 1s")))
            client["arrivals"] = draw(st.sampled_from(("poisson", "regular", "regular batches of 3", "gamma cv 2")))
            if rarely(draw, 6):
                client["arrivals"] = "at 0s 125ms 125ms 1s 1s 1s 2s 3s 4s"
                del client["rate"]
        else:
            client["users"] = draw(st.integers(1, 4))
            client["think"] = draw(st.sampled_from(("125ms", "exponential 500ms")))
            if draw(st.booleans()):
                del client["mix"]
                client["tasks"] = {"one": {"requests": asked, "weight": 2}, "two": {"requests": [asked[0]] * 2}}
                client["start"] = "two"
                if draw(st.booleans()):
                    client["tasks"]["two"]["think"] = draw(st.sampled_from(("125ms", "exponential 250ms")))
        if draw(st.booleans()):
            client["deadline"] = draw(short)
        if rarely(draw):
            client["done within"] = draw(short)
        if len(asked) == 1 and "mix" in client and draw(st.booleans()):
            (client["calls"],) = client.pop("mix")
        workload[name] = client
        links += [f"{name} -> {operation.split('.')[0]}" for operation in asked]
    return workload


def _link(draw: st.DrawFn, name: str) -> dict[str, Any]:
    link: dict[str, Any] = {}
    if draw(st.booleans()):
        link["latency"] = draw(st.sampled_from(("125ms", "exponential 50ms", "mix 50% 0s 50% 250ms")))
    if rarely(draw):
        link["loss"] = draw(st.sampled_from(("20%", "50%")))
        if draw(st.booleans()):
            link["loss back"] = draw(st.sampled_from(("0%", "30%")))
    if rarely(draw):
        link["latency back"] = draw(st.sampled_from(("0s", "250ms", "exponential 50ms")))
    if name.startswith("q"):
        return link
    if draw(st.booleans()) or ("loss" in link and not rarely(draw)):
        link["timeout"] = draw(short)
    if rarely(draw, 3):
        link["retry"] = {"max attempts": draw(st.integers(1, 3))}
        if draw(st.booleans()):
            link["retry"]["backoff"] = draw(st.sampled_from(("125ms", "exponential 125ms factor 2")))
            link["retry"]["jitter"] = draw(st.sampled_from(("none", "full", "equal", "decorrelated")))
    if rarely(draw):
        link["breaker"] = {"failures": draw(st.integers(1, 3)), "open for": draw(short), "probes": 1}
    if draw(st.booleans()):
        add_defences(draw, link, to_service=not name.split(" -> ")[1].startswith("q"))
    return link
