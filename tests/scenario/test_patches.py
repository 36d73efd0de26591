"""Variants, toggles, --set and extends: RFC 7386 in the order file, variant, toggles in file order, --set."""

# ruff: noqa: E501 (messages are compared whole)

from pathlib import Path

import pytest

from sim.errors import ScenarioError
from sim.scenario.loading import load, loads
from sim.scenario.merge_patch import clash, merge
from sim.scenario.yaml.nodes import node_of, plain

TEXT = """
version: 1
title: t
duration: 60s
workload: {clients: {mix: {web.get: 2, web.put: 1}, rate: 10/s, deadline: 1s}}
services:
  web: {operations: {get: [{work: 5ms}, {call: db.read, as: reading}], put: [{work: 5ms}]}}
  db: {workers: 4, operations: {read: [{work: 5ms}]}}
links: {clients -> web: {latency: 1ms}, web -> db: {timeout: 500ms}}
variants:
  small: {}
  large: {services: {db: {workers: 16, waiting: 8}}}
  queued:
    services: {web: {operations: {get: [{send: jobs}]}}, db: {consumes: {jobs: read}}}
    queues: {jobs: {}}
    links: {web -> db: null}
toggles:
  patient: {patch: {workload: {clients: {deadline: 5s}}}}
  hasty: {patch: {workload: {clients: {deadline: 100ms}}}}
  more workers: {for: [small, large], patch: {services: {db: {workers: 32}}}}
  lossy: {for: [small, large], patch: {links: {web -> db: {loss: 1%}}}}
  same size: {for: [small, large], patch: {services: {db: {workers: 16}}}}
expect:
  all well: {measure: goodput ratio, above: 50%}
  large too: {variant: large, measure: goodput ratio, above: 50%}
  with patience: {with: [patient], measure: goodput ratio, above: 50%}
  better: {variant: large, than: small, measure: goodput ratio, above: 0}
"""


@pytest.mark.parametrize(
    "target, patch, result",
    [  # the examples of RFC 7386, appendix A, as far as a document is a map
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"a": "foo"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    ],
)
def test_a_patch_merges_as_rfc_7386_says(target: object, patch: object, result: object) -> None:
    assert plain(merge(node_of(target), node_of(patch))) == result


def test_the_first_variant_is_the_baseline() -> None:
    scenario = loads(TEXT)
    assert scenario.resolve() == scenario.resolve("small")
    assert scenario.resolve().variant == "small"
    assert scenario.resolve("large").services["db"].workers == 16


def test_later_changes_win_file_variant_toggles_set() -> None:
    scenario = loads(TEXT)
    assert scenario.resolve("large", ["more workers"]).services["db"].workers == 32
    changed = scenario.resolve("large", ["more workers"], {"services.db.workers": 2})
    assert changed.services["db"].workers == 2
    assert changed.services["db"].waiting == 8


def test_toggles_come_in_file_order_whatever_the_order_of_asking() -> None:
    one = loads(TEXT).resolve("small", ["lossy", "patient"])
    other = loads(TEXT).resolve("small", ["patient", "lossy"])
    assert one.toggles_on == ("patient", "lossy")
    assert one == other and one.digest == other.digest


def test_null_in_a_variant_removes() -> None:
    assert list(loads(TEXT).resolve("queued").links) == ["clients -> web"]


def test_two_toggles_that_disagree_are_an_error_that_names_both() -> None:
    with pytest.raises(ScenarioError) as caught:
        loads(TEXT).resolve("small", ["hasty", "patient"])
    assert str(caught.value) == (
        "workload.clients.deadline must not be set differently by the toggles 'patient' and 'hasty', got 5s and 100ms"
    )


def test_two_toggles_that_agree_may_both_be_on() -> None:
    text = TEXT.replace("deadline: 100ms", "deadline: 5s")
    assert loads(text).resolve("small", ["hasty", "patient"]).toggles_on == ("patient", "hasty")


@pytest.mark.parametrize(
    "one, other, clashes",
    [
        ({"a": {"b": 1}}, {"a": {"c": 1}}, False),
        ({"a": {"b": 1}}, {"a": None}, True),
        ({"a": None}, {"a": {"b": 1}}, True),
        ({"a": {}}, {"a": {"b": 1}}, False),
        ({"a": [1]}, {"a": [1]}, False),
        ({"a": [1]}, {"a": [2]}, True),
    ],
)
def test_patches_clash_where_their_order_would_matter(one: object, other: object, clashes: bool) -> None:
    assert (clash(node_of(one), node_of(other)) is not None) is clashes


def test_a_toggle_that_changes_nothing_here_is_a_note() -> None:
    assert loads(TEXT).resolve("large", ["same size"]).notes == ("the toggle 'same size' changes nothing here",)
    assert loads(TEXT).resolve("small", ["same size"]).notes == ()


def test_a_toggle_of_another_variant_is_refused_with_its_homes() -> None:
    with pytest.raises(ScenarioError, match="must be on only in a variant it belongs to .small, large., got 'queued'"):
        loads(TEXT).resolve("queued", ["lossy"])


def test_unknown_variants_and_toggles_are_refused_with_a_suggestion() -> None:
    with pytest.raises(ScenarioError, match="variant must name one that exists, got 'smal'; did you mean 'small'?"):
        loads(TEXT).resolve("smal")  # codespell:ignore smal
    with pytest.raises(ScenarioError, match="toggle must name one that exists, got 'losy'; did you mean 'lossy'?"):
        loads(TEXT).resolve("small", ["losy"])


def test_a_resolved_scenario_stays_what_it_is_unless_told_otherwise() -> None:
    chosen = loads(TEXT).resolve("large", ["patient"])
    assert chosen.resolve() == chosen
    assert chosen.resolve(with_=["hasty"]).toggles_on == ("hasty",)
    assert chosen.resolve("large").toggles_on == ()
    assert chosen.resolve("small").variant == "small"


# --- paths --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path, value, get",
    [
        ("workload.clients.rate", "20/s", lambda s: s.workload["clients"].rate.after == 20),
        ("links.web:db.timeout", "1s", lambda s: s.links["web -> db"].timeout == 1),
        ("links.web -> db.timeout", "1s", lambda s: s.links["web -> db"].timeout == 1),
        ("links.clients:web.retry.max_attempts", 4, lambda s: "4" in str(s.document["links"]["clients -> web"])),
        ("services.db.max wait", "2s", lambda s: str(s.services["db"].max_wait) == "2s"),
        ("services.web.operations.get.reading.on error", "ignore", lambda s: s.services["web"].operations["get"][1].on_error == "ignore"),
        ("services.web.operations.get.0.work", "7ms", lambda s: s.services["web"].operations["get"][0].work.mean == 0.007),
        ("workload.clients.mix.web.put", "3", lambda s: s.workload["clients"].mix["web.put"] == 3),
        ("workload.clients.deadline", "null", lambda s: s.workload["clients"].deadline is None),
        ("seed", 9, lambda s: s.seed == 9),
    ],
)  # fmt: skip
def test_set_reaches_every_part(path: str, value: object, get: object) -> None:
    assert not get(loads(TEXT).resolve())  # type: ignore[operator]
    assert get(loads(TEXT).set(path, value))  # type: ignore[operator]
    assert get(loads(TEXT).resolve(set_={path: value}))  # type: ignore[operator]
    assert get(loads(TEXT).set(path, value).resolve())  # type: ignore[operator]


def test_set_keeps_what_was_chosen() -> None:
    chosen = loads(TEXT).resolve("large", ["patient"]).set("seed", 5).set("services.db.workers", 3)
    assert (chosen.variant, chosen.toggles_on, chosen.seed) == ("large", ("patient",), 5)
    assert chosen.services["db"].workers == 3
    assert chosen.resolve("small").services["db"].workers == 3


@pytest.mark.parametrize(
    "setting, message",
    [
        ("workload.client.rate=1/s", "--set workload.client must name something that exists in workload, got 'client'; did you mean 'clients'?"),
        ("services.dbb.workers=1", "--set services.dbb must name something that exists in services, got 'dbb'; did you mean 'db'?"),
        ("services.cache={operations: {get: [{work: 1ms}]}}", "--set services.cache must name something that exists in services, got 'cache'; there are web, db"),
        ("links.web:db.timout=1s", "--set links.web -> db must have known keys only, got 'timout'; did you mean 'timeout'?"),  # codespell:ignore timout
        ("links.web:db.timeout=1", "--set links.web -> db.timeout must be a duration above zero, got 1; the unit is missing"),
        ("services.web.operations.get.raeding.on error=fail", "--set services.web.operations.get must name a step by its `as` or a number below the list's length, got 'raeding'; did you mean 'reading'?"),  # codespell:ignore raeding
        ("seed", "--set must be written path=value, got 'seed'"),
        ("seed=[1", "--set seed must be one readable YAML value, got '[1'"),
        ("services.web.operations.get.reading.call=db.raed", "--set services.web.operations.get.1.call must name an operation that exists, got 'db.raed'; did you mean 'db.read'?"),  # codespell:ignore raed
    ],
)  # fmt: skip
def test_a_wrong_setting_is_said_of_the_setting(setting: str, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        loads(TEXT).resolve(set_=[setting])
    assert [str(caught.value)] == [message.replace("a duration above zero", "a duration such as 250ms or 30s")]


def test_a_setting_that_another_variant_has_is_a_note_here() -> None:
    scenario = loads(TEXT).set("queues.jobs.visibility timeout", "9s")
    assert scenario.resolve("queued").queues["jobs"].visibility_timeout == 9
    here = scenario.resolve("small")
    assert here.queues == {}
    assert here.notes == (
        "set_ queues.jobs.visibility timeout changes nothing here: this combination has no such place",
    )


# --- what a resolved scenario is ----------------------------------------------------------------------------


def test_a_resolved_document_has_no_machinery_and_its_own_claims_only() -> None:
    document = loads(TEXT).resolve("large").document
    assert "variants" not in document and "toggles" not in document
    assert document["expect"] == {"large too": {"measure": "goodput ratio", "above": "50%"}}
    assert list(loads(TEXT).resolve("small", ["patient"]).document["expect"]) == ["with patience"]


def test_the_digest_tells_combinations_apart_and_repeats() -> None:
    scenario = loads(TEXT)
    digests = [scenario.resolve(name).digest for name in ("small", "large", "queued")]
    assert len(set(digests)) == 3
    assert digests == [loads(TEXT).resolve(name).digest for name in ("small", "large", "queued")]
    assert scenario.set("seed", 2).resolve().digest != scenario.resolve().digest


# --- extends ------------------------------------------------------------------------------------------------


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_that_extends_another_patches_it(tmp_path: Path) -> None:
    write(tmp_path, "shop.yaml", TEXT)
    child = write(
        tmp_path,
        "launch.yaml",
        "extends: shop.yaml\ntitle: launch\nworkload: {clients: {rate: 90/s}}\n"
        "variants: {large: null, tiny: {links: {web -> db: null}, services: {db: {workers: 1}}}}\n"
        "toggles: {more workers: null, lossy: null, same size: null}\n"
        "expect: {large too: null, better: null}\n",
    )
    scenario = load(child)
    assert scenario.title == "launch"
    assert scenario.workload["clients"].rate.after == 90
    assert scenario.workload["clients"].deadline == 1
    assert list(scenario.variants) == ["small", "queued", "tiny"]
    assert list(scenario.resolve("tiny").links) == ["clients -> web"], "a null inside a variant stays a null"


def test_a_problem_in_the_extended_file_is_placed_there(tmp_path: Path) -> None:
    write(tmp_path, "shop.yaml", TEXT.replace("workers: 4", "workers: four"))
    child = write(tmp_path, "launch.yaml", "extends: shop.yaml\nduration: 5\n")
    with pytest.raises(ScenarioError) as caught:
        load(child)
    assert [line.split(": ")[0] for line in caught.value.problems] == [f"{child}:2:11", f"{tmp_path}/shop.yaml:8:17"]


def test_files_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", "extends: b.yaml\n")
    child = write(tmp_path, "b.yaml", "extends: a.yaml\n")
    with pytest.raises(ScenarioError, match="a.yaml:1:10: extends must not lead back to a file that extends it"):
        load(child)


def test_a_chain_of_extends_has_a_limit(tmp_path: Path) -> None:
    write(tmp_path, "s0.yaml", TEXT)
    for i in range(1, 12):
        write(tmp_path, f"s{i}.yaml", f"extends: s{i - 1}.yaml\n")
    assert load(tmp_path / "s7.yaml").title == "t"
    with pytest.raises(ScenarioError, match="extends must extend at most 8 files in a row"):
        load(tmp_path / "s11.yaml")


def test_extends_does_not_leave_the_folder(tmp_path: Path) -> None:
    write(tmp_path, "shop.yaml", TEXT)
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "link.yaml").symlink_to(tmp_path / "shop.yaml")
    for target in ("../shop.yaml", str(tmp_path / "shop.yaml"), "link.yaml"):
        child = write(inner, "launch.yaml", f"extends: {target}\n")
        with pytest.raises(ScenarioError, match="extends must name a scenario file in the same folder"):
            load(child)
