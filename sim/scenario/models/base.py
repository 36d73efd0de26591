"""What every model of the format shares: frozen, strict, closed to unknown keys, written with spaces."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Frozen, strict, and closed to unknown keys; keys are written with spaces."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        defer_build=True,
        populate_by_name=True,
        alias_generator=lambda name: name.rstrip("_").replace("_", " "),
    )


READY = "this document was normalised by the loader"
"""The validation context by which the loader says that the values need no further preparation."""

PATCH = object()
"""Marks a field that holds a merge patch on the whole scenario."""
Patch = Annotated[dict[str, Any], PATCH]
