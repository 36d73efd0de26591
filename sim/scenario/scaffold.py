"""Skeletons of scenarios: a healthy chain of services, one fault, and a first claim."""

from __future__ import annotations

import re

from sim.errors import ParameterError

_NAME = re.compile(r"[\w-]+(?: [\w-]+)*")


def skeleton(chain: str) -> str:
    """Return the text of a scenario for a *chain* such as ``web -> orders ~> payments``.

    ``->`` is a synchronous call, ``~>`` a queue between the two. Every service works 20 ms and has twice the workers
    that it needs, including workers held during calls to other services. Raises ``ParameterError`` for names that the
    format does not allow or a chain of one.
    """
    words = re.split(r"(->|~>)", chain)
    names, arrows = [word.strip() for word in words[::2]], words[1::2]
    for name in names:
        if not _NAME.fullmatch(name):
            raise ParameterError("be names of letters, digits, - and _ with -> or ~> between them", chain, "", "chain")
    if len(names) < 2 or len(set(names)) < len(names):
        raise ParameterError("name at least two different services", chain, 'e.g. "web -> orders"', "chain")
    last = names[-1]
    lines = [
        "# yaml-language-server: $schema=scenario.schema.json",
        f"# {chain.strip()}",
        "# Load: 100 requests/s of 20 ms hold 2 workers, and 2 more for each service called after: half of them.",
        "version: 1",
        f"title: {' to '.join([names[0], last])}",
        f"question: What happens to the clients when {last} becomes ten times slower?",
        "duration: 120s",
        "warmup: 10s",
        "replications: 5",
        "",
        "workload:",
        f"  clients: {{calls: {names[0]}.handle, rate: 100/s, deadline: 2s}}",
        "",
        "services:",
    ]
    for i, name in enumerate(names):
        then = ""
        if i < len(arrows):
            then = f", {{call: {names[i + 1]}.handle}}" if arrows[i] == "->" else f", {{send: to {names[i + 1]}}}"
        effect = f", {{effect: {last} did it}}" if name == last else ""
        consumes = f", consumes: {{to {name}: handle}}" if i and arrows[i - 1] == "~>" else ""
        called = next((k for k, arrow in enumerate(arrows[i:]) if arrow == "~>"), len(arrows[i:]))
        workers = 4 * (called + 1)
        steps = f"[{{work: exponential 20ms}}{then}{effect}]"
        lines.append(f"  {name}: {{workers: {workers}, waiting: 64{consumes}, operations: {{handle: {steps}}}}}")
    queues = [names[i + 1] for i, arrow in enumerate(arrows) if arrow == "~>"]
    if queues:
        lines += ["", "queues:"]
        for name in queues:
            lines.append(
                f"  to {name}: {{visibility timeout: 30s, max deliveries: 5, dead letters: {name} dead letters}}"
            )
            lines.append(f"  {name} dead letters: {{}}")
    calls = [(a, b) for a, b, arrow in zip(names, names[1:], arrows) if arrow == "->"]
    if calls:
        lines += ["", "links:"] + [f"  {a} -> {b}: {{latency: 1ms, timeout: 1s}}" for a, b in calls]
    lines += [
        "", "faults:", f"  {last} slow: {{slow: {last}, by: 10x, at: 40s, for: 30s}}",
        "", "expect:",
        "  healthy before the fault: {measure: answered ratio, of: clients, during: before, above: 98%}", "",
    ]  # fmt: skip
    return "\n".join(lines)
