"""Loading and dumping scenarios: ``load``, ``loads``, ``dump`` and the list of a file's ``problems``.

``extends: shop.yaml`` makes a file a merge patch on another one in its folder.

Not modelled: writing comments back.
"""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Iterable, Mapping

from ruamel.yaml import YAML

from sim.errors import ParameterError, ScenarioError, describe, did_you_mean
from sim.scenario.data import no_such_file
from sim.scenario.key_normalisation import normalise
from sim.scenario.merge_patch import extended
from sim.scenario.rules.names import several
from sim.scenario.scenario_file import ScenarioFile
from sim.scenario.shipped import shipped_folder, shipped_scenario
from sim.scenario.source import Source
from sim.scenario.yaml.nodes import Node, Place, Problem, at_value, in_order
from sim.scenario.yaml.parse import decode, read

MAX_EXTENDS = 8

Playable = ScenarioFile | str | Path
"""A playable argument: a scenario, a file, or the name of a shipped scenario."""
Settings = Mapping[str, object] | Iterable[str]
"""Values to change, as ``{path: value}`` or as texts ``path=value``."""


def load(
    path: str | Path,
    *,
    variant: str | None = None,
    with_: str | Iterable[str] = (),
    without: str | Iterable[str] = (),
    set_: Mapping[str, object] | Iterable[str] = (),
) -> ScenarioFile:
    """Return the scenario in the file at *path* (or the shipped one of that name), fully validated.

    It is validated in every variant, and with each toggle on alone.

    With a variant, toggles or settings it is resolved to that combination at once. Raises ``ScenarioError`` with
    every problem of the file, each ``FILE:LINE:COLUMN: place must rule, got value``.

    >>> import sim
    >>> sim.load("hedging").variants.keys()
    dict_keys(['alone', 'hedged'])
    >>> sim.load("hedgin")
    Traceback (most recent call last):
    sim.errors.ScenarioError: scenario must be a file or the name of a shipped scenario, got 'hedgin'; did you mean \
'hedging'?
    """
    path = _found(path)
    node, problems = _document(path, str(path), ())
    scenario = ScenarioFile.of(_source(node, problems, str(path), path.parent).open())
    off = several(without)
    wanted = [name for name in several(with_) if name not in off]
    set_ = dict(set_) if isinstance(set_, Mapping) else list(set_)
    return scenario.resolve(variant, wanted, set_) if variant is not None or wanted or set_ else scenario


def _found(path: str | Path) -> Path:
    """Return the path of a file, or of the shipped scenario of that name where there is no file."""
    if isinstance(path, str) and path and not Path(path).exists() and Path(path).name == path:
        shipped = shipped_scenario(path)
        if shipped is not None:
            return shipped
        if not Path(path).suffix:
            hint = did_you_mean(path, [one.stem for one in shipped_folder().glob("*.yaml")]) or "see: pileup list"
            raise ScenarioError([describe("scenario", "be a file or the name of a shipped scenario", path, hint)])
    return Path(path)


def loaded(scenario: object) -> ScenarioFile:
    """Return *scenario*, loaded if it is a path or the name of a shipped one.

    Raises ``ParameterError`` for any other type, and ``ScenarioError`` as ``load`` does.
    """
    if isinstance(scenario, str | Path):
        return load(scenario)
    if not isinstance(scenario, ScenarioFile):
        raise ParameterError("be a scenario, a file or the name of a shipped one", scenario, place="scenario")
    return scenario


def loads(text: str, folder: str | Path | None = None, name: str = "<text>") -> ScenarioFile:
    """Return the scenario in *text*; data files and `extends` are looked up in *folder*, if there is one.

    *name* stands for the file in messages. Raises ``ScenarioError`` as ``load`` does.

    >>> import sim
    >>> sim.loads("{version: 1, title: Nothing}")
    Traceback (most recent call last):
    sim.errors.ScenarioError: <text>:1:1: duration must be given, got nothing...
    """
    place = Path(folder) if folder is not None else None
    node, problems = _extended(*_read(text.encode("utf-8", "surrogateescape"), name), name, place, ())
    return ScenarioFile.of(_source(node, problems, name, place).open())


def document(path: str | Path) -> Node:
    """Return the document of the file at *path*, merged over the file it extends, not validated."""
    node, found = _document(Path(path), str(path), ())
    if node is None:
        raise ScenarioError(in_order(found))
    return normalise(node, found)


def dump(scenario: ScenarioFile) -> str:
    """Return the YAML text of a scenario's document; ``loads`` reads it back to an equal scenario.

    >>> import sim
    >>> scenario = sim.load("hedging")
    >>> sim.loads(sim.dump(scenario)) == scenario
    True
    """
    yaml, out = YAML(typ="rt", pure=True), StringIO()
    yaml.default_flow_style, yaml.width = False, 120
    yaml.dump(scenario.document, out)
    return out.getvalue()


def problems(path: str | Path) -> tuple[list[str], list[str]]:
    """Return (errors, warnings) of the file at *path*, one line each; warnings only where there is no error."""
    try:
        scenario = load(path)
    except ScenarioError as error:
        return list(error.problems), []
    return [], scenario.warnings


def _source(node: Node | None, found: list[Problem], name: str, folder: Path | None) -> Source:
    """Return the source of a document, or raise ``ScenarioError`` with all problems that can be found."""
    if node is None:
        raise ScenarioError(in_order(found))
    source = Source(normalise(node, found), name, folder)
    if found:
        raise ScenarioError(in_order([*found, *source.problems()]))
    return source


def _read(data: bytes, name: str) -> tuple[Node | None, list[Problem]]:
    text, found = decode(data, name)
    return (None, found) if found else read(text, name)


def _document(path: Path, name: str, seen: tuple[Path, ...]) -> tuple[Node | None, list[Problem]]:
    """Return the document of a file, merged over the file that it extends."""
    try:
        data = path.read_bytes()
    except OSError as error:
        return None, [Problem(Place(name, 1, 1), ("file",), "be a scenario file", no_such_file(error))]
    return _extended(*_read(data, name), name, path.parent, (*seen, path.resolve()))


def _extended(
    node: Node | None, found: list[Problem], name: str, folder: Path | None, seen: tuple[Path, ...]
) -> tuple[Node | None, list[Problem]]:
    target = node.get("extends") if node is not None else None
    if node is None or target is None:
        return node, found
    own = Node({key: child for key, child in node.value.items() if key != "extends"}, node.at, None, node.loc)
    refused = _refused(target, folder, seen)
    if refused is not None:
        return None, [*found, refused]
    base_path = (folder or Path()) / target.value
    base, more = _document(base_path, str(Path(name).parent / target.value), seen)
    found = [*found, *more]
    if base is None:
        return None, found
    return extended(normalise(base, found), normalise(own, found)), found


def _refused(target: Node, folder: Path | None, seen: tuple[Path, ...]) -> Problem | None:
    """Return why a file may not extend *target*, or None."""
    rule = "name a scenario file in the same folder"
    if not isinstance(target.value, str):
        return at_value(target, rule)
    if folder is None:
        return at_value(target, rule, "a text without a folder extends nothing")
    full = (folder / target.value).resolve()
    if full.parent != folder.resolve():
        return at_value(target, rule)
    if full in seen:
        return at_value(target, "not lead back to a file that extends it")
    if len(seen) >= MAX_EXTENDS:
        return at_value(target, f"extend at most {MAX_EXTENDS} files in a row")
    if not full.is_file():
        return at_value(target, rule, "there is no such file")
    return None
