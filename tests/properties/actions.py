"""Random actions for Hypothesis: replicas and arrivals, at an instant, on a condition, or after a fault."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.properties.faults import conditions_in


def add_actions(draw: st.DrawFn, document: dict[str, Any], links: list[str]) -> None:
    """Add up to two actions to *document*, whose used links are *links*."""
    scaled = [name for name, service in document["services"].items() if "autoscale" not in service]
    opened = [name for name, client in document["workload"].items() if "rate" in client]
    actions: dict[str, Any] = {}
    for i in range(draw(st.sampled_from((0, 0, 1, 2)))):
        action = _begin(draw, list(document["faults"]), conditions_in(document, links))
        if draw(st.booleans()) and opened:
            action["stop"] = draw(st.sampled_from(opened))
            action["share"] = draw(st.sampled_from(("30%", "100%")))
        elif scaled:
            action["scale"] = draw(st.sampled_from(scaled))
            action |= {"replicas": draw(st.integers(1, 4)), "boot": draw(st.sampled_from(("0s", "250ms", "1s")))}
        else:
            continue
        if draw(st.booleans()):
            action["for"] = draw(st.sampled_from(("125ms", "1s")))
        actions[f"action {i}"] = action
    if actions:
        document["actions"] = actions


def _begin(draw: st.DrawFn, faults: list[str], conditions: list[str]) -> dict[str, Any]:
    how = draw(st.integers(0, 3))
    if how == 0 and conditions:
        found = {"when": draw(st.sampled_from(conditions))}
        return {**found, "after": "250ms"} if draw(st.booleans()) else found
    if how == 1 and faults:
        return {"at": f"250ms after {draw(st.sampled_from(faults))} {draw(st.sampled_from(('begins', 'ends')))}"}
    return {"at": draw(st.sampled_from(("0s", "500ms", "1s", "uniform 500ms to 2s")))}
