"""The sentences about what an operator did: when, why, and when it was undone.

Not modelled: whether it helped, which a variant without the action shows.
"""

from __future__ import annotations

from typing import Iterator

from sim.mechanisms.actions import Action
from sim.number_words import number, seconds
from sim.results.book import Book
from sim.results.story.sentence import Sentence


def action_events(book: Book) -> Iterator[Sentence]:
    """Yield a sentence for each begin and each end of an action, or that it never begins."""
    record = book.record
    for name, action in record.scenario.actions.items():
        windows = [span for span in record.actions.get(name, ()) if span[0] <= book.end]
        if not windows:
            why = f": it waits for {action.when}" if action.when is not None else ""
            yield Sentence(min(record.duration_s, book.end), f"{name} never begins{why}", "never begins", name, None)
        for begin, end in windows:
            text = f"{name}: {action.sentence()}{_instead_of(book, action, begin)}{_because(action)}"
            yield Sentence(begin, text, "action begins", name, end - begin)
            if action.for_ is not None and end <= book.end:
                yield Sentence(end, f"{name}: {action.undone()}", "action ends", name, end - begin)


def _instead_of(book: Book, action: Action, at: float) -> str:
    """Return the number of replicas that were wanted before *at*; nothing for an action on anything else."""
    service = action.target_name
    if service not in book.record.services:
        return ""
    events = [(when, int(many)) for when, kind, of, many in book.record.events if (kind, of) == (SET, service)]
    return f" instead of {number(([book.model(service).replicas] + [many for when, many in events if when < at])[-1])}"


SET = "scaled by hand"
"""The kind of the event that notes a number of replicas which an operator wants."""


def _because(action: Action) -> str:
    if action.when is None:
        return ""
    held = str(action.when).replace(" above ", " was above ", 1).replace(" below ", " was below ", 1)
    return f": {held}" + (f", {seconds(float(action.after))} before" if action.after else "")
