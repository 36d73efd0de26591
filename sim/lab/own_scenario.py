"""A participant's own text: its problems, placed for the editor, and the scenario once there are none.

The text is hostile until it is checked here: its size, and the size that its patches multiply it to, are bounded
first. It may use the data files and extend the scenarios that are shipped, and nothing else of this machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sim.errors import LabError, ScenarioError, describe
from sim.scenario.loading import loads
from sim.scenario.shipped import shipped_folder
from sim.scenario.yaml.nodes import Node
from sim.scenario.yaml.parse import read

NAME = "scenario.yaml"
MOST_LETTERS = 60_000
"""More than four times the largest scenario that is shipped."""
MOST_JUDGED = 60_000
"""Values times combinations to judge: judged in about a second on a small machine."""
MOST_SHOWN = 40

_LINE = re.compile(rf"{re.escape(NAME)}:(\d+):(\d+): (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mark:
    """One problem (*level* ``bad``) or warning (``warn``); line and column count from 1, 0 where there is no place."""

    line: int
    column: int
    text: str
    level: str = "bad"


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of reading a text: the scenario (None if it cannot be played), and the remarks on the text."""

    scenario: Any
    marks: tuple[Mark, ...]

    @property
    def problems(self) -> tuple[Mark, ...]:
        """The marks that stand in the way of a run."""
        return tuple(mark for mark in self.marks if mark.level == "bad")


@lru_cache(maxsize=64)
def check(text: str) -> Checked:
    """Judge *text*: everything wrong with it at once, and what is legal and unwise where nothing is wrong."""
    try:
        scenario = opened(text)
    except ScenarioError as error:
        return Checked(None, _marks(list(error.problems), "bad"))
    except LabError as error:
        return Checked(None, (Mark(0, 0, str(error)),))
    return Checked(scenario, _marks(scenario.warnings, "warn"))


def opened(text: str) -> Any:
    """Return the scenario in *text*; raises ``ScenarioError`` with every problem, or the first bound it breaks."""
    text = text.encode("utf-8", "replace").decode()
    if len(text) > MOST_LETTERS:
        rule = f"hold at most {MOST_LETTERS} letters in the browser"
        raise ScenarioError([describe("text", rule, len(text), "play larger ones with `pileup run FILE`")])
    found, problems = read(text, NAME)
    if found is not None and not problems:
        judged = _size(found) * (1 + _combinations(found))
        if judged > MOST_JUDGED:
            rule = f"come to at most {MOST_JUDGED} values in all its variants and toggles"
            raise ScenarioError([describe("text", rule, judged, "judge larger ones with `pileup validate FILE`")])
    return loads(text, shipped_folder(), NAME)


def _combinations(root: Node) -> int:
    """Return how many combinations are judged: every variant, and every toggle in every variant, and the claims'."""
    variants, toggles, claims = (len(root.children(key)) for key in ("variants", "toggles", "expect"))
    return variants + toggles * max(1, variants) + claims // 4


def _size(node: Node) -> int:
    if isinstance(node.value, dict):
        return 1 + sum(_size(child) for child in node.value.values())
    if isinstance(node.value, list):
        return 1 + sum(_size(child) for child in node.value)
    return 1


def _marks(lines: list[str], level: str) -> tuple[Mark, ...]:
    found = []
    for line in lines[:MOST_SHOWN]:
        placed = _LINE.fullmatch(line)
        found.append(Mark(int(placed[1]), int(placed[2]), placed[3], level) if placed else Mark(0, 0, line, level))
    if len(lines) > MOST_SHOWN:
        found.append(Mark(0, 0, f"and {len(lines) - MOST_SHOWN} more", level))
    return tuple(found)
