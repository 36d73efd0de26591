"""Every file in tests/invalid_scenarios says in its first lines exactly what is wrong with it.

`…` stands for any words, where a message lists what would break with each new key or kind.
"""

import re
from pathlib import Path

import pytest

from sim.errors import ScenarioError
from sim.scenario.loading import load

FOLDER = Path(__file__).parent.parent / "invalid_scenarios"
FILES = sorted(FOLDER.glob("*.yaml"))


def expected(path: Path) -> list[str]:
    lines = path.read_bytes().decode("utf-8", "replace").splitlines()
    return [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_messages_are_exactly_those_in_the_head_of_the_file(path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(path)
    problems, wanted = caught.value.problems, expected(path)
    assert len(problems) == len(wanted), problems
    for problem, line in zip(problems, wanted, strict=True):
        pattern = ".+".join(re.escape(part) for part in f"{path}:{line}".split("…"))
        assert re.fullmatch(pattern, problem), f"{problem}\nis not\n{path}:{line}"


def test_there_are_many_ways_to_be_wrong() -> None:
    assert len(FILES) >= 45
    assert all(expected(path) for path in FILES)
