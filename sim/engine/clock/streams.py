"""Named streams of chance: one for each (seed, replication, component, purpose), drawn in numpy blocks.

Variants of one scenario therefore meet the same arrivals, keys and service times as long as the same component asks
for the same purpose. The key is a SHA-256 digest, so it is the same in every process and on every platform.
"""

from __future__ import annotations

from hashlib import sha256
from itertools import chain, repeat
from typing import Any, Callable, Iterator, Mapping, Sequence

import numpy as np

from sim.errors import not_played
from sim.laws import Law

Draw = Callable[[], float]
_BLOCK = 4096
_SMALL = 64


class Streams:
    """Hands out generators and draw functions; asking twice for one name is a bug and gives the same numbers again."""

    __slots__ = ("seed", "replication", "tables")

    def __init__(self, seed: int, replication: int, tables: Mapping[str, Sequence[float]]) -> None:
        self.seed, self.replication, self.tables = seed, replication, tables

    def generator(self, component: str, purpose: str) -> np.random.Generator:
        """Return the generator of this name (PCG64, seeded by a digest)."""
        name = f"{self.seed}\x1f{self.replication}\x1f{component}\x1f{purpose}"
        words = np.frombuffer(sha256(name.encode()).digest(), dtype=np.uint32)
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words.tolist())))

    def uniform(self, component: str, purpose: str) -> Draw:
        """Return a function that gives the next uniform number in [0, 1)."""
        return _handed_out(self.generator(component, purpose).random)

    def draw(self, law: Law, component: str, purpose: str) -> Draw:
        """Return a function that gives the next draw of *law*, in seconds."""
        if law.kind == "constant":
            return repeat(float(law.mean)).__next__
        return _handed_out(self.sampler(law, self.generator(component, purpose)))

    def sampler(self, law: Law, generator: np.random.Generator) -> Callable[[int], Any]:
        """Return a function that draws n values of *law* as an array."""
        a, b = law.parameters if len(law.parameters) == 2 else (0.0, 0.0)
        if law.kind == "constant":
            return lambda n: np.full(n, law.mean)
        if law.kind == "exponential":
            return lambda n: generator.exponential(law.mean, n)
        if law.kind == "lognormal":
            return lambda n: generator.lognormal(a, b, n)
        if law.kind == "gamma":
            return lambda n: generator.gamma(a, b, n)
        if law.kind == "normal":
            return lambda n: np.maximum(generator.normal(a, b, n), 0.0)
        if law.kind == "uniform":
            return lambda n: generator.uniform(a, b, n)
        if law.kind == "empirical":
            values = np.asarray(self.tables[law.path])
            return lambda n: values[generator.integers(0, len(values), n)]
        if law.kind == "mix":
            return self._mixture(law, generator)
        raise not_played("law", law.kind)

    def _mixture(self, law: Law, generator: np.random.Generator) -> Callable[[int], Any]:
        """Draw the part and, for every part, a value: as many draws whatever the choice, so that streams keep step."""
        bounds = np.cumsum([share for share, _ in law.parts])[:-1]
        samplers = [self.sampler(part, generator) for _, part in law.parts]

        def sample(n: int) -> Any:
            which = np.searchsorted(bounds, generator.random(n), side="right")
            return np.choose(which, [draw(n) for draw in samplers])

        return sample


def _handed_out(sample: Callable[[int], Any]) -> Draw:
    """Return a function that hands out *sample*'s blocks one Python float at a time, a small block first."""
    sizes: Iterator[int] = chain([_SMALL], repeat(_BLOCK))
    return chain.from_iterable(sample(size).tolist() for size in sizes).__next__
