"""Who shares the policy of a defence."""

from typing import Literal

Scope = Literal["link", "caller"]
