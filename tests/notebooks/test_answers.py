"""Exercises: each student has own numbers, the right answer passes, known slips get their hint, nonsense a message."""

import math

import pytest

import sim
from sim.answers.judging import Task, identity, numbers_for
from sim.answers.parse_answer import is_rounded, read
from sim.answers.registry import EXERCISES
from sim.errors import ParameterError

STUDENTS = [f"student {i}" for i in range(40)]
BY_HAND = [name for name, exercise in EXERCISES.items() if exercise.scenario is None]
PLAYED = [name for name in EXERCISES if name not in BY_HAND]


def expected(task: Task) -> float | str:
    return task.exercise.expected(task.known)


@pytest.mark.parametrize("name", EXERCISES)
def test_a_question_has_no_hole_left_and_is_the_same_on_every_day(name: str) -> None:
    task = sim.exercise(name, seed="Ada Lovelace")
    assert "{" not in str(task) and str(task).startswith(f"Exercise {name}. ")
    assert task.question in task._repr_markdown_()
    assert task == sim.exercise(name, seed="Ada Lovelace")


def test_the_numbers_come_from_a_digest_of_the_name_and_never_change() -> None:
    assert dict(sim.exercise("00.1", seed="Ada Lovelace").given) == {
        "rate": 8,
        "workers": 3,
        "work_ms": 50,
        "seed": 4889,
    }
    assert dict(sim.exercise("00.1", seed=7).given) == dict(sim.exercise("00.1", seed="7").given)


@pytest.mark.parametrize("name", EXERCISES)
def test_students_have_different_numbers(name: str) -> None:
    given = [numbers_for(EXERCISES[name], name, student) for student in STUDENTS]
    assert len({numbers["seed"] for numbers in given}) > len(STUDENTS) - 3
    assert len({tuple(numbers[key] for key in EXERCISES[name].options) for numbers in given}) >= 4


@pytest.mark.parametrize("one, other", [("Ada", " ada "), ("José  Ruiz", "JOSE\u0301 RUIZ"), ("Weiß", "WEISS")])
def test_a_name_is_a_name_however_it_is_written(one: str, other: str) -> None:
    assert identity(one) == identity(other)


@pytest.mark.parametrize("name", BY_HAND)
def test_what_is_expected_is_accepted_and_a_tenth_more_is_not(name: str) -> None:
    for student in STUDENTS:
        right = expected(sim.exercise(name, student))
        assert isinstance(right, float) and math.isfinite(right) and right > 0
        verdict = sim.check_answer(name, right, seed=student)
        assert verdict and "correct" in repr(verdict)
        wrong = sim.check_answer(name, right * 1.1 + 0.5, seed=student)
        assert not wrong and " Hint: " in repr(wrong) and "expected 1" not in repr(wrong) and wrong.expected is None
        assert sim.check_answer(name, right * 1.1 + 0.5, seed=student).message == wrong.message, "the same try again"
        later = sim.check_answer(name, right * 1.2 + 0.7, seed=student)
        assert not later and "; expected" in repr(later) and later.expected == right


@pytest.mark.parametrize("name", BY_HAND)
def test_a_typical_slip_is_never_taken_for_right_and_gets_its_hint(name: str) -> None:
    for student in STUDENTS:
        task = sim.exercise(name, student)
        for slip in task.exercise.slips:
            answer = slip.answer(task.known)
            if abs(answer - expected(task)) <= max(abs(expected(task)) * task.exercise.within, task.exercise.nearer):
                continue
            verdict = sim.check_answer(name, answer, seed=student)
            assert not verdict and " Hint: " in repr(verdict) and "{" not in repr(verdict)


@pytest.mark.parametrize("name", BY_HAND)
def test_each_slip_is_wrong_for_most_students(name: str) -> None:
    for i, slip in enumerate(EXERCISES[name].slips):
        wrong = 0
        for student in STUDENTS:
            verdict = sim.check_answer(name, slip.answer(sim.exercise(name, student).known), seed=student)
            wrong += not verdict
        assert wrong > 0.6 * len(STUDENTS), f"slip {i} of {name} is nearly right"


def test_mixed_up_units_are_told() -> None:
    right = expected(sim.exercise("01.1", "Ada"))
    assert isinstance(right, float)
    assert "seconds and milliseconds" in repr(sim.check_answer("01.1", right / 1000, seed="Ada"))
    share = expected(sim.exercise("00.1", "Ada"))
    assert isinstance(share, float)
    assert "a share and percent" in repr(sim.check_answer("00.1", share / 100, seed="Ada"))


def test_an_answer_may_be_text_with_its_unit() -> None:
    right = expected(sim.exercise("01.1", "Ada"))
    assert isinstance(right, float)
    assert sim.check_answer("01.1", f"{right} ms", seed="Ada")
    assert sim.check_answer("01.1", f"{right / 1000:.6f}s", seed="Ada")
    assert not sim.check_answer("01.1", f"{right} s", seed="Ada")


@pytest.mark.parametrize(
    "answer",
    [
        "soon",
        "",
        "1,234",
        "1.234,5",
        "3 apples",
        True,
        float("nan"),
        float("inf"),
        "1e999",
        [1],
        object(),
        10**400,
        10**5000,
        "9" * 400,
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_what_is_no_number_is_told_and_raises_nothing(answer: object) -> None:
    verdict = sim.check_answer("01.1", answer, seed="Ada")
    assert not verdict and "must be one number, in ms" in repr(verdict)


def test_a_number_may_be_rounded_and_have_a_decimal_comma() -> None:
    task = sim.exercise("00.1", seed="Ada")
    right = expected(task)
    assert isinstance(right, float)
    for answer in (round(right, 1), f"{right:.3g}", f"{right:.2f} %".replace(".", ",")):
        assert sim.check_answer("00.1", answer, seed="Ada"), answer
    assert is_rounded(2.2, 2.2, 2.176) and is_rounded("2,18", 2.18, 2.176) and is_rounded(13, 13.0, 13.33)
    assert not is_rounded(2, 2.0, 2.176) and not is_rounded(2.3, 2.3, 2.176) and not is_rounded(50, 50.0, 48)


def test_the_solution_is_shown_when_it_is_asked_for() -> None:
    right = expected(sim.exercise("01.1", "Ada"))
    for answer in (None, "soon", 1e300):
        shown = sim.check_answer("01.1", answer, seed="Ada", reveal=True)
        assert not shown and shown.expected == right and "expected" in repr(shown)
    assert sim.check_answer("01.1", right, seed="Ada", reveal=True)


def test_students_and_exercises_have_tries_of_their_own() -> None:
    assert sim.check_answer("01.1", 1e9, seed="one of two").expected is None
    assert sim.check_answer("01.1", 2e9, seed="the other").expected is None
    assert sim.check_answer("01.2", 2e9, seed="one of two").expected is None
    assert sim.check_answer("01.1", 2e9, seed=" ONE of two").expected is not None


def test_a_lesson_may_be_numbered_without_its_zero() -> None:
    assert sim.exercise("0.1", seed="Ada") == sim.exercise("00.1", seed="Ada")
    assert sim.check_answer("3.4", None, seed="Ada").message.startswith("Exercise 03.4:")


def test_none_is_no_answer_yet_and_tells_nothing() -> None:
    verdict = sim.check_answer("01.1", None, seed="Ada")
    assert not verdict and verdict.expected is None and "no answer yet" in repr(verdict)


def test_an_unknown_exercise_names_the_nearest() -> None:
    with pytest.raises(ParameterError, match=r"exercise must be the number of an exercise, got '01.9'; did you mean"):
        sim.exercise("01.9", seed="Ada")


@pytest.mark.parametrize("seed", ["", "   ", True, None, 1.5])
def test_a_seed_must_be_somebody(seed: object) -> None:
    with pytest.raises(ParameterError, match="seed must be your name or a whole number"):
        sim.check_answer("01.1", 1, seed=seed)  # type: ignore[arg-type]


def test_an_exercise_by_hand_has_nothing_to_play() -> None:
    with pytest.raises(ParameterError, match="worked out by hand"):
        _ = sim.exercise("01.1", seed="Ada").scenario


@pytest.mark.parametrize(
    "answer, unit, value",
    [(3, "s", 3.0), ("250ms", "s", 0.25), ("1 min", "s", 60.0), ("0.5", "%", 0.5), ("12/s", "/s", 12.0),
     ("4 calls", "calls", 4.0), ("4 messages", "calls", 4.0),
     ("4 ms", "calls", None), ("yes ", "yes or no", "yes"), (False, "yes or no", "no"),
     ("13,3 %", "%", 13.3), ("0,125", "s", 0.125), ("maybe", "yes or no", None), (1, "yes or no", None)],
)  # fmt: skip
def test_answers_are_read_in_the_unit_that_is_asked_for(answer: object, unit: str, value: object) -> None:
    assert read(answer, unit) == value


def test_a_played_exercise_is_checked_by_playing_it() -> None:
    mine = sim.exercise("03.4", seed="Ada")
    run = sim.run(mine.scenario, seed=mine.seed)
    measured = run.value("attempts rate", "clients -> server", "500s to 600s")
    assert measured is not None and abs(measured - 5 * mine.given["most"]) < 2.5
    assert sim.check_answer("03.4", measured, seed="Ada")
    wrong = sim.check_answer("03.4", 5, seed="Ada")
    assert not wrong and "count their attempts" in repr(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("name", PLAYED)
def test_every_run_that_a_student_can_be_given_has_an_answer(name: str) -> None:
    words = set()
    for student in STUDENTS[:8]:
        task = sim.exercise(name, student)
        right = expected(task)
        assert isinstance(right, str) or (math.isfinite(right) and right > 0)
        assert sim.check_answer(name, right, seed=student)
        words.add(right)
        for slip in task.exercise.slips:
            answer = slip.answer(task.known)
            assert answer is None or answer != right
    assert len(words) > 1
