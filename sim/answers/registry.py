"""All exercises by number: the notebook's, then the place in it."""

from __future__ import annotations

from sim.answers import ex00_start, ex01_queues, ex02_cascade, ex03_retries, ex04_breakers
from sim.answers.judging import Exercise

MODULES = {"00": ex00_start, "01": ex01_queues, "02": ex02_cascade, "03": ex03_retries, "04": ex04_breakers}

EXERCISES: dict[str, Exercise] = {
    f"{notebook}.{place}": exercise
    for notebook, module in MODULES.items()
    for place, exercise in enumerate(module.EXERCISES, 1)
}
