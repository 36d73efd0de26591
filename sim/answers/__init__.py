"""Exercises of the notebooks: numbers for each student, and answers checked by a formula or a run.

A question's numbers come from the student's name, so neighbours compare ideas and not results. The expected answer is
calculated at the check; nothing is stored. A first wrong answer gets a hint only. Not modelled: marks, accounts, and
any record of answers beyond the running process.
"""

from __future__ import annotations

from sim.answers.judging import Task, Tries, Verdict, identity, judge, numbers_for
from sim.answers.registry import EXERCISES
from sim.errors import ParameterError, did_you_mean

__all__ = ["check_answer", "exercise"]


_TRIES = Tries()
"""Wrong answers of this process; a new kernel starts with none."""


def exercise(name: str, seed: int | str) -> Task:
    """Return exercise *name* (``"01.2"``, ``"1.2"``) with the numbers of *seed*: a student's name, or a whole number.

    A notebook shows its question; ``given`` holds its numbers and ``scenario`` the scenario to play, if it has a run.
    Raises ``ParameterError`` for an unknown exercise or an empty seed.

    >>> exercise("03.1", "Ada Lovelace") == exercise("3.1", "  ada  LOVELACE")
    True
    """
    lesson, dot, place = str(name).strip().partition(".")
    known = f"{lesson.zfill(2)}{dot}{place}"
    if known not in EXERCISES:
        hint = did_you_mean(known, EXERCISES) or f"there are {', '.join(EXERCISES)}"
        raise ParameterError("be the number of an exercise", name, hint, "exercise")
    return Task(known, EXERCISES[known], numbers_for(EXERCISES[known], known, seed))


def check_answer(exercise_name: str, answer: object, seed: int | str, *, reveal: bool = False) -> Verdict:
    """Check *answer* against a formula or a run with the numbers of *seed*.

    *answer* is a number in the unit that the question names, or text with a unit (``"250 ms"``, ``"13,3 %"``), or a
    word if the question asks for one; None means not answered yet. The expected number rounded to two digits or more is
    right. The verdict is true when the answer is right. The first wrong answer gets a hint; another wrong one, or
    *reveal*, shows the expected answer and the reason. A student's answers to an exercise are remembered until this
    Python process ends; the same answer again gets the same words. Raises ``ParameterError`` as ``exercise`` does.

    >>> check_answer("03.1", None, "Ada")
    Exercise 03.1: no answer yet. Put yours in place of None and run the cell again.
    """
    return judge(exercise(exercise_name, seed), answer, identity(seed), _TRIES, reveal=reveal)
