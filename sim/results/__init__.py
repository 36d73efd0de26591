"""Look: what a run's record means. Nothing here plays anything, and nothing is imported before it is used.

A ``Book`` opens a record once; measures, series, identities and frames read from it. The functions ``measures`` and
``series`` live in the modules of the same names.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Book": "book", "Measure": "rows", "NAMES": "measures", "measures_of": "measures",
    "Series": "series", "check": "identities", "verify": "identities", "IDENTITIES": "identities",
    "Verdict": "claims", "judge": "claims", "select": "claims", "Interval": "statistics", "interval": "statistics",
    "paired": "statistics", "pooled": "statistics",
}  # fmt: skip
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
