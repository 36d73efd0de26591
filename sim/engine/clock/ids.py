"""Ids of attempts, in the order of sending.

Calls that take no time nest on the stack, and each takes an id. So the compiled core, whose frames Python does not
count, has its own definition of this module, which ends with a ``RecursionError`` before the stack does.
"""

from itertools import count
from typing import Callable


def attempt_ids() -> Callable[[], int]:
    """Return a function that gives the next id."""
    return count().__next__
