"""Whatever the system and whatever strikes it: all that ``judge`` asks of a system is true of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.properties.judge import judge
from tests.properties.scenarios import scenarios

DEFAULT = settings(
    max_examples=30, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
THOROUGH = settings(DEFAULT, max_examples=300)


@DEFAULT
@given(scenarios())
def test_what_must_be_true_of_any_system_is_true_of_small_ones(document: dict[str, Any]) -> None:
    judge(document)


@pytest.mark.slow
@THOROUGH
@given(scenarios())
def test_what_must_be_true_of_any_system_is_true_of_many_small_ones(document: dict[str, Any]) -> None:
    judge(document)
