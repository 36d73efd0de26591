"""The lab's words: what each term means, in one sentence, wherever it is met; and the help beside each control."""

from __future__ import annotations

GLOSSARY: dict[str, str] = {
    "scenario": "One file that says how a system of services talks, what breaks, and when.",
    "variant": "The same system built another way, for example behind a queue instead of by a direct call.",
    "switch": "A defence or a mistake that can be on or off; everything else stays the same.",
    "fault": "What is injected into the system, in a window of time. A failure is what callers see of it.",
    "seed": "The number that all chance is drawn from: the same seed meets the same arrivals, and gives the same run.",
    "load": "How many requests arrive a second, as a multiple of the scenario's own.",
    "answered": "The caller had an answer within its deadline. It says nothing about whether the work was done.",
    "done": "Every effect that was promised has happened, exactly once, and in time.",
    "goodput": "Requests that were both answered in time and done.",
    "deadline": "How long a client waits from when it first asked; then it leaves, and its request has failed.",
    "timeout": "How long a caller waits for one attempt of a call, the network and the line included.",
    "attempt": "One try of one call; a retry is another attempt of the same call.",
    "amplification": "How many attempts were made for each one that would be made if nothing had to be tried again.",
    "retry": "Asking again after a failure, after a pause (backoff) that usually doubles.",
    "backoff": "The pause before a retry; the caller's worker waits with it.",
    "circuit breaker": "It stops calls to something that fails, answers at once instead, and asks again after a while.",
    "probe": "A call that an open circuit breaker lets through after a while, to see whether all is well again.",
    "hedge": "A second attempt while the first is still on its way; the answer that comes first is taken.",
    "fallback": "What stands in for an answer that failed: a stored one, or a plain one. The answer is then degraded.",
    "retry budget": "A bound on retries as a share of first attempts, so that they cannot multiply the load.",
    "jitter": "Chance in a wait, so that those who were turned away together do not come back together.",
    "metastable failure": "A collapse that stays when its trigger is gone, because the system keeps itself down.",
    "gray failure": "A part that is sick for its callers, and well for whoever checks its health.",
    "bulkhead": "A bound on how many calls to one thing may be in flight, so that it cannot take all workers.",
    "worker": "What a service works with (a thread): held from the start of a visit to its end, also while it calls.",
    "replica": "One of several copies of a service; each has workers and a line of its own.",
    "balancer": "What chooses a replica for each call, in turn as a rule; without health checks also the dead.",
    "health check": "A question to each replica, again and again; who does not answer well is left alone meanwhile.",
    "canary": "A new version on a few replicas first, so that it can harm no more than their share of the requests.",
    "autoscaler": "Orders replicas when workers are too busy, and ends some when they are idle; a new one has to boot.",
    "rate limit": "At most so many calls a second, whatever they cost; the rest is stopped, or waits.",
    "load shedding": "Turning visits away on purpose, so that those that are let in are served in time.",
    "coalescing": "Who asks for what is being fetched waits for that answer, and does not fetch it again.",
    "back-pressure": "A full queue lets its sender wait for a place, so that the excess is felt where it comes from.",
    "line": "Visits that wait for a worker; when it is full, the next is rejected at once.",
    "queue": "Keeps messages until a consumer takes them: the sender is answered before the work is done.",
    "backlog": "The messages that wait in a queue, those being delivered excluded.",
    "dead-letter queue": "Where a message goes that failed too often, so that it is neither lost nor in the way.",
    "visibility timeout": "How long a delivered message stays hidden; unacknowledged by then, it is delivered again.",
    "effect": "Something that the business sees, such as a card that is charged.",
    "duplicated": "Applied more often than it was promised, such as a card charged twice.",
    "missing": "Promised and not applied.",
    "undecided": "Promised, and what may apply it, perhaps again, still waits or is at work when the run ends.",
    "ghost": "Applied although its caller was told that it had failed.",
    "wasted work": "Work done for a caller that had already left.",
    "cascade": "A fault in one service fails services that call it, because they wait for it with their workers.",
    "utilisation": "The share of a service's worker time that is held, by work or by waiting for others.",
    "replication": "One independent repetition of a run, with its own chance; n of them give an interval.",
    "interval": "Where the mean lies with 95 % confidence, from the replications' spread (Student's t).",
    "paired difference": "Each replication of one side minus the same replication of the other, on the same arrivals "
    "and faults; what is left is the effect of the difference in design.",
    "blast radius": "Every part of the system that a fault was felt in, in the order in which it was.",
    "percentile": "p95 is the value that 95 of 100 requests stay below; it needs enough requests to be told.",
    "trace": "Everything that one request did, across all services, on one line of time.",
    "ablation": "Playing every combination of switches, to tell which of them did the work.",
}
"""Every term of the lab's pages, in plain language."""

HELP: dict[str, str] = {
    "scenario": "Which system to play. Each comes with a question, and with claims that are checked.",
    "variant": GLOSSARY["variant"],
    "seed": GLOSSARY["seed"] + " Change it to see how much is chance.",
    "load": GLOSSARY["load"] + " 1.0 is the scenario as written.",
    "replications": "How many independent runs. More of them make the interval narrower, and take longer.",
    "faults": "What breaks, when, and for how long. Times are on the scenario's clock.",
    "projector": "Larger type, for a room.",
}


def term(name: str) -> str:
    """Return a term with its meaning to hover over, as Markdown text safe to show; unknown terms as they are."""
    meaning = GLOSSARY.get(name)
    return name if meaning is None else f"{name} — {meaning}"


def plain(text: object) -> str:
    r"""Return *text* so that Markdown shows it as it is: names come from files, and may hold markup.

    >>> plain("<b>*x*</b> [a](b) :red[c] $d$")
    '&lt;b&gt;\\*x\\*&lt;/b&gt; \\[a\\]\\(b\\) \\:red\\[c\\] \\$d\\$'
    """
    found = str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+!|$~:" else letter for letter in found)
