"""Sentences for faults and symptoms: singular and plural, with units, and only from measured values."""

from __future__ import annotations

from typing import Callable

from sim.number_words import counted, number, seconds, share
from sim.results.book import Book
from sim.results.index.breakers import how_many
from sim.results.index.windows import last_fault_end
from sim.results.measures import link_defences
from sim.results.onset import BeforeAfter
from sim.results.recovery_time import FOR_SECONDS
from sim.results.story.causes import held_by, rejected_by, retried_share
from sim.results.story.counted_event import CountedEvent, the_fault
from sim.results.symptoms import Symptom
from sim.scenario.models.nodes import SERVICE_RULES


def told(book: Book, symptom: Symptom) -> str:
    """Return the sentence of a symptom, without its time."""
    return f"{symptom.of}: {_TELLERS[symptom.kind](book, symptom)}"


def told_at_first(book: Book, symptom: Symptom) -> tuple[str, float | None]:
    """Return the part of a symptom's sentence that is known at its begin, and when the rest is; empty, None: all is."""
    if symptom.kind not in _BEGINNINGS:
        return "", None
    tell, ends = _BEGINNINGS[symptom.kind]
    return f"{symptom.of}: {tell(book, symptom)}", min(ends(book, symptom), book.end)


def _saturated(book: Book, symptom: Symptom) -> str:
    return f"{_all_busy(book, symptom)}, without a break for {seconds(symptom.value)}"


def _all_busy(book: Book, symptom: Symptom) -> str:
    workers = int(symptom.before or 0)
    callee, waiting = held_by(book, symptom.of, symptom.at_s)
    which = "" if waiting == workers else f"{waiting} of them "
    cause = f" ({which}held by calls to {callee})" if callee else ""
    who = "its only worker is" if workers == 1 else f"all {number(workers)} workers are"
    return f"{who} busy{cause}"


def _backlog(book: Book, symptom: Symptom) -> str:
    return f"{_piling_up(book, symptom)}; {number(symptom.value)} wait at the peak"


def _piling_up(book: Book, symptom: Symptom) -> str:
    most = int(symptom.before or 0)
    before = f"more than twice the {number(most)} at most before" if most else "where none waited before"
    return f"messages pile up, {before}"


def _multiplied(book: Book, symptom: Symptom) -> str:
    usual, until = symptom.before or 0.0, symptom.until_s or symptom.at_s
    begin = symptom.at_s if symptom.from_s is None else symptom.from_s
    noun = _noun(book, symptom)
    rates = f"{number(symptom.value * usual)}/s against {number(usual)}/s for {seconds(until - begin)}"
    cause = _repeats(book, symptom.of, begin, until, noun == "deliveries")
    return f"{number(symptom.value)} times as many {noun} as before, {rates}{cause}"


def _noun(book: Book, symptom: Symptom) -> str:
    return "deliveries" if symptom.of.partition(" -> ")[0] in book.record.queues else "attempts"


def _repeats(book: Book, link: str, begin: float, until: float, delivered: bool) -> str:
    """Return the share of attempts on *link* caused by repeats, in words; empty without repeats."""
    links = book.record.scenario.links.values()
    ways = [("a retry", "retries")] * any(link.has("retry") for link in links)
    ways += [("a hedge", "hedges")] * any(link.has("hedge") for link in links)
    if not ways and not book.record.queues:
        return ""
    again = retried_share(book, link, begin, until)
    if delivered or not ways:
        return f"; {share(again)} of them are repeats" if again else "; none of them is a repeat"
    one, many = (" or ".join(words) for words in zip(*ways, strict=True))
    return f"; {share(again)} of them come of {many}" if again else f"; none of them comes of {one}"


def _arrivals(book: Book, symptom: Symptom) -> str:
    usual, lasted = symptom.before or 0.0, (symptom.until_s or 0.0) - (symptom.from_s or 0.0)
    rates = f"{number(symptom.value * usual)}/s against {number(usual)}/s"
    return f"{number(symptom.value)} times as many requests as before, {rates} for {seconds(lasted)}"


def _goodput(book: Book, symptom: Symptom) -> str:
    came = f"of those who came from {symptom.from_s or 0.0:.1f} s to {symptom.until_s or 0.0:.1f} s"
    again = f"; the first of {number(symptom.times)} such times" if symptom.times > 1 else ""
    served = f"{share(symptom.value)} were well served, {share(symptom.before or 0.0)} before"
    return f"{came}, {served}{_in_the_fault(book, symptom)}{again}"


def _in_the_fault(book: Book, symptom: Symptom) -> str:
    """Return the share of the requests in the fault, as tables and cards show it, if it differs."""
    window = book.windows["fault"]
    if window.spans == ((symptom.from_s, symptom.until_s),):
        return ""
    grouped, group = next((grouped, group) for name, grouped, group in book.request_groups if name == symptom.of)
    rows = grouped.within(group, window.spans)
    served = share(float(book.good[rows].mean())) if len(rows) else share(symptom.value)
    return "" if served == share(symptom.value) else f"; {served} of those who came in the fault"


def _recovered(book: Book, symptom: Symptom) -> str:
    if not symptom.value and symptom.until_s is not None and symptom.until_s < symptom.at_s:
        return f"recovered before {the_fault(book.record)} is over"
    if not symptom.value:
        return f"recovered as soon as {the_fault(book.record)} is over"
    return f"recovered {seconds(symptom.value)} after {the_fault(book.record)}"


def _collapsed(book: Book, symptom: Symptom) -> str:
    since = symptom.at_s - (last_fault_end(book.record) or 0.0)
    served = f"{share(symptom.value)} of the last 10 s of arrivals are well served"
    return f"still down at the end, {seconds(since)} after {the_fault(book.record)}: {served}"


_REJECTED_BY = {
    "line full": "a full line",
    "waited too long": "the longest wait that is allowed",
    "unhealthy": "a replica that was gone",
    **{one.reason: one.by for rule in SERVICE_RULES.values() for one in rule.rejections},
}


_TURNED_AWAY = CountedEvent("visit", "be turned away", "rejection")


def _rejecting(book: Book, symptom: Symptom) -> str:
    """Return the number of rejected visits, and the reasons, if the rows have them."""
    reasons = rejected_by(book, symptom.of, BeforeAfter.of(book).begin)
    by = [(_REJECTED_BY.get(reason, reason), count) for reason, count in reasons]
    text = _TURNED_AWAY.text(int(symptom.value), _before(symptom), book.record)
    if len(by) == 1:
        return f"{text}, {'' if symptom.value == 1 else 'all '}by {by[0][0]}"
    return f"{text}: {', '.join(f'{number(count)} by {what}' for what, count in by)}"


def _before(symptom: Symptom) -> int:
    return int(symptom.before or 0)


def _rare(event: CountedEvent) -> Callable[[Book, Symptom], str]:
    """Return the wording of a rare event that is counted from the first fault on (or over the run, without one)."""
    return lambda book, symptom: event.text(int(symptom.value), _before(symptom), book.record)


def _opened(book: Book, symptom: Symptom) -> str:
    """Return the sentence for an opening breaker: how often it opens, and how much it stops from then on."""
    stopped, wanted = link_defences.stopped_since(book, symptom.of, "stopped by breaker", symptom.at_s)
    what = "it stops" if how_many(book, symptom.of) == 1 else "they stop"
    many = number(stopped) if stopped else "none"
    return f"{_breaker('opens')(book, symptom)}; {what} {many} of {counted(wanted, 'try')} from then on"


def _breaker(text: str) -> Callable[[Book, Symptom], str]:
    """Return the wording of a breaker's change, with its count if it is more than one."""

    def tell(book: Book, symptom: Symptom) -> str:
        many, times = how_many(book, symptom.of), number(symptom.value)
        if many == 1:
            return f"the circuit breaker {text}" + (f", for the first of {times} times" if symptom.value > 1 else "")
        again = f", the first of {times} such times" if symptom.value > 1 else ""
        return f"one of its {number(many)} circuit breakers {text}{again}"

    return tell


def _closed(book: Book, symptom: Symptom) -> str:
    if how_many(book, symptom.of) == 1:
        return f"the circuit breaker closes and stays closed, {seconds(symptom.value)} after it first opened"
    return f"all of its circuit breakers are closed and stay so, {seconds(symptom.value)} after the first opened"


Teller = Callable[[Book, Symptom], str]
Instant = Callable[[Book, Symptom], float]

_RARE = {
    "timeouts": CountedEvent("attempt", "time out", "timeout"),
    "refused": CountedEvent("attempt", "be refused", "refusal"),
    "errors": CountedEvent("attempt", "be answered with an error", "error"),
    "dead letters": CountedEvent("message", "be dead-lettered", "dead letter"),
    "messages lost": CountedEvent("message", "be lost", "lost message"),
}
_TELLERS: dict[str, Teller] = {
    "saturated": _saturated,
    "rejecting": _rejecting,
    **{kind: _rare(event) for kind, event in _RARE.items()},
    "breaker open": _opened,
    "breaker half-open": _breaker("lets a probe through"),
    "breaker closed": _closed,
    "multiplied": _multiplied,
    "arrivals": _arrivals,
    "backlog": _backlog,
    "drained": lambda book, it: (
        f"the backlog is down to its mean before, {seconds(it.value)} after {the_fault(book.record)}"
    ),
    "goodput": _goodput,
    "recovered": _recovered,
    "collapsed": _collapsed,
}
"""The sentence of each kind of symptom, when the run has ended."""


def _breaker_now(text: str) -> Teller:
    """Return the wording of a breaker's change without its count."""

    def tell(book: Book, symptom: Symptom) -> str:
        many = how_many(book, symptom.of)
        return f"the circuit breaker {text}" if many == 1 else f"one of its {number(many)} circuit breakers {text}"

    return tell


def _opening(event: CountedEvent) -> Teller:
    return lambda book, it: event.opening(int(it.value), _before(it))


def _at_the_end(book: Book, symptom: Symptom) -> float:
    return book.end


def _when_over(book: Book, symptom: Symptom) -> float:
    return book.end if symptom.until_s is None else symptom.until_s


def _when_all_are_due(book: Book, symptom: Symptom) -> float:
    """Return the instant at which the outcomes of all requests of a loss, or of the fault, are known."""
    deadline = book.record.scenario.workload[symptom.of].deadline
    if deadline is None or symptom.times > 1 or symptom.until_s is None:
        return book.end
    return max(symptom.until_s, last_fault_end(book.record) or 0.0) + float(deadline)


_BEGINNINGS: dict[str, tuple[Teller, Instant]] = {
    "saturated": (_all_busy, _when_over),
    "rejecting": (_opening(_TURNED_AWAY), _at_the_end),
    **{kind: (_opening(event), _at_the_end) for kind, event in _RARE.items()},
    "breaker open": (_breaker_now("opens"), _at_the_end),
    "breaker half-open": (_breaker_now("lets a probe through"), _at_the_end),
    "breaker closed": (_breaker_now("closes"), _at_the_end),
    "multiplied": (lambda book, it: f"{_noun(book, it)} multiply; {number(it.before or 0.0)}/s before", _when_over),
    "arrivals": (lambda book, it: f"more requests come than before; {number(it.before or 0.0)}/s then", _when_over),
    "backlog": (_piling_up, _at_the_end),
    "goodput": (
        lambda book, it: f"requests begin to fail or to be late; {share(it.before or 0.0)} were well served before",
        _when_all_are_due,
    ),
    "recovered": (lambda book, it: "well served again", lambda book, it: it.at_s + FOR_SECONDS),
}
"""The sentence of a symptom at its begin, and when the rest is known; missing: at its begin, too."""
