"""`pileup report` as a whole process: its file, its messages, and its exit status."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.export.test_html_pocket import TILLS
from tests.export.test_html_report import SHOP

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent.parent


def report(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "sim", "report", *arguments, "--workers", "1"]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(SHOP, encoding="utf-8")
    (tmp_path / "tills.yaml").write_text(TILLS, encoding="utf-8")
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".yaml")


def test_a_report_is_written_whole_and_a_failing_claim_is_told_by_the_status(folder: Path) -> None:
    done = report(folder, "shop.yaml", "--replications", "1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("wrote shop.report.html (")
    assert names(folder) == ["shop.report.html"]
    assert (folder / "shop.report.html").read_text(encoding="utf-8").endswith("</html>\n")


def test_a_pocket_page_is_written_where_it_is_wanted_and_says_what_it_left_out(folder: Path) -> None:
    done = report(folder, "tills.yaml", "--format", "pocket", "--out", "phone.html", "--replications", "1")
    assert done.returncode == 0 and names(folder) == ["phone.html"]
    assert "left out: short line with long line" in done.stderr


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("shop.yaml", "--format", "poster"), "--format must be page or pocket, got 'poster'"),
        (("shop.yaml", "--out", "nowhere/a.html"), "--out must be a file in a folder that exists"),
        (("tills.yaml", "--format", "pocket", "--variant", "as it is"), "--with must be omitted for a pocket page"),
        (("shop.yaml", "--variant", "fast"), "fast"),
        (("shpo.yaml",), "did you mean"),
    ],
)  # fmt: skip
def test_mistakes_are_told_without_a_traceback_and_write_nothing(
    folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = report(folder, *arguments)
    assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr
    assert names(folder) == []
