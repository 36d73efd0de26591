"""Which core plays the engine: the Python sources, or the same sources compiled (the distribution ``pileup-core``).

The compiled core has an extension module for each module of ``sim`` that has a ``.pxd`` file. A finder on
``sys.meta_path`` gives those to ``import`` where the core is installed and was built from exactly these sources. The
environment variable ``PILEUP_CORE`` decides otherwise: ``python`` never takes it, ``compiled`` insists on it.
"""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from importlib.abc import MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import Any, Sequence

from sim.errors import ParameterError, did_you_mean

VARIABLE = "PILEUP_CORE"
PYTHON, COMPILED = "python", "compiled"

name = PYTHON
"""The core of this process."""
why = ""
"""Why it is not the compiled one, unless ``PILEUP_CORE`` asks for Python."""
_problem: ParameterError | None = None
"""What is wrong with ``PILEUP_CORE``."""


class CompiledModules(MetaPathFinder):
    """Finds the extension modules of the compiled core, in *folder*, for the modules with these *names*."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder, self.names = folder, frozenset(names)

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return where the module is, or None if it is not one of these."""
        if fullname not in self.names:
            return None
        stem = self.folder.joinpath(*fullname.split(".")[1:])
        for suffix in EXTENSION_SUFFIXES:
            file = str(stem) + suffix
            if os.path.exists(file):
                return spec_from_file_location(fullname, file, loader=ExtensionFileLoader(fullname, file))
        raise ImportError(f"the compiled core has no {fullname} for this Python; `make core` builds it again")


def choose() -> None:
    """Take the compiled core if it is there and up to date, or as ``PILEUP_CORE`` says; called once, by ``sim``."""
    global name, why, _problem
    wanted = os.environ.get(VARIABLE, "")
    if wanted == PYTHON:
        return
    if wanted not in ("", COMPILED):
        hint = did_you_mean(wanted, (PYTHON, COMPILED))
        _problem = ParameterError("be python or compiled", wanted, hint, VARIABLE)
        return
    why = _install()
    if not why:
        name = COMPILED
    elif wanted == COMPILED:
        _problem = ParameterError("be python here", wanted, why, VARIABLE)


def check() -> None:
    """Raise ParameterError if ``PILEUP_CORE`` is unknown or cannot be met; called by ``sim.engine``.

    It does not happen earlier, so that a command reports it as it reports every other mistake.
    """
    if _problem is not None:
        raise _problem


def _install() -> str:
    """Let ``import`` find the compiled core; return why that is not possible, or nothing."""
    try:
        import pileup_core
    except ImportError:
        return "the compiled core is not installed; `make core` builds it"
    if pileup_core.DIGEST != _digest(pileup_core.MODULES):
        return "the compiled core was built from other sources; `make core` builds it again"
    sys.meta_path.insert(0, CompiledModules(Path(pileup_core.__file__).parent, pileup_core.MODULES))
    return ""


def _digest(names: Sequence[str]) -> str:
    """Return the digest of the sources of these modules, as the build computes it; empty if one is missing."""
    found, root = sha256(), Path(__file__).parent.parent
    for module in names:
        for suffix in (".py", ".pxd"):
            try:
                text = root.joinpath(*module.split(".")).with_suffix(suffix).read_bytes()
            except OSError:
                return ""
            found.update(text.replace(b"\r\n", b"\n"))
    return found.hexdigest()


def described() -> str:
    """Return the core in words, for ``pileup --version``."""
    reason = str(_problem) if _problem is not None else why
    return f"{name} core" + (f"; {reason}" if reason else "")
