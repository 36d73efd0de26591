"""Messages of the command line, word by word: the program itself, in this process."""

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
    cut = "  cut: {about: Stop asking., patch: {links: {customers -> till: {breaker: {}}}}}"
    path.write_text(SMALL.replace("toggles:", f"toggles:\n{cut}"))
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


def test_one_fault_is_not_called_faults(pileup: Said, small: Path) -> None:
    asked = ("matrix", small, "--faults", "slow", "--on", "till", "--worst", 0, "--replications", 1)
    assert pileup(*asked)[1].startswith("Small: as it is, 1 fault\nfrom ")


def test_a_difference_that_is_none_is_called_so(pileup: Said, small: Path) -> None:
    _, out, _ = pileup("compare", small, "--variants", "as it is,more tills", "--replications", 2, "--set", "faults={}",
                       "--set", "services.till.workers=60")  # fmt: skip
    (row,) = [line for line in out.splitlines() if line.startswith("more tills  ") and " none " in line]
    assert row.split() == ["more", "tills", "none", "none", "none", "customers", "all"]


def test_a_run_that_ends_before_anybody_came_says_so(pileup: Said, small: Path) -> None:
    code, out, _ = pileup("explain", small, "--set", "max events=20")
    assert code == 3 and "in all: nobody came after the warm-up\n" in out and "cut off" in out


def test_a_column_of_worker_seconds_has_its_unit(pileup: Said, small: Path) -> None:
    _, out, _ = pileup("run", small, "--replications", 1)
    (header,) = [line for line in out.splitlines() if line.startswith("Services ")]
    assert header.endswith("  wasted work (worker s)")


def test_what_is_shown_is_the_combination_that_was_asked_for(pileup: Said, small: Path) -> None:
    _, out, _ = pileup("show", small, "--variant", "more tills", "--with", "patience")
    assert out.startswith("Small: more tills, with patience\n\nWhat does a slow till do?\n\nSmall: 1 workload, ")
    assert "\nFaults:\n  till slow: at 10s for 8s\n" in out
    _, out, _ = pileup("show", small, "--set", "faults={}", "--set", "services.till.operations.pay=[{work: 1500ms}]")
    assert out.startswith("Small: as it is\n") and "Faults:" not in out and "  1,500  " in out


def test_what_defences_decided_has_a_table_of_its_own(pileup: Said, small: Path) -> None:
    _, out, _ = pileup("run", small, "--replications", 1)
    assert "What defences did" not in out
    _, out, _ = pileup("run", small, "--replications", 1, "--set", "services.till.limit={rate: 1/s}")
    table = out.split("What defences did")[1].split("\n\n")[0]
    (row,) = [line.split() for line in table.splitlines() if line.startswith("till")]
    assert row[1:3] == ["rate", "limited"] and int(row[3]) > 0


@pytest.mark.parametrize(
    "words, message",
    [
        (("matrix", "--size", "slow=abc"), "fault slow: by must be a factor such as 10x, got 'abc'\n"),
        (("matrix", "--for", "0s"), "for must be longer than nothing, got '0 s'\n"),
        (("hysteresis", "--workload", "nobody", "--from", "1/s", "--to", "5/s"), "got 'nobody'; there are customers\n"),
        (("hysteresis", "--workload", "customers", "--from", "0/s", "--to", "5/s"),
         "--from must be above zero, got '0/s'\n"),
        (("hysteresis", "--workload", "customers", "--from", "6/s", "--to", "5/s"),
         "--to must lie above --from, 6/s, got '5/s'\n"),
        (("breakers",), "the combination must have a link with a breaker, got 'as it is'; one comes with 'cut'\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_what_could(
    pileup: Said, small: Path, words: tuple[str, ...], message: str
) -> None:
    code, out, err = pileup(words[0], small, *words[1:])
    assert (code, out) == (2, "") and err.endswith(message), err


def test_the_interval_of_a_share_stays_between_none_and_all() -> None:
    cost = BreakerCost("a -> b", tuple(Pairing(100, stopped, 0, 0, 0) for stopped in (100, 100, 90)))
    found = cost.share("stopped")
    assert found.high == 1.0 and found.low is not None and found.low < 0.9
    worst = BreakerCost("a -> b", tuple(Pairing(100, 0, spoiled, 0, 0) for spoiled in (100, 100, 80))).net
    assert worst.low == -1.0 and worst.high is not None and worst.high > -0.9
