"""Pauses between the requests of a task: who thinks when, and what the load arithmetic makes of it."""

from __future__ import annotations

import sim
from sim import topology
from tests.engine._play import play, requests

TASKS = """
workload:
  c:
    users: 1
    think: 2s
    {start}
    tasks:
      look: {{weight: {weight}, requests: [a.x, a.x, a.x], think: 500ms}}
      buy: {{requests: [a.x, a.x]}}
services: {{a: {{workers: unlimited, operations: {{x: [{{work: 250ms}}]}}}}}}
"""


def test_a_user_thinks_between_the_requests_of_a_task_and_after_it() -> None:
    record = play(TASKS.format(start="", weight=1_000_000))
    assert [row[0] for row in requests(record, "arrived_at")] == [2.0, 2.75, 3.5, 5.75, 6.5, 7.25, 9.5]


def test_each_task_has_a_pause_of_its_own_the_first_one_too() -> None:
    record = play(TASKS.format(start="start: buy", weight=1_000_000))
    assert [row[0] for row in requests(record, "arrived_at")][:5] == [2.0, 2.25, 4.5, 5.25, 6.0]
    other = play(TASKS.format(start="start: look", weight=0))
    assert [row[0] for row in requests(other, "arrived_at")][:5] == [2.0, 2.75, 3.5, 5.75, 6.0]


def test_pauses_are_part_of_the_cycle_that_show_takes_for_the_offered_load() -> None:
    text = f"version: 1\ntitle: T\nduration: 9s\n{TASKS.format(start='', weight=1)}"
    (load,) = topology.describe(sim.loads(text).resolve()).loads
    assert load.arrivals_per_s == 2.5 / (2 + 2.5 * 0.25 + 0.5 * 2 * 0.5)
