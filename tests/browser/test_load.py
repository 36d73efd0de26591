"""Fifty participants press Run within five seconds: 95 % of them see the result within three."""

from __future__ import annotations

import asyncio
import os
import runpy
from typing import Any

import pytest

from tests.browser._served import lab
from tests.browser.conftest import ROOT

pytestmark = pytest.mark.browser

PARTICIPANTS = 50
LOADED_GOAL_S = 8.0
"""What is asked of a machine that others use at the same time."""


@pytest.fixture(scope="module")
def load() -> dict[str, Any]:
    pytest.importorskip("websockets", reason="websockets is not installed")
    return runpy.run_path(str(ROOT / "benchmarks" / "lab_load.py"))


@pytest.mark.parametrize("cold", [False, True], ids=["after the trainer", "as the first of all"])
def test_fifty_who_press_run_within_five_seconds_are_answered_within_three(load: dict[str, Any], cold: bool) -> None:
    is_loaded = hasattr(os, "getloadavg") and os.getloadavg()[0] > (os.cpu_count() or 1)
    goal_s = LOADED_GOAL_S if is_loaded else load["GOAL_S"]
    with lab() as address:
        waited = sorted(asyncio.run(load["measure"](int(address.rpartition(":")[2]), PARTICIPANTS, cold)))
    assert len(waited) == PARTICIPANTS
    p95_s = waited[int(load["SHARE"] * PARTICIPANTS)]
    told = f"p95 {p95_s:.2f} s, last {waited[-1]:.2f} s, goal {goal_s:g} s, {'loaded' if is_loaded else 'idle'} machine"
    print(told)
    assert sum(one <= goal_s for one in waited) / PARTICIPANTS >= load["SHARE"], told
