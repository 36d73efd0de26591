"""Small systems from public bug reports, questions and documentation: each claim of each file in ``public/``.

A file's header says where the report is and why its numbers must come out. ``# cannot tell: NAME`` marks a claim that
the run must leave open.
"""

from pathlib import Path

import pytest

import sim

FILES = sorted((Path(__file__).parent / "public").glob("*.yaml"))
OPEN = "# cannot tell: "


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_public_report_comes_out_as_reported(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    left_open = {line.removeprefix(OPEN) for line in lines if line.startswith(OPEN)}
    checked = sim.check(file)
    verdicts = {name: verdict.verdict for name, verdict in checked.verdicts.items()}
    assert verdicts == {name: "cannot tell" if name in left_open else "holds" for name in verdicts}
    assert left_open <= verdicts.keys() and verdicts
    assert all(checked.identities.values())
