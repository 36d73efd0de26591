"""The blocks of docs/textbook.md are scenarios but for their heads, and every claim in them holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sim

TEXT = (Path(__file__).parent.parent.parent / "docs" / "textbook.md").read_text(encoding="utf-8")
HEAD = "version: 1\ntitle: A block of the textbook page\nduration: 2000s\nwarmup: 200s\n"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)
NAMED = [pytest.param(block, id=f"block {number}") for number, block in enumerate(BLOCKS, 1)]


def test_there_are_blocks_and_each_claims_something() -> None:
    assert len(BLOCKS) >= 10
    assert all("expect:" in block for block in BLOCKS)


@pytest.mark.parametrize("block", NAMED)
def test_every_block_is_a_valid_scenario(block: str) -> None:
    sim.loads(HEAD + block)


@pytest.mark.slow
@pytest.mark.parametrize("block", NAMED)
def test_every_claim_of_a_block_holds(block: str) -> None:
    checked = sim.check(sim.loads(HEAD + block), replications=5)
    assert [str(verdict) for verdict in checked.verdicts.values() if verdict.verdict != "holds"] == []
