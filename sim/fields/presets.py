"""Presets: the rules and the defaults of a product, set together by one word of a declaration.

A declaration that has a key ``preset`` lists its presets in ``presets``. Each key of the declaration has one of four
roles in a preset: the product's rule (*fixed*), a setting with the product's default (*defaults*), a setting that is
off in the product until it is given (*takes*), or it is none of the product's. A key that is given next to ``preset``
overrides a default. It may repeat a fixed value; another value, and a key that the product does not have, are mistakes.

Not modelled: versions of a product that differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Mapping

PRESET = "preset"
"""The key that names one."""
Given = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Preset:
    """One product: the values are as a file holds them, the keys are written with spaces.

    Of each group of *rivals* at most one may apply: one that is given takes the place of the others' defaults. *settle*
    changes the complete values as the product does (resilience4j lowers a minimum above its window).
    """

    name: str
    source: str
    """Where its rules and defaults are written: repository and files."""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    takes: tuple[str, ...] = ()
    rivals: tuple[tuple[tuple[str, ...], ...], ...] = ()
    settle: Callable[[Given], Given] = dict
    limits: Callable[[Given], dict[str, str]] = lambda values: {}
    """The rule of the product that each of the complete values breaks, by key."""
    also: str = ""
    """What *settle* does, in words."""

    def resolved(self, given: Mapping[str, Any]) -> Given:
        """Return all values that apply: those *given* (None counts as not given), then the product's.

        >>> one = Preset("one", "", {"probes": 1}, {"calls": 100, "open for": "5s"}, ("window",))
        >>> one.resolved({"open for": "1s"})
        {'probes': 1, 'calls': 100, 'open for': '1s'}
        """
        present = {key: value for key, value in given.items() if value is not None}
        away = self._replaced(present)
        own = {key: value for key, value in self.defaults.items() if key not in away}
        return self.settle({**self.fixed, **own, **present})

    def _replaced(self, given: Iterable[str]) -> set[str]:
        """Return the keys whose defaults give way to a rival that is given."""
        given = set(given)
        away: set[str] = set()
        for sides in self.rivals:
            chosen = [side for side in sides if given & set(side)]
            if chosen:
                away |= {key for side in sides if side not in chosen for key in side}
        return away

    def contradictions(self, given: Mapping[str, Any]) -> dict[str, str]:
        """Return the rule that each wrong key of *given* breaks, by key; the rule names the preset.

        A key that the product decides, or that follows from others, may repeat the value that it has anyway.

        >>> Preset("one", "", {"probes": 1}).contradictions({"probes": 3, "calls": 5})
        {'probes': 'be 1 with `preset: one`', 'calls': 'be left out with `preset: one`, which has no setting like it'}
        """
        name = f"with `preset: {self.name}`"
        own = {key: value for key, value in given.items() if key in self.defaults or key in self.takes}
        values = self.resolved(own)
        wrong = {key: f"{rule} {name}" for key, rule in self.limits(values).items()}
        for key, value in given.items():
            if value is None or key == PRESET or key in own:
                continue
            if key not in values:
                wrong[key] = f"be left out {name}, which has no setting like it"
            elif value != values[key]:
                wrong[key] = f"be {as_written(values[key])} {name}"
        return wrong

    def words(self) -> str:
        """Return what it resolves to, in one line."""
        rules = [f"`{key}: {as_written(value)}`" for key, value in self.fixed.items()]
        settings = [f"`{key}: {as_written(value)}`" for key, value in self.defaults.items()]
        parts = [f"always {', '.join(rules)}" if rules else "", f"by default {', '.join(settings)}" if settings else ""]
        takes = f"takes {', '.join(f'`{key}`' for key in self.takes)}" if self.takes else ""
        return f"`{self.name}`: {'; '.join(filter(None, (*parts, takes, self.also)))} ({self.source})."


def as_written(value: object) -> str:
    """Return a value as a file holds it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
