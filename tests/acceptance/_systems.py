"""Scenario texts of the acceptance cases, made from parts: each case gives only its own settings."""

from __future__ import annotations

from typing import Mapping

Parts = Mapping[str, str]


def system(duration_s: float, workload: Parts, services: Parts, warmup_s: float = 0.0, **more: Parts | str) -> str:
    """Return the YAML of a system.

    *workload*, *services* and each map of *more* (``links``, ``queues``, ``faults``, ``expect``) give a name the
    inside of its braces; a text in *more* stands as it is (``drain="60s"``).
    """
    lines = ["version: 1", "title: Acceptance case", f"duration: {duration_s!r}s", f"warmup: {warmup_s!r}s"]
    for key, value in {"workload": workload, "services": services, **more}.items():
        if isinstance(value, str):
            lines.append(f"{key}: {value}")
        elif value:
            lines += [f"{key}:", *(f"  {name}: {{{inside}}}" for name, inside in value.items())]
    return "\n".join(lines) + "\n"


def measured(duration_s: float, workload: Parts, services: Parts, **more: Parts | str) -> str:
    """Return the YAML of a system whose first tenth is warm-up."""
    return system(duration_s, workload, services, duration_s / 10, **more)


def station(work: str, more: str = "waiting: unlimited") -> str:
    """Return a service with one operation, ``do``, that works."""
    return f"{more}, operations: {{do: [{{work: {work}}}]}}"


def recipe(steps: str, more: str = "workers: unlimited") -> str:
    """Return a service with one operation, ``do``, and unlimited workers."""
    return f"{more}, operations: {{do: [{steps}]}}"


def failing(share: str) -> str:
    """Return a service that takes no time and fails with a probability."""
    return recipe(f"{{fail: {share}}}")


def chain(services: int, fails: str) -> dict[str, str]:
    """Return services ``s1`` to ``sN`` that call each other in a row; each fails with a probability of its own."""
    return {
        f"s{i}": recipe(f"{{fail: {fails}}}" + (f", {{call: s{i + 1}.do}}" if i < services else ""))
        for i in range(1, services + 1)
    }


def at(*instants_s: float, calls: str = "server.do") -> dict[str, str]:
    """Return clients that call at given instants."""
    return {"clients": f"calls: {calls}, arrivals: at {' '.join(f'{t:g}s' for t in instants_s)}"}
