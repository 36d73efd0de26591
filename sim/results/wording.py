"""Plain English for numbers, faults and symptoms: singular and plural, units, and nothing that was not measured."""

from __future__ import annotations

from typing import Callable

from sim.results.book import Book
from sim.results.evidence import held_by, retried_share
from sim.results.symptoms import Symptom
from sim.results.windows import last_fault_end
from sim.scenario import models
from sim.scenario.strikes import named


def number(value: float) -> str:
    """Return a number with three digits, more only before the point, and commas from 1,000 on.

    >>> [number(value) for value in (1, 2.5, 0.333333, 1234, 12345.6)]
    ['1', '2.5', '0.333', '1,234', '12,346']
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def counted(count: float, noun: str) -> str:
    """Return a count with its noun, in the plural unless it is one.

    >>> [counted(1, "timeout"), counted(0, "timeout"), counted(20000, "timeout")]
    ['1 timeout', '0 timeouts', '20,000 timeouts']
    """
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def seconds(span_s: float) -> str:
    """Return a span in seconds, or in milliseconds if it is short.

    >>> [seconds(30), seconds(1.26), seconds(0.25)]
    ['30 s', '1.3 s', '250 ms']
    """
    if 0 < span_s < 0.95:
        return f"{number(span_s * 1000)} ms"
    return f"{span_s:.0f} s" if span_s == round(span_s) else f"{span_s:.1f} s"


def share(ratio: float) -> str:
    """Return a share in percent; what is neither none nor all never reads as if it were.

    >>> [share(value) for value in (0, 0.0004, 0.5, 0.9996, 1)]
    ['0 %', 'under 0.1 %', '50 %', 'over 99.9 %', '100 %']
    """
    if 0 < ratio < 0.001 or 0.999 < ratio < 1:
        return "under 0.1 %" if ratio < 0.5 else "over 99.9 %"
    return f"{ratio * 100:.1f}".removesuffix(".0") + " %"


def fault_sentence(fault: models.Fault) -> str:
    """Return what a fault does, in words; how long is said by whoever knows when it ends."""
    who = _struck_part(fault)
    match fault:
        case models.Slow():
            return f"{who} takes {number(fault.by)} times as long to work"
        case models.Crash():
            return f"{who} crashes and {'refuses calls' if fault.mode == 'refuse' else 'answers nobody'}"
        case models.CrashLoop():
            return f"{who} dies again and again and {'refuses calls' if fault.mode == 'refuse' else 'answers nobody'}"
        case models.Pause():
            return f"{who} stops"
        case models.Leak():
            grown = f"in {seconds(fault.within)}" if fault.within else f"with {counted(fault.requests or 0, 'request')}"
            return f"{who} gets slower and slower, {number(fault.by)} times {grown},"
        case models.Deploy():
            bad = [f"{share(fault.share)} of requests fail"] if fault.share else []
            bad += [f"work takes {number(fault.by)} times as long"] if fault.by != 1 else []
            return f"{who} runs a bad version ({' and '.join(bad)})"
        case models.Poison():
            what = "fail in" if fault.effect == "error" else "kill the replicas of"
            return f"requests for key {', '.join(map(str, fault.keys))} {what} {who}"
        case models.Errors():
            return f"{who} answers {share(fault.share)} of requests with an error"
        case models.Cut():
            return f"{who} is cut{_way(fault)}{_REFUSING[fault.mode]}"
        case models.Partition():
            return f"{who} cannot reach each other{_PARTED[fault.mode]}"
        case models.Delay():
            return f"{who} takes longer, by {seconds(fault.by.mean)} on average{_way(fault) or ' each way'},"
        case models.Lose():
            return f"{who} loses {share(fault.share)} of what it carries,{_way(fault) or ' each way'},"
        case models.Drip():
            return f"{who} lets {number(fault.rate)} messages a second through{_way(fault) or ' each way'},"
        case models.Spike():
            return f"{who} come {number(fault.by)} times as often"
        case models.Synchronise():
            return f"{who} come all at once" + (f" every {seconds(fault.every)}" if fault.every else "")
    return f"{models.fault_kind(fault)} begins"


_REFUSING = {"silent": "", "refuse": " and refuses calls", "reset": " and resets the calls on it"}


_PARTED = {"silent": "", "refuse": "; calls are refused", "reset": "; calls are refused, those on their way too"}


def _struck_part(fault: models.Fault) -> str:
    """Return the node, the link, or the replicas that a fault strikes."""
    if isinstance(fault, models.Partition):
        sides = [", ".join(members) for members in fault.partition.values()]
        return " and ".join(sides) if len(sides) > 1 else f"{sides[0]} and the rest"
    if isinstance(fault, models.ServiceFault) and fault.replicas is not None:
        some = ", ".join(f"#{index}" for index in fault.replicas)
        return f"{named(fault)} (replica{'' if len(fault.replicas) == 1 else 's'} {some})"
    return named(fault)


def _way(fault: models.LinkFault) -> str:
    """Return in which direction only a fault of a link acts; empty for both."""
    return {"out": " for requests", "back": " for answers", "both": ""}[fault.way]


def told(book: Book, symptom: Symptom) -> str:
    """Return the sentence of a symptom, without its time."""
    return f"{symptom.of}: {_TELLERS[symptom.kind](book, symptom)}"


def _saturated(book: Book, symptom: Symptom) -> str:
    workers = int(symptom.before or 0)
    callee, waiting = held_by(book, symptom.of, symptom.at_s)
    which = "" if waiting == workers else f"{waiting} of them "
    cause = f" ({which}held by calls to {callee})" if callee else ""
    who = "its only worker is" if workers == 1 else f"all {number(workers)} workers are"
    return f"{who} busy{cause}, without a break for {seconds(symptom.value)}"


def _backlog(book: Book, symptom: Symptom) -> str:
    most = int(symptom.before or 0)
    before = f"more than twice the {number(most)} at most before" if most else "where none waited before"
    return f"messages pile up, {before}; {number(symptom.value)} wait at the peak"


def _multiplied(book: Book, symptom: Symptom) -> str:
    usual, until = symptom.before or 0.0, symptom.until_s or symptom.at_s
    begin = symptom.at_s if symptom.from_s is None else symptom.from_s
    again = retried_share(book, symptom.of, begin, until)
    link = book.record.scenario.links.get(symptom.of)
    retry = "hedge" if link is not None and link.hedge is not None and link.retry is None else "retry"
    retries = "hedges" if retry == "hedge" else "retries"
    cause = f"{share(again)} of them come of {retries}" if again else f"none of them comes of a {retry}"
    noun = "deliveries" if symptom.of.partition(" -> ")[0] in book.record.queues else "attempts"
    rates = f"{number(symptom.value * usual)}/s against {number(usual)}/s"
    return f"{number(symptom.value)} times as many {noun} as before, {rates} for {seconds(until - begin)}; {cause}"


def _arrivals(book: Book, symptom: Symptom) -> str:
    usual, lasted = symptom.before or 0.0, (symptom.until_s or 0.0) - (symptom.from_s or 0.0)
    rates = f"{number(symptom.value * usual)}/s against {number(usual)}/s"
    return f"{number(symptom.value)} times as many requests as before, {rates} for {seconds(lasted)}"


def _goodput(book: Book, symptom: Symptom) -> str:
    came = f"of those who came from {symptom.from_s or 0.0:.1f} s to {symptom.until_s or 0.0:.1f} s"
    return f"{came}, {share(symptom.value)} were well served, {share(symptom.before or 0.0)} before"


def _recovered(book: Book, symptom: Symptom) -> str:
    return "recovered " + (
        f"{seconds(symptom.value)} after the fault" if symptom.value else "as soon as the fault is over"
    )


def _collapsed(book: Book, symptom: Symptom) -> str:
    since = symptom.at_s - (last_fault_end(book.record) or 0.0)
    served = f"{share(symptom.value)} of the last 10 s of arrivals are well served"
    return f"still down at the end, {seconds(since)} after the fault: {served}"


def _events(first: str, noun: str) -> Callable[[Book, Symptom], str]:
    """Return the teller of something rare that is counted from the first fault on (or over the run, without one)."""

    def tell(book: Book, symptom: Symptom) -> str:
        since = "since the fault began" if book.record.windows else "in the whole run"
        return f"{first}; {counted(symptom.value, noun)} {since}"

    return tell


def _times(text: str) -> Callable[[Book, Symptom], str]:
    """Return the teller of a breaker's change: how often it happens is said if it is more than once."""

    def tell(book: Book, symptom: Symptom) -> str:
        return text + (f", for the first of {number(symptom.value)} times" if symptom.value > 1 else "")

    return tell


_TELLERS: dict[str, Callable[[Book, Symptom], str]] = {
    "saturated": _saturated,
    "rejecting": _events("it begins to turn visits away", "rejection"),
    "timeouts": _events("attempts begin to time out", "timeout"),
    "refused": _events("attempts begin to be refused", "refusal"),
    "errors": _events("attempts begin to be answered with errors", "error"),
    "breaker open": _times("the circuit breaker opens"),
    "breaker half-open": _times("the circuit breaker lets a probe through"),
    "breaker closed": lambda book, it: (
        f"the circuit breaker closes and stays closed, {seconds(it.value)} after it first opened"
    ),
    "multiplied": _multiplied,
    "arrivals": _arrivals,
    "backlog": _backlog,
    "drained": lambda book, it: (
        f"the backlog is down to its mean before the fault, {seconds(it.value)} after the fault"
    ),
    "dead letters": _events("messages begin to be dead-lettered", "dead letter"),
    "messages lost": _events("messages begin to be lost", "lost message"),
    "goodput": _goodput,
    "recovered": _recovered,
    "collapsed": _collapsed,
}
"""What is said of each kind of symptom."""
