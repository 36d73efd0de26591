"""Which policy decides for a call: the only one of its link, or one for each caller."""

from __future__ import annotations

from typing import Any, Callable


class Scope:
    """The *only* policy of a link, or one for each caller, which *of* finds for a sequence of attempts."""

    __slots__ = ("only", "of")

    def __init__(self, only: Any, of: Callable[[Any], Any]) -> None:
        self.only, self.of = only, of
