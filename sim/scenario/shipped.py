"""The folder of the shipped scenarios, in a checkout and after ``pip install`` alike.

A checkout keeps them in ``scenarios/`` next to ``sim/``. The wheel carries the same folder as ``sim/_scenarios``
(``force-include`` in pyproject.toml), so that they are found from any working directory.
"""

from __future__ import annotations

from pathlib import Path

from sim.errors import LabError

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped_folder() -> Path:
    """Return the folder of the shipped scenarios; their data files are in its ``data/``.

    Raises LabError when the installation is incomplete.
    """
    for folder in (_PACKAGE / "_scenarios", _PACKAGE.parent / "scenarios"):
        if folder.is_dir():
            return folder
    raise LabError(f"this copy of Pileup has no scenarios; looked in {_PACKAGE} and next to it: install again")


def shipped_scenario(name: str) -> Path | None:
    """Return the file of the shipped scenario called *name*, with or without ``.yaml``; None when there is none.

    >>> shipped_scenario("no such scenario") is None
    True
    """
    path = shipped_folder() / (name if name.endswith(".yaml") else f"{name}.yaml")
    return path if path.parent == shipped_folder() and path.is_file() else None
