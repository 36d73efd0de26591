"""Results written whole: next to their place under a name that no other run has, and put there when complete.

An older result is replaced by one of the same command on the same scenario, or when that is asked for. Results that
two runs write into one folder at once are both kept.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator

from sim.errors import ParameterError

MANIFEST = "manifest.json"
WRITABLE = "be in a folder that can be written to"


@dataclass(slots=True)
class Place:
    """Where results go: a *folder*, what was *asked* for, and whether another result there may be replaced (*force*).

    After ``filling`` its folder is the one that was written.
    """

    folder: Path
    asked: dict[str, Any] = field(default_factory=dict)
    force: bool = False

    def must_take(self) -> None:
        """Refuse a folder that cannot be written or holds something else; best asked before a long run."""
        folder = self.folder
        if folder.exists() and not (folder / MANIFEST).exists() and not _is_empty(folder):
            rule, hint = "be a new folder or an older result", "it holds something else, which is left alone"
            raise ParameterError(rule, str(folder), hint, "--out")
        if folder.exists() and not self._may_replace():
            rule, hint = "be a new folder, or the result of the same command", "it holds another: --force replaces it"
            raise ParameterError(rule, str(folder), hint, "--out")
        if os.path.ismount(folder):
            hint = f"a mounted folder cannot be replaced: name one inside it, such as {folder / 'results'}"
            raise ParameterError("be a folder that can be replaced", str(folder), hint, "--out")
        must_be_writable(folder)

    @contextmanager
    def filling(self) -> Iterator[Path]:
        """Give a fresh folder, and put it in its place when everything is written; after a failure nothing is left."""
        made = self.folder.with_name(unfinished(self.folder.name))
        try:
            with naming(self.folder):
                made.mkdir(parents=True)
                yield made
                self._put(made)
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def files(self) -> list[Path]:
        """Return the files that the folder holds."""
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    def _may_replace(self) -> bool:
        if self.force or _is_empty(self.folder):
            return True
        try:
            before = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return isinstance(before, dict) and before.get("asked") == self.asked

    def _put(self, made: Path) -> None:
        """Move *made* to the folder; where another run has written one meanwhile, to the next number after it."""
        wanted, number = self.folder, 1
        while not _moved(made, self.folder, self.folder.exists() and self._may_replace()):
            if self.folder.exists() and not self._may_replace():
                number += 1
                self.folder = wanted.with_name(f"{wanted.name}-{number}")


def _moved(made: Path, folder: Path, replace: bool) -> bool:
    """Move *made* to *folder*, what is there aside if it may be *replace*d; False if another run was there first."""
    old = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.old")
    if replace:
        with suppress(FileNotFoundError):  # another run has moved it a moment ago
            folder.rename(old)
    try:
        made.rename(folder)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            return False
        if old.exists():
            old.rename(folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
    return True


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def write_file(path: Path, data: bytes, option: str = "--out") -> None:
    """Write a file whole, so that a reader never meets half of it; after a failure nothing is left."""
    must_take_a_file(path, option)
    if path.exists() and not path.is_file():  # a pipe or a device has no place to be put in
        with naming(path, option):
            path.write_bytes(data)
        return
    made = path.with_name(unfinished(path.name))
    try:
        with naming(path, option):
            made.write_bytes(data)
            made.replace(path)
    finally:
        made.unlink(missing_ok=True)


def must_take_a_file(path: Path, option: str = "--out") -> None:
    """Refuse a *path* to which no file can be written; best asked before a long run."""
    if path.is_dir() or not path.parent.is_dir():
        raise ParameterError("be a file in a folder that exists", str(path), place=option)
    must_be_writable(path, option)


def must_be_writable(path: Path, option: str = "--out") -> None:
    """Refuse a *path* whose nearest folder cannot be written to."""
    nearest = next(place for place in path.absolute().parents if place.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        why = "permission denied" if nearest.is_dir() else "not a directory"
        raise ParameterError(WRITABLE, str(path), why, option)


@contextmanager
def naming(path: Path, option: str = "--out") -> Iterator[None]:
    """Name *path* and the reason where the system refuses to write; libraries below do not always."""
    try:
        yield
    except OSError as error:
        number = error.errno or int((re.search(r"errno (\d+)", str(error)) or [0, 0])[1])
        why = os.strerror(number).lower() if number else str(error)
        raise ParameterError(WRITABLE, str(path), why, option) from error


def unfinished(name: str) -> str:
    """Return a name for what is being written, which no other process has."""
    return f".{name}.{secrets.token_hex(4)}.unfinished"
