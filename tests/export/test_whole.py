"""Results are written whole, by one run or by two at once, and after a failure nothing is left."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.errors import ParameterError
from sim.export.whole import MANIFEST, Place, must_take_a_file, write_file
from tests.test_cli import SMALL

ROOT = Path(__file__).parent.parent.parent


def fill(place: Place, text: str) -> Path:
    with place.filling() as made:
        (made / "text").write_text(text)
        (made / MANIFEST).write_text(json.dumps({"asked": place.asked}))
    return place.folder


def test_two_results_of_one_folder_are_both_kept(tmp_path: Path) -> None:
    first, second = Place(tmp_path / "race", {"seed": 1}), Place(tmp_path / "race", {"seed": 2})
    first.must_take()
    second.must_take()
    with second.filling() as made:
        (made / "text").write_text("second")
        (made / MANIFEST).write_text("{}")
        assert fill(first, "first") == tmp_path / "race"
    assert second.folder == tmp_path / "race-2"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["race", "race-2"]
    assert (tmp_path / "race" / "text").read_text() == "first" and (
        tmp_path / "race-2" / "text"
    ).read_text() == "second"


def test_the_same_command_replaces_its_result_and_another_one_must_be_forced(tmp_path: Path) -> None:
    folder = fill(Place(tmp_path / "out", {"seed": 1}), "old")
    again = Place(folder, {"seed": 1})
    again.must_take()
    assert fill(again, "new") == folder and (folder / "text").read_text() == "new"
    with pytest.raises(ParameterError, match="the result of the same command, got .*--force replaces it"):
        Place(folder, {"seed": 2}).must_take()
    assert fill(Place(folder, {"seed": 2}, force=True), "forced") == folder
    assert [path.name for path in tmp_path.iterdir()] == ["out"] and (folder / "text").read_text() == "forced"


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert fill(Place(tmp_path / "out", {}), "here") == tmp_path / "out"


def test_a_failure_leaves_nothing_and_names_the_folder(tmp_path: Path) -> None:
    place = Place(tmp_path / "out", {})
    message = "--out must be in a folder .*; no space left on device"
    with pytest.raises(ParameterError, match=message), place.filling() as made:  # noqa: PT012
        (made / "half").write_text("half")
        raise OSError(f"Error writing bytes to file. Detail: [errno {errno.ENOSPC}] No space left")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB, where this user may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tiny", disk], capture_output=True).returncode:
        pytest.skip("mounting a small disk takes a superuser")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_leaves_no_half_file(tiny: Path) -> None:
    with pytest.raises(ParameterError, match="--junit must be in a folder .*; no space left on device"):
        write_file(tiny / "x.xml", bytes(200_000), "--junit")
    assert list(tiny.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("words", [("run", "--out", "disk/results"), ("report", "--out", "disk/page.html")])
def test_a_command_on_a_full_disk_names_it_and_leaves_nothing(tiny: Path, words: tuple[str, ...]) -> None:
    (tiny.parent / "small.yaml").write_text(SMALL)
    said = subprocess.run(
        [sys.executable, "-m", "sim", words[0], "small.yaml", "--replications", "1", *words[1:]], cwd=tiny.parent,
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert said.returncode == 2, said.stderr
    assert said.stderr == (
        f"--out must be in a folder that can be written to, got '{words[2]}'; no space left on device\n"
    )
    assert list(tiny.iterdir()) == []


def test_a_mounted_folder_is_refused_before_anything_is_played(tiny: Path) -> None:
    with pytest.raises(ParameterError, match="a mounted folder cannot be replaced: name one inside it"):
        Place(tiny, {}).must_take()


def test_a_folder_without_permission_is_refused_before_anything_is_played(tiny: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", tiny], check=True)
    for refused in (lambda: Place(tiny / "out", {}).must_take(), lambda: must_take_a_file(tiny / "x.xml")):
        with pytest.raises(ParameterError, match="be in a folder that can be written to, got .*; permission denied"):
            refused()
