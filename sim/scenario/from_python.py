"""Python values in the form of a scenario file: the first step of a scenario that is built in Python."""

from __future__ import annotations

from typing import Any

from sim.scenario.models import Model


def written(value: Any) -> Any:
    """Return *value* as a file would hold it: models as maps of the given fields, quantities as text.

    >>> written({"timeouts": (1, None)})
    {'timeouts': [1, None]}
    """
    if isinstance(value, Model):
        return value.model_dump(by_alias=True, exclude_unset=True)
    if isinstance(value, dict):
        return {key: written(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [written(child) for child in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return getattr(value, "text", value)
