"""Named streams of chance: one for each (seed, replication, component, purpose), drawn in numpy blocks.

Variants of one scenario therefore meet the same arrivals, keys and service times as long as the same component asks
for the same purpose. The key is a SHA-256 digest, so it is the same in every process and on every platform.
"""

from __future__ import annotations

from hashlib import sha256
from itertools import chain, repeat
from typing import Any, Callable, Iterator

import numpy as np

from sim.quantities import Constant, Law

Draw = Callable[[], float]
_BLOCK = 4096
_SMALL = 64


class Streams:
    """Hands out generators and draw functions; asking twice for one name is a bug and gives the same numbers again."""

    __slots__ = ("seed", "replication")

    def __init__(self, seed: int, replication: int) -> None:
        self.seed, self.replication = seed, replication

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
        if isinstance(law, Constant):
            return repeat(law.value_s).__next__
        return _handed_out(law.sampler(self.generator(component, purpose)))


def _handed_out(sample: Callable[[int], Any]) -> Draw:
    """Return a function that hands out *sample*'s blocks one Python float at a time, a small block first."""
    sizes: Iterator[int] = chain([_SMALL], repeat(_BLOCK))
    return chain.from_iterable(sample(size).tolist() for size in sizes).__next__
