"""Faults on a page: those of the choice as sliders on the scenario's clock, new ones, and *break it here*."""

from __future__ import annotations

from typing import Any

import streamlit as st

from sim.lab import state
from sim.lab.words import HELP, plain
from sim.scenario.models import FAULTS

KINDS = {
    "slow": "becomes slower", "crash": "crashes", "pause": "stops for a while", "errors": "answers errors",
    "cut": "carries nothing", "delay": "takes longer", "lose": "loses messages", "spike": "more arrivals",
}  # fmt: skip
"""Each kind of fault that the lab offers, in words."""
ON = {
    "slow": ("services",), "crash": ("services", "queues"), "pause": ("services", "queues"), "errors": ("services",),
    "cut": ("links",), "delay": ("links",), "lose": ("links",), "spike": ("workload",),
}  # fmt: skip
Fault = dict[str, Any]


def targets(scenario: Any, kind: str) -> list[str]:
    """Return what a fault of *kind* can strike in a resolved scenario."""
    found: list[str] = []
    for where in ON[kind]:
        for name, one in getattr(scenario, where).items():
            if where != "workload" or one.rate is not None:
                found.append(name)
    return found


def kinds_for(scenario: Any, node: str) -> list[str]:
    """Return the kinds of faults that can strike *node*."""
    return [kind for kind in KINDS if kind in FAULTS and node in targets(scenario, kind)]


def fault(kind: str, target: str, at_s: float, for_s: float, amount: str) -> Fault:
    """Return a fault as a scenario file writes it; *amount* is its factor, share, delay or mode, if it has one."""
    found: Fault = {kind: target}
    if kind in ("slow", "spike", "delay"):
        found["by"] = amount
    elif kind in ("errors", "lose"):
        found["share"] = amount
    elif kind in ("crash", "cut"):
        found["mode"] = amount
    return {**found, "at": f"{at_s:g}s", "for": f"{for_s:g}s"}


def lines(name: str, one: Fault) -> str:
    """Return the lines of YAML that put a fault into a scenario file."""
    inside = ", ".join(f"{key}: {value}" for key, value in one.items())
    return f"faults:\n  {name}: {{{inside}}}"


def current(scenario: Any) -> dict[str, Fault]:
    """Return the faults of a resolved scenario as a file writes them, by name."""
    return {name: dict(one) for name, one in (scenario.document.get("faults") or {}).items()}


def add(scenario: Any, name: str, one: Fault) -> str:
    """Add a fault to the choice, under *name* or the next free one; return its name."""
    faults = current(scenario)
    free = next(each for each in (name, *(f"{name} {n}" for n in range(2, 99))) if each not in faults)
    state.choose(state.choice().with_faults({**faults, free: one}), redraw=True)
    return free


def editor(scenario: Any) -> None:
    """Draw a line for each fault, to move or remove it, and a form for another one."""
    faults = current(scenario)
    if not faults:
        st.caption("Nothing is broken. Add a fault below.")
    for name, one in faults.items():
        _line(scenario, name, one)
    with st.expander("Add a fault", icon=":material/add:"):
        _form(scenario)
    if state.choice().faults is not None:
        st.button("Back to the scenario's own faults", on_click=_reset, type="tertiary", icon=":material/undo:")


def _line(scenario: Any, name: str, one: Fault) -> None:
    kind = next((kind for kind in KINDS if kind in one), "")
    model = scenario.faults[name]
    amount = " ".join(str(one[key]) for key in ("by", "share", "mode") if key in one)
    about = f"**{plain(name)}**: {plain(one.get(kind, ''))} {KINDS.get(kind, 'is struck')} {plain(amount)}"
    end = float(scenario.duration)
    if model.at.kind != "constant":
        st.markdown(f"{about} (begins at {plain(model.at)}, drawn anew in each run)")
    else:
        begin = float(model.at.mean)
        st.slider(
            about, min_value=float(scenario.warmup), max_value=end, value=(begin, min(end, begin + float(model.for_))),
            step=1.0, format="%d s", key=f"fault {name} {state.generation()} {state.choice().scenario}",
            on_change=_move, args=(faults_key(name), name), help=HELP["faults"],
        )  # fmt: skip
    st.button("Remove", key=f"remove {name}", on_click=_remove, args=(name,), type="tertiary", icon=":material/delete:",
              help=f"Play without the fault {name}")  # fmt: skip


def faults_key(name: str) -> str:
    """Return the key of a fault's slider."""
    return f"fault {name} {state.generation()} {state.choice().scenario}"


def _move(key: str, name: str) -> None:
    begin, end = st.session_state[key]
    faults = current(state.resolved())
    last = float(state.resolved().duration)
    faults[name] = {**faults[name], "at": f"{min(begin, last - 1):g}s", "for": f"{max(end - begin, 1):g}s"}
    state.choose(state.choice().with_faults(faults))


def _remove(name: str) -> None:
    faults = current(state.resolved())
    faults.pop(name, None)
    state.choose(state.choice().with_faults(faults), redraw=True)


def _reset() -> None:
    state.choose(state.choice().with_faults(None), redraw=True)


def _form(scenario: Any) -> None:
    possible = [kind for kind in KINDS if kind in FAULTS and targets(scenario, kind)]
    kind = st.selectbox("What happens", possible, format_func=lambda each: f"{each}: {KINDS[each]}", key="new kind")
    target = st.selectbox("To what", targets(scenario, kind), key=f"new target {kind}")
    parameters(scenario, kind, target, float(scenario.warmup) or 1.0, "new", "Add it")


def parameters(scenario: Any, kind: str, target: str, at_s: float, key: str, label: str) -> None:
    """Draw what else a fault needs and the button that adds it; it runs at once."""
    amount = _amount(kind, key)
    last = max(float(scenario.duration) - 1.0, 1.0)
    left, right = st.columns(2)
    first = float(scenario.warmup)
    begin = left.number_input("From (s)", first, last, min(max(at_s, first), last), 1.0, key=f"{key} at {at_s:g}")
    for_s = right.number_input("For (s)", 1.0, float(scenario.duration), 20.0, 1.0, key=f"{key} for")
    one = fault(kind, target, begin, for_s, amount)
    st.button(
        label, key=f"{key} add", type="primary", on_click=_added, args=(f"{target} {kind}".replace(" -> ", " to "), one)
    )


def _added(name: str, one: Fault) -> None:
    name = add(state.resolved(), name, one)
    state.set_running(True)
    st.session_state["added fault"] = (name, one)
    st.session_state["resume at"] = float(str(one["at"]).removesuffix("s"))


def _amount(kind: str, key: str) -> str:
    if kind in ("slow", "spike"):
        return (
            f"{st.number_input('How many times', 1.5, 100.0, 10.0 if kind == 'slow' else 3.0, 0.5, key=f'{key} by'):g}x"
        )
    if kind == "delay":
        return f"{st.number_input('By how much (ms, each way)', 1, 60_000, 500, 50, key=f'{key} delay')}ms"
    if kind in ("errors", "lose"):
        return f"{st.number_input('Share (%)', 1, 100, 50, 5, key=f'{key} share')}%"
    if kind in ("crash", "cut"):
        told = {"refuse": "callers are refused at once", "silent": "callers hear nothing"}
        return str(st.selectbox("How", list(told), format_func=lambda each: f"{each}: {told[each]}", key=f"{key} mode"))
    return ""


def break_it_here(scenario: Any, node: str, at_s: float) -> None:
    """Draw the form that breaks *node*, chosen in the replay, at the time to which it was scrubbed."""
    possible = kinds_for(scenario, node)
    with st.container(border=True):
        st.markdown(f"**Break it here: {plain(node)} at {at_s:.0f} s**")
        if not possible:
            st.caption(
                "Choose a service, a queue or a client in the replay; nothing that the lab has can break this one."
            )
            return
        kind = st.selectbox(
            "What happens to it", possible, format_func=lambda each: KINDS[each], key=f"break kind {node}"
        )
        parameters(scenario, kind, node, float(round(at_s)), f"break {node}", "Break it, and play on from here")


def told() -> None:
    """Show the lines of YAML that a fault added by hand would be in a file."""
    if found := st.session_state.get("added fault"):
        name, one = found
        if name in current(state.resolved()):
            st.markdown(f"Added **{plain(name)}**. In a scenario file it is:")
            st.code(lines(name, one), language="yaml")
