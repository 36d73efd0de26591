cimport cython

from sim.engine.calls.state cimport LogicalCall
from sim.engine.clock.kernel cimport Event, Kernel


cdef class HedgeTimers(Event):
    cdef public Kernel kernel
    cdef public list heap
    cdef public object next_id
    cdef public object hedge
    cdef public list planned
    cdef public list due
    @cython.locals(at=double)
    cpdef plan(self, double delay_s, LogicalCall logical_call)
    cpdef _schedule(self, double at, number)
    cpdef tick(self)
    cpdef _fire(self, LogicalCall logical_call)
