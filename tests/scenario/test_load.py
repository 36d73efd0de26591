"""Files and texts into scenarios: keys, names, budgets, data files, and back into text."""

# ruff: noqa: E501 (messages are compared whole)

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from sim.errors import ScenarioError
from sim.scenario.catalogue import catalogue
from sim.scenario.loading import dump, load, loads, problems
from sim.scenario.yaml.parse import MAX_BYTES

TEXT = """
version: 1
title: t
duration: 60s
workload: {clients: {calls: web.get, rate: 10/s, deadline: 1s}}
services:
  web: {workers: 4, operations: {get: [{work: exponential 5ms}, reply, {repeat: 2, work: 1ms}]}}
links: {clients->web: {latency: 1ms}}
"""


def test_keys_may_have_underscores_and_names_keep_theirs() -> None:
    text = TEXT.replace("{workers: 4,", "{workers: 4, max_wait: 1s, while_calling: free, in_flight: 3,")
    text = text.replace("web", "web_shop")
    scenario = loads(text)
    assert list(scenario.services) == ["web_shop"]
    assert scenario.services["web_shop"].max_wait.mean == 1
    assert scenario.services["web_shop"].in_flight == 3
    assert "max wait" in scenario.document["services"]["web_shop"]


def test_keys_inside_patches_may_have_underscores_too() -> None:
    text = TEXT + "variants: {a: {services: {web: {max_wait: 2s}}}, b: {services: {web: {max wait: 3s}}}}\n"
    assert loads(text).resolve("a").services["web"].max_wait.mean == 2
    assert loads(text).resolve("b").document["services"]["web"]["max wait"] == "3s"


def test_blanks_around_the_arrow_do_not_matter() -> None:
    scenario = loads(TEXT + "faults: {far: {delay: clients->web, by: 5ms, at: 20s, for: 5s}}\n")
    assert list(scenario.links) == ["clients -> web"]
    assert scenario.faults["far"].delay == "clients -> web"


def test_anchors_and_merge_keys_work() -> None:
    text = TEXT.replace(
        "services:\n", "services:\n  db: &db {workers: 7, operations: {read: [{work: 1ms}]}}\n  log: *db\n"
    )
    text = text.replace("web: {workers: 4,", "web: {<<: *db,")
    scenario = loads(text)
    assert scenario.services["log"].workers == 7
    assert scenario.services["web"].workers == 7
    assert list(scenario.services["web"].operations) == ["get"]


def test_yaml_is_1_2_where_no_is_a_word_and_12_30_is_text() -> None:
    scenario = loads(TEXT.replace("title: t", "title: no").replace("replicas", "x") + "question: 12:30\nlesson: on\n")
    assert (scenario.title, scenario.question, scenario.lesson) == ("no", "12:30", "on")


def test_dumping_and_reading_back_gives_an_equal_scenario() -> None:
    text = TEXT.replace("title: t", "title: 'no: 1'\nlesson: >\n  Two lines\n  folded: \"quoted\".\n")
    scenario = loads(text + "variants: {a: {}, b: {services: {web: {workers: 8}}}}\n")
    for one in (scenario, scenario.resolve("b")):
        again = loads(dump(one))
        assert again.document == one.document
    assert loads(dump(scenario)) == scenario
    assert loads(dump(scenario.resolve("b"))).resolve() != scenario.resolve("a")


def test_a_resolved_scenario_leaves_out_the_links_of_other_variants_and_can_be_read_back() -> None:
    text = """
version: 1
title: t
duration: 60s
workload: {clients: {calls: web.get, rate: 10/s}}
services: {web: {operations: {get: [{call: db.read}]}}, db: {operations: {read: [{work: 1ms}]}}}
links: {web -> db: {timeout: 1s}}
variants: {direct: {}, queued: {services: {web: {operations: {get: [{send: q}]}}, db: {consumes: {q: read}}}, queues: {q: {}}}}
"""
    queued = loads(text).resolve("queued")
    assert "links" not in queued.document
    assert loads(dump(queued)).document == queued.document


def test_a_scenario_survives_pickling_into_another_process() -> None:
    scenario = loads(TEXT + "toggles: {slow: {patch: {services: {web: {workers: 1}}}}}\n").resolve(with_=["slow"])
    again = pickle.loads(pickle.dumps(scenario))
    assert again == scenario and again.digest == scenario.digest
    assert again.toggles_on == ("slow",)
    assert again.set("seed", 4).seed == 4


def test_the_digest_does_not_depend_on_the_process_or_its_hash_seed() -> None:
    code = f"import sim.scenario.loading as s; print(s.loads({TEXT!r}).resolve().digest)"
    found = {loads(TEXT).resolve().digest}
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
        found.add(done.stdout.strip())
    assert len(found) == 1


# --- what must never be walked ------------------------------------------------------------------------------


def test_a_file_over_a_megabyte_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_text(TEXT + "#" * MAX_BYTES, encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"large.yaml:1:1: file must hold at most 1000000 bytes, got \d+ bytes"):
        load(path)


def test_a_file_that_is_not_utf_8_says_where(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("version: 1\ntitle: café\n".encode("latin-1"))
    with pytest.raises(ScenarioError, match="latin.yaml:2:11: file must be UTF-8 text, got the byte 0xe9"):
        load(path)


def test_nesting_of_five_thousand_levels_is_a_message() -> None:
    for deep in ("[" * 5000, "{a: " * 5000, "[" * 5000 + "]" * 5000):
        with pytest.raises(ScenarioError, match="<text>:1:1: file must nest at most 64 levels"):
            loads(f"lesson: {deep}")


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    rows = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}' if i else 'x'] * 9)}]\n" for i in range(12))
    with pytest.raises(ScenarioError, match="file must use at most 64 aliases"):
        loads(rows)
    few = "a0: &a0 [x, x, x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 32))
    with pytest.raises(ScenarioError, match="file must hold at most 50000 values, aliases written out"):
        loads(few)


def test_too_many_services_are_refused() -> None:
    many = "".join(f"  s{i}: {{operations: {{get: [{{work: 1ms}}]}}}}\n" for i in range(501))
    with pytest.raises(ScenarioError, match="services must hold at most 500 services, got 501"):
        loads(TEXT.replace("services:\n", "services:\n" + many[: many.rindex("  s500")]))
    assert len(loads(TEXT.replace("services:\n", "services:\n" + many[: many.rindex("  s499")])).services) == 500


def test_missing_files_and_folders_are_messages(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="none.yaml:1:1: file must be a scenario file, got no such file"):
        load(tmp_path / "none.yaml")
    with pytest.raises(ScenarioError, match="file must be a scenario file, got a folder"):
        load(tmp_path)
    with pytest.raises(ScenarioError, match="must be a folder of scenarios, got nothing"):
        catalogue(tmp_path / "none")


# --- data files ---------------------------------------------------------------------------------------------

TRACED = TEXT.replace("10/s", "trace data/calls.csv scale 2x")


def test_a_trace_is_read_into_the_tables(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "calls.csv").write_text("second,requests\n0,3\n1,5\n2,0\n")
    (tmp_path / "data" / "column.csv").write_text("# seconds\n0.5\n1.5\n")
    text = TRACED.replace("exponential 5ms", "empirical data/column.csv")
    scenario = loads(text, tmp_path).resolve()
    assert scenario.tables == {"data/calls.csv": (3.0, 5.0, 0.0), "data/column.csv": (0.5, 1.5)}
    digest = scenario.digest
    (tmp_path / "data" / "calls.csv").write_text("second,requests\n0,3\n1,5\n2,1\n")
    assert loads(text, tmp_path).resolve().digest != digest, "a run depends on its data"


@pytest.mark.parametrize(
    "content, hint",
    [
        ("second,requests\n0,3\n2,5\n", "line 3 must be second 1, got 2"),
        ("second,requests\n0,3\n1\n", "line 3 must be 'second,requests' lines, got '1'"),
        ("1,2\n", "line 1 must be one number a line, or a header 'second,requests', got '1,2'"),
        ("1\nnan\n", "line 2 must hold numbers of at least 0, got 'nan'"),
        ("1\n-4\n", "line 2 must hold numbers of at least 0, got '-4'"),
        ("", "the file holds no numbers"),
        ("\udcff", "the file cannot be read (UnicodeDecodeError)"),
    ],
)
def test_a_broken_data_file_says_where(tmp_path: Path, content: str, hint: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "calls.csv").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ScenarioError) as caught:
        loads(TRACED, tmp_path)
    assert caught.value.problems == (
        f"<text>:5:44: workload.clients.rate must name a data file of requests per second, got 'data/calls.csv'; {hint}",
    )


def test_data_outside_the_folder_is_never_read(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    secret = tmp_path / "secret.csv"
    secret.write_text("1\n")
    (inside / "link.csv").symlink_to(secret)
    (inside / "folder").symlink_to(tmp_path)
    for path in ("../secret.csv", "link.csv", "folder/secret.csv", "inside/../../secret.csv"):
        with pytest.raises(ScenarioError, match="the file lies outside the scenario's folder"):
            loads(TEXT.replace("10/s", f"trace {path}"), inside)
    with pytest.raises(ScenarioError, match="the path must be relative to the scenario's folder"):
        loads(TEXT.replace("10/s", f"trace {secret}"), inside)
    with pytest.raises(ScenarioError, match="a scenario without a folder has no data files"):
        loads(TEXT.replace("10/s", "trace secret.csv"))


def test_a_data_file_of_a_variant_is_read_for_that_variant_only(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("1\n2\n")
    text = TEXT + "variants: {a: {}, b: {workload: {clients: {rate: trace calls.csv}}}}\n"
    scenario = loads(text, tmp_path)
    assert scenario.resolve("a").tables == {}
    assert scenario.resolve("b").tables == {"calls.csv": (1.0, 2.0)}


# --- catalogue and warnings ---------------------------------------------------------------------------------


def test_the_catalogue_lists_every_file_even_a_broken_one(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(TEXT + "question: Who  notices?\n")
    (tmp_path / "a.yaml").write_text("title: [")
    found = catalogue(tmp_path)
    assert [one.name for one in found] == ["a", "b"]
    assert (found[1].title, found[1].question, found[1].problem) == ("t", "Who notices?", "")
    assert "a.yaml:1:9: file must be readable YAML" in found[0].problem


def test_what_is_legal_and_unwise_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "unwise.yaml"
    path.write_text("""version: 1
title: t
duration: 60s
workload: {clients: {calls: web.get, rate: 10/s, deadline: 1s}}
services:
  web: {waiting: unlimited, operations: {get: [{call: db.read, as: reading}, {branch: reading failed, then: [reply]}, {send: jobs}]}}
  db: {operations: {read: [{work: 1ms}], do: [{work: exponential 10s}]}, consumes: {jobs: do}}
links:
  clients -> web: {timeout: 2s}
  web -> db: {timeout: 400ms, retry: {max attempts: 3, backoff: 100ms}}
queues:
  jobs: {dead letters: dead}
  dead: {}
  idle: {}
""")
    errors, warnings = problems(path)
    assert errors == []
    assert [line.removeprefix(f"{path}:") for line in warnings] == [
        "6:9: services.web.waiting should have a bound, without which the queue grows without limit, got 'unlimited'",
        "6:79: services.web.operations.get.1.branch should refer to a step after which the operation continues, got 'reading failed'; "
        "write `on error: ignore` at services.web.operations.get.0",
        "9:20: links.clients -> web.timeout should be below the deadline of clients (1s) to have any effect, got '2s'",
        "10:31: links.web -> db.retry should end before the deadline of clients (1s), got 1.4s for 3 attempts with their waits",
        "12:3: queues.jobs should be above the slowest work of db.do (about 46.1s at its p99), got '30s'",
        "12:10: queues.jobs.dead letters should be set together with `max deliveries`, without which nothing is dead-lettered, got 'dead'",
        "14:3: queues.idle should get messages from some send, got none",
        "14:3: queues.idle should have a consumer, got none",
    ]


def test_a_deadline_that_nobody_has_cannot_be_passed_on(tmp_path: Path) -> None:
    path = tmp_path / "late.yaml"
    text = """version: 1
title: t
duration: 60s
workload: {clients: {calls: web.get, rate: 10/s, deadline: 1s}}
services:
  web: {operations: {get: [{call: db.read}]}}
  db: {operations: {read: [{work: 1ms}]}}
links:
  web -> db: {propagate deadline: true}
"""
    path.write_text(text)
    assert [line.removeprefix(f"{path}:") for line in problems(path)[1]] == [
        "9:15: links.web -> db.propagate deadline should have a deadline to pass on, got nothing; give its clients a "
        "`deadline`, it a `timeout`, or the links before it `propagate deadline`"
    ]
    path.write_text(text + "  clients -> web: {propagate deadline: true}\n")
    assert problems(path)[1] == []
    path.write_text(text.replace("deadline: true", "deadline: true, timeout: 500ms"))
    assert problems(path)[1] == []


def test_a_file_with_errors_has_no_warnings(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(TEXT.replace("60s", "60"))
    errors, warnings = problems(path)
    assert len(errors) == 1 and warnings == []


def test_load_resolves_when_something_is_chosen(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(TEXT + "toggles: {slow: {patch: {services: {web: {workers: 1}}}}}\n")
    assert load(path).toggles_on == ()
    assert load(path, with_=["slow"]).services["web"].workers == 1
    assert load(path, with_=["slow"], without=["slow"]).services["web"].workers == 4
    assert load(path, set_=["services.web.workers=9"]).services["web"].workers == 9
    assert load(path).file == str(path)
