"""Rows on the disk are the rows in memory: the same record and the same measures, bit for bit."""

import json
import os
import pickle
import tempfile
from pathlib import Path
from typing import IO, Callable, Iterator

import numpy as np
import pytest

import sim
from sim.cli import program
from sim.cli.status import INTERNAL
from sim.engine.run import play
from sim.errors import StorageError
from sim.record import recorder
from sim.record.blocks import Blocks, put
from sim.record.record import Record
from sim.record.storage import Storage, in_file, release, size_of
from sim.results.audit.identities import verify
from sim.results.book import Book
from sim.results.measures.registry import measures_of
from tests.scenarios.digests import FILES, KEPT, digest_of_record, digests_of, fingerprint

TAKEN = json.loads(KEPT.read_text(encoding="utf-8"))

TYPES = {"id": np.int32, "at": np.float64, "site": np.int16}


@pytest.fixture
def on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write every block to the disk, and a block for every few rows."""
    monkeypatch.setattr(recorder, "IN_MEMORY", 0)
    monkeypatch.setattr(recorder, "PACK_AT", 100)


EVERY_TABLE = """
version: 1
title: Every table has rows
duration: 8s
warmup: 1s
workload: {shop: {calls: web.order, rate: 40/s, keys: uniform 5, deadline: 500ms}}
services:
  web:
    workers: 4
    waiting: 8
    while calling: free
    operations: {order: [{work: exponential 20ms}, {call: db.query}, {send: jobs}]}
  db: {waiting: 4, operations: {query: [{work: exponential 15ms}, {write: rows}, {effect: stored}, {call: leaf.get}]}}
  leaf: {workers: unlimited, operations: {get: [{work: 1ms}]}}
  worker: {consumes: {jobs: do}, operations: {do: [{work: exponential 20ms}, {fail: 30%}, {effect: shipped}]}}
queues: {jobs: {visibility timeout: 300ms, max deliveries: 2}}
stores: {rows: {}}
links: {web -> db: {latency: 2ms, timeout: 100ms, retry: {max attempts: 2}}}
faults: {slow: {slow: db, by: 3x, at: 3s, for: 1s}}
"""
TABLES = ("requests", "attempts", "segments", "messages", "deliveries", "effects", "marks")


def results(record: Record) -> tuple[str, str, dict[str, bool]]:
    book = Book(record)
    return digest_of_record(record), repr(measures_of(book)), verify(book)


def hedged() -> sim.Scenario:
    return sim.load("hedging").resolve("hedged", set_={"workload.readers.rate": "20/s"})


@pytest.mark.parametrize("system", [lambda: sim.loads(EVERY_TABLE).resolve(), hedged], ids=["every table", "hedging"])
def test_a_run_in_files_has_the_record_and_the_measures_of_a_run_in_memory(
    system: Callable[[], sim.Scenario], request: pytest.FixtureRequest
) -> None:
    scenario = system()
    in_memory = results(play(scenario))
    request.getfixturevalue("on_disk")
    record = play(scenario)
    for name in TABLES:
        columns = getattr(record, name).values()
        assert len(record.requests["id"]) and all(in_file(column) for column in columns if len(column)), name
    assert results(record) == in_memory


@pytest.mark.slow
@pytest.mark.usefixtures("on_disk")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_shipped_scenario_on_the_disk_is_the_same_byte_for_byte(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_files = digests_of(file)
    if TAKEN["fingerprint"] == fingerprint():
        assert in_files == TAKEN["scenarios"][file.stem]
        return
    monkeypatch.undo()
    assert in_files == digests_of(file)


@pytest.mark.usefixtures("on_disk")
def test_a_record_in_files_is_the_same_in_another_process() -> None:
    record = play(sim.loads(EVERY_TABLE).resolve())
    copy = pickle.loads(pickle.dumps(record))
    assert digest_of_record(copy) == digest_of_record(record)
    assert not in_file(copy.attempts["id"])


@pytest.mark.usefixtures("on_disk")
def test_a_run_that_is_interrupted_closes_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    shares: list[float] = []

    def interrupt(share: float) -> None:
        shares.append(share)
        if share > 0.5:
            raise KeyboardInterrupt

    opened = list_of_files(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        play(sim.loads(EVERY_TABLE).resolve(), progress=interrupt)
    assert shares and [file.closed for file in opened] == [True]


def list_of_files(patch: pytest.MonkeyPatch) -> list[IO[bytes]]:
    """The temporary files that are opened from now on."""
    opened: list[IO[bytes]] = []
    make = tempfile.TemporaryFile

    def noted(*words: object, **options: object) -> IO[bytes]:
        opened.append(make(*words, **options))
        return opened[-1]

    patch.setattr(tempfile, "TemporaryFile", noted)
    return opened


def written(limit_bytes: float) -> tuple[Storage, Blocks]:
    """Two blocks of 40 and one of 20 rows, each row 14 bytes."""
    storage = Storage(limit_bytes)
    blocks = Blocks(TYPES, storage)
    rows = np.arange(300.0).reshape(100, 3)
    for part in (rows[:40], rows[40:80], rows[80:]):
        blocks.append(part)
    return storage, blocks


@pytest.mark.parametrize("limit_bytes, kept", [(0, 0), (600, 560), (1e9, 1400)])
def test_blocks_come_back_in_the_order_of_writing_wherever_they_are_kept(limit_bytes: float, kept: int) -> None:
    storage, blocks = written(limit_bytes)
    assert storage.kept_bytes == kept and storage.on_disk == (kept < 1400)
    assert blocks.column("at").tolist() == np.arange(1.0, 300.0, 3).tolist()
    drained = list(blocks.drain())
    assert [len(block["id"]) for block in drained] == [40, 40, 20]
    assert {name: column.dtype.type for name, column in drained[2].items()} == TYPES
    assert np.concatenate([block["site"] for block in drained]).tolist() == list(range(2, 300, 3))
    storage.close()


def mapped(rows: int) -> dict[str, np.ndarray]:
    """Columns of zeros in a file."""
    storage, _ = written(0)
    storage.reserve(size_of(TYPES, rows))
    storage.close()
    return storage.columns(TYPES, rows)


def test_columns_of_a_file_keep_their_values_when_their_memory_is_released() -> None:
    columns = mapped(50_000)
    put({"id": np.arange(50_000), "at": 0.5, "site": 7}, np.arange(50_000), columns)
    release(columns.values())
    assert columns["id"].tolist() == list(range(50_000)) and set(columns["at"]) == {0.5} and set(columns["site"]) == {7}
    assert type(columns["at"]) is np.ndarray


def test_space_is_reserved_where_the_system_cannot_do_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    columns = mapped(300_000)  # 4.2 MB, in more than one part
    assert len(columns["site"]) == 300_000 and not columns["at"].any()


@pytest.mark.skipif(os.name != "posix", reason="an open file has a name on Windows")
def test_a_temporary_file_has_no_name_and_ends_with_its_last_array(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    storage, _ = written(0)
    kept = mapped(1000)["id"][:10]
    assert list(tmp_path.iterdir()) == []
    assert kept.tolist() == [0] * 10
    storage.close()


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Let no file of this process be larger than 1000 bytes."""
    resource = pytest.importorskip("resource", reason="Windows has no limit for the size of a file")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.usefixtures("small_disk")
def test_a_disk_without_room_is_an_error_that_says_what_to_do() -> None:
    storage = Storage(0)
    storage.keep([np.arange(10)])
    for too_large in (lambda: storage.reserve(1_000_000), lambda: storage.keep([np.arange(1000)])):
        with pytest.raises(StorageError, match="must have room for .* MB more .*, got 'File too large'; set TMPDIR"):
            too_large()
    storage.close()


@pytest.mark.usefixtures("on_disk", "small_disk")
def test_a_command_without_room_on_the_disk_fails_as_the_machine_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "every_table.yaml"
    file.write_bytes(EVERY_TABLE.encode())
    monkeypatch.setattr("sys.argv", ["pileup", "run", str(file)])
    assert program.run() == INTERNAL
    assert "must have room for" in capsys.readouterr().err


@pytest.mark.usefixtures("on_disk")
def test_columns_derived_from_a_record_in_files_are_moved_to_files() -> None:
    record = play(sim.loads(EVERY_TABLE).resolve())
    assert all(in_file(column) for name in TABLES for column in getattr(record, name).values())
    book = Book(record)
    assert in_file(book.answered_at) and in_file(book.ledger.status) and all(map(in_file, book.work))
    assert book.answered_at is book.answered_at
    (_, grouped, group), *_ = book.request_groups
    assert in_file(grouped.times(group)) and isinstance(grouped.index(group), slice)  # in order as they stand
    assert in_file(book.attempts_by_link.rows(0))
