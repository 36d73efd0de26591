"""A law of chance over durations: the interface of all laws.

Each law is one class with everything about it: its ``forms`` of words, mean and variance, distribution function and
quantiles, range of values, and sampler. A law is a frozen value.

Source of the closed forms: N. Johnson, S. Kotz, N. Balakrishnan, Continuous Univariate Distributions, vol. 1, 2nd ed.
Not modelled: densities, and laws that a scenario cannot write.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Iterable, Mapping, Self, Sequence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sim.quantities.forms import Form

    Sampler = Callable[[int], NDArray[np.float64]]


class Unreadable(Exception):
    """The words are not of a known form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Law(ABC):
    """A law of chance over durations; all its numbers are in seconds.

    *text* is the law as it was written. Every other request in flight adds *per_request_s* to a draw (work only); mean,
    variance, quantiles and draws do not include it.
    """

    forms: ClassVar[tuple[Form, ...]]
    """The ways to write the law. ``read`` gets their values."""

    text: str = ""
    per_request_s: float = 0.0

    def __str__(self) -> str:
        return self.text

    @classmethod
    def read(cls, values: Mapping[str, Any], text: str) -> Self:
        """Return the law of the *values* of one of its forms; raises ``ParameterError`` if they do not fit together."""
        return cls(**values, text=text)

    @property
    @abstractmethod
    def mean(self) -> float:
        """Mean in seconds."""

    @property
    @abstractmethod
    def variance(self) -> float:
        """Variance in seconds squared."""

    @property
    def scv(self) -> float:
        """Squared coefficient of variation: variance over squared mean; 0 for a law that is always zero."""
        return self.variance / self.mean**2 if self.mean else 0.0

    @property
    @abstractmethod
    def support(self) -> tuple[float, float]:
        """The least and the largest value that a draw can have; infinity where there is no bound."""

    @property
    def is_zero(self) -> bool:
        """True for the constant 0, which costs no event."""
        return False

    @abstractmethod
    def cdf(self, x: float) -> float:
        """Return the probability that a draw is at most *x* seconds."""

    @abstractmethod
    def quantile(self, p: float) -> float:
        """Return the least duration in seconds that a draw does not exceed with probability *p* (above 0, below 1)."""

    @abstractmethod
    def sampler(self, generator: np.random.Generator) -> Sampler:
        """Return a function that draws n values from *generator* as an array."""


def read_law(words: Sequence[str], text: str, laws: Iterable[type[Law]]) -> Law:
    """Return the law of the first form among those of *laws* that *words* fit; raises ``Unreadable`` without one."""
    for law in laws:
        for form in law.forms:
            if form.fits(words):
                return law.read(form.read(words), text)
    raise Unreadable
