"""Zones: which replica of a service, or which instance of a workload, is in which."""

from __future__ import annotations

from typing import Annotated, Iterable, Mapping

from pydantic import Field

ZonesField = dict[str, Annotated[int, Field(ge=1)]]
"""How many are in each zone, in order: `{a: 3, b: 2}` are three in a, then two in b, then again three in a."""


def zone_of(zones: Mapping[str, int], index: int) -> str:
    """Return the zone of number *index*.

    >>> [zone_of({"a": 2, "b": 1}, index) for index in range(5)]
    ['a', 'a', 'b', 'a', 'a']
    """
    place = index % sum(zones.values())
    for zone, count in zones.items():
        if place < count:
            return zone
        place -= count
    raise IndexError(index)


def in_zones(zones: Mapping[str, int]) -> str:
    """Return the zones in words.

    >>> in_zones({"a": 3, "b": 2})
    'zones a 3, b 2'
    """
    return f"zones {', '.join(f'{zone} {count}' for zone, count in zones.items())}"


def counts(zones: Mapping[str, int], numbers: Iterable[int]) -> dict[str, int]:
    """Return how many of these *numbers* are in each zone.

    >>> counts({"a": 2, "b": 1}, range(5))
    {'a': 4, 'b': 1}
    """
    found: dict[str, int] = {}
    for index in numbers:
        zone = zone_of(zones, index)
        found[zone] = found.get(zone, 0) + 1
    return found
