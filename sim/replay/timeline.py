"""One run as data for the player: each node and link over time, the faults, the events and the story.

Everything comes from ``sim.results``; here it is only cut into frames, rounded and laid out. The same run gives the
same data. Not modelled: single requests (see the trace) and single replicas.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sim.diagram.layout import lay_out
from sim.diagram.system import drawing_of
from sim.record.record import Record
from sim.replay import nodes
from sim.replay.clock import Clock
from sim.replay.links import links
from sim.results.book import Book
from sim.results.story.story import Sentence, explain

Timeline = dict[str, Any]
EVENTS = (
    "fault begins",
    "fault ends",
    "action begins",
    "action ends",
    "breaker open",
    "breaker half-open",
    "breaker closed",
)
"""What one steps to, besides the sentences of the story."""
LOOKS = {"workload": nodes.workload, "service": nodes.service, "queue": nodes.queue}
"""The series of each kind of node, by the kind's word."""


def timeline(record: Record | Book, label: str = "") -> Timeline:
    """Return the JSON-able data of one run for the player; *label* names it next to another (default: its variant).

    Instants and spans are in seconds on the scenario's clock; rates per second; levels are means over ``level_s``.
    A series is a list with one value a frame, or one number that holds in every frame.
    """
    book = record if isinstance(record, Book) else Book(record)
    clock, run = Clock.of(book), book.record
    drawing = drawing_of(run.scenario)
    layout = lay_out([node.name for node in drawing.nodes], [(arrow.caller, arrow.callee) for arrow in drawing.arrows])
    data: Timeline = {
        "label": label or _which(run),
        "title": run.scenario.title,
        "question": run.scenario.question,
        "variant": run.variant,
        "toggles": list(run.toggles),
        "seed": run.seed,
        "replication": run.replication,
        "n": int(book.windows["all"].holds(book.arrived_at).sum()),
        "end_s": clock.end_s,
        "level_s": clock.level_s,
        "rate_s": clock.rate_s,
        "warmup_s": run.warmup_s,
        "duration_s": run.duration_s,
        "cut_off": run.cut_off,
        "faults": _faults(book, clock),
        "nodes": [
            {
                "name": node.name, "kind": node.kind, "size": node.size, "rules": list(node.rules),
                "column": layout.columns[node.name],
                "height": round(layout.heights[node.name], 3), **LOOKS[node.kind](book, clock, node.name),
            }
            for node in drawing.nodes
        ],
        "links": links(book, clock, drawing, layout),
        "events": _events(run, clock),
        "story": [_sentence(told, clock) for told in explain(book).sentences],
    }  # fmt: skip
    data["id"] = hashlib.sha256(to_json(data).encode()).hexdigest()[:16]
    return data


def beside(*timelines: Timeline) -> dict[str, Any]:
    """Return several runs as one piece of data for the player, which plays them on one clock.

    Only the runs' common names are compared; at most two fit next to each other legibly.
    """
    return {"sides": list(timelines), "id": "-".join(str(one["id"]) for one in timelines)}


def to_json(data: Any) -> str:
    """Return *data* as compact JSON, keys in their own order, no NaN."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def _which(run: Record) -> str:
    return " with ".join(part for part in (run.variant, ", ".join(run.toggles)) if part) or "as written"


def _faults(book: Book, clock: Clock) -> list[dict[str, Any]]:
    """Return each fault window: on which node or link, in two words and in a sentence."""
    scenario, found = book.record.scenario, []
    for name, begin, end in sorted(book.record.windows, key=lambda window: window[1]):
        if begin >= clock.end_s:
            continue
        struck = drawing_of(scenario, faults=[name])
        troubles = [(node.name, node.trouble) for node in struck.nodes if node.trouble]
        troubles += [(f"{arrow.caller} -> {arrow.callee}", arrow.trouble) for arrow in struck.arrows if arrow.trouble]
        found.append({
            "name": name, "at_s": begin, "until_s": min(end, clock.end_s), "on": [list(pair) for pair in troubles],
            "kind": scenario.faults[name].verb, "words": scenario.faults[name].sentence(),
        })  # fmt: skip
    return found


def _sentence(told: Sentence, clock: Clock) -> dict[str, Any]:
    """Return a sentence, with what is known of it at first and when all of it is, where that is not the same."""
    found: dict[str, Any] = {
        "at_s": round(min(told.at_s, clock.end_s), 2), "text": told.text, "kind": told.kind, "of": told.of
    }  # fmt: skip
    if told.known_s is not None and told.at_first != told.text:
        found |= {"at_first": told.at_first, "known_s": round(min(told.known_s, clock.end_s), 2)}
    return found


def _events(run: Record, clock: Clock) -> list[dict[str, Any]]:
    return [
        {"at_s": round(at, 3), "kind": kind, "of": of}
        for at, kind, of, _ in run.events if kind in EVENTS and at <= clock.end_s
    ]  # fmt: skip
