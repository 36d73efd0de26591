cimport cython

from sim.engine.calls.attempt cimport Attempt
from sim.engine.calls.step cimport Step


@cython.locals(left_at=double, step=Step)
cpdef write_row(Attempt attempt, double ended_at)

@cython.locals(step=Step, now=double)
cpdef answered(Attempt attempt)

@cython.locals(step=Step)
cpdef give_up(Attempt attempt, int outcome, long long reason)

@cython.locals(step=Step)
cpdef answered_late(Attempt attempt)

cpdef turn_away(Attempt attempt, int result, long long reason, double left_at)

cpdef close(Attempt attempt)

cpdef refuse(Attempt attempt, long long reason)

cpdef lose_answer(Attempt attempt)

cpdef drop(Attempt attempt)
