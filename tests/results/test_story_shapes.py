"""Stories of what is not there all the time: replicas that still boot, and clients who come only now and then."""

from __future__ import annotations

from sim.record.record import Record
from sim.results.book import Book
from sim.results.story.story import Sentence, explain
from sim.results.symptoms import symptoms
from tests.engine._play import play

SCALED = """
workload: {users: {calls: shop.buy, rate: 4/s, arrivals: regular}}
services:
  shop:
    replicas: 2
    workers: 1
    waiting: 4
    autoscale: {target utilisation: 50%, max replicas: 8, min replicas: 2, every: 1s, boot: 16s}
    operations: {buy: [{work: 125ms}]}
faults: {rush: {spike: users, by: 16x, at: 8s, for: 8s}}"""

HERD = """
warmup: 12s
workload:
  devices:
    {users: 16, think: 4s, start: on, tasks: {on: {weight: 0, requests: [switch.on]}, ask: {requests: [server.ask]}}}
services:
  switch: {workers: unlimited, operations: {on: [{wait: uniform 0s to 4s}]}}
  server: {workers: 1, waiting: 1, operations: {ask: [{work: 62500us}]}}
faults: {together: {synchronise: devices, at: 16s, for: 4s}}"""

STORM = """
workload: {users: {calls: shop.buy, rate: 8/s}}
services: {shop: {workers: 1, waiting: unlimited, operations: {buy: [{work: exponential 62500us}]}}}
links: {users -> shop: {timeout: 1s, retry: {max attempts: 3}}}
faults: {stop: {pause: shop, at: 32s, for: 8s}}"""


def told(record: Record, kind: str, of: str) -> Sentence:
    (found,) = [one for one in explain(record).sentences if (one.kind, one.of) == (kind, of)]
    return found


def test_only_the_workers_that_are_there_are_called_busy() -> None:
    assert "all 2 workers are busy" in told(play(SCALED, "24s"), "saturated", "shop").text


def test_a_herd_that_fails_in_one_second_of_four_is_told_from_its_first_coming() -> None:
    sentence = told(play(HERD, "64s"), "goodput", "devices")
    assert 20.0 <= sentence.at_s < 21.0
    assert "of those who came from 20.0 s to" in sentence.text


def test_a_storm_is_told_for_as_long_as_it_lasts() -> None:
    (storm,) = [one for one in symptoms(Book(play(STORM, "128s"))) if one.kind == "multiplied"]
    assert 32.0 <= storm.at_s < 40.0 and storm.until_s is not None and storm.until_s >= 128.0
    assert 2.5 < storm.value <= 3.5
