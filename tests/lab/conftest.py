"""What the tests of the lab leave behind is put back."""

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Put `__main__` back: a page under test takes its place, and a process spawned later would run the page."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main
