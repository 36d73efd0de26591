"""Random defences of services and queues against overload, and random load-dependent work."""

from __future__ import annotations

from typing import Any, Iterator

from hypothesis import strategies as st

FAIR = ("fair by workload", "fair by key 0 3", "fair by priority 0 2 1 1", "fair by workload open 3")
PREEMPTIVE = ("preemptive priority", "preemptive priority restart", "preemptive priority redraw")
SHORT = st.sampled_from(("125ms", "250ms", "500ms", "1s"))


def add_service_defences(draw: st.DrawFn, document: dict[str, Any]) -> None:
    """Give some services and queues of *document* defences, some workloads a priority, and some work a price."""
    for service in document["services"].values():
        for kind in draw(st.lists(st.sampled_from(KINDS), max_size=3, unique=True)) if draw(st.booleans()) else ():
            kind(draw, service)
        for step in _work_steps(service["operations"]):
            if draw(st.integers(0, 7)) == 7:
                step["work"] += " plus 125ms per request in flight"
    _share_hosts(draw, document)
    for queue in document.get("queues", {}).values():
        if draw(st.integers(0, 2)) == 2:
            queue["max length"] = draw(st.integers(1, 3))
            queue["when full"] = draw(st.sampled_from(("reject", "block")))
    for workload in document["workload"].values():
        workload["priority"] = draw(st.integers(0, 2))


def _share_hosts(draw: st.DrawFn, document: dict[str, Any]) -> None:
    """Let all replicas on a host share its cores, perhaps, where none of them has workers that are interrupted."""
    for name, runs in document.get("hosts", {}).items():
        services = [document["services"].get(text.partition("#")[0], {}) for text in runs]
        if draw(st.booleans()) and not any(service.get("line") in PREEMPTIVE for service in services):
            settings = {"cores": draw(st.sampled_from((1, 2, 0.5))), "share by": draw(st.sampled_from(SHARED_BY))}
            document["hosts"][name] = {"runs": runs, **settings}


SHARED_BY = ("replica", "thread")


def _work_steps(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if "work" in part:
            yield part
        for inner in part.values():
            yield from _work_steps(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _work_steps(inner)


def _limit(draw: st.DrawFn, service: dict[str, Any]) -> None:
    service["limit"] = limit = {"rate": draw(st.sampled_from(("1/s", "4/s", "8/s"))), "burst": draw(st.integers(1, 3))}
    if draw(st.booleans()):
        limit["when full"] = "wait"
        if draw(st.booleans()):
            limit["max wait"] = draw(SHORT)


def _shed(draw: st.DrawFn, service: dict[str, Any]) -> None:
    service["shed"] = shed = {}
    target = st.sampled_from(("target 125ms interval 250ms", "target 250ms interval 250ms"))
    if draw(st.booleans()):
        shed["codel"] = draw(target)
    if "max wait" not in service and draw(st.booleans()):
        shed["controlled delay"] = draw(target)
    if service["waiting"] != "unlimited" and draw(st.booleans()):
        shed["by priority"] = draw(st.sampled_from((["100%", "50%"], ["60%", "30%", "10%"])))
    if not shed or draw(st.integers(0, 2)):
        shed["line length"] = draw(st.sampled_from((1, 1, 2)))


def _retry_after(draw: st.DrawFn, service: dict[str, Any]) -> None:
    words = st.sampled_from(("250ms", "1s", "never"))
    service["retry after"] = draw(words)
    if "limit" in service:
        service["limit"]["retry after"] = draw(st.sampled_from(("next token", "250ms", "never")))
    if "shed" in service:
        service["shed"]["retry after"] = draw(words)


def _line(draw: st.DrawFn, service: dict[str, Any]) -> None:
    kinds = ["lifo", "priority", "adaptive lifo", "adaptive lifo above 1 after 250ms", *FAIR]
    if "cores" not in service and "cpu" not in service:
        kinds += PREEMPTIVE
        kinds += ["processor sharing"] * ("max wait" not in service)
    service["line"] = draw(st.sampled_from(kinds))


def _cores(draw: st.DrawFn, service: dict[str, Any]) -> None:
    if service.get("line") not in (*PREEMPTIVE, "processor sharing"):
        service["cores"] = draw(st.sampled_from((1, 2, "500m", 1.5, "unlimited")))


def _cpu(draw: st.DrawFn, service: dict[str, Any]) -> None:
    if service.get("line") not in PREEMPTIVE:
        service["cpu"] = cpu = {"weight": draw(st.sampled_from((50, 100, 300)))}
        if draw(st.booleans()):
            cpu |= {"quota": draw(st.sampled_from((0.5, 1, "250m"))), "period": draw(st.sampled_from(("125ms", "1s")))}
            cpu["burst"] = draw(st.sampled_from(("0s", "125ms")))


def _baulk(draw: st.DrawFn, service: dict[str, Any]) -> None:
    law = draw(st.sampled_from(("1/(n+1)", "50% from 1", "100% from 2", ["0%", "20%", "80%"])))
    service["baulk"] = {"law": law, "counts": draw(st.sampled_from(("all", "line")))}


def _concurrency(draw: st.DrawFn, service: dict[str, Any]) -> None:
    service["concurrency"] = limit = {"initial": draw(st.integers(1, 3)), "most": draw(st.integers(3, 9))}
    limit["kind"] = draw(st.sampled_from(("aimd", "gradient")))
    if limit["kind"] == "aimd":
        limit |= {"slow call": draw(SHORT), "backoff": "50%"} if draw(st.booleans()) else {"least": limit["initial"]}
    elif draw(st.booleans()):
        limit |= {"smoothing": "50%", "tolerance": "1x", "queue": 1, "window": draw(st.integers(1, 9))}


def _refuse_late(draw: st.DrawFn, service: dict[str, Any]) -> None:
    service["refuse late"] = {"least time": draw(st.sampled_from(("0s", "125ms", "500ms")))}


def _autoscale(draw: st.DrawFn, service: dict[str, Any]) -> None:
    metrics = ["target cpu", *(["target utilisation"] if service["workers"] != "unlimited" else [])]
    metrics += ["backlog"] if service.get("consumes") else []
    service["autoscale"] = scale = {
        "max replicas": service.get("replicas", 1) + draw(st.integers(0, 2)),
        "every": draw(SHORT),
        "boot": draw(SHORT),
        "min replicas": draw(st.integers(1, service.get("replicas", 1))),
    }
    kinds = ("round robin", "least outstanding", "best of 2")
    service["balance"] = draw(
        st.sampled_from(kinds if "slow start" in service else (*kinds, "random", "peak ewma 500ms"))
    )
    if draw(st.booleans()):
        scale["scale in"] = draw(st.sampled_from(("drain", "kill")))
    if scale.get("scale in") != "kill" and draw(st.booleans()):
        scale["longest drain"] = draw(SHORT)
    if draw(st.integers(0, 3)) == 3:
        scale["min replicas"] = draw(st.integers(0, scale["min replicas"]))
        scale["concurrency"] = _concurrency_target(draw, scale["min replicas"])
        return
    scale["tolerance"] = draw(st.sampled_from(("0%", "10%", "50%")))
    if draw(st.booleans()):
        scale["down after"] = draw(st.sampled_from(("0s", "250ms", "1s")))
    for metric in draw(st.lists(st.sampled_from(metrics), min_size=1, unique=True)):
        if metric == "backlog":
            scale["min replicas"] = draw(st.integers(0, scale["min replicas"]))
            scale[metric] = _backlog_target(draw, service["consumes"], scale["min replicas"])
        else:
            scale[metric] = draw(st.sampled_from(("20%", "60%", "100%")))
    if "target cpu" in scale and draw(st.booleans()):
        scale["cores"] = draw(st.sampled_from((0.5, 2)))
    for direction in ("scale up", "scale down"):
        if draw(st.booleans()):
            scale[direction] = _scaling_rules(draw, "down after" in scale and direction == "scale down")


def _scaling_rules(draw: st.DrawFn, has_window: bool) -> dict[str, Any]:
    rules: dict[str, Any] = {}
    if not has_window and draw(st.booleans()):
        rules["window"] = draw(SHORT)
    if draw(st.booleans()):
        rules["steps"] = ["1 replica per 250ms", *(["50% per 500ms"] if draw(st.booleans()) else [])]
    rules["select"] = draw(st.sampled_from(("max", "min", *(() if "steps" in rules else ("disabled",)))))
    if draw(st.booleans()):
        rules["tolerance"] = "30%"
    return rules


def _backlog_target(draw: st.DrawFn, consumes: dict[str, str], least: int) -> dict[str, Any]:
    backlog: dict[str, Any] = {"counts": draw(st.sampled_from(("all", "waiting")))}
    if draw(st.booleans()):
        backlog["per replica"] = draw(st.sampled_from((1, 2.5)))
    else:
        backlog |= {"acceptable latency": "1s", "time per message": draw(SHORT)}
    if draw(st.booleans()):
        backlog["of"] = draw(st.sampled_from(sorted(consumes)))
    if not least:
        backlog |= {"activation": draw(st.integers(0, 1)), "polls every": draw(SHORT), "cooldown": draw(SHORT)}
    return backlog


def _concurrency_target(draw: st.DrawFn, least: int) -> dict[str, Any]:
    target: dict[str, Any] = {"target": draw(st.sampled_from((1, 4))), "share": draw(st.sampled_from(("70%", "100%")))}
    target |= {"stable window": draw(SHORT), "panic window": draw(st.sampled_from(("10%", "50%")))}
    if draw(st.booleans()):
        target |= {"panic threshold": "3x", "max scale up rate": "2x", "max scale down rate": "4x"}
        target |= {"scale down delay": draw(SHORT), "activation": draw(st.integers(1, 2))}
    if not least:
        target["grace period"] = draw(SHORT)
    return target


KINDS = (_limit, _shed, _retry_after, _line, _concurrency, _refuse_late, _autoscale, _cores, _cpu, _baulk)
