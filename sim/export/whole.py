"""Results written whole: under a unique name next to their place, and moved there when complete.

A result replaces an older one of the same command on the same scenario, or any other on request. If two runs write into
one folder at once, both results are kept.
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
    """The place of results: a *folder*, the request (*asked*), and whether any result there may be replaced (*force*).

    After ``filling``, *folder* is the one that was written.
    """

    folder: Path
    asked: dict[str, Any] = field(default_factory=dict)
    force: bool = False

    def must_take(self) -> None:
        """Reject a folder that cannot be written or holds something else; call it before a long run."""
        folder = self.folder
        if folder.exists() and not (folder / MANIFEST).exists() and not _is_empty(folder):
            rule, hint = "be a new folder or an older result", "it holds something else, which is not replaced"
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
        """Yield a new folder, and move it to its place when everything is written; remove it after a failure."""
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
        """Move *made* to the folder, or to the next free number if another run has written there meanwhile."""
        wanted, number = self.folder, 1
        while not _moved(made, self.folder, self.folder.exists() and self._may_replace()):
            if self.folder.exists() and not self._may_replace():
                number += 1
                self.folder = wanted.with_name(f"{wanted.name}-{number}")


def _moved(made: Path, folder: Path, replace: bool) -> bool:
    """Move *made* to *folder*, and replace what is there if *replace*; False if another run was first."""
    old = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.old")
    if replace:
        with suppress(FileNotFoundError):  # another run has just moved it
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
    """Write a file whole, so that no reader sees an incomplete one; remove it after a failure."""
    must_take_a_file(path, option)
    if path.exists() and not path.is_file():  # a pipe or a device cannot be replaced
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
    """Reject a *path* to which no file can be written; call it before a long run."""
    if path.is_dir() or not path.parent.is_dir():
        raise ParameterError("be a file in a folder that exists", str(path), place=option)
    must_be_writable(path, option)


def must_be_writable(path: Path, option: str = "--out") -> None:
    """Reject a *path* whose nearest folder cannot be written to."""
    nearest = next(place for place in path.absolute().parents if place.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        why = "permission denied" if nearest.is_dir() else "not a directory"
        raise ParameterError(WRITABLE, str(path), why, option)


@contextmanager
def naming(path: Path, option: str = "--out") -> Iterator[None]:
    """Add *path* and the reason to an error of the system; libraries do not always name them."""
    try:
        yield
    except OSError as error:
        number = error.errno or int((re.search(r"errno (\d+)", str(error)) or [0, 0])[1])
        why = os.strerror(number).lower() if number else str(error)
        raise ParameterError(WRITABLE, str(path), why, option) from error


def unfinished(name: str) -> str:
    """Return a unique name for the unfinished result."""
    return f".{name}.{secrets.token_hex(4)}.unfinished"
