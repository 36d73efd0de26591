"""The page Trace: everything that one request did, as a waterfall, and the place and reason of its failure."""

from __future__ import annotations

from typing import Any

import streamlit as st

from sim.errors import LabError
from sim.lab import navigation, selected
from sim.lab.glossary import GLOSSARY, plain
from sim.lab.server import jobs
from sim.lab.widgets import charts, theme, waiting
from sim.lab.widgets.charts import nominal, quantitative
from sim.number_words import seconds
from sim.results import trace as reading
from sim.results.trace import Part, Span, Trace

EXAMPLES = {
    "failed": "a failed one", "slowest": "the slowest that went well", "typical": "a typical one",
    "ghost": "answered as failed, done all the same",
}  # fmt: skip
DOING = {
    "under way": "on the network", "queued": "in line for a worker, or in a queue", "served": "a worker works on it",
    "waiting": "a worker waits for the answer of its own call", "backing off": "a pause before the next try",
}  # fmt: skip
COLORS = ("#9aa7b5", theme.ORANGE, "#35a7e0", "#d99bbd", "#f0e442")
"""One for each thing that a visit does; dark text is legible on all, and words name them too."""
VERDICTS = {
    "well served": "It was well served: answered in time, and every effect applied exactly once.",
    "not well served": "It was not well served.",
    "undecided": "Whether it is well served is undecided: when the run ended it was open, or a message, copy or "
    "attempt of its own still waited or was at work.",
}  # fmt: skip
WANTED, NOT_WANTED = "its caller waits", "its caller had left"
MOST_SPANS = 120


def page() -> None:
    """Draw the page."""
    st.title("What one request did")
    chosen = selected.current()
    try:
        scenario = selected.scenario_of(chosen)
        spec = jobs.play_spec(chosen)
    except LabError as error:
        st.error("This combination cannot be played.", icon=":material/error:")
        st.code(str(error), language=None)
        return
    where = " with ".join(part for part in (spec.scenario.variant, ", ".join(spec.scenario.toggles_on)) if part)
    st.markdown(f"{plain(scenario.title)}{': ' + plain(where) if where else ''}, seed {spec.options['seed']}.")
    navigation.link("lab", "Change it in the Lab", ":material/science:", chosen)
    played = waiting.played(spec, "Playing it")
    if played is None:
        st.button("Run again", key="run again", icon=":material/replay:")
        return
    selected.set_running(True)
    selected.write_link()
    request = _choose(played)
    if request is not None:
        _draw(reading.trace(played.run.record, request), played)


def _choose(played: Any) -> int | None:
    """Draw the choice of a request, and return its id."""
    record = played.run.record
    workload = st.pills("Whose request", ["all", *record.workloads], default="all", key="trace workload")
    found = reading.examples(record, None if workload in (None, "all") else workload)
    names = [name for name in EXAMPLES if name in found]
    if not names:
        st.info("No request arrived after the warm-up, so there is no request to show.", icon=":material/inbox:")
        return None
    kind = st.pills(
        "Which one", [*names, "by number"], default=names[0], key=f"trace which {workload}",
        format_func=lambda name: EXAMPLES.get(name, "another, by its number"),
        help="Failed: of those that arrived in the fault, the one that did most. Typical: the median latency.",
    )  # fmt: skip
    if kind != "by number":
        return found[kind or names[0]]
    last = int(record.requests["id"].max())
    number = st.number_input("Request number", 0, last, found[names[0]], help="As in the tables of the Lab's download.")
    return int(number) if int(number) in record.requests["id"] else None


def _draw(trace: Trace, played: Any) -> None:
    first = trace.spans[0]
    took = seconds(first.ended_at - first.begin_at)
    st.header(f"Request {trace.request} of {plain(trace.workload)}: {first.outcome} after {took}")
    st.markdown(VERDICTS[trace.verdict])
    causes = sorted(trace.causes, key=lambda span: span.ended_at)
    if causes:
        lines = [_reason(span) for span in causes[:5]] + ([f"and {len(causes) - 5} more"] if len(causes) > 5 else [])
        st.markdown("What went wrong, in order:\n" + "\n".join(f"1. {line}" for line in lines))
    else:
        st.markdown("Nothing failed on its way.")
    spans = trace.spans[:MOST_SPANS]
    charts.show(("waterfall", trace.request, played.timeline["id"]), lambda: waterfall(trace, spans))
    if len(trace.spans) > MOST_SPANS:
        st.warning(f"Only the first {MOST_SPANS} of its {len(trace.spans)} spans are drawn; the file has all.")
    st.caption(
        "; ".join(f"**{kind}**: {about}" for kind, about in DOING.items())
        + f". Pale is wasted: {GLOSSARY['wasted work'].rstrip('.').lower()}."
    )
    with st.expander("The same as a table"):
        st.dataframe([_row(trace, span) for span in trace.spans], hide_index=True, alt="The spans of the trace")
    st.download_button(
        "Trace (JSON)", lambda: as_json(trace), f"request_{trace.request}.json", "application/json", on_click="ignore",
        icon=":material/download:", help="Chrome's trace format; microseconds on the scenario's clock.",
    )  # fmt: skip


def _reason(span: Span) -> str:
    at = span.where if span.where and span.where not in (span.name, span.link, *span.link.split(" -> ")) else ""
    number = f", attempt {span.number}" if span.number > 1 else ""
    return f"**{plain(span.why)}** at {span.ended_at:.2f} s: {plain(span.link)}{number}{', ' + plain(at) if at else ''}"


def label(span: Span) -> str:
    """Return a span's line in the waterfall: indented by its depth, with the number of its attempt.

    The first letter has no width; behind it a chart does not trim the indent.
    """
    number = f" #{span.number}" if span.kind in ("call", "delivery") and span.number > 1 else ""
    kind = " (the request)" if span.kind == "request" else "" if span.kind == "call" else f" ({span.kind})"
    return "\u200b" + "\u2003" * span.depth + f"{span.name}{kind}{number}"


def waterfall(trace: Trace, spans: tuple[Span, ...]) -> charts.Drawn:
    """Return the chart of a trace's parts on one line of time, each below its name and outcome; and its words."""
    large = bool(st.session_state.get("projector"))
    lines = [f"{i:03}" for i in range(len(spans))]
    parts = [_part(line, part) for line, span in zip(lines, spans) for part in span.parts]
    names = [{"line": line, "told": _told(span)} for line, span in zip(lines, spans)]
    room = max(trace.end_at - trace.begin_at, 1e-6)
    y = nominal("line", sort=lines, title=None, axis=None)
    x = quantitative(
        "begin", title="time on the scenario's clock (s)", axis={"tickCount": 6},
        scale={"domain": [trace.begin_at, trace.begin_at + room], "nice": False},
    )  # fmt: skip
    kinds = {"domain": list(DOING), "range": list(COLORS)}
    wanted = {"domain": [WANTED, NOT_WANTED], "range": [1, 0.35]}
    bars = {
        "data": {"values": parts},
        "mark": {"type": "bar", "height": 12, "yOffset": 8, "stroke": theme.ink(), "strokeWidth": 0.6},
        "encoding": {
            "x": x, "x2": {"field": "end"}, "y": y,
            "color": nominal("doing", title=None, scale=kinds, legend={"columns": 3}),
            "opacity": nominal("wanted", legend=None, scale=wanted),
            "tooltip": [nominal("doing"), nominal("wanted"),
                        *(quantitative(name, format=".4f") for name in ("begin", "took"))],
        },
    }  # fmt: skip
    on_it = {"test": f"datum.wanted === '{WANTED}'", "value": "#10151c"}
    words = {
        "data": {"values": [part for part in parts if part["took"] > 0.2 * room]},
        "mark": {"type": "text", "align": "left", "dx": 4, "dy": 8, "fontSize": 10},
        "encoding": {
            "x": quantitative("begin"), "y": y, "text": nominal("doing"),
            "color": {"condition": on_it, "value": theme.ink()},
        },
    }  # fmt: skip
    size = 15 if large else 12
    above = {
        "data": {"values": names},
        "mark": {"type": "text", "align": "left", "dx": 4, "dy": -7, "color": theme.ink(), "fontSize": size},
        "encoding": {"x": {"value": 0}, "y": y, "text": nominal("told")},
    }
    told = "; ".join(
        f"{span.name} from {span.begin_at:.3f} to {span.ended_at:.3f} s: {span.outcome}{_because(span)}"
        for span in spans[:40]
    )
    spec = {"height": 40 * len(spans) + charts.AROUND_PX, "layer": [bars, words, above]}
    return theme.in_vega(spec), f"Waterfall of request {trace.request}: {told}."


def _told(span: Span) -> str:
    return f"{label(span)}  {'✕' if span.failed else '✓'} {span.outcome}{_because(span)}"


def _part(line: str, part: Part) -> dict[str, Any]:
    wanted = WANTED if part.wanted else NOT_WANTED
    took = part.end_at - part.begin_at
    return {
        "line": line,
        "doing": part.kind,
        "begin": part.begin_at,
        "end": part.end_at,
        "took": took,
        "wanted": wanted,
    }


def _because(span: Span) -> str:
    return f": {span.why}" if span.arose_here and span.why != span.outcome else ""


def _row(trace: Trace, span: Span) -> dict[str, Any]:
    spent = {kind: round(sum(p.end_at - p.begin_at for p in span.parts if p.kind == kind), 4) for kind in DOING}
    return {
        "what": label(span), "link": span.link, "from (s)": round(span.begin_at, 4),
        "until (s)": round(span.ended_at, 4), "outcome": span.outcome, "reason": span.why, "where": span.where,
        **{f"{kind} (s)": value for kind, value in spent.items()},
    }  # fmt: skip


def as_json(trace: Trace) -> str:
    """Return a trace in Chrome's Trace Event Format: one complete event for each part, in microseconds."""
    import json

    events = [
        {
            "name": part.kind, "cat": span.kind, "ph": "X", "pid": 1, "tid": i,
            "ts": round(part.begin_at * 1e6, 1), "dur": round((part.end_at - part.begin_at) * 1e6, 1),
            "args": {"span": span.name, "link": span.link, "outcome": span.outcome, "reason": span.why,
                     "wanted": part.wanted},
        }
        for i, span in enumerate(trace.spans) for part in span.parts
    ]  # fmt: skip
    names = [
        {"name": "thread_name", "ph": "M", "pid": 1, "tid": i, "args": {"name": label(span).strip("\u200b\u2003")}}
        for i, span in enumerate(trace.spans)
    ]
    return json.dumps({"traceEvents": [*names, *events], "displayTimeUnit": "ms"})
