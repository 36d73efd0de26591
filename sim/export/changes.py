"""A check compared with an earlier one: the changes, and whether one is worse."""

from __future__ import annotations

from typing import Any

_BEST_FIRST = ("holds", "cannot tell", "fails")


def changes_since(document: dict[str, Any], before: dict[str, Any]) -> tuple[list[str], bool]:
    """Return a line for each difference from *before*, the ``files`` of an earlier document, and whether one is worse.

    Worse is a verdict further from "holds" than the earlier one, and a new claim that does not hold. A claim that
    failed before and still fails is listed but is not worse, nor are other values with the same verdict.
    """
    found, is_worse = [], False
    for file, now in document["files"].items():
        earlier = before.get(file, {})
        old = {row["claim"]: row for row in earlier.get("expect", [])}
        for row in now["expect"]:
            name, verdict = row["claim"], row["verdict"]
            was = old[name]["verdict"] if name in old else None
            is_worse = is_worse or _is_worse(verdict, was)
            if was is None:
                found.append(f"{file}: claim {name!r} is new: {verdict}")
            elif was != verdict:
                found.append(f"{file}: claim {name!r}: {was} before, {verdict} now")
            elif old[name]["values"] != row["values"] and earlier["digests"].get(name) == now["digests"].get(name):
                found.append(f"{file}: claim {name!r}: other values for the same scenario: the engine has changed")
            elif verdict != "holds":
                found.append(f"{file}: claim {name!r}: {verdict}, as before")
        found += [f"{file}: claim {name!r} is gone" for name in old if name not in now["digests"]]
    return found, is_worse


def _is_worse(verdict: str, was: str | None) -> bool:
    """Whether a verdict is further from "holds" than before; a claim that is new counts as held before.

    >>> _is_worse("fails", "cannot tell"), _is_worse("holds", "fails"), _is_worse("fails", None)
    (True, False, True)
    """
    return _BEST_FIRST.index(verdict) > _BEST_FIRST.index(was if was in _BEST_FIRST else "holds")
