"""How the fault matrix tries a fault: on which parts, with which fixed settings, and how large."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Mapping

from sim.mechanisms.nodes import HOSTED

PLACES = (*(kind.key for kind in HOSTED), "hosts")
"""The keys of nodes that run on hosts, and of the hosts: where crashes and pauses strike."""


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault to try on every part of the kinds *on*, with *fixed* settings and a default size.

    *size* is the key that says how large; *default* is meant to hurt a healthy system, and is a convention. *target*
    turns a part's name into the value of the fault's verb.
    """

    on: tuple[str, ...]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    size: str = ""
    default: str = ""
    target: Callable[[str], Any] = str

    def kind(self, verb: str) -> str:
        """Return its name in tables: the verb, the mode where it has several, and whether it strikes one replica."""
        replica = "one replica" if "replicas" in self.fixed else ""
        return " ".join(word for word in (verb, self.fixed.get("mode"), replica) if word)
