"""The scenarios of a folder: title, question and lesson of each, not validated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sim.errors import ScenarioError
from sim.scenario.loading import document
from sim.scenario.yaml.nodes import plain


@dataclass(frozen=True, slots=True)
class Summary:
    """A short description of one scenario file; *problem* is the first reason why it cannot be read."""

    path: Path
    title: str
    question: str = ""
    lesson: str = ""
    variants: tuple[str, ...] = ()
    toggles: tuple[str, ...] = ()
    problem: str = ""

    @property
    def name(self) -> str:
        """The file's name without its ending, which is the name of a shipped scenario."""
        return self.path.stem


def catalogue(folder: str | Path) -> list[Summary]:
    """Return a summary of every ``*.yaml`` file in *folder*, by name; raises ``ScenarioError`` for no folder.

    >>> import sim
    >>> from sim.scenario.shipped import shipped_folder
    >>> [one.title for one in sim.catalogue(shipped_folder()) if one.name == "hedging"]
    ['Hedging']
    """
    place = Path(folder)
    if not place.is_dir():
        raise ScenarioError([f"{place} must be a folder of scenarios, got {'a file' if place.exists() else 'nothing'}"])
    return [_summary(path) for path in sorted(place.glob("*.yaml"))]


def _summary(path: Path) -> Summary:
    try:
        root = document(path)
    except ScenarioError as error:
        return Summary(path, path.stem, problem=error.problems[0])
    words = {
        key: " ".join(str(plain(node)).split()) for key in ("title", "question", "lesson") if (node := root.get(key))
    }
    variants, toggles = (tuple(root.children(kind)) for kind in ("variants", "toggles"))
    return Summary(
        path, words.get("title", path.stem), words.get("question", ""), words.get("lesson", ""), variants, toggles
    )
