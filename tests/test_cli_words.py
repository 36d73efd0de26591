"""What the command line says, word by word: the program itself, in this process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from sim.cli import main
from sim.experiments.breakers import BreakerCost, Pairing
from tests.test_cli import SMALL

Said = Callable[..., tuple[Any, str, str]]


@pytest.fixture
def pileup(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    def call(*words: object) -> tuple[Any, str, str]:
        monkeypatch.setattr(sys, "argv", ["pileup", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        printed = capsys.readouterr()
        return left.value.code, printed.out, printed.err

    return call


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


@pytest.mark.parametrize("port", ["abc", "0", "70000", "-1"])
def test_a_port_that_is_none_is_refused_in_our_own_words(pileup: Said, port: str) -> None:
    message = f"--port must be a whole number from 1 to 65535, got '{port}'\n"
    assert pileup("lab", "--port", port) == (2, "", message)


def test_a_switch_that_is_left_off_is_said_to_be(pileup: Said, small: Path) -> None:
    code, out, err = pileup("run", small, "--with", "patience", "--without", "patience", "--replications", 1)
    assert "patience: left off, as --without says\n" in err and "with patience" not in out and code in (0, 1)
    assert "patience: off anyway: only --with switches on\n" in pileup("explain", small, "--without", "patience")[2]
    code, _, err = pileup("run", small, "--without", "patiens")
    assert code == 2 and err == "--without must be a toggle of the scenario, got 'patiens'; did you mean 'patience'?\n"


def test_one_switch_is_not_called_switches(pileup: Said, small: Path) -> None:
    _, out, _ = pileup("ablate", small, "--toggles", "patience", "--replications", 1)
    assert "both settings of 1 switch\n" in out


def test_a_column_of_worker_seconds_has_its_unit(pileup: Said, small: Path) -> None:
    _, out, _ = pileup("run", small, "--replications", 1)
    (header,) = [line for line in out.splitlines() if line.startswith("Services ")]
    assert header.endswith("  wasted work (worker s)")


def test_the_interval_of_a_share_stays_between_none_and_all() -> None:
    cost = BreakerCost("a -> b", tuple(Pairing(100, stopped, 0, 0, 0) for stopped in (100, 100, 90)))
    found = cost.share("stopped")
    assert found.high == 1.0 and found.low is not None and found.low < 0.9
    worst = BreakerCost("a -> b", tuple(Pairing(100, 0, spoiled, 0, 0) for spoiled in (100, 100, 80))).net
    assert worst.low == -1.0 and worst.high is not None and worst.high > -0.9
