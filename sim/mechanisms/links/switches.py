"""Defences of a link that are a single word or switch: fallback, late answers, abandoned work, deadlines."""

from __future__ import annotations

from sim.fields.labels import seconds
from sim.mechanisms.links.base import Decision, LinkSwitch
from sim.mechanisms.loads import IN_LOADS

FALLBACK = LinkSwitch(
    lambda kind: f"fallback: {kind}",
    20,
    lambda link, kind: link.fall_back(kind),
    (
        Decision(
            "fallbacks", "failed calls that went on with a stand-in answer", mark="fallback", thing="failed call",
            does="go on with a stand-in answer", whose="with a `fallback`",
        ),
    ),
    loads=IN_LOADS,
)  # fmt: skip

TOTAL_TIMEOUT = LinkSwitch(
    lambda value: f"total timeout {seconds(value)}",
    25,
    lambda link, value: link.limit_call(float(value)),
    (
        Decision(
            "total timeouts", "calls that ended at their `total timeout`, whatever was under way", mark="total timeout",
            thing="call", does="be ended by the total timeout", whose="with a `total timeout`",
        ),
    ),
)  # fmt: skip

LATE_ANSWERS = LinkSwitch(
    lambda how: "late answers count",
    50,
    lambda link, how: link.accept_late_answers(),
    (
        Decision(
            "late answers accepted", "calls ended by an answer to an attempt that had timed out",
            mark="late answer accepted", thing="late answer", does="be accepted after all",
            whose="with `late answers: accept`",
        ),
    ),
)  # fmt: skip

ON_ABANDON = LinkSwitch(
    lambda how: f"on abandon: {how}",
    52,
    lambda link, how: link.on_abandon(how),
    (
        Decision(
            "dropped", "attempts dropped on their way or in line because nobody waited any more", mark="dropped",
            thing="attempt", does="be dropped, on the way or in line, because nobody waits any more",
            whose="with `on abandon`",
        ),
        Decision(
            "cancelled", "attempts whose work was stopped because nobody waited any more", mark="cancelled",
            thing="attempt", does="be cancelled at work because nobody waits any more",
            whose="with `on abandon: cancel`", made_by=lambda how: bool(how == "cancel"),
        ),
    ),
)  # fmt: skip

PROPAGATE_DEADLINE = LinkSwitch(
    lambda given: "passes its deadline on",
    95,
    lambda link, given: link.propagate_deadline(),
    (
        Decision(
            "stopped by deadline", "tries that were not sent: out of time", reason="out of time", thing="try",
            does="be left unsent, their caller's time being over", whose="with `propagate deadline`",
        ),
    ),
)  # fmt: skip
