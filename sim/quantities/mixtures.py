"""Laws made of other laws, and of the values in a file."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Mapping, Self, Sequence

from sim.errors import ModelError, ParameterError, describe
from sim.quantities.forms import Form
from sim.quantities.law import Law, Unreadable, read_law
from sim.quantities.plain_laws import PLAIN_LAWS
from sim.quantities.units import parse_share

if TYPE_CHECKING:
    import numpy as np

    from sim.quantities.law import Sampler

_BISECTIONS = 200
"""Enough steps of bisection for any two doubles."""
_ROUNDING = 1e-12
"""Tolerance of the sum of shares."""


@dataclass(frozen=True, slots=True)
class Empirical(Law):
    """One of the *values* of a CSV file, *path* next to the scenario, each as likely as any other.

    The loader reads the file and sets the values by ``with_values``. Without them mean, variance and quantiles
    are NaN.
    """

    forms = (
        Form(
            "empirical {path:word}",
            "empirical data/file.csv",
            "one of the seconds in a file next to the scenario, a number in each line",
        ),
    )
    path: str
    values: tuple[float, ...] = ()

    def with_values(self, values: Sequence[float]) -> Self:
        """Return this law with the *values* of its file, in the file's order."""
        return replace(self, values=tuple(values))

    @property
    def mean(self) -> float:
        """Mean in seconds."""
        return math.fsum(self.values) / len(self.values) if self.values else math.nan

    @property
    def variance(self) -> float:
        """Variance in seconds squared."""
        mean = self.mean
        return math.fsum((value - mean) ** 2 for value in self.values) / len(self.values) if self.values else math.nan

    @property
    def support(self) -> tuple[float, float]:
        """The least and the largest value; anything from zero on while the values are unknown."""
        return (min(self.values), max(self.values)) if self.values else (0.0, math.inf)

    def cdf(self, x: float) -> float:
        """Return the share of values that are at most *x*."""
        return bisect_right(sorted(self.values), x) / len(self.values) if self.values else math.nan

    def quantile(self, p: float) -> float:
        """Return the least value that a share of *p* does not exceed."""
        count = len(self.values)
        return sorted(self.values)[max(math.ceil(p * count - _ROUNDING), 1) - 1] if count else math.nan

    def sampler(self, generator: np.random.Generator) -> Sampler:
        """Return a function that draws places in the file; raises ``ModelError`` without the file's values."""
        import numpy as np

        if not self.values:
            raise ModelError(
                describe(f"law {self.text!r}", "have the values of its file before it is drawn from", None)
            )
        values = np.asarray(self.values)
        return lambda n: values[generator.integers(0, len(values), n)]


@dataclass(frozen=True, slots=True)
class Mix(Law):
    """One of several plain laws, each with its share: *parts* are (share, law)."""

    forms = (
        Form(
            "mix {words:word...}",
            "mix 99% 100ms 1% 2s",
            "one of several laws by its share; mix 90% exponential 50ms 10% exponential 550ms, too",
        ),
    )
    parts: tuple[tuple[float, Law], ...]

    @classmethod
    def read(cls, values: Mapping[str, Any], text: str) -> Self:
        """Return the mix; in the words each share is followed by its law."""
        words = values["words"]
        starts = [i for i, word in enumerate(words) if word.endswith("%")]
        if len(starts) < 2 or starts[0] != 0:
            raise Unreadable
        parts = []
        for start, end in zip(starts, [*starts[1:], len(words)]):
            part = words[start + 1 : end]
            if not part:
                raise Unreadable
            parts.append((parse_share(words[start]), read_law(part, " ".join(part), (*PLAIN_LAWS, Empirical))))
        if abs(math.fsum(share for share, _ in parts) - 1) > 1e-9:
            raise ParameterError("have shares that add up to 100%", text)
        if any(isinstance(law, Empirical) for _, law in parts):
            raise ParameterError("mix plain laws only", text)
        return cls(tuple(parts), text=text)

    @property
    def mean(self) -> float:
        """Mean in seconds."""
        return math.fsum(share * law.mean for share, law in self.parts)

    @property
    def variance(self) -> float:
        """Variance in seconds squared: the parts' mean squares around the common mean, without cancellation."""
        mean = self.mean
        return math.fsum(share * (law.variance + (law.mean - mean) ** 2) for share, law in self.parts)

    @property
    def support(self) -> tuple[float, float]:
        """From the least to the largest value of any part."""
        bounds = [law.support for _, law in self.parts]
        return min(low for low, _ in bounds), max(high for _, high in bounds)

    def cdf(self, x: float) -> float:
        """Return the weighted sum of the parts' distribution functions."""
        return math.fsum(share * law.cdf(x) for share, law in self.parts)

    def quantile(self, p: float) -> float:
        """Return the quantile by bisection between the least and the largest of the parts' quantiles."""
        quantiles = [law.quantile(p) for share, law in self.parts if share]
        low, high = min(quantiles), max(quantiles)
        if self.cdf(low) >= p - _ROUNDING:
            return low
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            if middle in (low, high):
                break
            low, high = (low, middle) if self.cdf(middle) >= p - _ROUNDING else (middle, high)
        return high

    def sampler(self, generator: np.random.Generator) -> Sampler:
        """Draw the part, and a value of every part, so that the number of draws never depends on the part."""
        import numpy as np

        bounds = np.cumsum([share for share, _ in self.parts])[:-1]
        samplers = [law.sampler(generator) for _, law in self.parts]

        def sample(n: int) -> Any:
            which = np.searchsorted(bounds, generator.random(n), side="right")
            return np.choose(which, [draw(n) for draw in samplers])

        return sample
