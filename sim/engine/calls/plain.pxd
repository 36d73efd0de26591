cimport cython

from sim.engine.calls.attempt cimport Attempt, Frame
from sim.engine.calls.step cimport CallStep


cdef class PlainCall(CallStep):
    @cython.locals(number=object, attempt=Attempt)
    cpdef start(self, Frame frame)
    @cython.locals(outcome=int, now=double, left_at=double)
    cpdef receive(self, Attempt attempt)
