"""Data files of a scenario: traces of rates and samples of durations, read once and bounded.

A file is a column of numbers, or ``second,requests`` with the seconds counting up from 0. Only files inside the
scenario's own folder are read, after following symbolic links.

Not modelled: compressed files and other columns.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Iterator

from sim import quantities as q
from sim.errors import ParameterError
from sim.scenario.yaml.nodes import Node, Unquoted, parsed

MAX_DATA_BYTES = 8_000_000
Table = tuple[float, ...]


def read_table(path: str, folder: Path | None, rule: str) -> Table:
    """Return the numbers of the data file at *path* inside *folder*.

    Raises ``ParameterError`` with *rule* and a hint if the file is missing, lies outside, or is not a table.
    """
    if folder is None:
        raise ParameterError(rule, path, "a scenario without a folder has no data files")
    if Path(path).is_absolute():
        raise ParameterError(rule, path, "the path must be relative to the scenario's folder")
    full = (folder / path).resolve()
    if not full.is_relative_to(folder.resolve()):
        raise ParameterError(rule, path, "the file lies outside the scenario's folder")
    try:
        size = full.stat().st_size
        if size > MAX_DATA_BYTES:
            raise ParameterError(rule, path, f"the file has {size} bytes, at most {MAX_DATA_BYTES} are read")
        text = full.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ParameterError(rule, path, "there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ParameterError(rule, path, f"the file cannot be read ({type(error).__name__})") from None
    return _numbers(text, path, rule)


def _numbers(text: str, path: str, rule: str) -> Table:
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
    paired = bool(lines) and lines[0][1].replace(" ", "") == "second,requests"
    if paired:
        lines = lines[1:]
    values = []
    for count, (number, line) in enumerate(lines):
        cells = line.split(",")
        if len(cells) != 1 + paired:
            hint = "'second,requests' lines" if paired else "one number a line, or a header 'second,requests'"
            raise ParameterError(rule, path, f"line {number} must be {hint}, got {line[:40]!r}")
        value, second = _number(cells[-1]), _number(cells[0])
        if value is None or second is None:
            raise ParameterError(rule, path, f"line {number} must hold numbers of at least 0, got {line[:40]!r}")
        if paired and second != count:
            raise ParameterError(rule, path, f"line {number} must be second {count}, got {cells[0].strip()}")
        values.append(value)
    if not values:
        raise ParameterError(rule, path, "the file holds no numbers")
    return tuple(values)


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def no_such_file(error: OSError) -> Unquoted:
    """Return the words for a scenario file that cannot be opened."""
    if isinstance(error, FileNotFoundError):
        return Unquoted("no such file")
    if isinstance(error, IsADirectoryError):
        return Unquoted("a folder")
    return Unquoted(f"one that cannot be opened ({type(error).__name__})")


TRACE_RULE = "name a data file of requests per second"
SAMPLE_RULE = "name a data file of durations in seconds"


def data_files(root: Node) -> Iterator[tuple[Node, str, str]]:
    """Iterate over the data files that a document names: (node, path, rule)."""
    for node in _scalars(root):
        text = node.value
        if text.startswith("trace ") and node.loc and node.loc[-1] == "rate":
            shape = parsed(q.parse_rate_shape, node)
            if shape is not None:
                yield node, shape.path, TRACE_RULE
        elif text.startswith("empirical "):
            law = parsed(q.parse_work, node)
            if isinstance(law, q.Empirical):
                yield node, law.path, SAMPLE_RULE


def _scalars(root: Node) -> Iterator[Node]:
    """Iterate over the texts of the played document, without claims and the patches that are not chosen."""
    for key in ("workload", "services", "links", "faults", "actions"):
        waiting = [root.get(key)]
        while waiting:
            node = waiting.pop()
            if node is None:
                continue
            if isinstance(node.value, dict):
                waiting += reversed(node.value.values())
            elif isinstance(node.value, list):
                waiting += reversed(node.value)
            elif isinstance(node.value, str):
                yield node
