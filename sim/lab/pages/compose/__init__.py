"""The page Compose: a scenario as text, as tables and as a drawing, judged while it is written, and played.

The text is the one truth: tables write into it, keeping its comments. Left out: dragging boxes about.
"""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from sim.errors import LabError, ParameterError
from sim.lab import navigation, selected, session
from sim.lab.glossary import plain
from sim.lab.own_scenario import MOST_LETTERS, Checked, check
from sim.lab.pages.compose import table
from sim.lab.pages.compose.editor import KEY, code_mirror, editor, typed
from sim.lab.selection import OWN, Selection, pack, unpack
from sim.lab.server.job_queue import JobSpec
from sim.lab.widgets import drawing, gallery, results, theme, waiting
from sim.scenario.scaffold import skeleton
from sim.scenario.shipped import shipped_folder
from sim.scenario.yaml.parse import decode

MOST_EVENTS = 2_000_000
"""A quarter of the lab's own budget: some seconds. A scenario of the size of those that are shipped needs a tenth."""
TEXT, REVISION, EDIT, SAID = "compose text", "compose revision", "compose edit", "compose said"
BEGINS = "compose begins"
"""The revision with which a session began that came without a text of its own."""
CHAINS = {
    "A chain of three services": "web -> orders -> payments",
    "A queue in the middle": "web -> orders ~> payments",
    "A deep chain": "gateway -> web -> orders -> stock -> database",
}


def page() -> None:
    """Draw the page."""
    st.title("Compose")
    if not session.may_compose():
        st.info("In a room only the trainer composes. Everything else is open to you: Lab, Compare, Trace and Learn.")
        return
    st.markdown(
        "Describe a system of your own: who asks, who answers, what breaks. It is judged while you type; nothing is "
        "played before you press **Run**. This browser keeps your draft."
    )
    _first_text()
    _beginnings()
    _workbench()
    code_mirror()


def text() -> str:
    """Return the text as it is now."""
    return str(st.session_state[TEXT])


def replace_text(new: str) -> None:
    """Put another text into the editor."""
    st.session_state[TEXT] = new.replace("\r\n", "\n")
    st.session_state[REVISION] = st.session_state.get(REVISION, 0) + 1
    st.session_state[EDIT] = 0
    _leave_link()


def _leave_link() -> None:
    """Take a text out of the address that is no longer the one in the editor: a reload would bring it back."""
    if "yaml" in st.query_params:
        del st.query_params["yaml"]


def _first_text() -> None:
    if TEXT in st.session_state:
        return
    packed = st.query_params.get("yaml", "")
    replace_text(skeleton(next(iter(CHAINS.values()))))
    st.session_state[BEGINS] = st.session_state[REVISION]
    if packed:
        try:
            replace_text(unpack(packed))
            st.query_params["yaml"] = packed
        except LabError as error:
            _say(f"The link could not be opened: {error}")


def _say(words: str) -> None:
    st.session_state[SAID] = words


# --- beginnings -----------------------------------------------------------------------------------------------


def _beginnings() -> None:
    with st.expander("Begin with a template, a shipped scenario, or a file of yours"):
        left, middle, right = st.columns(3)
        with left:
            choices = [*CHAINS, "A chain of my own"]
            chosen = st.selectbox("Template", choices, key="compose template")
            chain = CHAINS.get(chosen, "")
            if not chain:
                chain = st.text_input(
                    "Services in call order", "web -> orders ~> payments", max_chars=400, key="compose chain",
                    help="`->` is a call that waits for its answer, `~>` a queue.",
                )  # fmt: skip
            st.button("Use the template", on_click=_use_chain, args=(chain,))
        with middle:
            names = [one.name for one in gallery.scenarios()]
            shipped = st.selectbox("Shipped scenario", names, key="compose shipped")
            st.button("Use the scenario", on_click=_use_shipped, args=(shipped,))
        with right:
            st.file_uploader("A file of yours", ["yaml", "yml"], key="compose upload", on_change=_use_upload)
        st.caption("What is in the editor is replaced. Download it first if you want to keep it.")


def _use_chain(chain: str) -> None:
    try:
        replace_text(skeleton(chain))
    except ParameterError as error:
        _say(str(error))


def _use_shipped(name: str) -> None:
    replace_text((shipped_folder() / f"{name}.yaml").read_text(encoding="utf-8"))


def _use_upload() -> None:
    upload = st.session_state.get("compose upload")
    if upload is None:
        return
    try:
        replace_text(from_upload(upload.getvalue()))
    except ParameterError as error:
        _say(str(error))


def from_upload(data: bytes) -> str:
    """Return the text of an uploaded file; raises ``ParameterError`` for one that is too large or no text."""
    if len(data) > 4 * MOST_LETTERS:
        raise ParameterError(f"hold at most {MOST_LETTERS} letters", f"{len(data)} bytes", place="file")
    found, problems = decode(data, "file")
    if problems:
        raise ParameterError(problems[0].rule, problems[0].value, problems[0].hint, "file")
    if len(found) > MOST_LETTERS:
        raise ParameterError(f"hold at most {MOST_LETTERS} letters", len(found), place="file")
    return found


# --- the workbench --------------------------------------------------------------------------------------------


@st.fragment
def _workbench() -> None:
    """Draw what follows every keystroke; a fragment, so that the rest of the page stays as it is."""
    if said := st.session_state.pop(SAID, ""):
        st.warning(plain(said))
    checked = check(text())
    left, right = st.columns([3, 2], gap="medium")
    with left:
        begins = (st.session_state[REVISION], st.session_state[EDIT]) == (st.session_state.get(BEGINS), 0)
        editor(text(), st.session_state[REVISION], st.session_state[EDIT], checked.marks, _typed, begins)
        _files(checked)
    with right:
        _forms(checked)
    if checked.scenario is None:
        st.info("The drawing, the arithmetic and Run come back when the problems are mended.", icon=":material/edit:")
        return
    resolved = _combination(checked.scenario)
    if resolved is None:
        return
    _picture(resolved)
    _run(resolved)


def _typed() -> None:
    found = typed(st.session_state.get(KEY), st.session_state[REVISION])
    if found is not None:
        if found[0] != text():
            _leave_link()
        st.session_state[TEXT], st.session_state[EDIT] = found


def _files(checked: Checked) -> None:
    first, second = st.columns(2)
    name = checked.scenario.title if checked.scenario is not None else "scenario"
    with first:
        st.download_button(
            "Download YAML", text(), file_name(name), "application/yaml", icon=":material/download:", width="stretch"
        )
    with second:
        share = st.button("Share by link", icon=":material/link:", width="stretch", help="The text goes into the link.")
    if share:
        _share()


def _share() -> None:
    try:
        packed = pack(text())
    except ParameterError as error:
        st.warning(str(error))
        return
    st.query_params["yaml"] = packed
    address = (st.context.url or "").partition("?")[0]
    st.code(f"{address}?yaml={packed}", language=None, wrap_lines=True)
    st.caption(f"The page's address holds the text now ({len(packed):,} letters). Nothing is kept on the server.")


def file_name(title: str) -> str:
    """Return a name for a file made of a title.

    >>> file_name("One slow service: who notices?")
    'one_slow_service_who_notices.yaml'
    """
    return (re.sub(r"\W+", "_", title.lower(), flags=re.ASCII).strip("_")[:60] or "scenario") + ".yaml"


def _forms(checked: Checked) -> None:
    root = table.document(text())
    tabs = st.tabs(["Services", "Links", "Workload", "Load"])
    for tab, part in zip(tabs, ("services", "links", "workload")):
        with tab:
            if root is None:
                st.caption("The text cannot be read as YAML yet; its first problem is shown below the editor.")
            else:
                _table(part, table.rows(root, part))
    with tabs[3]:
        _arithmetic(checked)


def _table(part: str, found: table.Rows) -> None:
    if not found:
        st.caption(f"No {part} yet.")
        return
    key = f"compose {part} {st.session_state[REVISION]} {st.session_state[EDIT]}"
    st.data_editor(
        found, key=key, hide_index=True, disabled=["name"], column_order=table.used_columns(part, found),
        on_change=_table_changed, args=(part, key, found), width="stretch", num_rows="fixed",
    )  # fmt: skip
    st.caption("Cells are words with units, such as 250ms. An empty cell takes its key out. Comments stay.")


def _table_changed(part: str, key: str, before: table.Rows) -> None:
    edits = st.session_state[key].get("edited_rows", {})
    try:
        replace_text(table.changed(text(), part, before, edits))
    except ParameterError as error:
        _say(str(error))
        replace_text(text())


def _arithmetic(checked: Checked) -> None:
    if checked.scenario is None:
        st.caption("Worked out as soon as the text is valid.")
        return
    if large := drawing.too_large(checked.scenario):
        st.info(large)
        return
    from sim.topology import advice, describe

    resolved = checked.scenario.resolve(None, (), ())
    for name, (titles, rows) in describe(resolved).tables().items():
        st.markdown(f"**{name.capitalize()}**")
        st.dataframe([dict(zip(titles, row)) for row in rows], hide_index=True, width="stretch")
    for line in advice(resolved):
        st.markdown(f"- {plain(line)}")
    st.caption("Before any run: offered load against capacity, if nothing fails and nothing waits.")


def _combination(scenario: Any) -> Any:
    """Return the combination to draw and play, as chosen, or None where it does not exist."""
    variants, fitting = list(scenario.variants), []
    if not variants and not scenario.toggles:
        return scenario.resolve(None, (), ())
    left, right = st.columns(2)
    variant = left.selectbox("Variant", variants, key="compose variant") if variants else None
    for name, toggle in scenario.toggles.items():
        if not toggle.for_ or variant in toggle.for_:
            fitting.append(name)
    chosen = right.multiselect("Switches", fitting, key="compose toggles") if fitting else []
    try:
        return scenario.resolve(variant, chosen, ())
    except LabError as error:
        st.warning(plain(error))
        return None


def _picture(resolved: Any) -> None:
    if large := drawing.too_large(resolved):
        st.info(large)
        return
    st.html(drawing.as_html(drawing.drawn(resolved, theme.is_dark()), drawing.in_words(resolved)))


def _run(resolved: Any) -> None:
    first, second = st.columns(2)
    if first.button("Run", type="primary", key="compose run", icon=":material/play_arrow:", width="stretch"):
        st.session_state["compose asked"] = resolved.digest
    if second.button("Open in the Lab", key="compose lab", icon=":material/open_in_new:", width="stretch"):
        _open_in_lab()
    if st.session_state.get("compose asked") != resolved.digest:
        st.caption("Run plays this combination once, within the lab's budgets of time, events and memory.")
        return
    if resolved.max_events > MOST_EVENTS:
        resolved = resolved.set("max events", MOST_EVENTS)
    spec = JobSpec("play", resolved, {"seed": resolved.seed, "replications": 1})
    played = waiting.played(spec, "Playing your scenario")
    if played is not None:
        results.show(played)


def _open_in_lab() -> None:
    selected.select(Selection(OWN, text=text()), redraw=True)
    navigation.go("lab")
