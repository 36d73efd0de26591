"""Ablations: effects worked out by hand, pairing, switches that exclude each other, goals, and how it all shows.

In the deterministic systems a request takes the sum of its services' work, so that every effect is known exactly.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

import sim
from sim.experiments.ablation.ablate import Ablation, ablate, label
from sim.experiments.ablation.factorial import contrasts, design, effect
from sim.export.ablation import ablation_document, of_ablation
from sim.export.summary import to_json
from sim.results.statistics import interval
from sim.scenario.models import Claim


def in_a_row(services: int) -> str:
    """A scenario of services with 1 s of work each, asked one after the other; a toggle for each makes it 500 ms."""
    names = [f"s{i}" for i in range(services)]
    recipe = ", ".join(f"{{call: {name}.x}}" for name in names)
    rows = [
        "version: 1", "title: In a row", "duration: 20s", "workload:", "  c: {calls: web.x, arrivals: at 0s 1s 2s}",
        "services:", f"  web: {{workers: unlimited, operations: {{x: [{recipe}]}}}}",
        *(f"  {name}: {{workers: unlimited, operations: {{x: [{{work: 1s}}]}}}}" for name in names), "toggles:",
        *(f"  fast {n}: {{patch: {{services: {{{n}: {{operations: {{x: [{{work: 500ms}}]}}}}}}}}}}" for n in names),
    ]  # fmt: skip
    return "\n".join(rows) + "\n"


DEADLINES = """
version: 1
title: Deadlines
duration: 20s
workload: {c: {calls: web.x, arrivals: at 0s 1s 2s, deadline: 1s}}
services: {web: {workers: unlimited, operations: {x: [{work: 2s}]}}}
variants: {plain: {}, other: {services: {web: {replicas: 2}}}}
toggles:
  fast: {patch: {services: {web: {operations: {x: [{work: 500ms}]}}}}}
  patient: {patch: {workload: {c: {deadline: 4s}}}}
  very patient: {patch: {workload: {c: {deadline: 8s}}}}
  elsewhere: {for: [other], patch: {services: {web: {replicas: 3}}}}
"""

BY_CHANCE = """
version: 1
title: By chance
duration: 40s
replications: 4
workload:
  c: {calls: web.x, rate: 10/s, deadline: 500ms}
  d: {calls: web.x, rate: 2/s, deadline: 1s}
services: {web: {workers: 2, waiting: 20, operations: {x: [{work: exponential 100ms}]}}}
faults: {slow web: {slow: web, by: 4x, at: 10s, for: 10s}}
toggles:
  more workers: {patch: {services: {web: {workers: 6}}}}
  short line: {patch: {services: {web: {waiting: 2}}}}
"""


def means(ablation: Ablation, measure: str, of: str, kind: str) -> dict[tuple[str, ...], Any]:
    return {row["toggles"]: row["mean"] for row in ablation.effects(measure, of) if row["kind"] == kind}


@pytest.fixture(scope="module")
def by_chance() -> Ablation:
    return ablate(sim.loads(BY_CHANCE))


def test_effects_that_add_up_have_no_interaction() -> None:
    ablation = ablate(sim.loads(in_a_row(2)), replications=1)
    latency = {on: run.value("latency mean", "c") for on, run in ablation.runs.items()}
    assert latency == {(): 2.0, ("fast s0",): 1.5, ("fast s1",): 1.5, ("fast s0", "fast s1"): 1.0}
    assert means(ablation, "latency mean", "c", "main") == {("fast s0",): -0.5, ("fast s1",): -0.5}
    assert means(ablation, "latency mean", "c", "interaction") == {("fast s0", "fast s1"): 0.0}


def test_two_switches_of_which_one_is_enough_have_half_an_effect_each_and_a_negative_interaction() -> None:
    ablation = ablate(sim.loads(DEADLINES), ["fast", "patient"], replications=2)
    assert [run.value("goodput ratio", "c") for run in ablation.runs.values()] == [0.0, 1.0, 1.0, 1.0]
    assert means(ablation, "goodput ratio", "c", "main") == {("fast",): 0.5, ("patient",): 0.5}
    assert means(ablation, "goodput ratio", "c", "interaction") == {("fast", "patient"): -0.5}
    alone = {
        r["combination"]: r["difference"] for r in ablation.alone.rows if (r["measure"], r["of"]) == ("done ratio", "c")
    }
    assert ablation.alone.baseline == "(none)" and list(alone) == ["fast", "patient"]
    assert ablation.meets().fewest == (("fast",), ("patient",))


def test_switches_that_exclude_each_other_are_left_out_and_their_effects_use_what_was_played() -> None:
    ablation = ablate(sim.loads(DEADLINES), replications=1)
    assert ablation.toggles == ("fast", "patient", "very patient")
    assert list(ablation.left_out) == [("patient", "very patient"), ("fast", "patient", "very patient")]
    assert "must not be set differently by the toggles" in ablation.left_out["patient", "very patient"]
    found = {row["toggles"]: (row["mean"], row["settings"]) for row in ablation.effects(of="c")}
    assert found["fast",] == (pytest.approx(1 / 3), 3) and found["patient",] == (0.5, 2)
    assert found["patient", "very patient"] == (None, 0) and found["fast", "patient"] == (-0.5, 1)
    text = of_ablation(ablation)
    assert "6 of 8 combinations of 3 switches" in text and "patient + very patient" in text


def test_toggles_of_the_variant_are_the_default_and_others_are_refused() -> None:
    scenario = sim.loads(DEADLINES)
    other = ablate(scenario, variant="other", replications=1)
    assert other.toggles[-1] == "elsewhere" and other.baseline.variant == "other"
    with pytest.raises(sim.ScenarioError, match="be on only in a variant it belongs to"):
        ablate(scenario, ["fast", "elsewhere"], replications=1)
    with pytest.raises(sim.ScenarioError, match="did you mean 'patient'"):
        ablate(scenario, ["pateint"], replications=1)
    with pytest.raises(sim.ParameterError, match="name at least one toggle"):
        ablate(scenario, [], replications=1)


def test_a_resolved_scenario_is_ablated_from_none_of_its_toggles() -> None:
    ablation = ablate(sim.loads(DEADLINES).resolve("other", ["fast"]), ["fast"], replications=1)
    assert ablation.baseline.variant == "other" and ablation.baseline.toggles == ()
    assert ablation.baseline.value("goodput ratio", "c") == 0.0


def test_more_than_five_switches_are_played_alone_all_and_all_but_one() -> None:
    ablation = ablate(sim.loads(in_a_row(6)), replications=1)
    assert not ablation.full and [len(on) for on in ablation.runs] == [0, *[1] * 6, *[5] * 6, 6]
    rows = ablation.effects("latency mean", "c")
    assert [(r["mean"], r["settings"]) for r in rows if r["kind"] == "main"] == [(-0.5, 2)] * 6
    assert [(r["mean"], r["settings"]) for r in rows if r["kind"] == "interaction"] == [(None, 0)] * 15
    goal = Claim.model_validate({"measure": "latency mean", "of": "c", "at most": "3500ms"})
    assert ablation.meets([goal]).fewest == tuple(on for on in ablation.runs if len(on) == 5)
    text = of_ablation(ablation, [goal])
    assert "none, each alone, all but one, all" in text and "Interactions are not estimated" in text
    assert "among those played" in text and "Interaction of" not in text


def test_every_combination_meets_the_same_arrivals(by_chance: Ablation) -> None:
    base = by_chance.baseline
    for run in by_chance.runs.values():
        assert np.array_equal(run.record.requests["arrived_at"], base.record.requests["arrived_at"])
        assert run.values["offered", "c", "all"] == base.values["offered", "c", "all"]
    assert len(set(base.values["offered", "c", "all"])) > 1, "the replications differ, so pairing matters"


def test_effects_are_taken_in_each_replication_and_then_averaged(by_chance: Ablation) -> None:
    a, b = by_chance.toggles
    y = {on: run.values["goodput ratio", "c", "fault"] for on, run in by_chance.runs.items()}
    by_hand = [
        ((y[a,][i] - y[()][i]) + (y[a, b][i] - y[b,][i])) / 2 for i in range(4)  # type: ignore[operator]
    ]  # fmt: skip
    together = [
        ((y[a, b][i] - y[b,][i]) - (y[a,][i] - y[()][i])) / 2 for i in range(4)  # type: ignore[operator]
    ]  # fmt: skip
    main, _, interaction = by_chance.effects(of="c")
    for row, values in ((main, by_hand), (interaction, together)):
        wanted = interval(values)
        assert row["runs"] == 4 and row["during"] == "fault"
        assert (row["mean"], row["low"], row["high"]) == pytest.approx((wanted.mean, wanted.low, wanted.high))
    assert main["distinguishable"] and main["mean"] > 0.1


@pytest.mark.slow
def test_processes_change_nothing(by_chance: Ablation) -> None:
    again = ablate(sim.loads(BY_CHANCE), ["short line"], replications=3, workers=2)
    for on, run in again.runs.items():
        assert run.values["goodput ratio", "c", "fault"] == by_chance.runs[on].values["goodput ratio", "c", "fault"][:3]


def test_seed_replications_and_settings_are_taken_as_given() -> None:
    shares: list[float] = []
    ablation = ablate(
        sim.loads(BY_CHANCE), "short line", seed=7, replications=2, set_=["workload.c.rate=5/s"], progress=shares.append
    )
    for run in ablation.runs.values():
        assert (run.seed, len(run.replications), str(run.scenario.document["workload"]["c"]["rate"])) == (7, 2, "5/s")
    assert list(ablation.runs) == [(), ("short line",)] and shares == sorted(shares) and shares[-1] == 1.0


def test_a_replication_that_cannot_tell_counts_for_no_effect_and_a_silent_setting_is_left_out() -> None:
    played = {(): [1.0, None], ("a",): [3.0, 4.0], ("b",): [1.0, 2.0], ("a", "b"): [5.0, 5.0]}
    assert effect(contrasts(("a",), played, ["a", "b"])) == [3.0, None]
    assert effect(contrasts(("a",), {on: played[on] for on in (("b",), ("a", "b"))}, ["a", "b"])) == [4.0, 3.0]
    assert contrasts(("a", "b"), {(): [1.0]}, ["a", "b"]) == [] and effect([]) == []


def test_designs_are_full_up_to_five_switches() -> None:
    assert [len(design("abcdef"[:n])) for n in (1, 2, 5, 6)] == [2, 4, 32, 14]
    assert len(set(design("abcde"))) == 32 and len(set(design("abcdef"))) == 14


def test_goals_are_claims_about_any_combination() -> None:
    ablation = ablate(sim.loads(DEADLINES), ["fast", "patient"], replications=1)
    quick = Claim.model_validate({"measure": "latency max", "of": "c", "below": "1s"})
    met = ablation.meets({"quick": quick})
    assert met.by == (("fast",), ("fast", "patient")) and met.fewest == (("fast",),)
    assert met.verdicts[()]["quick"].verdict == "cannot tell", "nobody was answered, so no latency"
    impossible = Claim.model_validate({"measure": "goodput ratio", "of": "c", "above": "100%"})
    assert ablation.meets([impossible]).fewest == () and "No combination" in of_ablation(ablation, [impossible])
    trivial = Claim.model_validate({"measure": "goodput ratio", "of": "c", "at least": "0%"})
    assert ablation.meets([trivial]).fewest == ((),) and "without any switch" in of_ablation(ablation, [trivial])


CLAIMS = """
expect:
  nobody is in time: {measure: goodput ratio, of: c, below: 5%}
  the fast are: {with: [fast], measure: goodput ratio, of: c, above: 95%}
  never: {measure: goodput ratio, of: c, above: 100%}
  elsewhere: {variant: other, measure: goodput ratio, of: c, above: 0%}
  more than there: {measure: goodput ratio, of: c, than: other, above: 0%}
"""


def test_the_scenarios_own_claims_are_goals_whatever_switches_they_speak_of() -> None:
    ablation = ablate(sim.loads(DEADLINES + CLAIMS), ["fast", "patient"], replications=1)
    assert list(ablation.claims()) == ["nobody is in time", "the fast are", "never"]
    fewest = ablation.fewest_for_claims()
    assert fewest["nobody is in time"] == ((),) and fewest["never"] == ()
    assert fewest["the fast are"] == (("fast",), ("patient",))
    text = of_ablation(ablation, ablation.claims(["the fast are"]))
    assert (
        "Goals: goodput ratio of c during all is above 95%.\nFewest switches that meet them: fast or patient." in text
    )
    assert "needs none" in text and "met by none" in text and "Claim of the scenario" in text
    with pytest.raises(sim.ParameterError, match="did you mean 'the fast are'"):
        ablation.claims(["the fast ar"])
    with pytest.raises(sim.ParameterError, match="name a claim about this variant"):
        ablation.claims(["elsewhere"])


def test_a_goal_with_a_combination_of_its_own_or_an_unknown_measure_is_refused() -> None:
    ablation = ablate(sim.loads(DEADLINES), ["fast"], replications=1)
    asked = {"measure": "goodput ratio", "of": "c", "above": "50%"}
    for more in ({"with": ["fast"]}, {"than": "other"}, {"variant": "plain"}):
        with pytest.raises(sim.ParameterError, match="speak of any combination"):
            ablation.meets([Claim.model_validate({**asked, **more})])
    with pytest.raises(
        sim.ParameterError, match="goal 'goal 1', above must be a share between 0% and 100%, got '95'; did you"
    ):
        ablation.meets([Claim.model_validate({**asked, "above": 95})])
    with pytest.raises(sim.ParameterError, match="did you mean 'goodput ratio | c | all'".replace("|", r"\|")):
        ablation.effects("godput ratio", "c")


def test_the_table_has_a_row_for_each_measure_of_each_combination(by_chance: Ablation) -> None:
    table = by_chance.table
    assert len(table) == sum(len(run.rows) for run in by_chance.runs.values())
    one = table[(table["measure"] == "goodput ratio") & (table["of"] == "c") & (table["during"] == "fault")]
    assert one["combination"].tolist() == [label(on) for on in by_chance.runs]
    assert one["with short line"].tolist() == [False, False, True, True]


def test_the_text_tells_combinations_effects_and_the_fewest(by_chance: Ablation) -> None:
    text = of_ablation(by_chance)
    assert text.startswith("By chance: as written, all 4 combinations of 2 switches\nseed 1, 4 replications")
    for words in ("(none)", "more workers + short line", "more workers x short line", "main effect", "Goals: goodput"):
        assert words in text
    row = by_chance.effects(of="c")[0]
    assert f"+{row['mean'] * 100:.1f} [{row['low'] * 100:+.1f}, {row['high'] * 100:+.1f}]" in text


def test_the_document_is_json_with_every_effect(by_chance: Ablation) -> None:
    document = json.loads(to_json(ablation_document(by_chance)))
    assert [one["toggles"] for one in document["combinations"]] == [list(on) for on in by_chance.runs]
    assert len(document["effects"]) == 3 * 2 * 3, "three measures, two workloads, two main effects and an interaction"
    assert document["effects"][0]["mean"] == by_chance.effects(of="c")[0]["mean"]
    assert document["fewest"] == [list(on) for on in by_chance.meets().fewest] and document["left out"] == []
    assert all(all(one["identities"].values()) for one in document["combinations"])


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_figure_writes_every_share_and_draws_every_effect(by_chance: Ablation, dark: bool) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = by_chance.plot(dark)
    FigureCanvasAgg(figure).draw()
    on, heat, dots = figure.axes
    assert len([text for text in heat.texts if text.get_gid() == "share"]) == 4 * 2
    assert heat.images[0].get_cmap().name == "bad to good"
    shares = [run.value("goodput ratio", name, "fault") for run in by_chance.runs.values() for name in ("c", "d")]
    assert np.allclose(heat.images[0].get_array().ravel(), shares)
    drawn = [line for line in dots.lines if line.get_gid() == "effect"]
    whiskers = [line for line in dots.lines if line.get_gid() == "whisker"]
    assert len(drawn) == len(whiskers) == 2 * 2
    main = [row for name in ("c", "d") for row in by_chance.effects(of=name) if row["kind"] == "main"]
    assert all(math.isclose(line.get_xdata()[0], 100 * row["mean"]) for line, row in zip(drawn, main))
    assert "percentage points" in dots.get_xlabel() and "4 replications" in figure.get_supxlabel()
    assert [label.get_text() for label in on.get_xticklabels()] == ["more workers", "short line"]


@pytest.mark.slow
def test_either_breaker_or_short_timeout_saves_browsers_and_neither_saves_shoppers() -> None:
    scenario = sim.load("scenarios/cascade_vs_backlog.yaml")
    ablation = ablate(scenario, ["circuit breaker", "short timeout"], replications=1)
    browsers = means(ablation, "goodput ratio", "browsers", "main")
    assert all(0.4 < browsers[name,] < 0.6 for name in ablation.toggles), "either is enough: half of about 95 % each"
    assert -0.6 < means(ablation, "goodput ratio", "browsers", "interaction")[ablation.toggles] < -0.3
    assert all(abs(value) < 0.05 for value in means(ablation, "goodput ratio", "shoppers", "main").values())
    assert ablation.meets().fewest == ()
    save = Claim.model_validate({"measure": "goodput ratio", "of": "browsers", "during": "fault", "above": "85%"})
    assert ablation.meets([save]).fewest == (("circuit breaker",), ("short timeout",))


NEVER_BACK = """
version: 1
title: Never back
duration: 200s
drain: 5s
workload: {c: {calls: web.x, rate: 5/s, arrivals: regular}}
services: {web: {workers: 1, waiting: unlimited, operations: {x: [{work: 100ms}]}}}
links: {c -> web: {timeout: 1s, retry: {max attempts: 5}}}
faults: {stop: {pause: web, at: 10s, for: 5s}}
toggles: {once: {patch: {links: {c -> web: {retry: null}}}}, longer: {patch: {workload: {c: {keys: uniform 2}}}}}
"""


def test_what_comes_after_a_fault_matters_where_it_does_not_heal() -> None:
    storm = ablate(sim.loads(NEVER_BACK), ["once"], workers=1)
    assert storm.window == "after"
    assert storm.meets().fewest == (("once",),)
    assert "after the fault" in of_ablation(storm)
    heals = ablate(
        sim.loads(NEVER_BACK).set("links.c:web.retry.max attempts", 2).set("faults.stop.for", "1s"), ["once"]
    )
    assert heals.window == "fault"
