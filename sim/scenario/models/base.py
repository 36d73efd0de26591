"""What every model of the format shares: frozen, strict, closed to unknown keys, written with spaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Mapping, Sequence

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


@dataclass(frozen=True, slots=True)
class Ready:
    """The validation context by which the loader says that the values need no further preparation.

    *tables* are the data files of the document, by path.
    """

    tables: Mapping[str, Sequence[float]]


PATCH = object()
"""Marks a field that holds a merge patch on the whole scenario."""
Patch = Annotated[dict[str, Any], PATCH]
