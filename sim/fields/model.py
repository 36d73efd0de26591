"""The base of every model of the format: frozen, strict, closed to unknown keys, written with spaces."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Mapping

from pydantic import BaseModel, ConfigDict

from sim.fields.presets import Preset


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

    presets: ClassVar[tuple[Preset, ...]] = ()
    """What the words of its key ``preset`` set, for a model that has this key."""


@dataclass(frozen=True, slots=True)
class Combination:
    """What a scenario's document does not hold itself; validation takes it as its context.

    *tables* are the numbers of the data files that the document names, by path. *variant* and *toggles_on* say which
    combination of a file the document is. *own* are the policies that an override of a link states for an operation,
    by link and operation.
    """

    tables: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    variant: str = ""
    toggles_on: tuple[str, ...] = ()
    own: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PatchOf:
    """Marks a field that holds a merge patch on a *model*, named as a part of the format (``Link``)."""

    model: str


PATCH = object()
"""Marks a field that holds a merge patch on the whole scenario."""
Patch = Annotated[dict[str, Any], PATCH]
