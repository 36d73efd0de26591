"""Acts at the two edges of a window: what begins there, and what ends."""

from __future__ import annotations

from typing import Any

from sim.mechanisms.faults.parts import Act, Edges


def switch(active: dict[str, Any], key: str, value: Any, apply: Act | None = None) -> Edges:
    """Return edges that put *value* under *key* and take it away, and *apply* what is then active."""

    def begin() -> None:
        active[key] = value
        if apply is not None:
            apply()

    def end() -> None:
        del active[key]
        if apply is not None:
            apply()

    return begin, end
