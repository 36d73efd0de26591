"""Wording for rare events: that they begin, or that there are more than before the fault, and how many.

English only; the caller gives the counts.

Not modelled: when they begin (``sim.results.onset``).
"""

from __future__ import annotations

from typing import NamedTuple

from sim.number_words import counted, number, plural
from sim.record.record import Record
from sim.results.index.windows import measured_faults


class CountedEvent(NamedTuple):
    """A kind of event in words that can be put into the singular and the plural.

    *thing* is the subject in the singular (``call``), *does* the verb in the infinitive (``time out``, ``be refused``),
    *noun* the singular of the counted noun; if empty, the things themselves are counted.
    """

    thing: str
    does: str
    noun: str = ""

    def text(self, count: int, before: int, record: Record, out_of: str = "") -> str:
        """Return the sentence for *count* events since the first fault and *before* of them earlier.

        *out_of* names the whole that they are a part of, as in `of 12 tries`.
        """
        if count == 1 and not before:
            return f"{self.opening(1, 0)}, the only one {since(record)}"
        if before or _after_a_fault(record) or not record.warmup_s:
            opening = self.opening(count, before)
        else:
            opening = f"{plural(self.thing)} {self.verb(2)}"
        many = counted(count, self.noun) if self.noun else number(count)
        earlier = f", {number(before)} before it" if before else ""
        return f"{opening}; {' '.join(filter(None, (many, out_of, since(record))))}{earlier}"

    def opening(self, count: int, before: int) -> str:
        """Return the sentence for their begin; there are *count* since the first fault and *before* it.

        >>> CountedEvent("attempt", "time out").opening(9, 0), CountedEvent("attempt", "time out").opening(9, 3)
        ('attempts begin to time out', 'more attempts time out than before')
        >>> CountedEvent("attempt", "time out").opening(1, 0)
        'one attempt times out'
        """
        if before:
            return f"more {plural(self.thing)} {self.verb(2)} than before"
        return f"one {self.thing} {self.verb(1)}" if count == 1 else f"{plural(self.thing)} begin to {self.does}"

    def verb(self, many: int) -> str:
        """Return the verb, in the singular or the plural.

        >>> CountedEvent("attempt", "time out").verb(1), CountedEvent("attempt", "be refused").verb(2)
        ('times out', 'are refused')
        >>> CountedEvent("call", "go on").verb(1), CountedEvent("call", "go on").verb(2)
        ('goes on', 'go on')
        """
        first, _, rest = self.does.partition(" ")
        one, several = ("is", "are") if first == "be" else (first + ("es" if first.endswith("o") else "s"), first)
        return f"{one if many == 1 else several} {rest}".rstrip()


def since(record: Record) -> str:
    """Return the begin of counts in words: the first fault, or the warm-up's end."""
    if _after_a_fault(record):
        found = measured_faults(record)
        which = "first fault after the warm-up" if len(found) < len(record.windows) else "first fault"
        return f"since the {which if len(record.windows) > 1 else 'fault'} began"
    return "after the warm-up" if record.warmup_s else "in the whole run"


def _after_a_fault(record: Record) -> bool:
    """Whether the first fault's begin separates before from since: it did not begin in the warm-up."""
    first = min((begin for _, begin, end in record.windows if end > record.warmup_s), default=-1.0)
    return first >= record.warmup_s


def the_fault(record: Record) -> str:
    """Return the name of the fault whose end dates something."""
    return "the last fault" if len(record.windows) > 1 else "the fault"
