"""Records and reports of shipped scenarios are the same, byte for byte, as when the digests were taken."""

import json
from pathlib import Path

import pytest

from tests.scenarios.digests import FILES, KEPT, digests_of, fingerprint

TAKEN = json.loads(KEPT.read_text(encoding="utf-8"))


def test_every_shipped_scenario_has_its_digests() -> None:
    assert sorted(TAKEN["scenarios"]) == [file.stem for file in FILES]


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_table_and_every_document_is_the_same_byte_for_byte(file: Path) -> None:
    if TAKEN["fingerprint"] != fingerprint():
        pytest.skip("the digests were taken on a machine whose logarithms or random numbers differ in their last bits")
    assert digests_of(file) == TAKEN["scenarios"][file.stem]
