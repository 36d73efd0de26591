"""Random faults for Hypothesis: every kind, on parts and on hosts, once, again and again, or after one another."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

MODES = st.sampled_from(("silent", "refuse"))
ON_SERVICES = ("slow", "errors", "leak", "deploy", "crash loop")
ON_LINKS = ("cut", "delay", "lose", "drip")
KINDS = (
    "slow", "crash", "crash", "crash loop", "pause", "pause", "errors", "leak", "deploy", "poison", "cut", "cut",
    "partition", "delay", "lose", "drip", "spike", "synchronise",
)  # fmt: skip


def add_faults(draw: st.DrawFn, document: dict[str, Any], links: list[str]) -> None:
    """Add hosts, perhaps, and up to three faults to *document*, whose used links are *links*."""
    services, queues = document["services"], list(document.get("queues", {}))
    hosts = _hosts(draw, services, queues)
    if hosts:
        document["hosts"] = hosts
    faults: dict[str, Any] = {}
    for i in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(KINDS))
        conditions = [] if kind == "synchronise" else conditions_in(document, links)
        fault: dict[str, Any] = _when(draw, list(faults), conditions)
        if kind in ON_LINKS:
            fault[kind] = draw(st.sampled_from(links))
            fault["way"] = draw(st.sampled_from(("out", "back", "both", "both")))
            callee = services.get(str(fault[kind]).split(" -> ")[1])
            if callee is not None and draw(st.booleans()):
                fault["replicas"] = draw(st.sampled_from((1, [callee.get("replicas", 1) - 1])))
        elif kind == "partition":
            fault[kind] = _sides(draw, links)
        elif kind == "spike":
            opened = [name for name, client in document["workload"].items() if "rate" in client]
            if not opened:
                continue
            fault[kind] = draw(st.sampled_from(opened))
        elif kind == "synchronise":
            fault[kind] = draw(st.sampled_from(list(document["workload"])))
        elif kind == "poison":
            fault[kind] = draw(st.sampled_from(_reached(document)))
        else:
            _strike_node(draw, kind, fault, services, queues, hosts)
        fault.update(_how(draw, kind))
        faults[f"fault {i}"] = fault
    document["faults"] = faults


def _hosts(draw: st.DrawFn, services: dict[str, Any], queues: list[str]) -> dict[str, list[str]]:
    if not draw(st.booleans()):
        return {}
    members = [*services, *queues]
    members += [f"{name}#{i}" for name, service in services.items() for i in range(service.get("replicas", 1))]
    chosen = draw(st.lists(st.sampled_from(members), min_size=1, max_size=3, unique=True))
    return {"rack": [draw(st.sampled_from(list(services))), *chosen]}


def conditions_in(document: dict[str, Any], links: list[str]) -> list[str]:
    """Return conditions of all kinds that can hold in *document*."""
    found = [f"busy of {name} above 50%" for name in document["services"]]
    found += [f"line of {name} above 0" for name in document["services"]]
    found += [f"replicas of {name} below 3" for name in document["services"]]
    for name in document.get("queues", {}):
        found += [f"backlog of {name} above 1", f"age of {name} above 250ms", f"in flight of {name} above 0"]
    found += [f"in flight of {name} above 1" for name in document["workload"]]
    for name in [*links, *document["workload"]]:
        found += [f"errors of {name} above 30% over 1s", f"timeouts of {name} above 10% over 500ms"]
    return [f"{one} every 250ms" for one in found] + [f"{one} for 500ms every 125ms" for one in found]


def _when(draw: st.DrawFn, earlier: list[str], conditions: list[str]) -> dict[str, Any]:
    for_ = draw(st.sampled_from(("125ms", "500ms", "1s", "8s")))
    how = draw(st.integers(0, 8))
    if how == 8 and conditions:
        found = {"when": draw(st.sampled_from(conditions)), "for": for_}
        return {**found, "after": "250ms"} if draw(st.booleans()) else found
    if how == 7 and earlier:
        edge = draw(st.sampled_from(("begins", "ends")))
        wait = draw(st.sampled_from(("", "500ms ")))
        return {"at": f"{wait}after {draw(st.sampled_from(earlier))} {edge}", "for": for_}
    if how == 6:
        law = st.sampled_from(("250ms", "exponential 500ms", "uniform 0s to 1s"))
        found = {"up": draw(law), "down": draw(law)}
        return {**found, "at": "500ms", "for": "2s"} if draw(st.booleans()) else found
    return {"at": draw(st.sampled_from(("0s", "500ms", "1s", "1500ms", "2s", "uniform 500ms to 2s"))), "for": for_}


def _strike_node(
    draw: st.DrawFn, kind: str, fault: dict[str, Any], services: dict[str, Any], queues: list[str],
    hosts: dict[str, Any],
) -> None:  # fmt: skip
    among = [*services, *hosts] if kind in ON_SERVICES else [*services, *queues, *hosts]
    fault[kind] = name = draw(st.sampled_from(among))
    many = services.get(name, {}).get("replicas", 1)
    if many > 1 and draw(st.booleans()):
        fault["replicas"] = draw(st.sampled_from((1, [many - 1])))
    elif "zones" in services.get(name, {}) and draw(st.booleans()):
        fault["zone"] = draw(st.sampled_from(("a", "b")))


def _sides(draw: st.DrawFn, links: list[str]) -> dict[str, list[str]]:
    ends = [link.split(" -> ") for link in links]
    one, other = draw(st.sampled_from([pair for pair in ends if pair[0] != pair[1]]))
    return {"one": [one], "other": [other]} if draw(st.booleans()) else {"island": [one]}


def _reached(document: dict[str, Any]) -> list[str]:
    """Return operations that clients ask for: all of them have keys."""
    found: dict[str, None] = {}
    for client in document["workload"].values():
        found.update(dict.fromkeys([*client.get("mix", {}), *([client["calls"]] if "calls" in client else [])]))
        for task in client.get("tasks", {}).values():
            found.update(dict.fromkeys(task["requests"]))
    return list(found)


def _how(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Return the settings of a kind of fault."""
    if kind in ("crash", "crash loop"):
        found: dict[str, Any] = {"mode": draw(MODES)}
        if draw(st.booleans()):
            found |= {"warm up": "1s", "cold": "4x"}
        if kind == "crash loop":
            found["lives"] = draw(st.sampled_from(("125ms", "exponential 500ms")))
            found["restarts after"] = draw(st.sampled_from(("250ms", "exponential 125ms factor 2", "none")))
            if draw(st.booleans()):
                found["times"] = 2
        return found
    choices: dict[str, dict[str, Any]] = {
        "slow": {"by": ("4x", "0x")}, "errors": {"share": ("30%", "100%"), "after work": (True, False)},
        "leak": {"by": ("4x", "0x"), **draw(st.sampled_from(({"within": ("1s",)}, {"requests": (4,)})))},
        "deploy": {"share": ("30%", "100%"), "by": ("4x",)},
        "poison": {"keys": ([0], [1, 2]), "effect": ("error", "crash", "crash"), "restarts after": ("250ms", "500ms")},
        "cut": {"mode": ("silent", "refuse", "reset")}, "partition": {"mode": ("silent", "refuse", "reset")},
        "delay": {"by": ("250ms", "exponential 100ms")}, "lose": {"share": ("30%", "100%")},
        "drip": {"rate": ("2/s", "8/s")}, "spike": {"by": ("3x",)}, "synchronise": {"every": ("250ms", "1s")},
    }  # fmt: skip
    return {key: draw(st.sampled_from(values)) for key, values in choices.get(kind, {}).items()}


def health_checks(draw: st.DrawFn) -> dict[str, Any]:
    """Return health checks of a service, often enough to matter in a short run."""
    return {
        "every": draw(st.sampled_from(("125ms", "500ms"))), "timeout": "125ms",
        "work": draw(st.sampled_from(("0s", "50ms"))),
        "unhealthy after": draw(st.integers(1, 2)), "healthy after": draw(st.integers(1, 2)),
        "deep": draw(st.booleans()), "when none": draw(st.sampled_from(("all", "none"))),
        "panic threshold": draw(st.sampled_from(("0%", "0%", "50%", "80%"))),
    }  # fmt: skip
