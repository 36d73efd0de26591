"""The trace of launch day: the data are what their source says, and are played as the header says."""

import csv

import pytest

import sim
from sim.experiments.run import run_resolved
from sim.scenario.shipped import shipped_folder

TRACE = shipped_folder() / "data" / "nasa_1995-07-13_launch.csv"


def counts() -> list[int]:
    with TRACE.open(encoding="utf-8", newline="") as lines:
        return [int(row["requests"]) for row in csv.DictReader(lines)]


def test_the_trace_is_the_morning_of_the_launch():
    found = counts()
    minutes = [sum(found[i : i + 60]) for i in range(0, len(found), 60)]
    assert (len(found), sum(found)) == (14_400, 46_456)
    assert (max(minutes), minutes.index(max(minutes))) == (409, 109)


def test_the_trace_names_its_source_and_terms():
    text = (TRACE.parent / "README.md").read_text(encoding="utf-8")
    assert TRACE.name in text and "Internet Traffic Archive" in text and "freely redistributed" in text


@pytest.mark.slow
def test_a_compressed_trace_keeps_its_rate_and_shortens_its_time():
    """8,000 s of the log in 400 s at 20 times its rate: as many visitors as the log has in these 8,000 s."""
    run = run_resolved(sim.load(shipped_folder() / "launch_day.yaml").resolve(), replications=1)
    log = sum(counts()[:8000])
    assert len(run.requests) == pytest.approx(log, abs=4 * log**0.5)
    busiest = run.requests["arrived_at"].between(327, 330).sum()
    assert busiest == pytest.approx(409, abs=4 * 409**0.5)
