"""Faults on a page: those of the selection as sliders on the scenario's clock, new ones, and *break it here*."""

from __future__ import annotations

from typing import Any

import streamlit as st

from sim.errors import LabError
from sim.lab import selected
from sim.lab.glossary import HELP, plain
from sim.lab.selection import resolve
from sim.lab.widgets import fault_form
from sim.lab.widgets.fault_form import Fault, lines
from sim.quantities import Constant

__all__ = ["break_it_here", "current", "editor", "told"]


def current(scenario: Any) -> dict[str, Fault]:
    """Return the faults of a resolved scenario as a file writes them, by name."""
    return {name: dict(one) for name, one in (scenario.document.get("faults") or {}).items()}


def editor(scenario: Any) -> None:
    """Draw a line for each fault, to move or remove it, and a form for another one."""
    faults = current(scenario)
    if not faults:
        st.caption("Nothing is broken. Add a fault below.")
    for name, one in faults.items():
        _line(scenario, name, one)
    with st.expander("Add a fault", icon=":material/add:"):
        kinds = fault_form.kinds_for(scenario)
        _form(scenario, kinds, None, float(scenario.warmup) or 1.0, "new", "Add it")
    if selected.current().faults is not None:
        st.button("Back to the scenario's own faults", on_click=_reset, type="tertiary", icon=":material/undo:")


def _line(scenario: Any, name: str, one: Fault) -> None:
    model = scenario.faults[name]
    about = f"**{plain(name)}**: {fault_form.in_words(one)}"
    begin = model.at
    if not isinstance(begin, Constant) or model.up is not None or model.for_ is None:
        st.markdown(f"{about} ({_when(one)})")
    else:
        first, end = float(begin.mean), float(scenario.duration)
        st.slider(
            about, min_value=0.0, max_value=end, value=(first, min(end, first + float(model.for_))),
            step=1.0, format="%d s", key=f"fault {name} {selected.generation()} {selected.current().scenario}",
            on_change=_move, args=(faults_key(name), name), help=HELP["faults"],
        )  # fmt: skip
    st.button("Remove", key=f"remove {name}", on_click=_remove, args=(name,), type="tertiary", icon=":material/delete:",
              help=f"Play without the fault {plain(name)}")  # fmt: skip


def _when(one: Fault) -> str:
    """Return when a fault strikes that has more than one window, or one that is not fixed; in words."""
    told = [f"{key} {plain(one[key])}" for key in fault_form.MOMENTS if key in one]
    return ", ".join(told)


def faults_key(name: str) -> str:
    """Return the key of a fault's slider."""
    return f"fault {name} {selected.generation()} {selected.current().scenario}"


def _move(key: str, name: str) -> None:
    begin, end = st.session_state[key]
    faults = current(selected.resolved())
    last = float(selected.resolved().duration)
    faults[name] = {**faults[name], "at": f"{min(begin, last - 1):g}s", "for": f"{max(end - begin, 1):g}s"}
    selected.select(selected.current().with_faults(faults))


def _remove(name: str) -> None:
    faults = current(selected.resolved())
    faults.pop(name, None)
    selected.select(selected.current().with_faults(faults), redraw=True)


def _reset() -> None:
    selected.select(selected.current().with_faults(None), redraw=True)


# --- a new one ----------------------------------------------------------------------------------------------


def _form(scenario: Any, kinds: list[str], node: str | None, at_s: float, key: str, label: str) -> None:
    """Draw the form of a new fault: its kind, what it strikes, its settings, and the button that adds it."""
    told = {kind: f"{kind}: {fault_form.about(kind)}" for kind in kinds}
    kind = st.selectbox("What happens", kinds, format_func=lambda one: told[one], key=f"{key} kind")
    if node is None:  # in the narrow column the sentence is cut off above
        st.caption(plain(fault_form.about(kind)))
    targets = fault_form.targets(scenario, kind, node)
    target = targets[0]
    if len(targets) > 1 and kind != "partition":
        target = st.selectbox("To what", targets, key=f"{key} target {kind}", format_func=plain)
    fault_form.draw(scenario, kind, target, at_s, key)
    if kind == "partition":  # its sides are more than one name, so they are shown as they are written
        one = fault_form.read(kind, target, at_s, key)
        st.code(lines(fault_form.name_for(target, kind, one), one), language="yaml", wrap_lines=True)
    st.button(label, key=f"{key} add", type="primary", on_click=_add, args=(kind, target, at_s, key))
    if st.session_state.get("refused fault", ("", ""))[0] == key:
        _, problem = st.session_state.pop("refused fault")
        st.error("This fault cannot be added:", icon=":material/error:")
        st.code(problem, language=None, wrap_lines=True)


def _add(kind: str, target: str, at_s: float, key: str) -> None:
    """Add what a form says to the choice, under a free name, and play it at once; keep the reason if it is refused."""
    chosen, one = selected.current(), fault_form.read(kind, target, at_s, key)
    faults = current(selected.resolved())
    base = fault_form.name_for(target, kind, one)
    name = next(each for each in (base, *(f"{base} {n}" for n in range(2, 99))) if each not in faults)
    with_it = chosen.with_faults({**faults, name: one})
    try:
        scenario = resolve(with_it, selected.scenario_of(chosen))
    except LabError as error:
        st.session_state["refused fault"] = (key, str(error))
        return
    selected.select(with_it, redraw=True)
    selected.set_running(True)
    st.session_state["added fault"] = (name, one)
    begin = scenario.faults[name].at
    if isinstance(begin, Constant):
        st.session_state["resume at"] = float(begin.mean)


def break_it_here(scenario: Any, node: str, at_s: float) -> None:
    """Draw the form that breaks *node*, chosen in the replay, at the time to which it was scrubbed."""
    kinds = fault_form.kinds_for(scenario, node)
    with st.container(border=True):
        st.markdown(f"**Break it here: {plain(node)} at {at_s:.0f} s**")
        if not kinds:
            st.caption("Choose another part in the replay; nothing in the lab can break this one.")
            return
        _form(scenario, kinds, node, float(round(at_s)), f"break {node}", "Break it, and play on from here")


def told() -> None:
    """Show the lines of YAML that a fault added by hand would be in a file."""
    if found := st.session_state.get("added fault"):
        name, one = found
        if name in current(selected.resolved()):
            st.markdown(f"Added **{plain(name)}**. In a scenario file it is:")
            st.code(lines(name, one), language="yaml")
