"""A coin that is tossed by number, not in turn: the same request gets the same result at every toss.

A branch by share must send a request's retries the same way, and the ledger must be able to find out later which way
that was. A stream that is drawn in turn allows neither.
Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014 (SplitMix64),
used as a counter-based generator: the n-th number is the mixed value of start + n * golden gamma.

Not modelled: laws other than the uniform one.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import ArrayLike, NDArray

_MASK = 2**64 - 1
_GAMMA, _MIX_1, _MIX_2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


@lru_cache(maxsize=4096)
def _start(seed: int, replication: int, branch_id: str) -> int:
    """Return where the numbers of one branch begin; a stable digest, so that branches are independent."""
    return int.from_bytes(blake2b(f"{seed}/{replication}/{branch_id}".encode(), digest_size=8).digest(), "big")


def coin(seed: int, replication: int, branch_id: str, request: int) -> float:
    """Return the number in [0, 1) that decides *branch_id* for *request*: a pure function of its arguments.

    >>> coin(1, 0, "orders.place/2", 7) == coin(1, 0, "orders.place/2", 7) != coin(1, 0, "orders.place/2", 8)
    True
    """
    z = (_start(seed, replication, branch_id) + (request + 1) * _GAMMA) & _MASK
    z = ((z ^ (z >> 30)) * _MIX_1) & _MASK
    z = ((z ^ (z >> 27)) * _MIX_2) & _MASK
    return ((z ^ (z >> 31)) >> 11) * 2.0**-53


def coins(seed: int, replication: int, branch_id: str, requests: ArrayLike) -> NDArray[np.float64]:
    """Return ``coin`` of each of *requests* (whole numbers from 0), the identical doubles."""
    z = (np.asarray(requests).astype(np.uint64) + np.uint64(1)) * np.uint64(_GAMMA)
    z += np.uint64(_start(seed, replication, branch_id))
    z = (z ^ (z >> np.uint64(30))) * np.uint64(_MIX_1)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(_MIX_2)
    return (((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53).astype(np.float64)
